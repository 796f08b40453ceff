"""Payment plans (分納誓約) on one claim, drawn up from what its debtor is going to pay anyway.

So a plan is kept, or broken, by payments that were there before it. Some are broken by our own books alone: paid on
the day, and booked (収入) when the days of grace were over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random

from receivables.city.bills import Bill, Receipt
from receivables.city.cases import Case, Kind, Office, Step, owed_yen
from receivables.city.levies import month_end
from receivables.city.office_days import on_or_before

GRACE_DAYS = 7  # a line counts as missed after so many days (assumption of this ward)
_FARTHEST_DAYS = 200  # payments farther apart were not agreed on
_MOST_LINES = 8
_TIGHT_SHARE = 0.2  # of plans: each line due on the very day on which the debtor pays it
_EARLY_DAYS = (9, 20)  # other debtors pay so many days ahead, which leaves time for the books


class Outcome(StrEnum):
    """What has become of a plan on a day."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    BROKEN_BY_BOOKS = "broken_by_books"  # paid in time, booked too late


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a schedule: so many yen by that day."""

    due: date
    yen: int


def signed(office: Office, bill: Bill, on: date, *, fewest: int = 2) -> list[Step]:
    """The steps of a plan signed on `on` for all that is owed; none when fewer lines would come of it."""
    lines = _lines(office.rng, bill, on)
    if len(lines) < fewest:
        return []
    whole = Step("instalment_plan", on, amount_yen=sum(line.yen for line in lines))
    return [whole, *(Step("plan_due", on, until_on=line.due, amount_yen=line.yen) for line in lines)]


def outcome(case: Case, day: date) -> Outcome:
    """Kept or broken as of `day`, by the days of payment; and whether the books alone say that it is broken."""
    lines = [step for step in case.steps if step.event_type == "plan_due"]
    wanted, is_late = 0, False
    for line in lines:
        assert line.until_on
        assert line.amount_yen
        last = line.until_on + timedelta(days=GRACE_DAYS)
        wanted += line.amount_yen
        if last >= day:
            return Outcome.BROKEN_BY_BOOKS if is_late else Outcome.RUNNING
        if _paid(case, last, lambda receipt: receipt.paid_on) < wanted:
            return Outcome.BROKEN
        is_late |= _paid(case, last, lambda receipt: receipt.received_on) < wanted
    return Outcome.BROKEN_BY_BOOKS if is_late else Outcome.KEPT


def missed_on(bill: Bill, steps: list[Step]) -> date | None:
    """The day after the grace of the first line that was not paid; none when every line is."""
    case = Case("", Kind.PLAN, "", bill, steps[0].on, tuple(steps))
    wanted = 0
    for line in steps[1:]:
        last = (line.until_on or line.on) + timedelta(days=GRACE_DAYS)
        wanted += line.amount_yen or 0
        if _paid(case, last, lambda receipt: receipt.paid_on) < wanted:
            return last + timedelta(days=1)
    return None


def _paid(case: Case, day: date, day_of: Callable[[Receipt], date]) -> int:
    return sum(one.principal_yen for one in case.bill.receipts if one.paid_on > case.opened_on and day_of(one) <= day)


def _lines(rng: Random, bill: Bill, on: date) -> list[Line]:
    """A line for each payment that follows soon, then a line a month for what nobody is going to pay."""
    rest, is_tight = owed_yen(bill, on), rng.random() < _TIGHT_SHARE
    lines: list[Line] = []
    for receipt in _following(bill, on):
        due = receipt.paid_on + timedelta(days=0 if is_tight else rng.randint(*_EARLY_DAYS))
        yen = min(receipt.principal_yen, rest)
        if yen:
            lines.append(Line(due, yen))
        rest -= yen
    return [*lines, *_unpaid(rng, lines[-1].due if lines else on, rest)]


def _following(bill: Bill, on: date) -> Iterator[Receipt]:
    last = on
    for receipt in sorted(bill.receipts, key=lambda one: one.paid_on):
        if receipt.paid_on <= on:
            continue
        if (receipt.paid_on - last).days > _FARTHEST_DAYS:
            return
        last = receipt.paid_on
        yield receipt


def _unpaid(rng: Random, after: date, rest: int) -> Iterator[Line]:
    """What is left in equal parts at the ends of the months that follow; the last takes the rest."""
    if not rest:
        return
    count = max(1, min(rng.randint(2, _MOST_LINES), rest // 1_000))
    part = rest // count
    for number in range(1, count + 1):
        due = on_or_before(month_end(after.year, after.month + number))
        yield Line(due, part if number < count else rest - part * (count - 1))
