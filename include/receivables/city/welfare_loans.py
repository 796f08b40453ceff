"""Loans of the welfare section (福祉資金貸付金): four funds in one ledger, told apart by a code.

How many and how much are assumptions near the repayments of the FY2026 budget: 9,920, 798, 547 and 617 thousand yen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import LOAN, Habit, habit_of
from receivables.city.levies import month_end
from receivables.city.life import Desk, Rules
from receivables.city.office_days import fiscal_year, on_or_after
from receivables.city.people import Person

_RULES = Rules(LOAN, 0, 25, False, 14, 10, 2100)  # private claims: 遅延損害金, no 延滞金
_FULL_BLOCKS = 2  # enough to see in a small ward; a whole ward's book stays a book
_FIRST_YEAR, _LOANS_PER_BLOCK, _DEFERRED_SHARE = 2014, 1_000, 0.05


@dataclass(frozen=True, slots=True)
class Fund:
    """One fund (資金): its code, how many loans in a full block and in a thousand others, and their instalments."""

    code: str
    claim_type: str
    loans: int
    loans_permille: int
    thousand_yen: range
    months: range
    grace_months: int  # 据置期間


FUNDS = (
    Fund("11", "women_welfare_loan", 9, 1_700, range(6, 21), range(48, 97, 12), 6),  # 女性福祉資金
    Fund("21", "emergency_small_loan", 6, 330, range(3, 9), range(12, 31, 6), 2),  # 応急小口資金
    Fund("22", "single_mother_emergency_loan", 5, 240, range(3, 8), range(12, 25, 6), 2),  # 母子福祉応急小口資金
    Fund("31", "resident_business_loan", 4, 60, range(10, 26), range(36, 61, 12), 6),  # 区民生活事業資金
)


def welfare_loan_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every repayment instalment of every loan, fund by fund, future ones too: the ledger shows them all."""
    rng, until = block.rng("welfare_loans"), block.as_of
    desk = Desk(_RULES, rng, block.receipt_serials(is_second=True))
    grown = [person for person in people if person.is_registered and 25 <= person.age(until) < 70]
    found: list[Bill] = []
    serial = block.number * _LOANS_PER_BLOCK
    for fund in FUNDS:
        for debtor in rng.sample(grown, min(_count(rng, fund, block), len(grown))):
            serial += 1
            found.extend(_loan(rng, desk, fund, debtor, f"{fund.code}{serial:06d}", until))
    return found


def _count(rng: Random, fund: Fund, block: Block) -> int:
    whole, rest = divmod(fund.loans_permille, 1_000)
    return fund.loans if block.number < _FULL_BLOCKS else whole + (rng.randrange(1_000) < rest)


def _loan(rng: Random, desk: Desk, fund: Fund, debtor: Person, loan_no: str, until: date) -> Iterator[Bill]:
    habit = habit_of(rng, LOAN)
    contract = on_or_after(date(rng.randint(_FIRST_YEAR, until.year - 1), rng.randint(1, 12), rng.randint(1, 28)))
    yen, count = rng.choice(fund.thousand_yen) * 1_000, rng.choice(fund.months)
    deferred = rng.randrange(count) if rng.random() < _DEFERRED_SHARE else count  # 猶予 from this instalment on
    for number in range(1, count + 1):
        due = month_end(contract.year, contract.month + fund.grace_months + number)
        bill = Bill(
            "welfare_loans", f"{loan_no}-{number:03d}", fund.claim_type, debtor, loan_no, number, due.year, due.year,
            fiscal_year(due), contract + timedelta(days=7), due, yen, contract_date=contract, kind_code=fund.code,
        )  # fmt: skip
        is_in_parts = habit is Habit.STRUGGLING and number % 7 == 0
        bill.remark_code = "猶予" if number > deferred else "分納" if is_in_parts else ""
        desk.live(bill, habit)
        del bill.receipts[1:]  # the ledger has one payment cell a row
        yield bill
