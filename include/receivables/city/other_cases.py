"""Case work on claims that cannot be enforced (非強制徴収公債権・私債権), as 債権管理担当 keeps it in its claims book.

By debtor and year: what is done on a day is done for all instalments that are overdue then. A claim gets one course
besides acknowledgements and letters. Shares are assumptions. The rents of ward houses are not in the book: their
numbers tell the month and not the year, so that no slip could name one claim.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from receivables.city import plans
from receivables.city.bills import Bill
from receivables.city.cases import (
    CLAIMS_BOOK,
    Case,
    Kind,
    Office,
    Step,
    is_enforced,
    is_left_to_lapse,
    owed_yen,
    stands_until,
    years_after,
)
from receivables.city.levies import month_end
from receivables.city.office_days import fiscal_year, later, on_or_after, on_or_before

SOURCES = ("after_school", "school_lunch", "scholarship", "welfare_loans", "welfare_refund")
PRIVATE = ("school_lunch", "scholarship", "welfare_loans")
_WORKED_ON = 0.45  # of debtors in a year
_OVERDUE_DAYS, _STOPPED_FROM_DAYS = 60, 365  # 施行令171条の5: 履行期限後相当の期間
_EXEMPTED_AFTER_YEARS = 10  # 施行令171条の7第1項
_ENDED_SHARE, _EXTENDED_SHARE, _UNABLE_SHARE, _EXEMPTED_SHARE = 0.35, 0.6, 0.5, 0.8
_LIGHT = ("reminded", "acknowledged", "referred_to_support", "negotiation_agreed")  # may come before anything else
Course = Callable[[Office, Bill, date], list[Step]]


def work_on_others(office: Office, bills: list[Bill]) -> None:
    """Give one section's bills that cannot be enforced their cases, debtor by debtor and year by year."""
    by_debtor: dict[str, list[Bill]] = defaultdict(list)
    for bill in bills:
        if bill.dunned_on and not is_enforced(bill) and not is_left_to_lapse(bill, office):
            by_debtor[bill.debtor.addressee_no].append(bill)
    for theirs in by_debtor.values():
        first = fiscal_year(min(bill.due_date for bill in theirs))
        for year in range(first, fiscal_year(office.last_day) + 1):
            day = on_or_after(date(year, 4, 1) + timedelta(days=office.rng.randrange(360)))
            course = _draw(office, theirs, day)
            if office.rng.random() < _WORKED_ON and day <= office.last_day:
                _work(office, theirs, day, course)


def _draw(office: Office, theirs: list[Bill], day: date) -> str:
    """A course for all that is overdue: rather its end where time has run out; long ago, rather an extension."""
    names = list(_COURSES)
    (course,) = office.rng.choices(names, [_COURSES[name][1] for name in names])
    is_over = any(_is_open(bill, day) and day > stands_until(bill, day) for bill in theirs)
    if is_over and office.rng.random() < _ENDED_SHARE:
        return "end"
    is_early = years_after(day, _EXEMPTED_AFTER_YEARS) < office.block.as_of
    return "extension" if is_early and office.rng.random() < _EXTENDED_SHARE else course


def _work(office: Office, theirs: list[Bill], day: date, course: str) -> None:
    for bill in theirs:
        if _is_open(bill, day) and not _rests(bill, day) and (course in _LIGHT or not _has_course(bill)):
            steps = _COURSES[course][0](office, bill, day)
            if steps:
                number = f"{next(office.numbers):08d}"
                bill.cases.append(Case(CLAIMS_BOOK, Kind.ACT, number, bill, day, tuple(steps)))


def _is_open(bill: Bill, day: date) -> bool:
    """Overdue, dunned and owed on the day; a public claim must stand: it ends by time without a plea."""
    if day < bill.due_date + timedelta(days=_OVERDUE_DAYS) or not owed_yen(bill, day):
        return False
    if bill.dunning_deadline is None or day <= bill.dunning_deadline or (bill.debtor.died_on or date.max) < day:
        return False
    return bill.source_code in PRIVATE or day <= stands_until(bill, day)


def _rests(bill: Bill, day: date) -> bool:
    """Whether it was given up or pleaded by `day`, or nobody is to collect it then."""
    ended = any(case.done(day, "waived", "invoked", "exempted") for case in bill.cases)
    return ended or any(
        case.done(day, "collection_stop") and not case.done(day, "collection_resumed") for case in bill.cases
    )


def _has_course(bill: Bill) -> bool:
    return any(step.event_type not in _LIGHT for case in bill.cases for step in case.steps)


def _letter(office: Office, _: Bill, day: date) -> list[Step]:
    """催告書 by 内容証明郵便: its arrival can be proved (民法150条)."""
    came_back = office.rng.random() < 0.1
    days = timedelta(days=office.rng.randint(7, 14) if came_back else office.rng.randint(1, 4))
    arrived, returned = (None, day + days) if came_back else (day + days, None)
    return [
        Step(
            "reminded", day, issued_on=day, arrived_on=arrived, returned_on=returned,
            deadline=day + timedelta(days=14), document_no=f"催{day.year % 100}-{office.rng.randint(1, 999)}",
        )
    ]  # fmt: skip


def _acknowledge(_: Office, __: Bill, day: date) -> list[Step]:
    return [Step("acknowledged", day)]


def _plan(office: Office, bill: Bill, day: date) -> list[Step]:
    """分納誓約, a line for an instalment that is paid whole; a broken one is written down some weeks later."""
    if _rest_for_good(bill, day) and office.rng.random() < _UNABLE_SHARE:
        return [Step("acknowledged", day)]
    steps = plans.signed(office, bill, day, fewest=1)
    missed = plans.missed_on(bill, steps) if steps else None
    if missed:
        steps = [*steps, Step("plan_broken", later(missed, office.rng.randint(5, 40)))]
    return steps or [Step("acknowledged", day)]


def _extend(office: Office, bill: Bill, day: date) -> list[Step]:
    """履行延期の特約 (施行令171条の6): a new due date; given up after ten years without means (171条の7)."""
    until = month_end(day.year + office.rng.randint(1, 5), day.month)
    steps = [Step("extension", day, until_on=until, ground_code=office.rng.choice(("1", "3", "5")))]
    exempted = later(years_after(day, _EXEMPTED_AFTER_YEARS), office.rng.randint(10, 200))
    rest = _rest_for_good(bill, exempted)
    if rest and exempted <= office.last_day and office.rng.random() < _EXEMPTED_SHARE:
        steps.append(Step("exempted", exempted, amount_yen=rest))
    return steps


def _stop(office: Office, bill: Bill, day: date) -> list[Step]:
    """徴収停止 (施行令171条の5): nobody knows where he is, or it costs more than it brings; resumed when he pays."""
    if day < bill.due_date + timedelta(days=_STOPPED_FROM_DAYS):
        return []
    steps = [Step("collection_stop", day, ground_code=office.rng.choice(("2", "2", "3")))]
    paid = min((one.paid_on for one in bill.receipts if one.paid_on > day), default=None)
    if paid:
        resumed = max(day + timedelta(days=1), on_or_before(paid - timedelta(days=10)))
        return [*steps, Step("collection_resumed", resumed)]
    if office.rng.random() < 0.15:
        steps.append(Step("collection_resumed", later(day, office.rng.randint(60, 700))))
    return steps


def _sue(office: Office, bill: Bill, day: date) -> list[Step]:
    """支払督促 (施行令171条の2): withdrawn when the debtor pays or comes to terms, else final some months later."""
    paper = f"{day.year}(ロ){office.rng.randint(1, 400)}"
    filed = Step("action_filed", day, issued_on=day, document_no=paper)
    final = later(day, office.rng.randint(60, 150))
    if office.rng.random() < 0.2 or not owed_yen(bill, final):
        return [filed, Step("action_withdrawn", later(day, office.rng.randint(20, 50)), document_no=paper)]
    return [filed, Step("judgment", final, document_no=paper)]


def _file_claim(office: Office, _: Bill, day: date) -> list[Step]:
    paper = f"{day.year}(フ){office.rng.randint(1, 900)}"
    steps = [Step("claim_filed", day, issued_on=day, document_no=paper)]
    if office.rng.random() < 0.7:
        ended = later(day, office.rng.randint(200, 600))
        steps.append(Step("claim_filing_ended", ended, document_no=paper))
    return steps


def _agree(office: Office, _: Bill, day: date) -> list[Step]:
    """協議を行う旨の合意 (民法151条): a year at most."""
    return [Step("negotiation_agreed", day, until_on=day + timedelta(days=office.rng.randint(90, 364)))]


def _entrust(office: Office, _: Bill, day: date) -> list[Step]:
    steps = [Step("entrusted", day)]
    if office.rng.random() < 0.6:
        steps.append(Step("returned", later(day, office.rng.randint(180, 700))))
    return steps


def _refer(_: Office, __: Bill, day: date) -> list[Step]:
    return [Step("referred_to_support", day)]


def _end_by_time(office: Office, bill: Bill, day: date) -> list[Step]:
    """A private claim whose time is over: it is pleaded (民法145条), or the ward gives it up (自治法96条1項10号)."""
    rest = _rest_for_good(bill, day)
    if bill.source_code not in PRIVATE or not rest or day <= stands_until(bill, day):
        return []
    if office.rng.random() < 0.4:
        return [Step("invoked", day, arrived_on=day)]
    return [Step("waived", day, amount_yen=rest, ground_code=office.rng.choice(("1", "1", "2")))]


def _rest_for_good(bill: Bill, day: date) -> int:
    """What is owed on `day` and nobody is going to pay; 0 when somebody is."""
    return 0 if any(one.paid_on > day for one in bill.receipts) else owed_yen(bill, day)


# Each course and its weight, in per cent.
_COURSES: dict[str, tuple[Course, int]] = {
    "reminded": (_letter, 26), "acknowledged": (_acknowledge, 12), "plan": (_plan, 14), "extension": (_extend, 8),
    "stop": (_stop, 7), "action": (_sue, 7), "claim": (_file_claim, 3), "negotiation_agreed": (_agree, 4),
    "entrusted": (_entrust, 6), "referred_to_support": (_refer, 3), "end": (_end_by_time, 10),
}  # fmt: skip
