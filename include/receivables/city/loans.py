"""Scholarship loans (奨学資金貸付金): repaid every month or twice a year, from a contract of known date."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import LOAN, Habit, habit_of
from receivables.city.life import Desk, Rules
from receivables.city.office_days import fiscal_year
from receivables.city.people import Person

_RULES = Rules(LOAN, 3, 20, False, 14, 10, 2100)  # no 延滞金 on these loans
_PEOPLE_PER_LOAN = 130
_FULL_BLOCKS = 2  # 14 million yen a year are some hundred loans (the FY2026 budget's 奨学資金 line), not thousands


def loan_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every repayment instalment of every loan, future ones too: the section's ledger shows them all."""
    rng, until = block.rng("loans"), block.as_of
    desk = Desk(_RULES, rng, block.receipt_serials())
    grown = [person for person in people if 21 <= person.age(until) < 50 and person.is_registered]
    borrowers = rng.sample(grown, loan_count(block))
    found: list[Bill] = []
    for serial, person in enumerate(borrowers, start=block.number * 200 + 1):
        found.extend(_loan(rng, desk, person, f"{serial * 7 + 310:07d}", until))
    return found


def loan_count(block: Block) -> int:
    """Loans of a block: many in a small ward, so that there is something to see; a whole ward's book stays a book."""
    return max(8, block.residents // _PEOPLE_PER_LOAN) if block.number < _FULL_BLOCKS else 2


def _loan(rng: Random, desk: Desk, person: Person, loan_no: str, until: date) -> Iterator[Bill]:
    habit = habit_of(rng, LOAN)
    is_monthly = rng.random() < 0.7
    start = date(rng.randint(2017, until.year - 1), rng.choice((4, 10)), 1)
    contract = start - timedelta(days=rng.randint(4, 6) * 365 + rng.randint(0, 60))
    yen, count = (rng.randint(4, 12) * 1_000, 60) if is_monthly else (rng.randint(4, 9) * 5_000, 14)
    deferred = rng.randrange(count) if rng.random() < 0.06 else count  # 猶予 from this instalment on
    for number in range(1, count + 1):
        due = _month_end(start, (number - 1) * (1 if is_monthly else 6))
        bill = Bill(
            "scholarship", f"{loan_no}-{number:03d}", "scholarship_loan", person, loan_no, number, due.year, due.year,
            fiscal_year(due), contract, due, yen, contract_date=contract,
        )  # fmt: skip
        bill.remark_code = (
            "猶予" if number > deferred else "分納" if habit is Habit.STRUGGLING and number % 7 == 0 else ""
        )
        desk.live(bill, habit)
        _keep_one_payment(bill)
        yield bill


def _keep_one_payment(bill: Bill) -> None:
    """The ledger has one payment cell a row: only the first payment is entered."""
    del bill.receipts[1:]


def _month_end(start: date, months: int) -> date:
    month = start.month - 1 + months + 1
    return date(start.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
