"""A clean run: everything agrees, twice, byte for byte, and nobody else can read the rows."""

import csv
import hashlib
import json
import stat
from datetime import date
from pathlib import Path

import pytest

from receivables import db, migration, standard
from receivables.errors import InputRejectedError
from receivables.migration.spec import spec_of
from receivables.migration.tables import prepare_tables
from receivables.settings import State
from tests.migration.conftest import SNAPSHOT, World, check, failing


def test_a_clean_run_passes_every_check(ordinary: World) -> None:
    found = ordinary.rehearse()

    assert failing(found) == set()
    assert found["verdict"] == "PASS", [each for each in found["checks"] if each["status"] != "PASS"]
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)
    assert {"id", "legs", "status", "difference", "cause", "keys"} <= found["checks"][0].keys()


def test_the_planned_checks_are_all_made(ordinary: World) -> None:
    made = {each["id"] for each in ordinary.rehearse()["checks"]}

    assert made >= {"R-001", "R-002", "R-010", "R-011", "R-020", "R-030", "R-031", "R-040", "R-050", "R-060", "R-090",
                    "C-001", "C-010", "C-020", "C-021", "C-030", "C-040", "C-050", "C-051", "C-070", "C-090", "C-100",
                    "C-110"}  # fmt: skip


def test_the_file_holds_what_the_department_has(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    content = ordinary.file(run_id).read_bytes()
    rows = list(csv.DictReader(content.decode("utf-8").splitlines()))
    part_paid = next(row for row in rows if row["通知書番号"] == "1000000002")
    announced = next(row for row in rows if row["通知書番号"] == "1000000003")
    lost = next(row for row in rows if row["通知書番号"] == "1000000004")

    assert list(rows[0]) == list(standard.edition("0.1-draft").group("chotei_shuno").names)
    assert len(rows) == 7
    assert (part_paid["調定額_本税（料）"], part_paid["収納額_本税（料）"]) == ("11000", "4000")
    assert (part_paid["国保内訳_医療分_一般"], part_paid["国保内訳_支援分_一般"]) == ("7000", "3000")
    assert (part_paid["収納額_延滞金"], part_paid["業務詳細（科目）コード"], part_paid["期別"]) == ("300", "23", "01")
    assert (announced["収納額_本税（料）"], announced["仮消額_本税（料）"]) == ("0", "10000")
    assert (announced["領収年月日"], lost["不納欠損日"]) == ("0000-00-00", "2022-03-31")
    assert lost["調定額_延滞金"] == ""  # no source: not known is not zero
    assert content.endswith(b"\r\n")
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n") == 8


def test_the_name_and_the_folder_of_the_file(ordinary: World) -> None:
    file = ordinary.file(ordinary.rehearse()["run_id"])

    assert file.name == "036o005_20260619000000_1.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700


def test_a_second_rehearsal_gives_the_same_bytes(ordinary: World) -> None:
    first, second = ordinary.rehearse(), ordinary.rehearse()

    assert first["run_id"] != second["run_id"]
    assert ordinary.file(first["run_id"]).read_bytes() == ordinary.file(second["run_id"]).read_bytes()
    assert check(second, "R-090", "F-F")["status"] == "PASS"


def test_rows_are_ordered_by_the_bytes_of_their_key(world: World) -> None:
    for number in ("b1", "B2", "a3", "A4"):
        world.premium(number)

    lines = world.file(world.rehearse()["run_id"]).read_text().splitlines()[1:]

    assert [line.split(",")[4] for line in lines] == ["A4", "B2", "a3", "b1"]


def test_the_manifest_says_what_the_file_holds(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    rows = ordinary.run("select rows, sums, sha256, bytes from migration.file_manifest where run_id = %s", run_id)
    content = ordinary.file(run_id).read_bytes()

    assert rows[0][0] == 7
    assert rows[0][1]["zeigaku"] == 70_000
    assert rows[0][1]["zeigaku_iryo_ippan"] == 43_000
    assert rows[0][2:] == (hashlib.sha256(content).hexdigest(), len(content))


def test_every_source_row_and_yen_ends_in_one_place(ordinary: World) -> None:
    ordinary.receipt("9999999999-01", 777)  # nobody's claim
    run_id = ordinary.rehearse()["run_id"]
    ledger = ordinary.run(
        "select entity, disposition, reason_code, count(*), sum((amounts ->> %s)::bigint)::bigint"
        " from migration.row_ledger where run_id = %s group by 1, 2, 3 order by 1, 2",
        "principal_yen", run_id,
    )  # fmt: skip

    assert ledger == [
        ("claim", "staged", None, 7, None),
        ("receipt", "excluded", "ORPHAN_RECEIPT", 1, 777),
        ("receipt", "merged", None, 5, 43_500),
    ]


def test_reconciling_again_gives_the_same_report(ordinary: World) -> None:
    first = ordinary.rehearse()
    again = migration.reconcile(first["run_id"], state=ordinary.state)

    assert again == first


def test_a_run_is_judged_by_the_warehouse_of_its_own_snapshot(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    ordinary.run("update staging.stg_nhi__claims set assessed_yen = assessed_yen + 1")

    assert migration.reconcile(run_id, state=ordinary.state)["verdict"] == "PASS"


@pytest.mark.parametrize("role", ["analyst", "screen", "approver", "auditor", "sender", "dept_insurance_staff", "etl"])
def test_nobody_but_the_migrator_reads_the_rows(handmade_state: State, role: str) -> None:
    prepare_tables([spec_of("0.1-draft", "chotei_shuno", "standard_csv", SNAPSHOT)], state=handmade_state)

    for name in ("stage_chotei_shuno", "warehouse_chotei_shuno", "reread_chotei_shuno", "row_ledger"):
        with pytest.raises(db.DatabaseError) as refused, db.connect(handmade_state, role) as connection:
            connection.execute(f"select * from migration.{name}")
        assert refused.value.sqlstate == "42501"


def test_reports_hold_no_key_of_a_person(ordinary: World) -> None:
    found = ordinary.rehearse()
    ordinary.file(found["run_id"]).write_bytes(b"")  # every row differs now
    found = migration.reconcile(found["run_id"], state=ordinary.state)
    page = Path(found["report"])
    written = page.read_text() + page.with_suffix(".json").read_text()
    stored = "".join(
        str(ordinary.run(f"select t::text from migration.{name} as t"))
        for name in ("run", "recon_diff", "recon_result", "file_manifest", "reread_issue")
    )

    assert check(found, "R-011", "G-F")["keys"]
    for person in range(1, 8):
        for shown in (written, stored, json.dumps(found)):
            assert f"{person:015d}" not in shown
            assert f"100000000{person}" not in shown


def test_another_day_than_the_published_one_is_refused(world: World) -> None:
    world.premium("1000000001")

    with pytest.raises(InputRejectedError, match=r"stands at 2026-06-19"):
        migration.rehearse(
            edition="0.1-draft", profile="standard_csv", snapshot=date(2026, 6, 20), state=world.state,
            groups=["chotei_shuno"], sources=["nhi"],
        )  # fmt: skip


def test_an_empty_source_is_refused_and_leaves_no_run(world: World) -> None:
    with pytest.raises(InputRejectedError, match="no claim of nhi"):
        world.rehearse()

    assert world.run("select count(*) from migration.run") == [(0,)]


@pytest.mark.parametrize(
    ("edition", "profile", "said"),
    [("9.9", "standard_csv", "no edition '9.9'"), ("0.1-draft", "fax", "no receiver profile 'fax'")],
)
def test_unknown_editions_and_profiles_say_what_there_is(world: World, edition: str, profile: str, said: str) -> None:
    with pytest.raises(InputRejectedError, match=said):
        migration.rehearse(edition=edition, profile=profile, snapshot=SNAPSHOT, state=world.state)


def test_an_unknown_run_is_refused(world: World) -> None:
    with pytest.raises(InputRejectedError, match="no migration run"):
        migration.reconcile("m0", state=world.state)
