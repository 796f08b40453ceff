"""Case work (滞納整理) on one claim: what a section does about it between the dunning letter and its end.

A case is planned once with all its steps, like a bill's life, and cut at a business date; it changes neither the
bill nor its payments. Which share of arrears gets which work is an assumption of this ward, not a finding.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.office_days import on_or_after, on_or_before
from receivables.city.refunds import ENFORCED_FROM

ARREARS, CLAIMS_BOOK = "arrears", "claims_book"
ENFORCED = ("resident_tax", "light_vehicle_tax", "nhi", "latter_stage", "ltci", "nursery")
_CASES_PER_BLOCK = 100_000
_AHEAD_DAYS = 180  # work is planned so far beyond the first day, for the days that follow
_SHORT = ("nhi", "latter_stage", "ltci")
_YEARS, _SHORT_YEARS = 5, 2
_OLD_YEARS = {"scholarship": 10, "welfare_loans": 10, "school_lunch": 2}  # 旧民法167条, 173条
_NEW_LAW = date(2020, 4, 1)  # contracts before it keep the old period (平成29年法律第44号附則10条)
STAY_WRITE_OFFS, PRESCRIBED = ("02", "03"), "01"
_DEPARTMENTS = {
    "resident_tax": 1, "light_vehicle_tax": 2, "nhi": 3, "latter_stage": 4, "ltci": 5, "nursery": 6,
    "welfare_refund": 7,
}  # fmt: skip


class Kind(StrEnum):
    """What a case is; one file of the standard's groups each, but for those of the claims book."""

    PLAN = "plan"  # 分納誓約
    PLEDGE = "pledge"  # 納付誓約: the whole on one day, an acknowledgement (承認)
    DEFERRAL = "deferral"  # 徴収・換価の猶予
    SEIZURE = "seizure"  # 差押
    CLAIM = "claim"  # 交付要求・参加差押
    STAY = "stay"  # 執行停止
    EXEMPTION = "exemption"  # 延滞金減免
    OVERPAYMENT = "overpayment"  # 過誤納・還付充当
    REMINDER = "reminder"  # 催告
    ACT = "act"  # a line of the claims book


_KIND_NUMBERS = {kind: number for number, kind in enumerate(Kind, start=1)}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done: the event that the law knows, on a day, with the days and yen that belong to it."""

    event_type: str
    on: date
    effective_on: date | None = None
    until_on: date | None = None
    amount_yen: int | None = None
    ground_code: str = ""
    issued_on: date | None = None
    arrived_on: date | None = None
    returned_on: date | None = None
    deadline: date | None = None
    is_immediate: bool = False
    document_no: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case on one claim. `yen` is what its paper is about, where no step says so."""

    source: str
    kind: Kind
    number: str
    bill: Bill
    opened_on: date
    steps: tuple[Step, ...]
    yen: int = 0

    def seen(self, day: date) -> Iterator[Step]:
        """The steps taken by `day`."""
        return (step for step in self.steps if step.on <= day)

    def done(self, day: date, *event_types: str) -> Step | None:
        """The step of one of these types, when it has been taken by `day`."""
        return next((step for step in self.seen(day) if step.event_type in event_types), None)


@dataclass(slots=True)
class Office:
    """Who works on the cases of one block and department: random numbers of its own, and running numbers."""

    block: Block
    rng: Random
    numbers: Iterator[int] = field(init=False)
    opened: Counter[Kind] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        first = self.block.number * _CASES_PER_BLOCK + 1
        self.numbers = iter(range(first, first + _CASES_PER_BLOCK))

    @property
    def last_day(self) -> date:
        """The last day for which work is planned."""
        return self.block.as_of + timedelta(days=_AHEAD_DAYS)

    def day(self, first: date, last: date) -> date | None:
        """A day from `first` to `last`, an office day if there is one near; none when there is no such day."""
        if first > last:
            return None
        drawn = first + timedelta(days=self.rng.randint(0, (last - first).days))
        return min(on_or_after(drawn), max(drawn, on_or_before(last)))

    def lacks(self, kind: Kind) -> bool:
        """Whether a small ward, too, must still see its first case of this kind."""
        return self.block.number == 0 and not self.opened[kind]


def open_case(office: Office, kind: Kind, bill: Bill, steps: list[Step], *, number: str = "", yen: int = 0) -> None:
    """Put a case on `bill`, under a number of its own unless it shares one."""
    if steps:
        case_no = number or case_number(office, kind, bill)
        bill.cases.append(Case(ARREARS, kind, case_no, bill, steps[0].on, tuple(steps), yen))
        office.opened[kind] += 1


def case_number(office: Office, kind: Kind, bill: Bill) -> str:
    """管理番号: kind in two digits, department in two, ten of a running number."""
    return f"{_KIND_NUMBERS[kind]:02d}{_DEPARTMENTS[bill.source_code]:02d}{next(office.numbers):010d}"


def is_enforced(bill: Bill) -> bool:
    """Whether the claim may be enforced as national tax is (強制徴収公債権)."""
    if bill.basis:
        return not bill.basis.is_office_error and bill.basis.first >= ENFORCED_FROM[bill.kind_code]
    return bill.source_code in ENFORCED


def owed_yen(bill: Bill, day: date) -> int:
    """Principal that is still owed at the end of `day`, money on its way counted as paid."""
    paid = sum(one.principal_yen for one in bill.receipts if one.paid_on <= day)
    return max(bill.assessed_yen - paid - bill.written_off_by(day), 0)


def settled_on(bill: Bill) -> date | None:
    """The day on which nothing is owed any more: paid in full, or written off; none when that never happens."""
    paid = 0
    for one in sorted(bill.receipts, key=lambda receipt: receipt.paid_on):
        paid += one.principal_yen
        if paid >= bill.assessed_yen:
            return one.paid_on
    return bill.written_off_on


def stands_until(bill: Bill, day: date) -> date:
    """The last day on which the claim surely stands, as counted from dunning and from what was paid by `day`."""
    paid = [one.paid_on for one in bill.receipts if one.paid_on <= day]
    start = max([bill.dunning_deadline or bill.due_date, *paid])
    return years_after(start, _years(bill))


def years_after(day: date, years: int) -> date:
    """The same day so many years later (応当日); 28 February for a 29th that is not there."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def is_left_to_lapse(bill: Bill, office: Office) -> bool:
    """Whether it is written off by time (時効) soon or already: then nothing was done that would renew it."""
    if bill.write_off_cause_code != PRESCRIBED:
        return False
    return stands_until(bill, date.max) <= office.last_day


def _years(bill: Bill) -> int:
    if bill.source_code in _SHORT:
        return _SHORT_YEARS
    is_old = (bill.contract_date or date.max) < _NEW_LAW
    return _OLD_YEARS.get(bill.source_code, _YEARS) if is_old else _YEARS
