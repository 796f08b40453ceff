"""The departments' files: their layouts, their declared totals, and the truth about their rows."""

import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from receivables import contracts
from receivables.era import EraError, wareki_to_date
from receivables.ingest.fields import has_my_number
from receivables.settings import PROJECT
from tests.city.conftest import read_csv
from tests.city.files import host_records, sheet_rows, tax_lines, tax_rows

pytestmark = pytest.mark.postgres
GROUPS = {"036o005": "chotei_shuno", "036o006": "shuno_rireki", "036o007": "tokusoku"}
# Systems of the standard, and the time in their file names.
STANDARD = {"resident_tax": "020000", "ltci": "023000", "light_vehicle_tax": "024500"}
CHOTEI, SHUNO = "KOKUHO_CHOTEI_20260619.DAT", "KOKUHO_SHUNO_20260619.DAT"
BOOK = "奨学資金返還台帳_20260619.xlsx"


def set_apart(ward: Path, file: str) -> dict[int, dict[str, str]]:
    rows = [*read_csv(ward / "truth/faults.csv"), *read_csv(ward / "truth/set_aside.csv")]
    return {int(row["line_no"]): row for row in rows if row["file"] == file}


def totals(ward: Path, table: str) -> dict[str, tuple[int, int]]:
    rows = [row for row in read_csv(ward / "truth/totals.csv") if row["table_name"] == table]
    return {row["fiscal_year"]: (int(row["rows"]), int(row["yen"])) for row in rows}


def summed(pairs: list[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for year, yen in pairs:
        found[year][0] += 1
        found[year][1] += yen
    return {year: (rows, yen) for year, (rows, yen) in found.items()}


def standard_file(ward: Path, group: str, source: str = "resident_tax") -> Path:
    return ward / source / f"{group}_20260619{STANDARD[source]}_1.csv"


@pytest.mark.parametrize("source", STANDARD)
@pytest.mark.parametrize(("group", "layout"), GROUPS.items())
def test_a_header_is_the_standard_groups_items_in_order(small_ward: Path, source: str, group: str, layout: str) -> None:
    file = PROJECT / f"include/receivables/standard/editions/0.1-draft/groups/{layout}.yaml"
    items = yaml.safe_load(file.read_text(encoding="utf-8"))["items"]
    header = tax_lines(standard_file(small_ward, group, source))[1].decode().split(",")
    assert header == [item["name"] for item in items]
    assert len(header) == {"036o005": 88, "036o006": 41, "036o007": 22}[group]


@pytest.mark.parametrize("source", STANDARD)
@pytest.mark.parametrize("group", GROUPS)
def test_the_delivery_note_declares_rows_yen_and_hash(small_ward: Path, source: str, group: str) -> None:
    file = standard_file(small_ward, group, source)
    notes = {row["ファイル名"]: row for row in read_csv(small_ward / source / "soufu_20260619.csv")}
    note, apart = notes[file.name], set_apart(small_ward, file.name)
    assert note["SHA256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert int(note["件数"]) == len(tax_lines(file)) - 1
    item = {"036o005": "調定額_本税（料）", "036o006": "収納額_本税（料）"}.get(group)
    rows = tax_rows(file, without=set(apart))
    yen = sum(int(row[item]) for row in rows.values()) if item else 0
    assert int(note["金額合計"]) == yen + sum(int(row["amount_yen"]) for row in apart.values())


@pytest.mark.parametrize("source", STANDARD)
def test_the_totals_of_the_standards_systems_are_what_the_files_hold(small_ward: Path, source: str) -> None:
    for group, table, year, item in (
        ("036o005", "claims", "賦課年度", "調定額_本税（料）"),
        ("036o006", "receipts", "会計年度", "収納額_本税（料）"),
    ):
        file = standard_file(small_ward, group, source)
        rows = tax_rows(file, without=set(set_apart(small_ward, file.name))).values()
        assert totals(small_ward, f"{source}__{table}") == summed([(row[year], int(row[item])) for row in rows])
        assert {row["削除フラグ"] for row in rows} == {"0"}


@pytest.mark.parametrize(("name", "width", "yen"), [(CHOTEI, 200, slice(150, 159)), (SHUNO, 120, slice(69, 78))])
def test_a_host_trailer_counts_every_record_and_yen(small_ward: Path, name: str, width: int, yen: slice) -> None:
    records, apart = host_records(small_ward / "nhi" / name), set_apart(small_ward, name)
    header, trailer = records.pop(1), records.pop(max(records))
    assert header[:1] + header[9:16] == b"15080619"
    assert len(header) == len(trailer) == width
    assert int(trailer[1:9]) == len(records)
    right = sum(int(record[yen]) for at, record in records.items() if at not in apart)
    assert int(trailer[9:22]) == right + sum(int(row["amount_yen"]) for row in apart.values())


@pytest.mark.parametrize(("name", "width"), [(CHOTEI, 200), (SHUNO, 120)])
def test_host_records_are_strict_cp932_but_for_the_planted_ones(small_ward: Path, name: str, width: int) -> None:
    apart = {at: row["reason_code"] for at, row in set_apart(small_ward, name).items()}
    for at, record in host_records(small_ward / "nhi" / name).items():
        reason = apart.get(at)
        assert (len(record) == width) is (reason != "WIDTH"), at
        if reason == "ENCODING":
            with pytest.raises(UnicodeDecodeError):
                record.decode("cp932")
        elif reason != "WIDTH":
            text = record.decode("cp932")
            assert any("\ue000" <= char <= "\uf8ff" for char in text) is (reason == "GAIJI"), at
            assert ("\0" in text) is (reason == "NUL"), at


def test_host_dates_kana_and_parts_are_right(small_ward: Path) -> None:
    apart = set_apart(small_ward, CHOTEI)
    told = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == "nhi"]
    claims = {row["source_claim_key"]: row for row in told}
    records = host_records(small_ward / "nhi" / CHOTEI)
    for at, record in list(records.items())[1:-1]:
        if at in apart:
            continue
        text = {name: record[first - 1 : first - 1 + length].decode("cp932") for name, first, length in (
            ("notice", 2, 10), ("instalment", 12, 2), ("kana", 37, 40), ("due", 117, 7), ("dunned", 160, 7),
        )}  # fmt: skip
        claim = claims[f"{text['notice']}-{text['instalment']}"]
        assert wareki_to_date(text["due"]).isoformat() == claim["due_date"]
        assert claim["dunned_on"] == (wareki_to_date(text["dunned"]).isoformat() if text["dunned"].strip() else "")
        assert re.fullmatch(r"[ｦ-ﾟ ]+", text["kana"].rstrip()), at
        medical, support, care, assessed = (int(record[first : first + 9]) for first in (123, 132, 141, 150))
        assert medical + support + care == assessed


def test_host_totals_are_what_the_files_hold(small_ward: Path) -> None:
    apart = set_apart(small_ward, CHOTEI)
    records = list(host_records(small_ward / "nhi" / CHOTEI).items())[1:-1]
    pairs = [(record[17:21].decode(), int(record[150:159])) for at, record in records if at not in apart]
    assert totals(small_ward, "nhi__claims") == summed(pairs)


def test_the_workbook_keeps_zeros_titles_and_its_own_total(small_ward: Path) -> None:
    rows, apart = sheet_rows(small_ward / "scholarship" / BOOK), set_apart(small_ward, BOOK)
    assert rows[2]["A"] == "'令和8年6月19日現在"
    assert rows[4]["A"] == "'貸付番号"
    last = max(rows)
    total, body = rows[last], {at: row for at, row in rows.items() if 4 < at < last}
    assert (total["A"], int(total["B"])) == ("'合計", len(body))
    right = {at: row for at, row in body.items() if at not in apart}
    assert all(re.fullmatch(r"'\d{7}", row["A"]) for row in right.values())
    declared = sum(int(row["H"]) for row in right.values()) + sum(int(row["amount_yen"]) for row in apart.values())
    assert int(total["H"]) == declared
    assert int(total["J"]) == sum(int(row.get("J", 0)) for row in body.values())
    held = totals(small_ward, "scholarship__instalments").values()
    assert sum(count for count, _ in held) == len(right)


@pytest.mark.parametrize("source", STANDARD)
def test_balances_of_the_truth_follow_from_the_files(small_ward: Path, source: str) -> None:
    """Receipts added up by claim from the CSV, against truth/claims.csv."""
    file = standard_file(small_ward, "036o006", source)
    received: Counter[str] = Counter()
    for row in tax_rows(file, without=set(set_apart(small_ward, file.name))).values():
        if row["仮消区分"] == "0":
            key = f"{row['賦課年度']}-{row['相当年度']}-{row['通知書番号']}-{row['期別']}"
            received[key] += int(row["収納額_本税（料）"])
    claims = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == source]
    assert {row["source_claim_key"]: int(row["received_yen"]) for row in claims} == {
        row["source_claim_key"]: received[row["source_claim_key"]] for row in claims
    }


def test_at_least_fourteen_kinds_of_fault_are_planted_and_some_in_every_source(small_ward: Path) -> None:
    faults = read_csv(small_ward / "truth/faults.csv")
    assert len({row["reason_code"] for row in faults}) >= 14
    assert {row["source"] for row in faults} == {contract.source for contract in contracts.all_contracts()}
    asides = {row["reason_code"] for row in read_csv(small_ward / "truth/set_aside.csv")}
    assert asides == {"DUPLICATE_ROW", "DELETED_AT_SOURCE", "CANCELLED_AT_SOURCE"}


def test_a_planted_era_date_is_impossible(small_ward: Path) -> None:
    records = host_records(small_ward / "nhi" / CHOTEI)
    planted = [at for at, row in set_apart(small_ward, CHOTEI).items() if row["reason_code"] == "ERA"]
    assert len(planted) == 3
    for at in planted:
        with pytest.raises(EraError):
            wareki_to_date(records[at][116:123].decode())


def test_a_duplicate_is_the_line_above_it_and_a_conflict_is_not(small_ward: Path) -> None:
    for file in (standard_file(small_ward, "036o005"), small_ward / "nhi" / CHOTEI):
        lines, apart = tax_lines(file), set_apart(small_ward, file.name)
        for at, row in apart.items():
            if row["reason_code"] == "DUPLICATE_ROW":
                assert lines[at] == lines[at - 1]
        conflicts = sorted(at for at, row in apart.items() if row["reason_code"] == "KEY_CONFLICT")
        assert conflicts[1] == conflicts[0] + 1
        assert lines[conflicts[0]] != lines[conflicts[1]]


def test_nothing_in_the_files_passes_for_a_my_number(small_ward: Path) -> None:
    for file in sorted(small_ward.rglob("*.csv")):
        text = file.read_bytes().decode("utf-8", "ignore")
        assert not [run for run in re.findall(r"(?<![0-9a-f])\d{12}(?![0-9a-f])", text) if has_my_number(run)], file
