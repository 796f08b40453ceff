"""Faults planted in the file after it was written: each is found, counted and named (standard-system 6.8)."""

from collections.abc import Callable

import pytest
from bench.migration_faults import Rows, bytes_of, rows_of

from receivables import migration, standard
from tests.migration.conftest import World, check, failing

NAMES = standard.edition("0.1-draft").group("chotei_shuno").names
AT = {name: at for at, name in enumerate(NAMES)}
ASSESSED, CHARGE, FEE = "調定額_本税（料）", "収納額_延滞金", "収納額_督促手数料"


def tampered(world: World, change: Callable[[bytes], bytes]) -> dict:
    run_id = world.rehearse()["run_id"]
    file = world.file(run_id)
    before = file.read_bytes()
    file.write_bytes(change(before))
    assert file.read_bytes() != before
    return migration.reconcile(run_id, state=world.state)


def with_rows(change: Callable[[Rows], object]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        rows = rows_of(content)
        change(rows)
        return bytes_of(rows)

    return changed


def set_cell(row: int, name: str, value: str) -> Callable[[bytes], bytes]:
    return with_rows(lambda rows: rows[row].__setitem__(AT[name], value))


def test_one_yen_changed_in_the_file(ordinary: World) -> None:
    found = tampered(ordinary, set_cell(3, ASSESSED, "10001"))

    assert found["verdict"] == "FAIL"
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (1, 1)
    assert check(found, "R-030", "G-F")["difference"] == 1
    assert ASSESSED in check(found, "R-030", "G-F")["cause"]
    assert len(check(found, "R-030", "G-F")["keys"]) == 1
    assert ASSESSED in check(found, "R-020", "G-F")["cause"]
    assert {("R-060", "G-F"), ("R-040", "F"), ("C-100", "F")} <= failing(found)
    assert not {each for each in failing(found) if each[1] == "W-G"}


def test_the_difference_is_kept_by_keyed_hash(ordinary: World) -> None:
    found = tampered(ordinary, set_cell(3, ASSESSED, "10001"))
    kept = ordinary.run(
        "select key_hash, component, a, b, class from migration.recon_diff where run_id = %s and check_id = 'R-030'",
        found["run_id"],
    )

    assert [row[1:] for row in kept] == [("zeigaku", "10000", "10001", "amount")]
    assert kept[0][0] == check(found, "R-030", "G-F")["keys"][0]


def test_one_row_dropped(ordinary: World) -> None:
    found = tampered(ordinary, with_rows(lambda rows: rows.pop(2)))

    assert found["unexplained_rows"] == 1
    assert check(found, "R-011", "G-F")["difference"] == 1
    assert check(found, "R-010", "G-F")["difference"] >= 1
    assert {("R-020", "G-F"), ("R-060", "G-F"), ("C-100", "F")} <= failing(found)


def test_one_row_twice(ordinary: World) -> None:
    found = tampered(ordinary, with_rows(lambda rows: rows.append(rows[2])))

    assert found["verdict"] == "FAIL"
    assert "キー重複 1" in check(found, "R-011", "G-F")["cause"]
    assert {("R-010", "G-F"), ("R-060", "G-F")} <= failing(found)


def test_one_row_instead_of_another_keeps_count_but_not_sums(ordinary: World) -> None:
    def replace(rows: Rows) -> None:
        rows[2] = list(rows[1])

    found = tampered(ordinary, with_rows(replace))

    assert {("R-011", "G-F"), ("R-060", "G-F")} <= failing(found)


def test_two_rows_that_moved_a_yen_between_them_keep_every_total(world: World) -> None:
    world.premium("1000000001", 1)
    world.premium("1000000002", 1)

    def move(rows: Rows) -> None:
        rows[1][AT[ASSESSED]], rows[2][AT[ASSESSED]] = "9999", "10001"

    found = tampered(world, with_rows(move))

    assert check(found, "R-020", "G-F")["status"] == "PASS"
    assert check(found, "R-030", "G-F")["difference"] == 2
    assert found["unexplained_rows"] == 2


def test_swapped_columns_in_the_file(ordinary: World) -> None:
    def swap(rows: Rows) -> None:
        for row in rows[1:]:
            row[AT[CHARGE]], row[AT[FEE]] = row[AT[FEE]], row[AT[CHARGE]]

    found = tampered(ordinary, with_rows(swap))
    cause = check(found, "R-031", "G-F")["cause"]

    assert CHARGE in cause
    assert FEE in cause
    assert "transposition" in cause


def test_a_truncated_number(ordinary: World) -> None:
    found = tampered(ordinary, set_cell(2, ASSESSED, "1000"))

    assert found["unexplained_yen"] == 9_000
    assert ASSESSED in check(found, "R-030", "G-F")["cause"]


def test_a_truncated_notice_number_loses_its_key(ordinary: World) -> None:
    found = tampered(ordinary, set_cell(2, "通知書番号", "100000000"))

    assert check(found, "R-011", "G-F")["difference"] == 2  # one missing, one unknown


def test_a_file_that_ends_too_early(ordinary: World) -> None:
    found = tampered(ordinary, lambda content: content[: len(content) // 2])

    assert found["verdict"] == "FAIL"
    assert "no line end" in check(found, "C-100", "F")["cause"]


def test_null_that_became_zero_is_said_and_not_called_equal(ordinary: World) -> None:
    def fill(rows: Rows) -> None:
        for row in rows[1:]:
            row[AT["調定額_延滞金"]] = "0"

    found = tampered(ordinary, with_rows(fill))

    assert "NULL became 0 in 7 rows" in check(found, "R-030", "G-F")["cause"]
    assert check(found, "R-030", "G-F")["status"] == "FAIL"
    assert check(found, "R-020", "G-F")["status"] == "PASS"


def test_a_profile_that_writes_zero_for_nothing_is_explained_and_counted(ordinary: World) -> None:
    found = ordinary.rehearse(profile="zero_filled_csv")

    assert found["verdict"] == "EXPLAINED"
    assert "NULL became 0 in 7 rows" in check(found, "R-030", "G-F")["cause"]
    assert check(found, "R-060", "G-F")["status"] == "EXPLAINED"
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)


def test_a_sentinel_does_not_hide_a_changed_yen(ordinary: World) -> None:
    run_id = ordinary.rehearse(profile="zero_filled_csv")["run_id"]
    file = ordinary.file(run_id)
    file.write_bytes(set_cell(3, ASSESSED, "10001")(file.read_bytes()))

    found = migration.reconcile(run_id, state=ordinary.state)

    assert (found["verdict"], found["unexplained_rows"], found["unexplained_yen"]) == ("FAIL", 1, 1)


def renamed(rows: Rows) -> None:
    rows[0][AT[CHARGE]] = "収納額_延滞"


def exchanged(rows: Rows) -> None:
    rows[0][AT[CHARGE]], rows[0][AT[FEE]] = rows[0][AT[FEE]], rows[0][AT[CHARGE]]


@pytest.mark.parametrize(
    ("change", "check_id", "said"),
    [
        (with_rows(renamed), "C-001", "the header is not"),
        (with_rows(exchanged), "C-001", "the header is not"),
        (with_rows(lambda rows: [row.pop() for row in rows]), "C-001", "87 fields instead of 88"),
        (with_rows(lambda rows: rows[1].append("1")), "C-001", "89 fields instead of 88"),
        (lambda content: content.replace(b"\r\n", b"\n"), "C-100", "does not end in CRLF"),
        (lambda content: content.replace(b"\r\n", b"\r"), "C-100", "does not end in CRLF"),
        (lambda content: content[:-2], "C-100", "the last record has no line end"),
        (lambda content: b"\xef\xbb\xbf" + content, "C-100", "a BOM is there"),
        (lambda content: content.decode().encode("cp932"), "C-100", "not UTF-8 from byte"),
        (lambda content: content.replace(b",23,", b',"23",'), "C-100", "quoted without need"),
        (lambda content: content.replace(b",23,", b',"23,', 1), "C-100", "quotation mark"),
        (set_cell(1, ASSESSED, "10,000"), "C-020", "not a whole number"),
        (set_cell(1, ASSESSED, "010000"), "C-020", "not a whole number"),
        (set_cell(1, ASSESSED, "１００００"), "C-020", "not a whole number"),
        (set_cell(1, ASSESSED, "-10000"), "C-020", "negative"),
        (set_cell(1, ASSESSED, "1e4"), "C-020", "not a whole number"),
        (set_cell(1, "納期限", "2026-02-29"), "C-020", "not a date"),
        (set_cell(1, "納期限", ""), "C-020", "sentinel"),
        (set_cell(1, "期別", "1"), "C-021", "1 characters where the edition says 2"),
        (set_cell(1, "期別", "001"), "C-021", "3 characters where the edition says 2"),
        (set_cell(1, "通知書番号", "1000000001 "), "C-070", "a blank at an edge"),
        (set_cell(1, "通知書番号", "10000\ue000001"), "C-070", "private-use"),
        (set_cell(1, "通知書番号", "1000\n00001"), "C-100", "a line break stands inside a field"),
        (set_cell(1, "通知書番号", "123456789018"), "C-090", "individual number"),
        (set_cell(1, "賦課年度", ""), "C-010", "a key item is empty"),
    ],
)  # fmt: skip
def test_form_faults_are_named(ordinary: World, change: Callable[[bytes], bytes], check_id: str, said: str) -> None:
    found = tampered(ordinary, change)

    assert found["verdict"] == "FAIL"
    assert check(found, check_id, "F")["status"] == "FAIL"
    assert said in check(found, check_id, "F")["cause"]


def test_a_missing_file_fails_and_does_not_break(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    ordinary.file(run_id).unlink()

    found = migration.reconcile(run_id, state=ordinary.state)

    assert "missing" in check(found, "C-100", "F")["cause"]
    assert found["unexplained_rows"] == 7


def test_staged_rows_changed_behind_the_file_are_found_on_both_sides(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    ordinary.run("update migration.stage_chotei_shuno set kesson_zeigaku = 1 where run_id = %s and kesson_zeigaku = 0"
                 " and tsuchisho_no = '1000000005'", run_id)  # fmt: skip

    found = migration.reconcile(run_id, state=ordinary.state)

    assert {("R-030", "W-G"), ("R-030", "G-F"), ("R-040", "W-G"), ("R-090", "F-F")} <= failing(found)


def test_a_ledger_line_that_vanished_opens_the_ledger(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    ordinary.run("delete from migration.row_ledger where run_id = %s and source_key = '1000000001-01'", run_id)

    found = migration.reconcile(run_id, state=ordinary.state)

    assert check(found, "R-001", "S-G")["difference"] == 1
    assert check(found, "R-002", "S-G")["difference"] == 10_000
