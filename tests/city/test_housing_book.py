"""The housing manager's sheet, read again from its XML: months side by side, commas, a hidden column, parking."""

import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from receivables.era import wareki_to_date
from tests.city.conftest import read_csv
from tests.city.files import sheet_rows
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
BOOK = "区営住宅使用料管理表_20260619.xlsx"
MONTHS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
CODE = {"家賃": "1", "駐車場": "2"}


def rows(ward: Path) -> dict[int, dict[str, str]]:
    """Rows by number as heading → text, without those that were spoilt and the total."""
    found, apart = sheet_rows(ward / "ward_housing" / BOOK), set_apart(ward, BOOK)
    heading = {letter: title[1:] for letter, title in found[4].items()}
    return {
        at: {heading[letter]: cell.removeprefix("'") for letter, cell in row.items()}
        for at, row in found.items() if 4 < at < max(found) and at not in apart
    }  # fmt: skip


def yen(text: str) -> int:
    assert re.fullmatch(r"[1-9]\d{0,2}(,\d{3})*|0", text), text
    return int(text.replace(",", ""))


def test_the_months_are_the_true_claims_and_nothing_more(small_ward: Path) -> None:
    truth = {row["claim_id"]: row for row in read_csv(small_ward / "truth/claims.csv")}
    seen = set()
    for row in rows(small_ward).values():
        key = f"ward_housing:{row['契約番号']}-{row['年度']}-{CODE[row['種別']]}"
        for number, month in enumerate(MONTHS, start=1):
            if f"{month}月" in row:
                claim = truth[f"{key}-{number:02d}"]
                assert int(claim["assessed_yen"]) == yen(row[f"{month}月"])
                assert int(claim["received_yen"]) == yen(row.get(f"{month}月入金", "0"))
                assert int(claim["due_date"][5:7]) == month
                assert wareki_to_date(row["契約日"]).isoformat() == claim["contract_date"] <= claim["due_date"]
                seen.add(claim["claim_id"])
    assert seen == {claim_id for claim_id in truth if claim_id.startswith("ward_housing:")}
    assert len(seen) > 300


def test_a_row_adds_up_to_its_own_total(small_ward: Path) -> None:
    for row in rows(small_ward).values():
        assert sum(yen(row.get(f"{month}月", "0")) for month in MONTHS) == yen(row["年間計"])
        assert sum(yen(row.get(f"{month}月入金", "0")) for month in MONTHS) == yen(row["入金計"])


def test_parking_stands_beside_the_rent_of_its_contract(small_ward: Path) -> None:
    kinds = Counter((row["契約番号"], row["年度"], row["種別"]) for row in rows(small_ward).values())
    assert set(kinds.values()) == {1}
    assert {kind for *_, kind in kinds} == {"家賃", "駐車場"}


def test_the_helper_column_is_hidden_and_its_formula_was_never_stored(small_ward: Path) -> None:
    with zipfile.ZipFile(small_ward / "ward_housing" / BOOK) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r'<col min="10" max="10"[^>]* hidden="1"', sheet)
    assert all(row["作業列"].startswith("=COUNTA(") for row in rows(small_ward).values())


def test_rents_come_in_as_in_the_plan(small_ward: Path) -> None:
    claims = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == "ward_housing"]
    closed = [row for row in claims if row["fiscal_year"] < "2025"]
    assert sum(int(row["received_yen"]) for row in closed) > 0.9 * sum(int(row["assessed_yen"]) for row in closed)
    assert any(int(row["outstanding_yen"]) > 0 for row in closed)
