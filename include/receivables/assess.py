"""The law applied to every claim for one day (基準日の判定): one row a claim, written in bulk.

What is charged here is the delinquency charge (延滞金) of public claims; private claims bear late
damages (遅延損害金) under their contracts and are not charged by the warehouse.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from receivables import db
from receivables.law.clock import Event
from receivables.law.late_charge import LateCharge, Payment, late_charge
from receivables.law.prescription import Prescription, prescription
from receivables.rulebook import ClaimType, Rulebook, rulebook
from receivables.settings import State

COLUMNS = (
    "claim_id", "as_of", "prescription_state", "prescription_date_safe", "prescription_date_alt",
    "prescription_cause", "prescription_rule_id", "prescription_clock", "needs_invocation",
    "delinquency_charge_yen", "charge_segments", "charge_rule_id", "citations", "missing",
)  # fmt: skip
_CLAIMS = """
    select claim_id, claim_type, fiscal_year, due_date, contract_date, assessed_yen, written_off_yen
    from intermediate.int_claims__balances order by claim_id
"""
_PAYMENTS = """
    select claim_id, paid_on, sum(principal_yen)::bigint from intermediate.int_receipts__allocated
    where claim_id is not null and not is_provisional and paid_on <= %s and principal_yen > 0
    group by claim_id, paid_on order by claim_id, paid_on
"""
_EVENTS = """
    select claim_id, event_type, event_date, issued_on, arrived_on, designated_deadline
    from intermediate.int_claim_events__unioned
    where claim_id is not null and event_type = 'dunned' and event_date <= %s order by claim_id, event_date
"""


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
    rules = rulebook()
    with db.connect(state, "etl", doing="assess") as connection:
        payments = _payments(connection, as_of)
        events = _events(connection, as_of)
        claims = [Claim(*row) for row in connection.execute(_CLAIMS.encode()).fetchall()]  # type: ignore[arg-type]
        connection.execute("delete from law.claim_assessments where as_of = %s", [as_of])
        copy = f"copy law.claim_assessments ({', '.join(COLUMNS)}) from stdin".encode()
        with connection.cursor().copy(copy) as target:
            for claim in claims:
                found = assessment(
                    claim, as_of=as_of, payments=payments.get(claim.claim_id, ()),
                    events=events.get(claim.claim_id, ()), rules=rules,
                )  # fmt: skip
                target.write_row(_row(claim, as_of, found, rules))
        return len(claims)


def assessment(
    claim: Claim, *, as_of: date, payments: Sequence[Payment], events: Sequence[Event], rules: Rulebook
) -> Assessment:
    """The law applied to one claim (一件の判定): where its clock stands and what it is charged on `as_of`."""
    kind = rules.claim_type(claim.claim_type)
    acknowledged = [Event("acknowledged", payment.paid_on) for payment in _part_payments(claim, payments)]
    clock = prescription(
        due=claim.due_date,
        as_of=as_of,
        rule=kind.prescription_rule,
        events=[*events, *acknowledged],
        contract_date=claim.contract_date,
    )
    return Assessment(clock, _charge(claim, kind, as_of=as_of, payments=payments, rules=rules))


def _charge(
    claim: Claim, kind: ClaimType, *, as_of: date, payments: Sequence[Payment], rules: Rulebook
) -> LateCharge | None:
    rule = kind.late_charge_rule
    first_year = rule.charged_from_fiscal_year if rule else None
    if rule is None or (first_year is not None and claim.fiscal_year < first_year) or claim.written_off_yen:
        return None
    kept = _up_to(payments, claim.assessed_yen)
    is_settled = sum(payment.amount_yen for payment in kept) >= claim.assessed_yen
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


def _payments(connection: db.Connection, as_of: date) -> Mapping[str, list[Payment]]:
    found: dict[str, list[Payment]] = defaultdict(list)
    for claim_id, paid_on, yen in connection.execute(_PAYMENTS.encode(), [as_of]).fetchall():
        found[str(claim_id)].append(Payment(paid_on, yen))  # type: ignore[arg-type]
    return found


def _events(connection: db.Connection, as_of: date) -> Mapping[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for claim_id, kind, on, issued_on, arrived_on, deadline in connection.execute(_EVENTS.encode(), [as_of]).fetchall():
        dates: Any = {"issued_on": issued_on, "arrived_on": arrived_on, "designated_deadline": deadline}
        found[str(claim_id)].append(Event(str(kind), on, **dates))  # type: ignore[arg-type]
    return found


def _row(claim: Claim, as_of: date, found: Assessment, rules: Rulebook) -> list[object]:
    kind, clock, charge = rules.claim_type(claim.claim_type), found.prescription, found.charge
    rule = kind.late_charge_rule
    citations = [kind.citation, *([rule.citation] if rule and charge else [])]
    return [
        claim.claim_id, as_of, clock.state, clock.date_safe, clock.date_alternative, clock.cause,
        kind.prescription_rule.rule_id, _json([_entry(entry) for entry in clock.clock]), clock.needs_invocation,
        charge.charge_yen if charge else None, _json([_segment(each) for each in charge.segments] if charge else []),
        rule.rule_id if rule and charge else None, _json(citations), _json(list(clock.missing)),
    ]  # fmt: skip


def _entry(entry: Any) -> dict[str, object]:
    moved = {"event": entry.event, "date": entry.on, "restart": entry.restart, "until": entry.until}
    return {**moved, "article": entry.article}


def _segment(segment: Any) -> dict[str, object]:
    span = {"from": segment.first, "to": segment.last, "days": segment.days, "permille": segment.permille}
    return {**span, "base_yen": segment.base_yen, "yen": segment.yen}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
