"""The system for arrears (滞納整理システム): eight groups of the standard (統合収滞納管理), a full copy every night.

The groups are a draft (see the standard's edition): 分割納付計画 and 延滞金減免 have no item for the day of the act,
for which 操作年月日 stands; 交渉経過 names no claim and is not sent. Enforced claims only, whoever levied them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from receivables.city import arrears_faults as faults
from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.cases import ARREARS, Case, Kind, Step, settled_on
from receivables.city.delivery_note import write_note
from receivables.city.papers import Department, Paper, settled_by
from receivables.city.planting import Act, Fault, Row
from receivables.city.standard_faults import WithCell
from receivables.city.standard_files import form, iso, layout

# 業務詳細（科目）コード: 01, 08 and 21 as the departments' own files have them; the others are configuration.
_SUBJECTS = {
    "resident_tax": "01", "light_vehicle_tax": "08", "nhi": "20", "ltci": "21", "latter_stage": "22", "nursery": "31",
    "welfare_refund": "41",
}  # fmt: skip
_TIME = "024000"
_TAX, _COURT = "東京都都税事務所", "東京地方裁判所"
_JOINT_SEIZURE = "03"
Values = dict[str, object]
Line = tuple[Values, int, tuple[Step, ...]]  # items, yen that the control total counts, the steps it tells of


@dataclass(frozen=True, slots=True)
class _Group:
    """One group: which cases it tells of, and how a case is written on a day."""

    table: str
    group: str
    kinds: tuple[Kind, ...]
    lines: Callable[[Case, date], Iterator[Line]]
    faults: Callable[[WithCell], list[Fault[str]]]

    def rows(self, bills: list[Bill], day: date, block: Block) -> list[Row[str]]:
        """Everything known on `day`."""
        return [
            self._row(case, line, block)
            for bill in bills
            for case in bill.cases
            if case.source == ARREARS and case.kind in self.kinds and case.opened_on <= day
            for line in self.lines(case, day)
        ]

    def _row(self, case: Case, line: Line, block: Block) -> Row[str]:
        values, yen, steps = line
        text = layout(self.group).row(_who(case) | values)
        acts = tuple(act_of(case, step) for step in steps)
        return Row(text, yen, None, case.bill, is_spare=is_over(case, block), acts=acts)

    @property
    def paper(self) -> Paper[str]:
        """The group as a file."""
        return Paper(
            self.table, f"{self.group}_{{date}}{_TIME}_1.csv", self.rows,
            lambda: self.faults(layout(self.group).with_cell), form(self.group), is_spare,
        )  # fmt: skip


def act_of(case: Case, step: Step) -> Act:
    """A step as the truth tells it."""
    amount_yen = "" if step.amount_yen is None else step.amount_yen
    return (case.source, case.bill.claim_id, step.event_type, step.on, step.effective_on or "",
            step.until_on or "", amount_yen, step.ground_code)  # fmt: skip


def is_over(case: Case, block: Block) -> bool:
    """Whether nothing depends on the case any more: its claim is settled, and all of it is long past."""
    settled, last = settled_on(case.bill), settled_by(block.as_of)
    return settled is not None and settled < last and all(step.on < last for step in case.steps)


def is_spare(row: Row[Any], _: date) -> bool:
    """Only such rows are spoilt: nobody is asked to pay because the row of his stay was."""
    return row.is_spare


def _who(case: Case) -> Values:
    bill = case.bill
    return {
        "levy_year": bill.levy_year,
        "tax_year": bill.tax_year,
        "notice_no": bill.notice_no,
        "subject_code": _SUBJECTS[bill.source_code],
        "instalment_no": f"{bill.instalment_no:02d}",
        "addressee_no": bill.debtor.addressee_no,
        "case_no": case.number,
        "operated_on": case.opened_on.isoformat(),
        "yen": case.yen,
    }


def _done(step: Step | None) -> str:
    return iso(step.on if step else None)


def _plans(case: Case, _: date) -> Iterator[Line]:
    """A line a payment; the plan itself has no row, so that each line tells its share of it."""
    lines = [step for step in case.steps if step.event_type != "instalment_plan"]
    for number, step in enumerate(lines, start=1):
        yen = step.amount_yen or 0
        plan = (Step("instalment_plan", step.on, amount_yen=yen),) if case.kind is Kind.PLAN else ()
        yield {"line_no": number, "until_on": iso(step.until_on), "yen": yen}, yen, (*plan, step)


def _deferrals(case: Case, day: date) -> Iterator[Line]:
    first, cancelled = case.steps[0], case.done(day, "deferral_cancelled")
    yield {
        "kind_code": first.ground_code, "applied_on": iso(first.issued_on), "first_on": iso(first.on),
        "until_on": iso(first.until_on), "cancelled_on": _done(cancelled),
    }, 0, tuple(case.seen(day))  # fmt: skip


def _seizures(case: Case, day: date) -> Iterator[Line]:
    first, ended = case.steps[0], case.done(day, "released")
    yield {
        "kind_code": first.ground_code, "issued_on": iso(first.issued_on), "ended_on": _done(ended),
        "arrived_on": iso(known(first.arrived_on, day)),
    }, case.yen, tuple(case.seen(day))  # fmt: skip


def _filings(case: Case, day: date) -> Iterator[Line]:
    first, ended = case.steps[0], case.done(day, "claim_filing_ended")
    yield {
        "kind_code": first.ground_code, "court": _TAX if first.ground_code == _JOINT_SEIZURE else _COURT,
        "document_no": first.document_no, "issued_on": iso(first.on), "ended_on": _done(ended),
    }, 0, tuple(case.seen(day))  # fmt: skip


def _stays(case: Case, day: date) -> Iterator[Line]:
    first, cancelled = case.steps[0], case.done(day, "stay_cancelled")
    yield {
        "first_on": iso(first.on), "ground_code": first.ground_code, "until_on": iso(first.until_on),
        "cancelled_on": _done(cancelled), "is_immediate": int(first.is_immediate),
    }, 0, tuple(case.seen(day))  # fmt: skip


def _exemptions(case: Case, _: date) -> Iterator[Line]:
    (step,) = case.steps
    yen = step.amount_yen or 0
    yield {
        "first_on": iso(step.effective_on), "until_on": iso(step.until_on), "ground_code": step.ground_code, "yen": yen,
    }, yen, (step,)  # fmt: skip


def _overpayments(case: Case, day: date) -> Iterator[Line]:
    """Found, then noticed with what is set off, then paid back: a row that fills as the days go by."""
    found, noticed = case.steps[0], case.done(day, "noticed")
    offset, refunded = case.done(day, "offset"), case.done(day, "refunded")
    seen = tuple(step for step in (offset, refunded) if step)
    yield {
        "line_no": 1, "found_on": iso(found.on), "ground_code": found.ground_code,
        "refund_yen": (refunded and refunded.amount_yen) or 0, "offset_yen": (offset and offset.amount_yen) or 0,
        "noticed_on": _done(noticed), "refunded_on": _done(refunded),
        "way_code": "1" if refunded else "",
    }, case.yen, seen  # fmt: skip


def _reminders(case: Case, _: date) -> Iterator[Line]:
    (step,) = case.steps
    yield {
        "issued_on": iso(step.on), "until_on": iso(step.deadline), "kind_code": step.ground_code,
    }, 0, (step,)  # fmt: skip


_GROUPS = (
    _Group("plans", "bunno_keikaku", (Kind.PLAN, Kind.PLEDGE), _plans, faults.plan_faults),
    _Group("deferrals", "yuyo", (Kind.DEFERRAL,), _deferrals, faults.deferral_faults),
    _Group("seizures", "tainoshobun", (Kind.SEIZURE,), _seizures, faults.seizure_faults),
    _Group("claim_filings", "kofu_yokyu", (Kind.CLAIM,), _filings, faults.filing_faults),
    _Group("stays", "shikkoteishi", (Kind.STAY,), _stays, faults.stay_faults),
    _Group("charge_exemptions", "entaikin_gemmen", (Kind.EXEMPTION,), _exemptions, faults.exemption_faults),
    _Group("overpayments", "kanpu", (Kind.OVERPAYMENT,), _overpayments, faults.overpayment_faults),
    _Group("reminders", "saikoku_hasso", (Kind.REMINDER,), _reminders, faults.reminder_faults),
)
DEPARTMENT = Department(ARREARS, lambda *_: [], tuple(group.paper for group in _GROUPS), write_note, is_over_all=True)
