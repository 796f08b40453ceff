"""The welfare section's loan ledger, read again from its XML: four funds, 小計 by volume, 総計, days in three forms."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from receivables.city.blocks import Plan
from receivables.city.people import population
from receivables.city.welfare_loans import welfare_loan_bills
from receivables.era import wareki_to_date
from tests.city.conftest import AS_OF, read_csv
from tests.city.files import sheet_rows
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
BOOK = "福祉資金償還台帳_20260619.xlsx"
LOAN, VOLUME, FUND, CONTRACT, INSTALMENT, DUE, YEN, PAID = "A", "B", "C", "H", "I", "J", "K", "M"
TYPE = {
    "11": "women_welfare_loan", "21": "emergency_small_loan", "22": "single_mother_emergency_loan",
    "31": "resident_business_loan",
}  # fmt: skip


def day(cell: str) -> date:
    return wareki_to_date(cell[1:]) if cell.startswith("'") else date(1899, 12, 30) + timedelta(days=int(cell))


def yen(cell: str) -> int:
    assert re.fullmatch(r"'[1-9]\d{0,2}(,\d{3})*", cell), cell
    return int(cell[1:].replace(",", ""))


def test_the_sheet_is_not_like_the_scholarships(small_ward: Path) -> None:
    found = sheet_rows(small_ward / "welfare_loans" / BOOK)
    last = max(found)
    assert found[4][LOAN] == "'令和8年6月19日現在"
    assert found[6][LOAN] == "'貸付番号"
    subtotals = [at for at, row in found.items() if row.get(LOAN) == "'小計"]
    assert (found[last][LOAN], int(found[last][INSTALMENT])) == ("'総計", last - 7 - len(subtotals))
    since = 6
    for at in subtotals:
        assert int(found[at][INSTALMENT]) == at - since - 1
        assert len({found[each][VOLUME] for each in range(since + 1, at)}) == 1
        since = at
    assert since == last - 1
    assert len(subtotals) == 4


def test_rows_are_the_true_claims_of_their_funds(small_ward: Path) -> None:
    truth = {row["claim_id"]: row for row in read_csv(small_ward / "truth/claims.csv")
             if row["source_code"] == "welfare_loans"}  # fmt: skip
    apart, seen, kinds = set_apart(small_ward, BOOK), set(), Counter[bool]()
    for at, row in sheet_rows(small_ward / "welfare_loans" / BOOK).items():
        if at in apart or not re.fullmatch(r"'\d{8}", row.get(LOAN, "")):
            continue
        claim = truth[f"welfare_loans:{row[LOAN][1:]}-{int(row[INSTALMENT]):03d}"]
        assert claim["claim_type"] == TYPE[row[FUND][1:]]
        assert (day(row[CONTRACT]).isoformat(), day(row[DUE]).isoformat()) == (
            claim["contract_date"],
            claim["due_date"],
        )
        assert int(claim["assessed_yen"]) == yen(row[YEN])
        assert int(claim["received_yen"]) == (yen(row[PAID]) if PAID in row else 0)
        seen.add(claim["claim_id"])
        kinds[row[DUE].startswith("'")] += 1
    assert seen == truth.keys()
    assert min(kinds[True], kinds[False]) > 50
    assert {truth[claim]["claim_type"] for claim in seen} == set(TYPE.values())
    assert {truth[claim]["contract_date"] < "2020-04-01" for claim in seen} == {True, False}


def test_less_than_half_of_what_falls_due_comes_in_its_year() -> None:
    """Calibration (assumption): loans 40 per cent of the current year."""
    block = Plan(10_000, 1, AS_OF, 0, 0, Path("unused")).blocks()[0]
    found = [bill for bill in welfare_loan_bills(block, population(block)) if 2019 <= bill.fiscal_year <= 2025]
    paid = sum(
        receipt.principal_yen for bill in found for receipt in bill.receipts
        if receipt.paid_on < date(bill.fiscal_year + 1, 4, 1)
    )  # fmt: skip
    assert 0.25 <= paid / sum(bill.assessed_yen for bill in found) <= 0.55
