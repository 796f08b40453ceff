"""The desk (判定の机): claim after claim read from the ledger, judged, and told as rows ready for COPY."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from typing import Any, NamedTuple

from receivables.assess.judging import Claim, Part, charged, kind_of, part_payments, parts, stands, stayed
from receivables.errors import InputRejectedError
from receivables.law.charging import Payment
from receivables.law.clock import ClockEntry, Event
from receivables.law.late_charge import LateCharge
from receivables.law.standing import Hold, Standing
from receivables.rulebook import ClaimType, Rulebook

COLUMNS = (
    "claim_id", "as_of", "prescription_rule_id", "needs_invocation", "prescription_state", "prescription_date_safe",
    "prescription_date_alt", "prescription_cause", "prescription_clock", "standing", "extinct_from", "extinct_cause",
    "awaits_invocation", "held_by", "held_until", "holds", "delinquency_charge_yen", "is_charge_known",
    "charge_paid_yen", "charge_segments", "charge_rule_id", "components", "citations", "missing",
)  # fmt: skip
# What the law calls the columns of an act in the ledger, in the order in which law.desk has them.
ACT = {
    "type": "event_type", "on": "event_date", "effective_on": "effective_on", "until": "until_on",
    "issued_on": "issued_on", "arrived_on": "arrived_on", "returned_on": "returned_on",
    "designated_deadline": "designated_deadline", "channel": "channel_code", "ground": "ground_code",
    "is_immediate": "is_immediate", "reference": "document_no",
}  # fmt: skip
NO_ACTS = ("paid", "written_off", "refunded", "offset", "plan_due")  # money and its plans: the clock asks for neither
_DATES = frozenset({"on", "effective_on", "until", "issued_on", "arrived_on", "returned_on", "designated_deadline"})

_FROM_EFFECT = frozenset({"deferral", "conversion_deferral", "late_charge_exempted", "execution_stay"})


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
    given_back_yen: int
    acts: str | None
    components: dict[str, int] | None

    @property
    def claim(self) -> Claim:
        """The claim's facts."""
        return Claim(*self[:8])

    @property
    def payments(self) -> tuple[Payment, ...]:
        """Its payments, first things first, without what went back."""
        made = tuple(map(Payment, self.paid_days, self.paid_yens)) if self.paid_days and self.paid_yens else ()
        return stayed(made, self.given_back_yen) if self.given_back_yen else made

    @property
    def owed_yen(self) -> int:
        """What is left to pay (未納額), never less than nothing."""
        paid_yen = sum(self.paid_yens or ()) - self.given_back_yen
        return max(self.assessed_yen - self.written_off_yen - max(paid_yen, 0), 0)

    @property
    def is_settled(self) -> bool:
        """Whether all was paid (完納): then nothing is left that could end."""
        return self.written_off_yen == 0 and self.owed_yen == 0


class _Course(NamedTuple):
    """What claims of one due date and one history share: wound once, told often."""

    columns: tuple[object, ...]  # from prescription_state to holds
    events: tuple[Event, ...]
    articles: tuple[str, ...]
    missing: tuple[str, ...]


# 完納: what was paid, if late, has no clock; nothing is left that could end.
_PAID = _Course((*[None] * 4, "[]", "settled", None, None, False, None, None, "[]"), (), (), ())


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
        course = _PAID if found.is_settled else self._course(claim, kind, payments, found.acts)
        events = acts_of(found.acts) if found.is_settled else course.events
        charge, lacking = charged(claim, kind, as_of=self._as_of, payments=payments, events=events, rules=self._rules)
        rule = kind.late_charge_rule if charge else None
        return [
            claim.claim_id, self._as_of, kind.prescription_rule.rule_id, kind.prescription_rule.needs_invocation,
            *course.columns, charge.charge_yen if charge else None, not lacking, found.charge_paid_yen,
            _segments(charge), rule.rule_id if rule else None,
            _parts(parts(claim, kind, payments, found.components or {}, self._rules)),
            _citations(kind.citation, rule.citation if rule else None, *course.articles),
            _json([*course.missing, *lacking]) if course.missing or lacking else "[]",
        ]  # fmt: skip

    def _course(self, claim: Claim, kind: ClaimType, payments: Sequence[Payment], acts: str | None) -> _Course:
        acknowledged = part_payments(claim, payments)
        key = kind.prescription_rule.rule_id, claim.due_date, claim.contract_date, acts, acknowledged
        known = self._courses.get(key)
        if known is None:
            events = acts_of(acts)
            found = self._stands(claim, kind, events, acknowledged)
            known = self._courses[key] = _Course(_columns(found), events, found.articles, found.missing)
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


def _columns(known: Standing) -> tuple[object, ...]:
    clock, hold = known.prescription, known.holds[0] if known.holds else None
    return (
        clock.state, clock.date_safe, clock.date_alternative, clock.cause,
        _json([_clock_row(entry) for entry in clock.clock]), known.state, known.extinct_from,
        known.cause if known.extinct_from else None, known.awaits_invocation, hold.kind if hold else None,
        hold.until if hold else None, _json([_hold_row(each) for each in known.holds]),
    )  # fmt: skip


@lru_cache(maxsize=50_000)  # claims of one batch of letters have the same acts
def acts_of(text: str | None) -> tuple[Event, ...]:
    """The events of a claim from the ledger's JSON."""
    return tuple(event_of(dict(zip(ACT, map(_dated, ACT, act), strict=True))) for act in json.loads(text or "[]"))


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


def _unknown(bare: Standing, why: str) -> Standing:
    clock = replace(bare.prescription, state="unknown", date_safe=None, date_alternative=None, missing=(why,))
    return replace(
        bare, state="unknown", last_day=None, extinct_from=None, awaits_invocation=False, missing=(why,),
        prescription=clock,
    )  # fmt: skip


def _clock_row(entry: ClockEntry) -> dict[str, object]:
    moved = {"event": entry.event, "date": entry.on, "restart": entry.restart, "until": entry.until}
    return {**moved, "article": entry.article}


def _hold_row(hold: Hold) -> dict[str, object]:
    return {"kind": hold.kind, "since": hold.since, "until": hold.until, "article": hold.article}


def _parts(found: Mapping[str, Part]) -> str:
    told = (
        f'"{name}": {{"assessed_yen": {one.assessed_yen}, "paid_yen": {one.paid_yen}}}' for name, one in found.items()
    )
    return "{" + ", ".join(told) + "}"


@cache
def _citations(*articles: str | None) -> str:
    return _json(list(dict.fromkeys(article for article in articles if article)))


def _segments(charge: LateCharge | None) -> str:
    """Runs of days as they are stored and shown; in yen and thousandths a year. Written out, for it is the most."""
    told = (
        f'{{"from": "{first}", "to": "{last}", "days": {(last - first).days + 1}, "permille": {permille},'
        f' "base_yen": {base_yen}, "yen": {segment.yen}, "relief": {_json(relief)}}}'
        for segment in (charge.segments if charge else ())
        for first, last, permille, base_yen, relief in (segment,)
    )
    return "[" + ", ".join(told) + "]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
