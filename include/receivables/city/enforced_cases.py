"""Case work on enforced public claims (強制徴収公債権), as 納税課 and 保険料収納課 do it in the system for arrears.

By debtor: a seizure (差押) and a demand for distribution (交付要求) are for all that he owes that department. What is
written off by time (時効) was only ever reminded. Shares are assumptions.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from receivables.city import plans, stays
from receivables.city.bills import Bill
from receivables.city.cases import (
    STAY_WRITE_OFFS,
    Kind,
    Office,
    Step,
    case_number,
    is_enforced,
    is_left_to_lapse,
    open_case,
    owed_yen,
    settled_on,
    stands_until,
)
from receivables.city.office_days import later
from receivables.city.overpayments import give_back
from receivables.city.reminders import remind

_FIRST_DAYS = 30  # after the day that the dunning letter gives
_FEWEST_DEFERRED_DAYS, _MOST_DEFERRED_DAYS, _CANCELLED_SHARE = 30, 365, 0.1
_SEIZED_IN_VAIN = 0.5  # released without money: a salary that ended, an account without funds
_DEFERRALS = (("01", "deferral", 4), ("02", "conversion_deferral", 4), ("03", "conversion_deferral", 3))
_CHARGE_PERMILLE, _FEWEST_CHARGE_YEN, _EXEMPTED_SHARE = 87, 1_000, 0.25
Theirs = list[Bill]
Course = Callable[[Office, Bill, date, Theirs], None]


def work_on_enforced(office: Office, bills: list[Bill]) -> None:
    """Give one department's enforced bills their cases, debtor by debtor."""
    by_debtor: dict[str, Theirs] = defaultdict(list)
    for bill in bills:
        if is_enforced(bill):
            by_debtor[bill.debtor.addressee_no].append(bill)
    for theirs in by_debtor.values():
        for bill in theirs:
            _take_up(office, bill, theirs)
        remind(office, theirs)
        give_back(office, theirs)


def _take_up(office: Office, bill: Bill, theirs: Theirs) -> None:
    """One course of work on one bill at most, on a day on which it is overdue and dunned."""
    if bill.cases:
        return
    if bill.write_off_cause_code in STAY_WRITE_OFFS:
        steps = stays.before_write_off(office, bill)
        open_case(office, Kind.STAY, bill, steps, yen=bill.written_off_yen)
    elif bill.dunned_on and not is_left_to_lapse(bill, office):
        day = _day(office, bill)
        if day:
            _draw(office, bill, day)(office, bill, day, theirs)


def _day(office: Office, bill: Bill) -> date | None:
    """When it is taken up: before its money comes, and while it stands."""
    first = (bill.dunning_deadline or bill.due_date) + timedelta(days=_FIRST_DAYS)
    settled, died_on = settled_on(bill), bill.debtor.died_on
    last = min(office.last_day, stands_until(bill, first) - timedelta(days=1), died_on or date.max)
    payments = [one.paid_on for one in bill.receipts if one.paid_on > first + timedelta(days=20)]
    if payments:
        last = min(last, min(payments) - timedelta(days=5))
        first = max(first, last - timedelta(days=90))
    if settled:
        last = min(last, settled - timedelta(days=20))
    return office.day(first, last)


def _draw(office: Office, bill: Bill, day: date) -> Course:
    """More is done about who does not pay at all than about who is late."""
    coming = sum(one.paid_on > day for one in bill.receipts)
    lacking = [name for name, kind in _MUST.items() if office.lacks(kind)]
    if lacking and office.rng.random() < 0.5:
        return _COURSES[office.rng.choice(lacking)]
    weights = _WITHOUT_MONEY if coming == 0 else _WITH_MONEY if coming == 1 else _IN_PARTS
    return office.rng.choices(tuple(_COURSES.values()), [weights.get(name, 0) for name in _COURSES])[0]


def _nothing(office: Office, bill: Bill, _: date, __: Theirs) -> None:
    """Nothing is done; of who paid late, a few are let off the late charge (延滞金減免)."""
    settled = settled_on(bill)
    if settled and settled == max((one.paid_on for one in bill.receipts), default=None):
        _exempt(office, bill, settled)


def _exempt(office: Office, bill: Bill, settled: date) -> None:
    is_chosen = office.rng.random() < _EXEMPTED_SHARE or office.lacks(Kind.EXEMPTION)
    if any(one.charge_yen for one in bill.receipts) or not is_chosen:
        return
    is_half, days = office.rng.random() < 0.3, (settled - bill.due_date).days
    rough = bill.assessed_yen // 1_000 * 1_000 * _CHARGE_PERMILLE * days // 365_000 // (2 if is_half else 1)
    if rough >= _FEWEST_CHARGE_YEN:
        step = Step(
            "late_charge_exempted", later(settled, office.rng.randint(0, 20)),
            effective_on=bill.due_date + timedelta(days=1), until_on=settled, amount_yen=rough // 100 * 100,
            ground_code="2" if is_half else "1",
        )  # fmt: skip
        open_case(office, Kind.EXEMPTION, bill, [step])


def _plan(office: Office, bill: Bill, day: date, _: Theirs) -> None:
    open_case(office, Kind.PLAN, bill, plans.signed(office, bill, day))


def _pledge(office: Office, bill: Bill, day: date, _: Theirs) -> None:
    """納付誓約: the whole by one day; it acknowledges the claim (承認), whether it is kept or not."""
    until = later(day, office.rng.randint(20, 60))
    open_case(office, Kind.PLEDGE, bill, [Step("acknowledged", day, until_on=until, amount_yen=owed_yen(bill, day))])


def _defer(office: Office, bill: Bill, day: date, _: Theirs) -> None:
    """徴収の猶予, or of 換価 on application or by office: up to a year, never beyond the last payment."""
    code, event_type, _weight = office.rng.choices(_DEFERRALS, [weight for *_, weight in _DEFERRALS])[0]
    until = day + timedelta(days=office.rng.randint(180, _MOST_DEFERRED_DAYS))
    settled = settled_on(bill)
    until = min(until, settled - timedelta(days=1)) if settled else until
    if (until - day).days < _FEWEST_DEFERRED_DAYS:
        return
    applied = day - timedelta(days=office.rng.randint(3, 20))
    steps = [Step(event_type, day, until_on=until, ground_code=code, issued_on=applied)]
    if office.rng.random() < _CANCELLED_SHARE:
        cancelled = office.day(day + timedelta(days=15), until - timedelta(days=5))
        steps += [Step("deferral_cancelled", cancelled)] if cancelled else []
    open_case(office, Kind.DEFERRAL, bill, steps, yen=owed_yen(bill, day))


def _stay(office: Office, bill: Bill, day: date, _: Theirs) -> None:
    steps = stays.stayed(office, bill, day)
    last = min(stands_until(bill, day), bill.debtor.died_on or date.max)
    if steps and steps[0].on <= last and owed_yen(bill, steps[0].on):
        open_case(office, Kind.STAY, bill, steps, yen=owed_yen(bill, steps[0].on))


def _seize(office: Office, bill: Bill, day: date, theirs: Theirs) -> None:
    """差押 for everything that stands on the day; released (解除) when the money has come, or in vain."""
    money = min((one.received_on for one in bill.receipts if one.paid_on > day), default=None)
    released = None
    if money or office.rng.random() < _SEIZED_IN_VAIN:
        days = office.rng.randint(2, 12) if money else office.rng.randint(60, 300)
        released = later(money or day, days)
    number, arrived = case_number(office, Kind.SEIZURE, bill), later(day, office.rng.randint(1, 3))
    for each in _all_owed(office, bill, day, theirs):
        yen = owed_yen(each, day)
        steps = [Step("seized", day, amount_yen=yen, issued_on=day, arrived_on=arrived, ground_code="02")]
        steps += [Step("released", released)] if released else []
        open_case(office, Kind.SEIZURE, each, steps, number=number, yen=yen)


def _demand(office: Office, bill: Bill, day: date, theirs: Theirs) -> None:
    """交付要求 in an execution or a bankruptcy that another began, or 参加差押; ended by distribution (配当) or not."""
    rng = office.rng
    code, serial = rng.choice(("03", "04")), rng.randint(1, 900)
    ends = later(day, rng.randint(200, 500)) if rng.random() < 0.7 else None
    paper = f"{day.year}(ケ){serial}"
    number = case_number(office, Kind.CLAIM, bill)
    for each in _all_owed(office, bill, day, theirs):
        steps = [Step("claim_filed", day, issued_on=day, document_no=paper, ground_code=code)]
        steps += [Step("claim_filing_ended", ends)] if ends else []
        open_case(office, Kind.CLAIM, each, steps, number=number, yen=owed_yen(each, day))


def _all_owed(office: Office, bill: Bill, day: date, theirs: Theirs) -> Theirs:
    """`bill`, and what else its debtor owes this department on the day on which nobody works yet."""
    others = [
        each for each in theirs
        if each is not bill and not each.cases and each.write_off_cause_code not in STAY_WRITE_OFFS
        and each.dunning_deadline and each.dunning_deadline < day <= stands_until(each, day)
        and owed_yen(each, day) and not is_left_to_lapse(each, office)
    ]  # fmt: skip
    return [bill, *others]


_COURSES: dict[str, Course] = {
    "nothing": _nothing, "plan": _plan, "pledge": _pledge, "defer": _defer, "stay": _stay, "seize": _seize,
    "demand": _demand,
}  # fmt: skip
_MUST = {
    "plan": Kind.PLAN, "pledge": Kind.PLEDGE, "defer": Kind.DEFERRAL, "stay": Kind.STAY, "seize": Kind.SEIZURE,
    "demand": Kind.CLAIM,
}  # fmt: skip
# How often each is chosen, in per cent: nobody pays; one payment is still to come; it is going to be paid in parts.
_WITHOUT_MONEY = {"nothing": 52, "plan": 9, "pledge": 6, "defer": 6, "stay": 16, "seize": 10, "demand": 1}
_WITH_MONEY = {"nothing": 66, "plan": 2, "pledge": 10, "defer": 6, "stay": 3, "seize": 12, "demand": 1}
_IN_PARTS = {"nothing": 35, "plan": 50, "pledge": 4, "defer": 4, "stay": 0, "seize": 6, "demand": 1}
