"""The law applied to every claim for one day (基準日の判定): one row a claim, written in bulk.

What is charged here is the delinquency charge (延滞金) of public claims; private claims bear late
damages (遅延損害金) under their contracts and are not charged by the warehouse.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from receivables import db
from receivables.law.clock import Event
from receivables.law.late_charge import LateCharge, Payment, late_charge
from receivables.law.prescription import Prescription, prescription
from receivables.rulebook import ClaimType, Rulebook, rulebook
from receivables.settings import State
from receivables.yen import Yen

COLUMNS = (
    "claim_id", "as_of", "prescription_state", "prescription_date_safe", "prescription_date_alt",
    "prescription_cause", "prescription_rule_id", "prescription_clock", "needs_invocation",
    "delinquency_charge_yen", "charge_segments", "charge_rule_id", "citations", "missing",
)  # fmt: skip
# One row a claim, with what was paid on each day and every letter: the table is read once, in the order it lies.
_CLAIMS = """
    with paid as (
        select claim_id, paid_on, sum(principal_yen)::bigint as yen
        from intermediate.int_receipts__allocated
        where claim_id is not null and not is_provisional and paid_on <= %(as_of)s and principal_yen > 0
        group by claim_id, paid_on
    ),
    payments as (
        select claim_id, array_agg(paid_on order by paid_on) as days, array_agg(yen order by paid_on) as yens
        from paid group by claim_id
    ),
    letters as (
        select
            claim_id,
            array_agg(event_date order by event_date) as days,
            array_agg(issued_on order by event_date) as issued,
            array_agg(arrived_on order by event_date) as arrived,
            array_agg(designated_deadline order by event_date) as deadlines
        from intermediate.int_claim_events__unioned
        where claim_id is not null and event_type = 'dunned' and event_date <= %(as_of)s
        group by claim_id
    )
    select
        claims.claim_id, claims.claim_type, claims.fiscal_year, claims.due_date, claims.contract_date,
        claims.assessed_yen, claims.written_off_yen, claims.class_rule_id,
        payments.days, payments.yens, letters.days, letters.issued, letters.arrived, letters.deadlines
    from intermediate.int_claims__balances as claims
    left join payments using (claim_id)
    left join letters using (claim_id)
"""
_ROWS_AT_ONCE = 20_000
_NOTHING = LateCharge(Yen(0), Yen(0), ())


@dataclass(frozen=True, slots=True)
class Claim:
    """What the law needs to know of one claim; amounts in yen."""

    claim_id: str
    claim_type: str
    fiscal_year: int
    due_date: date
    contract_date: date | None
    assessed_yen: int
    written_off_yen: int
    class_rule_id: str | None = None  # the claim's own class, where its kind does not settle it


@dataclass(frozen=True, slots=True)
class Assessment:
    """The two findings about one claim."""

    prescription: Prescription
    charge: LateCharge | None


def assess(*, as_of: date, state: State) -> int:
    """Write law.claim_assessments of `as_of` for every claim known that day; the number of rows.

    Asked again it writes the same rows. Raises InputRejectedError for an unknown claim type or a
    day without a rate, and then leaves what was there.
    """
    desk = _Desk(rulebook(), as_of)
    with (
        db.connect(state, "etl", doing="assess") as target,
        db.connect(state, "etl", doing="read claims to assess") as source,
        source.cursor(name="claims") as claims,
    ):
        claims.itersize = _ROWS_AT_ONCE
        target.execute("delete from law.claim_assessments where as_of = %s", [as_of])
        copy = f"copy law.claim_assessments ({', '.join(COLUMNS)}) from stdin".encode()
        with target.cursor().copy(copy) as rows:
            for found in claims.execute(_CLAIMS.encode(), {"as_of": as_of}):
                rows.write_row(desk.row(found))
        return desk.count


class _Desk:
    """Judges claim after claim; claims of one due date and one course share their clock, and it is wound once."""

    def __init__(self, rules: Rulebook, as_of: date) -> None:
        self._rules, self._as_of, self.count = rules, as_of, 0
        self._clocks: dict[tuple[Any, ...], tuple[Prescription, str, str]] = {}

    def row(self, found: tuple[Any, ...]) -> list[object]:
        """The row of one claim as the query gives it, ready for COPY."""
        self.count += 1
        claim = Claim(*found[:8])
        kind = self._rules.kind_of(claim.claim_type, claim.class_rule_id)
        payments = tuple(map(Payment, found[8], found[9])) if found[8] else ()
        clock, entries, missing = self._clock(claim, kind, payments, found[10:])
        charge = _charge(claim, kind, as_of=self._as_of, payments=payments, rules=self._rules)
        rule = kind.late_charge_rule if charge else None
        return [
            claim.claim_id, self._as_of, clock.state, clock.date_safe, clock.date_alternative, clock.cause,
            kind.prescription_rule.rule_id, entries, clock.needs_invocation,
            charge.charge_yen if charge else None, _segments(charge), rule.rule_id if rule else None,
            _citations(kind.citation, rule.citation if rule else None), missing,
        ]  # fmt: skip

    def _clock(
        self, claim: Claim, kind: ClaimType, payments: Sequence[Payment], letters: tuple[Any, ...]
    ) -> tuple[Prescription, str, str]:
        acknowledged = tuple(payment.paid_on for payment in _part_payments(claim, payments))
        dunned = tuple(zip(*letters, strict=True)) if letters[0] else ()
        course = kind.prescription_rule.rule_id, claim.due_date, claim.contract_date, dunned, acknowledged
        known = self._clocks.get(course)
        if known is None:
            clock = _prescription(claim, kind, self._as_of, [_dunned(*letter) for letter in dunned], acknowledged)
            known = clock, _json([_entry(entry) for entry in clock.clock]), _json(list(clock.missing))
            self._clocks[course] = known
        return known


def assessment(
    claim: Claim, *, as_of: date, payments: Sequence[Payment], events: Sequence[Event], rules: Rulebook
) -> Assessment:
    """The law applied to one claim (一件の判定): where its clock stands and what it is charged on `as_of`."""
    kind = rules.kind_of(claim.claim_type, claim.class_rule_id)
    acknowledged = [payment.paid_on for payment in _part_payments(claim, payments)]
    clock = _prescription(claim, kind, as_of, events, acknowledged)
    return Assessment(clock, _charge(claim, kind, as_of=as_of, payments=payments, rules=rules))


def _prescription(
    claim: Claim, kind: ClaimType, as_of: date, events: Sequence[Event], acknowledged: Sequence[date]
) -> Prescription:
    return prescription(
        due=claim.due_date,
        as_of=as_of,
        rule=kind.prescription_rule,
        events=[*events, *(Event("acknowledged", day) for day in acknowledged)],
        contract_date=claim.contract_date,
    )


def _charge(
    claim: Claim, kind: ClaimType, *, as_of: date, payments: Sequence[Payment], rules: Rulebook
) -> LateCharge | None:
    rule = kind.late_charge_rule
    first_year = rule.charged_from_fiscal_year if rule else None
    if rule is None or (first_year is not None and claim.fiscal_year < first_year) or claim.written_off_yen:
        return None
    kept = _up_to(payments, claim.assessed_yen)
    is_settled = sum(payment.amount_yen for payment in kept) >= claim.assessed_yen
    if is_settled and (not kept or kept[-1].paid_on <= claim.due_date):
        return _NOTHING  # by far the most
    last = kept[-1].paid_on if is_settled and kept else as_of
    return late_charge(
        claim.assessed_yen, due=claim.due_date, paid=last, rule=rule, rates=rules.late_charge_rates, payments=kept
    )


def _up_to(payments: Sequence[Payment], principal_yen: int) -> list[Payment]:
    """The payments until the principal is covered; what is over is 過誤納 and bears no charge."""
    kept, open_yen = [], principal_yen
    for payment in payments:
        counted = min(payment.amount_yen, open_yen)
        if counted:
            kept.append(Payment(payment.paid_on, counted))
        open_yen -= counted
    return kept


def _part_payments(claim: Claim, payments: Sequence[Payment]) -> Iterator[Payment]:
    """Payments that leave something open acknowledge the whole claim (一部納付は承認). 民法第152条."""
    open_yen = claim.assessed_yen
    for payment in payments:
        open_yen -= payment.amount_yen
        if open_yen > 0 and payment.paid_on > claim.due_date:
            yield payment


def _dunned(on: date, issued_on: date | None, arrived_on: date | None, deadline: date | None) -> Event:
    return Event("dunned", on, issued_on=issued_on, arrived_on=arrived_on, designated_deadline=deadline)


@cache
def _citations(*articles: str | None) -> str:
    return _json([article for article in articles if article])


def _segments(charge: LateCharge | None) -> str:
    return _json([_segment(each) for each in charge.segments]) if charge and charge.segments else "[]"


def _entry(entry: Any) -> dict[str, object]:
    moved = {"event": entry.event, "date": entry.on, "restart": entry.restart, "until": entry.until}
    return {**moved, "article": entry.article}


def _segment(segment: Any) -> dict[str, object]:
    span = {"from": segment.first, "to": segment.last, "days": segment.days, "permille": segment.permille}
    return {**span, "base_yen": segment.base_yen, "yen": segment.yen}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
