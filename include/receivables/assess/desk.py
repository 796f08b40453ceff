"""The desk (判定の机): claim after claim read from the ledger, judged, and told as rows ready for COPY."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from receivables.assess.judging import Claim, Part, charged, kind_of, part_payments, parts, stands
from receivables.errors import InputRejectedError
from receivables.law.charging import Payment, Segment
from receivables.law.clock import ClockEntry, Event
from receivables.law.late_charge import LateCharge
from receivables.law.standing import Standing
from receivables.rulebook import ClaimType, Rulebook

COLUMNS = (
    "claim_id", "as_of", "prescription_state", "prescription_date_safe", "prescription_date_alt",
    "prescription_cause", "prescription_rule_id", "prescription_clock", "needs_invocation", "standing",
    "extinct_from", "extinct_cause", "awaits_invocation", "held_by", "held_until", "holds",
    "delinquency_charge_yen", "charge_paid_yen", "charge_segments", "charge_rule_id", "components", "citations",
    "missing",
)  # fmt: skip
# Acts as the ledger keeps them, in this order (see `law.desk`).
_ACT = ("type", "on", "effective_on", "until", "issued_on", "arrived_on", "returned_on", "designated_deadline",
        "channel", "ground", "is_immediate", "reference")  # fmt: skip
_DATES = frozenset({"on", "effective_on", "until", "issued_on", "arrived_on", "returned_on", "designated_deadline"})


class Found(NamedTuple):
    """One row of law.desk: the claim's facts, its payments in order, its acts as JSON text."""

    claim_id: str
    claim_type: str
    fiscal_year: int
    due_date: date
    contract_date: date | None
    assessed_yen: int
    written_off_yen: int
    class_rule_id: str | None
    paid_days: list[date] | None
    paid_yens: list[int] | None
    charge_paid_yen: int
    acts: str | None
    components: dict[str, int] | None

    @property
    def claim(self) -> Claim:
        """The claim's facts."""
        return Claim(*self[:8])

    @property
    def payments(self) -> tuple[Payment, ...]:
        """Its payments, first things first."""
        return tuple(map(Payment, self.paid_days, self.paid_yens)) if self.paid_days and self.paid_yens else ()

    @property
    def is_settled(self) -> bool:
        """Whether all was paid (完納): then nothing is left that could end."""
        return self.written_off_yen == 0 and sum(self.paid_yens or ()) >= self.assessed_yen


class _Course(NamedTuple):
    """What claims of one due date and one history share: wound once, told often."""

    standing: Standing
    events: tuple[Event, ...]
    clock: str
    holds: str


class Desk:
    """Judges claim after claim for one day under one rulebook."""

    def __init__(self, rules: Rulebook, as_of: date) -> None:
        self._rules, self._as_of, self.count = rules, as_of, 0
        self._courses: dict[tuple[Any, ...], _Course] = {}

    def rows(self, found: Iterator[Found]) -> Iterator[list[object]]:
        """One row each, in the order of COLUMNS."""
        return map(self.row, found)

    def row(self, found: Found) -> list[object]:
        """The row of one claim, ready for COPY."""
        self.count += 1
        claim, payments = found.claim, found.payments
        kind = kind_of(claim, self._rules)
        course = self._course(claim, kind, payments, found.acts)
        charge, lacking = charged(
            claim, kind, as_of=self._as_of, payments=payments, events=course.events, rules=self._rules
        )
        rule = kind.late_charge_rule if charge else None
        known = course.standing
        return [
            claim.claim_id, self._as_of, *(_settled(kind) if found.is_settled else _stood(kind, course)),
            charge.charge_yen if charge else None, found.charge_paid_yen, _segments(charge),
            rule.rule_id if rule else None, _parts(parts(claim, kind, payments, found.components or {})),
            _citations(kind.citation, rule.citation if rule else None, *known.articles),
            _json([*(() if found.is_settled else known.missing), *lacking]),
        ]  # fmt: skip

    def _course(self, claim: Claim, kind: ClaimType, payments: Sequence[Payment], acts: str | None) -> _Course:
        acknowledged = part_payments(claim, payments)
        key = kind.prescription_rule.rule_id, claim.due_date, claim.contract_date, acts, acknowledged
        known = self._courses.get(key)
        if known is None:
            events = acts_of(acts)
            found = self._stands(claim, kind, events, acknowledged)
            clock = _json([clock_row(entry) for entry in found.prescription.clock])
            holds = _json([_plain(hold) for hold in found.holds])
            known = self._courses[key] = _Course(found, events, clock, holds)
        return known

    def _stands(
        self, claim: Claim, kind: ClaimType, events: tuple[Event, ...], acknowledged: Sequence[date]
    ) -> Standing:
        try:
            return stands(claim, kind, as_of=self._as_of, events=events, acknowledged=acknowledged)
        except InputRejectedError as refused:
            # An act that this claim cannot have: a finding about the claim, no reason to leave the others unjudged.
            bare = stands(claim, kind, as_of=self._as_of, events=(), acknowledged=())
            return _unknown(bare, f"refused: {refused}")


def _stood(kind: ClaimType, course: _Course) -> list[object]:
    """The columns from prescription_state to holds of a claim that something is left of."""
    known, clock = course.standing, course.standing.prescription
    hold = known.holds[0] if known.holds else None
    return [
        clock.state, clock.date_safe, clock.date_alternative, clock.cause, kind.prescription_rule.rule_id,
        course.clock, clock.needs_invocation, known.state, known.extinct_from,
        known.cause if known.extinct_from else None, known.awaits_invocation, hold.kind if hold else None,
        hold.until if hold else None, course.holds,
    ]  # fmt: skip


def _settled(kind: ClaimType) -> list[object]:
    """The same columns of one that was paid: no clock runs any more."""
    rule = kind.prescription_rule
    return [None, None, None, None, rule.rule_id, "[]", rule.needs_invocation, "settled", *[None] * 2, False,
            None, None, "[]"]  # fmt: skip


def acts_of(text: str | None) -> tuple[Event, ...]:
    """The events of a claim from the ledger's JSON."""
    return tuple(event_of(dict(zip(_ACT, map(_dated, _ACT, act), strict=True))) for act in json.loads(text or "[]"))


def _dated(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in _DATES and value else value


def event_of(act: Mapping[str, Any]) -> Event:
    """The law's event of one act of the ledger; a deferral or stay counts from when it works."""
    given = dict(act)
    effective = given.pop("effective_on")
    if effective and given["type"] in _FROM_EFFECT:
        given["on"] = effective
    given["is_immediate"] = bool(given["is_immediate"])
    if given["type"] == "claim_filing_ended":
        given["outcome"] = given["ground"]
    if given["type"] == "negotiation_agreed":
        given["is_written"] = given["reference"] is not None
    return Event(**given)


_FROM_EFFECT = frozenset({"deferral", "conversion_deferral", "late_charge_exempted", "execution_stay"})


def _unknown(bare: Standing, why: str) -> Standing:
    clock = replace(bare.prescription, state="unknown", date_safe=None, date_alternative=None, missing=(why,))
    return replace(
        bare, state="unknown", last_day=None, extinct_from=None, awaits_invocation=False, missing=(why,),
        prescription=clock,
    )  # fmt: skip


def clock_row(entry: ClockEntry) -> dict[str, object]:
    """One move of the clock as it is stored and shown."""
    moved = {"event": entry.event, "date": entry.on, "restart": entry.restart, "until": entry.until}
    return {**moved, "article": entry.article}


def _plain(hold: Any) -> dict[str, object]:
    return {"kind": hold.kind, "since": hold.since, "until": hold.until, "article": hold.article}


def _parts(found: Mapping[str, Part]) -> str:
    return _json({name: {"assessed_yen": one.assessed_yen, "paid_yen": one.paid_yen} for name, one in found.items()})


@cache
def _citations(*articles: str | None) -> str:
    return _json(list(dict.fromkeys(article for article in articles if article)))


def _segments(charge: LateCharge | None) -> str:
    return _json([segment_row(each) for each in charge.segments]) if charge and charge.segments else "[]"


def segment_row(segment: Segment) -> dict[str, object]:
    """A run of days as it is stored and shown; amounts in yen, rates in thousandths a year."""
    span = {"from": segment.first, "to": segment.last, "days": segment.days, "permille": segment.permille}
    return {**span, "base_yen": segment.base_yen, "yen": segment.yen, "relief": segment.relief}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
