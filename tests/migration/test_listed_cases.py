"""The cases a good system must catch (standard-system 6.8) that no other file plants; docs/migration.md lists all."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench.migration_faults import bytes_of, rows_of

from receivables import db, migration, standard
from receivables.migration.writing import write
from receivables.settings import State
from tests.conftest import AS_OF
from tests.migration.conftest import World, check, failing
from tests.migration.test_faults import set_cell, tampered, with_rows

EDITION = standard.edition("0.1-draft")


def rehearsed(state: State, groups: list[str], source: str, maps: Path | None = None) -> str:
    return migration.rehearse(
        edition="0.1-draft", profile="standard_csv", snapshot=AS_OF, state=state, groups=groups, sources=[source],
        maps=maps,
    )  # fmt: skip


def changed_file(
    state: State, run_id: str, group: str, change: Callable[[list[dict[str, str]]], None]
) -> dict[str, Any]:
    """The group's file with changed rows (by column), reconciled."""
    columns = [item.column for item in EDITION.group(group).items]
    with db.connect(state) as connection:
        (name,) = connection.execute(
            "select file_name from migration.file_manifest where run_id = %s and group_id = %s", [run_id, group]
        ).fetchone() or ("",)
    file = state.root / "migration" / run_id / str(name)
    before = file.read_bytes()
    header, *lines = rows_of(before)
    rows = [dict(zip(columns, line, strict=True)) for line in lines]
    change(rows)
    after = bytes_of([header, *([row[name] for name in columns] for row in rows)])
    assert after != before
    file.write_bytes(after)
    return migration.reconcile(run_id, state=state)


# ---------- 時効 and 期限
def test_a_five_year_row_on_a_two_year_claim(published: State) -> None:
    def longer(rows: list[dict[str, str]]) -> None:
        row = next(each for each in rows if each["jiko_2nen_ymd"].startswith("20"))
        year, rest = row["jiko_2nen_ymd"].split("-", 1)
        row["jiko_2nen_ymd"], row["jiko_5nen_ymd"] = "0000-00-00", f"{int(year) + 3}-{rest}"

    found = changed_file(published, rehearsed(published, ["jiko"], "nhi"), "jiko", longer)
    cause = check(found, "R-070", "G-F")["cause"]

    assert {("R-070", "G-F"), ("R-030", "G-F")} <= failing(found)
    assert "時効期間の取違えの疑い: 2年時効完成年月日[jiko_2nen_ymd] → 5年時効完成年月日[jiko_5nen_ymd] 1 行" in cause
    assert check(found, "R-070", "W-G")["status"] == "PASS"


def test_a_due_date_of_another_fiscal_year(ordinary: World) -> None:
    found = tampered(ordinary, set_cell(2, "納期限", "2031-07-31"))

    assert "納期限[noki_ymd] 2031年度: 0 → 1 行" in check(found, "R-070", "G-F")["cause"]


# ---------- keys
def test_one_child_of_two_once_the_childs_number_is_dropped(published: State, maps: Path) -> None:
    shared = maps / "_claim_key.yaml"
    told = yaml.safe_load(shared.read_text("utf-8"))
    told["items"]["jido_atena_no"] = {"constant": ""}
    shared.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), "utf-8")

    found = migration.outcome(rehearsed(published, ["chotei_shuno"], "nursery", maps), state=published)

    assert found["verdict"] == "FAIL"
    assert ("R-011", "W-G") in failing(found)


def test_instalments_of_any_time_and_padded_ones_stay_apart(world: World) -> None:
    world.premium("1000000001", 0)
    world.premium("1000000001", 1)

    found = tampered(world, with_rows(lambda rows: rows[2].__setitem__(rows[0].index("期別"), "1")))

    assert check(found, "R-011", "G-F")["difference"] == 2
    assert world.run("select kibetsu_cd from migration.stage_chotei_shuno where run_id = %s order by 1",
                     found["run_id"]) == [("00",), ("01",)]  # fmt: skip


def test_no_municipality_before_a_merger_is_empty_and_not_unknown(world: World) -> None:
    world.premium("1000000001", 1)
    run_id = world.rehearse()["run_id"]

    for leg in ("warehouse", "stage", "reread"):
        assert world.run(f"select mae_shikuchoson_cd from migration.{leg}_chotei_shuno where run_id = %s", run_id) == [
            ("",)
        ]
    file = world.file(run_id)
    file.write_bytes(file.read_bytes().replace(b"131121,,", b"131121,131121,"))
    assert check(migration.reconcile(run_id, state=world.state), "R-011", "G-F")["difference"] == 2


# ---------- money that was taken back
def test_an_announcement_that_was_taken_back_leaves_nothing(world: World) -> None:
    key = world.premium("1000000001", 1)
    world.receipt(key, 10_000, provisional=True)
    world.receipt(key, -10_000, provisional=True)

    found = world.rehearse()

    assert found["verdict"] == "PASS"
    assert world.run("select coalesce(zeigaku_karikeshi, 0), coalesce(zeigaku_shuno, 0) from"
                     " migration.stage_chotei_shuno where run_id = %s", found["run_id"]) == [(0, 0)]  # fmt: skip
    assert "仮消 0 行 0 円" in check(found, "R-040", "W-G")["cause"]


def test_a_correction_downwards_is_counted(world: World) -> None:
    key = world.premium("1000000001", 1)
    world.receipt(key, 10_000)
    world.receipt(key, -3_000)
    run_id = world.rehearse()["run_id"]

    assert world.run("select zeigaku_shuno from migration.stage_chotei_shuno where run_id = %s", run_id) == [(7_000,)]
    assert migration.outcome(run_id, state=world.state)["verdict"] == "PASS"


# ---------- letters
def test_quotes_and_separators_in_a_field_come_back(world: World) -> None:
    world.premium('10,0"0', 1)
    found = world.rehearse()

    assert found["verdict"] == "PASS"
    assert b'"10,0""0"' in world.file(found["run_id"]).read_bytes()


@pytest.fixture
def named(published: State) -> str:
    """A run of persons; one has a compatibility ideograph in the name, and the file says so."""
    run_id = rehearsed(published, ["atena"], "nhi")
    with db.connect(published) as connection:
        for leg in ("warehouse", "stage"):
            done = connection.execute(
                f"update migration.{leg}_atena set shimei = '\ufa19谷　花子' where run_id = %(run)s and row_key ="
                " (select min(row_key) from migration.stage_atena where run_id = %(run)s)", {"run": run_id}
            )  # fmt: skip
            assert done.rowcount == 1
    write(run_id, state=published)
    assert migration.reconcile(run_id, state=published)["verdict"] == "PASS"
    return run_id


def test_a_name_that_was_folded_by_nfc(published: State, named: str) -> None:
    def fold(rows: list[dict[str, str]]) -> None:
        row = next(each for each in rows if each["shimei"].startswith("\ufa19"))
        row["shimei"] = unicodedata.normalize("NFC", row["shimei"])

    found = changed_file(published, named, "atena", fold)
    with db.connect(published) as connection:
        classes = connection.execute(
            "select component, class, suspected_cause from migration.recon_diff"
            " where run_id = %s and check_id = 'R-030'",
            [named],
        ).fetchall()

    assert check(found, "R-030", "G-F")["difference"] == 1
    assert [row[:2] for row in classes] == [("shimei", "character")]
    assert "NFC正規化（互換漢字の置換え等） 1 行" in check(found, "R-030", "G-F")["cause"]
    assert "NFC正規化" in str(classes[0][2])


def test_a_name_that_was_decoded_by_another_table(published: State, named: str) -> None:
    """外字 in CP932 bytes, read as shift_jis_2004: a real, wrong kanji and no error."""
    wrong = "\ue000".encode("cp932").decode("shift_jis_2004")
    assert unicodedata.name(wrong[0], "").startswith("CJK")

    def decode(rows: list[dict[str, str]]) -> None:
        rows[0]["shimei"] = wrong + rows[0]["shimei"][1:]

    found = changed_file(published, named, "atena", decode)

    assert check(found, "R-030", "G-F")["difference"] == 1
    assert "氏名・名称[shimei] 1 行" in check(found, "R-030", "G-F")["cause"]


def test_a_private_letter_in_a_file_is_refused_by_its_reader(published: State, named: str) -> None:
    def private(rows: list[dict[str, str]]) -> None:
        rows[0]["shimei"] = "\ue000" + rows[0]["shimei"][1:]

    assert ("C-070", "F") in failing(changed_file(published, named, "atena", private))
