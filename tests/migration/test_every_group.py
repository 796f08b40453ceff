"""Every group of the claims that move: staged, written, read again, reconciled; faults between groups are named."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from receivables import db, migration
from receivables.errors import InputRejectedError
from receivables.migration import by_group
from receivables.migration.plan import GROUPS, scope, targets
from receivables.settings import State
from tests.conftest import AS_OF
from tests.migration.conftest import failing


def rehearse(state: State, *, groups: list[str] | None = None, sources: list[str] | None = None) -> str:
    return migration.rehearse(
        edition="0.1-draft", profile="standard_csv", snapshot=AS_OF, state=state, groups=groups, sources=sources
    )


@pytest.fixture(scope="module")
def run(published: State) -> str:
    return rehearse(published)


@pytest.fixture(scope="module")
def whole(published: State, run: str) -> dict[str, Any]:
    return migration.outcome(run, state=published)


def rows(state: State, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        done = connection.execute(query, arguments or None)  # type: ignore[call-overload]
        return done.fetchall() if done.description else []


def test_every_group_reconciles_to_the_yen(whole: dict[str, Any]) -> None:
    assert failing(whole) == set()
    assert whole["verdict"] == "PASS", [each for each in whole["checks"] if each["status"] != "PASS"]
    assert (whole["unexplained_rows"], whole["unexplained_yen"]) == (0, 0)
    assert {each["group"] for each in whole["checks"]} == set(GROUPS)


def test_every_group_has_rows_and_its_ledger_is_closed(published: State, run: str) -> None:
    staged = dict(rows(published, "select group_id, staged_rows from migration.run_group where run_id = %s", run))
    open_groups = rows(
        published,
        "with told as (select g.group_id, e.key, (e.value ->> 'rows')::bigint as n from migration.run_group as g"
        " cross join lateral jsonb_each(g.source_totals) as e where g.run_id = %s),"
        " kept as (select group_id, entity, count(*) as n from migration.row_ledger where run_id = %s group by 1, 2)"
        " select * from told left join kept on told.group_id = kept.group_id and told.key = kept.entity"
        " where told.n is distinct from coalesce(kept.n, 0)",
        run, run,
    )  # fmt: skip

    assert set(staged) == set(GROUPS)
    assert all(count > 0 for group, count in staged.items() if group not in ("entaikin_gemmen", "kofu_yokyu")), staged
    assert open_groups == []


def test_a_second_rehearsal_on_two_processes_gives_the_same_digests(
    published: State, run: str, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(by_group, "LARGE", 0)
    again = rehearse(published)
    digests = [
        rows(
            published,
            "select group_id, file_name, sha256 from migration.file_manifest where run_id = %s order by 1",
            each,
        )
        for each in (run, again)
    ]

    found = migration.outcome(again, state=published)
    assert digests[0] == digests[1]
    assert found["verdict"] == "PASS"
    assert {each["id"] for each in found["checks"]} >= {each["id"] for each in whole["checks"]}


def test_no_place_of_a_protected_person_leaves_by_file(published: State, run: str) -> None:
    places = rows(
        published,
        "select v.address, v.phone from raw.register__persons as r inner join vault.register__persons as v"
        " on r.addressee_no = v.addressee_no and r._batch_id = v._batch_id and r._line_no = v._line_no"
        " where r.is_protected and v.address is not null",
    )
    shared = {
        place
        for (place,) in rows(
            published,
            "select v.address from raw.register__persons as r inner join vault.register__persons as v"
            " on r.addressee_no = v.addressee_no and r._batch_id = v._batch_id and r._line_no = v._line_no"
            " where not r.is_protected and v.address is not null",
        )
    }
    flagged = rows(
        published,
        "select jusho, katagaki, yubin_no from migration.stage_atena where run_id = %s and shiensochi_flg = '1'", run
    )  # fmt: skip
    written = "".join(file.read_text() for file in (published.root / "migration" / run).glob("*.csv"))

    assert flagged
    assert all(row == (None, None, None) for row in flagged)
    assert not [place for place, _ in places if place not in shared and place in written]


def test_whoever_owes_nothing_that_moves_stays_behind(published: State, run: str) -> None:
    counted = rows(
        published,
        "select disposition, count(*) from migration.row_ledger where run_id = %s and group_id = 'atena' group by 1",
        run,
    )  # fmt: skip
    owing = rows(published, "select count(distinct atena_no) from migration.stage_chotei_shuno where run_id = %s", run)

    assert dict(counted)["staged"] == owing[0][0]
    assert dict(counted)["excluded"] > 0


def test_claims_that_stay_and_those_already_moved_are_not_staged(published: State, run: str) -> None:
    staged = {name for (name,) in rows(
        published, "select distinct source_code from migration.stage_chotei_shuno where run_id = %s", run
    )}  # fmt: skip
    moving = {each.source_code for each in targets() if each.state == "to_come"}

    assert staged <= moving
    assert {"nhi", "latter_stage", "nursery"} <= staged
    assert not staged & {each.source_code for each in targets() if each.state != "to_come"}


def test_two_codes_of_one_system_become_their_own_targets(whole: dict[str, Any]) -> None:
    matrix = next(each for each in whole["checks"] if (each["id"], each["group"]) == ("R-050", "chotei_shuno"))

    assert "nhi_premium → 23" in matrix["actual"]
    assert "nursery_fee → A1" in matrix["actual"]


@pytest.fixture
def small(published: State) -> str:
    """A run of what the health insurance needs alone, to be spoilt."""
    return rehearse(
        published,
        groups=["chotei_shuno", "shuno_rireki", "tokusoku", "taino_meisai", "bunno_keikaku", "tainoshobun",
                "shikkoteishi", "kanpu", "kesson"],
        sources=["nhi"],
    )  # fmt: skip


def changed(group: str, change: str, where: str = "true") -> str:
    """One row of a group, the first by its key, changed behind everybody's back."""
    table = f"migration.stage_{group}"
    first = f"select row_key from {table} where run_id = %(run)s and {where} order by row_key limit 1"
    return f"update {table} set {change} where run_id = %(run)s and row_key = ({first})"


FAULTS = {
    "orphan": (
        "delete from migration.stage_chotei_shuno where run_id = %(run)s and (fuka_nendo, tsuchisho_no, kibetsu_cd) ="
        " (select fuka_nendo, tsuchisho_no, kibetsu_cd from migration.stage_tokusoku where run_id = %(run)s"
        " order by row_key limit 1)",
        ("C-080", "tokusoku"),
    ),
    "flag": (
        "update migration.stage_taino_meisai set bunno_umu = '0', shobun_umu = '0', shikkoteishi_umu = '0'"
        " where run_id = %(run)s",
        ("C-060", "taino_meisai"),
    ),
    "receipt": (
        changed("shuno_rireki", "zeigaku_shuno = zeigaku_shuno + 1", "karikeshi_kbn = '0'"), ("R-040", "chotei_shuno")
    ),
    "write_off": (changed("kesson", "kesson_zeigaku = kesson_zeigaku - 1"), ("R-041", "chotei_shuno")),
    "released before seized": (changed("tainoshobun", "kaijo_ymd = hasso_ymd - 1"), ("C-031", "tainoshobun")),
    "dunned before due": (changed("tokusoku", "tokusoku_hakko_ymd = '2000-01-01'"), ("C-031", "tokusoku")),
    "too much given back": (changed("kanpu", "kanpu_gaku = kago_zeigaku, juto_gaku = 1"), ("R-041", "kanpu")),
    "promised more than levied": (changed("bunno_keikaku", "bunno_zeigaku = 99999999"), ("R-041", "bunno_keikaku")),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_between_groups_is_named(published: State, small: str, fault: str) -> None:
    statement, (check_id, group) = FAULTS[fault]
    with db.connect(published) as connection:
        done = connection.execute(statement, {"run": small})  # type: ignore[call-overload]
        assert done.rowcount > 0

    found = migration.reconcile(small, state=published)
    named = [
        each for each in found["checks"] if (each["id"], each["group"], each["status"]) == (check_id, group, "FAIL")
    ]

    assert found["verdict"] == "FAIL"
    assert named
    assert any(each["difference"] for each in named)


def test_production_refuses_what_the_edition_only_supposes(published: State) -> None:
    run_id = migration.rehearse(
        edition="0.1-draft", profile="standard_csv", snapshot=AS_OF, state=published, groups=["shikkoteishi"],
        sources=["nhi"], kind="production",
    )  # fmt: skip
    found = migration.outcome(run_id, state=published)
    held = [each for each in found["checks"] if each["id"] == "C-110"]

    assert found["verdict"] == "FAIL"
    assert [each["status"] for each in held] == ["FAIL"]
    assert "未確認" in held[0]["cause"]


@pytest.mark.parametrize(("sources", "groups", "said"), [
    (["scholarship"], None, "has no claims that move"), (None, ["juto"], "is fed by no source"),
])  # fmt: skip
def test_what_cannot_move_is_refused_by_name(sources: list[str] | None, groups: list[str] | None, said: str) -> None:
    with pytest.raises(InputRejectedError, match=said):
        scope(sources, groups)


# ---------------------------------------------------------------- 読み戻し


def test_what_migrated_systems_give_out_is_what_the_warehouse_has(published: State) -> None:
    found = migration.take_back(published.ward, edition="0.1-draft", as_of=AS_OF, state=published)

    assert failing(found) == set()
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)
    assert len(found["runs"]) == 3


@pytest.fixture
def given_out(published: State, tmp_path: Path) -> Path:
    shutil.copytree(published.ward / "ltci", tmp_path / "ltci")
    return tmp_path


def test_a_yen_that_the_new_system_changed_is_found(published: State, given_out: Path) -> None:
    file = next((given_out / "ltci").glob("036o005_*.csv"))
    lines = file.read_bytes().split(b"\r\n")
    cells = lines[20].split(b",")
    cells[31] = str(int(cells[31]) + 1).encode()
    lines[20] = b",".join(cells)
    file.write_bytes(b"\r\n".join(lines))

    found = migration.take_back(given_out, edition="0.1-draft", as_of=AS_OF, state=published, sources=["ltci"])
    items = next(each for each in found["checks"] if (each["id"], each["group"]) == ("R-030", "chotei_shuno"))

    assert found["verdict"] == "FAIL"
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (1, 1)
    assert "調定額_本税（料）" in items["cause"]


def test_a_row_that_the_new_system_lost_is_found(published: State, given_out: Path) -> None:
    file = next((given_out / "ltci").glob("036o006_*.csv"))
    lines = file.read_bytes().split(b"\r\n")
    file.write_bytes(b"\r\n".join(lines[:30] + lines[31:]))

    found = migration.take_back(given_out, edition="0.1-draft", as_of=AS_OF, state=published, sources=["ltci"])

    assert ("R-011", "W-T") in failing(found)


def test_a_system_that_is_not_migrated_gives_nothing_back(published: State, tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match="not migrated yet"):
        migration.take_back(tmp_path, edition="0.1-draft", as_of=AS_OF, state=published, sources=["nhi"])
    with pytest.raises(InputRejectedError, match=r"no file 036o005_20260619000000_1\.csv"):
        migration.take_back(tmp_path, edition="0.1-draft", as_of=AS_OF, state=published, sources=["ltci"])
