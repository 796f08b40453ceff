"""The school lunch book, read again from its XML: a cover, 小計 after each school, three ways to write a day."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from receivables.era import wareki_to_date
from tests.city.conftest import read_csv
from tests.city.files import sheet_rows
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
BOOK = "給食費滞納整理簿_20260619.xlsx"
NUMBER, INSTALMENT, YEAR, SCHOOL, APPLIED, DUE, FEE = "A", "B", "C", "D", "J", "K", "L"


def rows(ward: Path) -> dict[int, dict[str, str]]:
    return sheet_rows(ward / "school_lunch" / BOOK, sheet_no=2)


def day(cell: str) -> date:
    if cell.startswith("'"):
        return wareki_to_date(cell[1:])
    return date(1899, 12, 30) + timedelta(days=int(cell))


def test_a_subtotal_after_each_school_counts_its_rows(small_ward: Path) -> None:
    found, schools, since = rows(small_ward), set(), []
    assert found[2][NUMBER] == "'令和8年6月19日現在"
    assert found[4][NUMBER] == "'整理番号"
    last = max(found)
    for at in range(5, last):
        if found[at].get(NUMBER) == "'小計":
            assert int(found[at][INSTALMENT]) == len(since) > 0
            assert found[at][FEE] == f"=SUBTOTAL(9,{FEE}{at - len(since)}:{FEE}{at - 1})"
            assert len(set(since)) == 1
            schools.add(since[0])
            since = []
        else:
            since.append(found[at][SCHOOL])
    assert not since
    assert len(schools) >= 2
    subtotals = sum(row.get(NUMBER) == "'小計" for row in found.values())
    assert (found[last][NUMBER], int(found[last][INSTALMENT])) == ("'合計", last - 5 - subtotals)


def test_days_are_texts_and_numbers_and_mean_the_true_days(small_ward: Path) -> None:
    told = {row["claim_id"]: row for row in read_csv(small_ward / "truth/claims.csv")}
    apart, kinds = set_apart(small_ward, BOOK), Counter[bool]()
    for at, row in rows(small_ward).items():
        if at in apart or not re.fullmatch(r"'\d{10}", row.get(NUMBER, "")):
            continue
        claim = told[f"school_lunch:{row[NUMBER][1:]}-{int(row[INSTALMENT]):02d}"]
        assert day(row[DUE]).isoformat() == claim["due_date"], at
        assert day(row[APPLIED]).isoformat() == claim["contract_date"], at
        kinds[row[DUE].startswith("'")] += 1
    assert min(kinds[True], kinds[False]) > 10


def test_pupils_claims_end_with_fy2022_and_both_laws_are_needed(small_ward: Path) -> None:
    claims = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == "school_lunch"]
    assert {row["fiscal_year"] for row in claims} > {"2019", "2021", "2022"}
    assert {row["contract_date"] < "2020-04-01" for row in claims} == {True, False}
    later = [row for at, row in rows(small_ward).items() if row.get(YEAR, "") > "2022" and row[YEAR].isdigit()]
    assert later
    assert {row["F"] for row in later} == {"'教職員"}


def test_most_of_it_is_still_unpaid(small_ward: Path) -> None:
    claims = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == "school_lunch"]
    assert sum(int(row["outstanding_yen"]) > 0 for row in claims) > 0.5 * len(claims)
