"""Changed maps through --maps: swaps fail and are named, mistakes are refused with file and key."""

from datetime import date
from pathlib import Path

import pytest

from receivables import migration
from receivables.errors import InputRejectedError
from tests.migration.conftest import SNAPSHOT, World, check, failing


def edit(maps: Path, *changes: tuple[str, str]) -> None:
    file = maps / "nhi" / "chotei_shuno.yaml"
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)


def swap(maps: Path, one: str, other: str) -> None:
    edit(maps, (f"column: {one}}}", "column: ?}"), (f"column: {other}}}", f"column: {one}}}"),
         ("column: ?}", f"column: {other}}}"))  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ("medical_yen", "support_yen", ("国保内訳_医療分_一般", "国保内訳_支援分_一般")),
        ("medical_yen", "care_yen", ("国保内訳_医療分_一般", "国保内訳_介護分_一般")),
        ("received_charge_yen", "received_fee_yen", ("収納額_延滞金", "収納額_督促手数料")),
        ("received_principal_yen", "provisional_principal_yen", ("収納額_本税（料）", "仮消額_本税（料）")),
        ("assessed_yen", "received_principal_yen", ("調定額_本税（料）", "収納額_本税（料）")),
    ],
)
def test_two_swapped_amount_columns_fail_and_are_named(
    ordinary: World, maps: Path, one: str, other: str, names: tuple[str, str]
) -> None:
    swap(maps, one, other)

    found = ordinary.rehearse(maps=maps)
    cause = check(found, "R-031", "W-G")["cause"]

    assert found["verdict"] == "FAIL"
    assert {("R-030", "W-G"), ("R-031", "W-G"), ("R-032", "W-G"), ("R-060", "W-G")} <= failing(found)
    assert "transposition" in cause
    assert all(name in cause for name in names)
    assert not {each for each in failing(found) if each[1] == "G-F"}
    assert found["unexplained_rows"] > 0
    assert found["unexplained_yen"] > 0


def test_counts_and_the_grand_total_do_not_see_a_swap(ordinary: World, maps: Path) -> None:
    swap(maps, "medical_yen", "support_yen")

    found = ordinary.rehearse(maps=maps)

    assert check(found, "R-010", "W-G")["status"] == "PASS"
    assert check(found, "R-020", "W-G")["expected"] == check(found, "R-020", "W-G")["actual"]


def test_a_swap_of_two_columns_of_zeros_is_found_by_their_origin(world: World, maps: Path) -> None:
    world.premium("1000000001")
    swap(maps, "received_fee_yen", "provisional_fee_yen")

    found = world.rehearse(maps=maps)

    assert found["verdict"] == "FAIL"
    assert "収納額_督促手数料" in check(found, "R-032", "W-G")["cause"]
    assert "transposition" in check(found, "R-032", "W-G")["cause"]


def test_one_column_taken_twice_is_suspected_by_name(ordinary: World, maps: Path) -> None:
    edit(maps, ("column: care_yen}", "column: support_yen}"))

    found = ordinary.rehearse(maps=maps)

    assert "wrong column suspected（列の取違えの疑い） 国保内訳_支援分_一般" in check(found, "R-030", "W-G")["cause"]
    assert ("R-040", "G") in failing(found)


def test_an_amount_left_out_of_the_map_is_missed(ordinary: World, maps: Path) -> None:
    edit(maps, ("  zeigaku_karikeshi: {column: provisional_principal_yen}\n", ""))

    found = ordinary.rehearse(maps=maps)

    assert "仮消額_本税（料）" in check(found, "R-030", "W-G")["cause"]


def test_an_excluded_row_is_explained_with_its_reason(ordinary: World, maps: Path) -> None:
    rule = "  - {reason: WRITTEN_OFF, title: 欠損済, when: [{column: written_off_yen, equals: 10000}]}\n"
    edit(maps, ("exclusions:\n", "exclusions:\n" + rule))

    found = ordinary.rehearse(maps=maps)
    ledger = ordinary.run(
        "select source_key from migration.row_ledger where run_id = %s and reason_code = 'WRITTEN_OFF'", found["run_id"]
    )

    assert found["verdict"] == "EXPLAINED"
    assert check(found, "R-010", "W-G")["status"] == "EXPLAINED"
    assert ledger == [("1000000004-01",)]
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)


def test_a_row_without_any_yen_stays_behind_without_ado(ordinary: World) -> None:
    ordinary.premium("1000000099", medical=0, support=0, care=0)

    found = ordinary.rehearse()
    ledger = ordinary.run(
        "select source_key from migration.row_ledger where run_id = %s and reason_code = 'NO_CLAIM'", found["run_id"]
    )

    assert found["verdict"] == "PASS"
    assert "対象外 1 行（うち金額あり 0 行）" in check(found, "R-010", "W-G")["cause"]
    assert ledger == [("1000000099-01",)]


def test_an_instalment_number_that_does_not_fit_is_rejected_and_never_cut(world: World) -> None:
    world.premium("1000000001", 12)
    world.premium("1000000001", 123, key="1000000001-123")

    found = world.rehearse()

    assert found["verdict"] == "FAIL"
    assert "CODE_OVERFLOW" in check(found, "C-051", "G")["cause"]
    assert check(found, "R-011", "W-G")["difference"] == 1
    assert check(found, "R-001", "S-G")["status"] == "PASS"


@pytest.mark.parametrize(
    ("given", "reason", "check_id"),
    [
        ({"notice_no": "1000000001 "}, "BLANK_EDGE", "C-070"),
        ({"notice_no": "1000000001\u3000"}, "BLANK_EDGE", "C-070"),
        ({"notice_no": "1000\n000001"}, "CONTROL_CHAR", "C-070"),
        ({"notice_no": "1000\ue000000001"}, "PRIVATE_USE_CHAR", "C-070"),
        ({"debtor": "1" * 16}, "TOO_LONG", "C-021"),
        ({"debtor": None}, "KEY_NULL", "C-010"),
        ({"fiscal_year": None}, "KEY_NULL", "C-010"),
        ({"written_off_on": date(1868, 1, 24)}, "DATE_RANGE", "C-030"),
        ({"due_date": date(2056, 6, 20)}, "DATE_RANGE", "C-030"),
        ({"medical": -1}, "AMOUNT_RANGE", "C-020"),
        ({"claim_type": "water"}, "CODE_UNMAPPED", "C-040"),
        ({"due_date": date(1958, 12, 31)}, "CODE_UNMAPPED", "C-040"),
    ],
)
def test_a_row_that_does_not_conform_is_rejected_with_its_reason(
    world: World, given: dict, reason: str, check_id: str
) -> None:
    world.premium("1000000009")
    row = {"notice_no": "1000000001", **given}
    world.premium(row.pop("notice_no"), 1, **row)

    found = world.rehearse()

    assert found["verdict"] == "FAIL"
    assert reason in check(found, check_id, "G")["cause"]
    assert check(found, "R-001", "S-G")["status"] == check(found, "R-002", "S-G")["status"] == "PASS"
    assert found["unexplained_rows"] == 1


@pytest.mark.parametrize("due", [date(1989, 1, 7), date(1989, 1, 8), date(2019, 4, 30), date(2019, 5, 1)])
def test_days_at_an_era_boundary_arrive_as_they_are(world: World, due: date) -> None:
    world.premium("1000000001", due_date=due)

    found = world.rehearse()

    assert found["verdict"] == "PASS"
    assert due.isoformat() in world.file(found["run_id"]).read_text()


def test_two_source_rows_with_one_key_are_both_set_aside(world: World) -> None:
    world.premium("1000000001", 1, debtor="1")
    world.premium("1000000001", 1, debtor="1", key="1000000001-1x")
    world.premium("1000000002", 1)

    found = world.rehearse()

    assert check(found, "C-050", "S-G")["difference"] == 2
    assert "キー重複 1" in check(found, "R-011", "W-G")["cause"]
    assert check(found, "R-001", "S-G")["status"] == "PASS"


def test_parts_that_do_not_add_up_are_found(world: World) -> None:
    world.premium("1000000001", assessed=10_001)

    found = world.rehearse()

    assert {("R-040", "W"), ("R-040", "G"), ("R-040", "F")} <= failing(found)
    assert check(found, "R-040", "G")["difference"] == 1


def test_an_over_payment_and_an_open_announcement_are_listed(ordinary: World) -> None:
    cause = check(ordinary.rehearse(), "R-040", "W-G")["cause"]

    assert "過誤納 1 行 500 円" in cause
    assert "仮消 1 行 10,000 円" in cause


def test_two_codes_become_one_only_when_declared(ordinary: World, maps: Path) -> None:
    codes = maps / "nhi" / "codes" / "kamoku.csv"
    text = codes.read_text()
    codes.write_text(text + "nhi_tax,23,国民健康保険税,1959-01-01,,no\n")
    undeclared = ordinary.rehearse(maps=maps)
    codes.write_text(text.replace(",no", ",yes") + "nhi_tax,23,国民健康保険税,1959-01-01,,yes\n")
    declared = ordinary.rehearse(maps=maps)

    assert "多対一" in check(undeclared, "R-050", "W-G")["cause"]
    assert undeclared["verdict"] == "FAIL"
    assert declared["verdict"] == "PASS"
    assert "使われなかった変換: nhi_tax → 23" in check(declared, "R-050", "W-G")["cause"]


def test_another_code_than_the_standards_is_found(ordinary: World, maps: Path) -> None:
    codes = maps / "nhi" / "codes" / "kamoku.csv"
    codes.write_text(codes.read_text().replace(",23,", ",24,"))

    found = ordinary.rehearse(maps=maps)

    assert ("R-011", "W-G") in failing(found)
    assert check(found, "R-050", "W-G")["status"] == "PASS"  # as declared, and still wrong


def test_only_the_changed_file_need_be_in_the_folder(ordinary: World, maps: Path, tmp_path: Path) -> None:
    swap(maps, "medical_yen", "support_yen")
    alone = tmp_path / "alone"
    alone.mkdir()
    (maps / "nhi" / "chotei_shuno.yaml").rename(alone / "chotei_shuno.yaml")

    assert ordinary.rehearse(maps=alone)["verdict"] == "FAIL"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("column: care_yen", "column: kaigo", r"chotei_shuno.yaml: key items.zeigaku_kaigo_ippan.column: 'kaigo'"),
        ("zeigaku_kaigo_ippan:", "kaigo:", r"key items.kaigo"),
        ("column: care_yen", "column: due_date", r"items.zeigaku_kaigo_ippan.column: due_date is date"),
        ("column: care_yen", "colum: care_yen", r"items.zeigaku_kaigo_ippan.colum"),
        ('constant: "131121"', "constant: 131121", r"items.shikuchoson_cd.constant.*quote"),
        ("transform: zero_pad, width: 2", "transform: left", r"items.kibetsu_cd.transform"),
        ("  atena_no: {column: addressee_no}\n", "", r"items.atena_no: a key item needs a source"),
        ("  zeigaku: {column: assessed_yen}", "  zeigaku: {column: assessed_yen}\n  zeigaku: {column: care_yen}",
         r"chotei_shuno.yaml: .*'zeigaku' is there twice"),
        ("code_date: due_date", "code_date: assessed_yen", r"key code_date"),
        ("reason: NO_CLAIM", "reason: no claim", r"exclusions.0.reason"),
        ("codes: kamoku", "codes: subjects", r"no map file codes/subjects.csv"),
        ("column: notice_no", "column: notice_no, transform: null_when_zero",
         r"items.tsuchisho_no.transform: null_when_zero takes yen or int or year; notice_no is text"),
        ("column: notice_no", "column: notice_no, transform: full_width_kana",
         r"items.tsuchisho_no.transform: full_width_kana is for readings"),
        ("column: assessed_yen, equals: 0", 'column: assessed_yen, equals: "0"',
         r"key exclusions.0.when: assessed_yen is yen and never equals '0'"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_map_is_refused_by_file_and_key(
    world: World, maps: Path, before: str, after: str, said: str
) -> None:
    world.premium("1000000001")
    edit(maps, (before, after))

    with pytest.raises(InputRejectedError, match=said):
        world.rehearse(maps=maps)
    assert world.run("select count(*) from migration.run") == [(0,)]


@pytest.mark.parametrize(
    "line", ["nhi_premium,23,x,1990-01-01,,no\n", "x,24,y,1990/1/1,,no\n", "x,24,y,1990-01-01,,maybe\n"]
)
def test_a_mistake_in_a_code_table_is_refused(world: World, maps: Path, line: str) -> None:
    codes = maps / "nhi" / "codes" / "kamoku.csv"
    codes.write_text(codes.read_text() + line)

    with pytest.raises(InputRejectedError, match=r"codes/kamoku.csv"):
        world.rehearse(maps=maps)


def test_a_folder_without_maps_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match="holds none of the files"):
        migration.rehearse(
            edition="0.1-draft", profile="standard_csv", snapshot=SNAPSHOT, maps=tmp_path, state=world.state
        )  # fmt: skip
