"""執行停止 (地方税法15条の7): stays that end in the write-offs there are, and stays that still run or were taken back.

A write-off after three years (第4項) or at once (第5項) is booked at the close of the fiscal year in which the claim
went out; its stay began on a day that leads to exactly that close.
"""

from datetime import date, timedelta

from receivables.city.bills import Bill
from receivables.city.cases import Office, Step, years_after
from receivables.city.office_days import fiscal_year, on_or_after

YEARS = 3
_GROUNDS = (("1", 45), ("2", 40), ("3", 15))  # 第1項各号: no property, hardship, nobody knows where
_AT_ONCE = "03"
_CANCELLED_SHARE = 0.15  # of stays on which nothing was paid since: property was found (第15条の8)
_FEWEST_DAYS = 30


def before_write_off(office: Office, bill: Bill) -> list[Step]:
    """The stay that led to the write-off of `bill`."""
    assert bill.written_off_on
    closed = fiscal_year(bill.written_off_on)
    if bill.write_off_cause_code == _AT_ONCE:
        on = _within(office, bill, closed)
        return [Step("execution_stay", on, until_on=on, ground_code="1", is_immediate=True)]
    on = _within(office, bill, closed - YEARS)
    return [Step("execution_stay", on, until_on=years_after(on, YEARS), ground_code=_ground(office))]


def stayed(office: Office, bill: Bill, day: date) -> list[Step]:
    """A stay from `day` on or later, so that its three years are not over; none when money comes too soon."""
    on = on_or_after(max(day, years_after(office.block.as_of, -YEARS) + timedelta(days=_FEWEST_DAYS)))
    until, ground = years_after(on, YEARS), _ground(office)
    paid = min((one.paid_on for one in bill.receipts if one.paid_on > on), default=None)
    steps = [Step("execution_stay", on, until_on=until, ground_code=ground)]
    ends = _cancelled_on(office, on, paid)
    if ends is None:
        return steps if paid is None else []
    return [*steps, Step("stay_cancelled", ends)]


def _cancelled_on(office: Office, on: date, paid: date | None) -> date | None:
    """Before the debtor's next payment, for he can pay; or because property came to light."""
    first = on + timedelta(days=_FEWEST_DAYS)
    if paid:
        return office.day(max(first, paid - timedelta(days=45)), min(paid, years_after(on, YEARS)) - timedelta(days=5))
    if office.rng.random() < _CANCELLED_SHARE:
        return office.day(first, on + timedelta(days=700))
    return None


def _within(office: Office, bill: Bill, year: int) -> date:
    """A day of the fiscal year, half a year or more after the last payment, as the section works."""
    last_paid = max((receipt.paid_on for receipt in bill.receipts), default=bill.due_date)
    begins = max(last_paid, bill.due_date)
    first = max(begins + timedelta(days=150), date(year, 4, 1))
    last = min(begins + timedelta(days=400), date(year + 1, 3, 31))
    return office.day(first, last) or first


def _ground(office: Office) -> str:
    return office.rng.choices([code for code, _ in _GROUNDS], [weight for _, weight in _GROUNDS])[0]
