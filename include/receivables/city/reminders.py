"""催告書 to debtors of enforced claims: by debtor, for all that is overdue and under no stay or deferral.

A letter postpones completion by six months (民法150条): none is so late that a write-off by time would be too early.
"""

from datetime import date, timedelta

from receivables.city.bills import Bill
from receivables.city.cases import (
    PRESCRIBED,
    Kind,
    Office,
    Step,
    case_number,
    open_case,
    owed_yen,
    stands_until,
)
from receivables.city.office_days import fiscal_year, is_office_day

_SHARE = 0.4  # of debtors in a year
_OVERDUE_DAYS, _DEADLINE_DAYS, _POSTPONED_DAYS = 45, 14, 200
_REMINDER, _BEFORE_SEIZURE, _LAST = "1", "2", "3"  # 催告区分: 催告書, 差押予告, 最終催告
_KINDS = ((_REMINDER, 70), (_BEFORE_SEIZURE, 20), (_LAST, 10))
_RESTING = (Kind.STAY, Kind.DEFERRAL)


def remind(office: Office, theirs: list[Bill]) -> None:
    """One letter a year to a share of the debtors, on any office day of the year."""
    rng = office.rng
    overdue = [bill for bill in theirs if bill.dunned_on and _is_ever_late(bill)]
    if not overdue:
        return
    for year in range(fiscal_year(min(bill.due_date for bill in overdue)), fiscal_year(office.last_day) + 1):
        day = date(year, 4, 1) + timedelta(days=rng.randrange(365))
        kind = rng.choices([code for code, _ in _KINDS], [weight for _, weight in _KINDS])[0]
        if rng.random() < _SHARE and is_office_day(day) and day <= office.last_day:
            _send(office, [bill for bill in overdue if _may_be_reminded(bill, day)], day, kind)


def _send(office: Office, bills: list[Bill], day: date, kind: str) -> None:
    deadline = day + timedelta(days=_DEADLINE_DAYS)
    number = case_number(office, Kind.REMINDER, bills[0]) if bills else ""
    for bill in bills:
        step = Step("reminded", day, issued_on=day, deadline=deadline, ground_code=kind)
        open_case(office, Kind.REMINDER, bill, [step], number=number)


def _is_ever_late(bill: Bill) -> bool:
    return owed_yen(bill, bill.due_date + timedelta(days=_OVERDUE_DAYS)) > 0


def _may_be_reminded(bill: Bill, day: date) -> bool:
    if day < bill.due_date + timedelta(days=_OVERDUE_DAYS) or not owed_yen(bill, day) or bill.dunning_deadline is None:
        return False
    if day <= bill.dunning_deadline or (bill.debtor.died_on or date.max) < day:
        return False
    last = stands_until(bill, day)
    last -= timedelta(days=_POSTPONED_DAYS if bill.write_off_cause_code == PRESCRIBED else 0)
    return day < last and not _rests(bill, day)


def _rests(bill: Bill, day: date) -> bool:
    """Whether the claim is under a stay or a deferral on `day`."""
    for case in bill.cases:
        if case.kind in _RESTING and case.opened_on <= day:
            ended = case.done(day, "stay_cancelled", "deferral_cancelled")
            until = case.steps[0].until_on or date.max
            if ended is None and day <= until:
                return True
    return False
