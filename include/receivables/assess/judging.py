"""One claim before the law (一件の判定): where it stands, what it bears, what its parts still owe."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from receivables.errors import InputRejectedError
from receivables.law.allocation import allocate
from receivables.law.charging import Payment
from receivables.law.clock import Event
from receivables.law.late_charge import LateCharge, late_charge
from receivables.law.reliefs import reliefs_of
from receivables.law.standing import Standing, standing
from receivables.rulebook import ClaimType, Rulebook
from receivables.yen import Yen

_NOTHING = LateCharge(Yen(0), Yen(0), ())
_WITHOUT_PARTS: Mapping[str, int] = {}


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
class Part:
    """One component (内訳) of a claim: yen assessed and paid."""

    assessed_yen: int
    paid_yen: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """The findings about one claim; `charge` is None where nothing is charged or a fact for it is missing."""

    standing: Standing
    charge: LateCharge | None
    parts: Mapping[str, Part]
    missing: tuple[str, ...]


def assessment(
    claim: Claim,
    *,
    as_of: date,
    payments: Sequence[Payment],
    events: Sequence[Event],
    rules: Rulebook,
    components: Mapping[str, int] = _WITHOUT_PARTS,
) -> Assessment:
    """The law applied to one claim: where it stands, what it is charged and what its parts owe on `as_of`."""
    kind = kind_of(claim, rules)
    acknowledged = part_payments(claim, payments)
    found = stands(claim, kind, as_of=as_of, events=events, acknowledged=acknowledged)
    charge, missing = charged(claim, kind, as_of=as_of, payments=payments, events=events, rules=rules)
    return Assessment(found, charge, parts(claim, kind, payments, components, rules), (*found.missing, *missing))


def kind_of(claim: Claim, rules: Rulebook) -> ClaimType:
    """The kind of claim under the rules that were in force when it was founded, or fell due."""
    return rules.kind_of(claim.claim_type, claim.class_rule_id, claim.contract_date or claim.due_date)


def stands(
    claim: Claim, kind: ClaimType, *, as_of: date, events: Sequence[Event], acknowledged: Sequence[date]
) -> Standing:
    """Where the claim stands; part payments acknowledge it (一部納付は承認). 民法第152条."""
    return standing(
        due=claim.due_date,
        as_of=as_of,
        rule=kind.prescription_rule,
        events=[*events, *(Event("acknowledged", day) for day in acknowledged)],
        contract_date=claim.contract_date,
    )


def charged(
    claim: Claim, kind: ClaimType, *, as_of: date, payments: Sequence[Payment], events: Sequence[Event], rules: Rulebook
) -> tuple[LateCharge | None, tuple[str, ...]]:
    """The delinquency charge, and the facts that are missing for it: then there is none, never a guess."""
    rule = kind.late_charge_rule
    first_year = rule.charged_from_fiscal_year if rule else None
    if rule is None or (first_year is not None and claim.fiscal_year < first_year) or claim.written_off_yen:
        return None, ()
    kept = _up_to(payments, claim.assessed_yen)
    is_settled = sum(payment.amount_yen for payment in kept) >= claim.assessed_yen
    if is_settled and (not kept or kept[-1].paid_on <= claim.due_date):
        return _NOTHING, ()
    until = kept[-1].paid_on if is_settled else as_of
    reliefs, missing = reliefs_of(events, as_of=until) if events else ((), ())
    if missing:
        return None, missing
    found = late_charge(
        claim.assessed_yen,
        due=claim.due_date,
        paid=until,
        rule=rule,
        rates=rules.late_charge_rates,
        payments=kept,
        reliefs=reliefs,
        deferral_rates=rules.deferral_rates,
    )
    return found, ()


def parts(
    claim: Claim, kind: ClaimType, payments: Sequence[Payment], components: Mapping[str, int], rules: Rulebook
) -> Mapping[str, Part]:
    """What was paid of each component: all that was paid so far spread by the claim's order (充当)."""
    paid_yen = sum([payment.amount_yen for payment in payments])
    if not components:  # one part, which needs no order
        return {"principal": Part(claim.assessed_yen, min(paid_yen, claim.assessed_yen))}
    if sum(components.values()) != claim.assessed_yen:
        raise InputRejectedError(f"{claim.claim_id}: its components do not add up to what was assessed")
    order = rules.allocation_order(claim.claim_type, kind.legal_class, claim.due_date)
    shares = allocate(paid_yen, components, order).parts
    return {name: Part(yen, shares.get(name, 0)) for name, yen in components.items()}


def part_payments(claim: Claim, payments: Sequence[Payment]) -> tuple[date, ...]:
    """The days of payments that left something open after the due date."""
    return tuple(_part_payments(claim, payments))


def _part_payments(claim: Claim, payments: Sequence[Payment]) -> Iterator[date]:
    open_yen = claim.assessed_yen
    for payment in payments:
        open_yen -= payment.amount_yen
        if open_yen > 0 and payment.paid_on > claim.due_date:
            yield payment.paid_on


def stayed(payments: Sequence[Payment], given_back_yen: int) -> tuple[Payment, ...]:
    """The payments without what went back (還付・充当): what came last was too much, and goes first."""
    left, gone = [], given_back_yen
    for payment in reversed(payments):
        taken = min(payment.amount_yen, gone)
        gone -= taken
        if payment.amount_yen > taken:
            left.append(Payment(payment.paid_on, payment.amount_yen - taken))
    return tuple(reversed(left))


def _up_to(payments: Sequence[Payment], principal_yen: int) -> list[Payment]:
    """The payments until the principal is covered; what is over is 過誤納 and bears no charge."""
    kept, open_yen = [], principal_yen
    for payment in payments:
        counted = min(payment.amount_yen, open_yen)
        if counted:
            kept.append(Payment(payment.paid_on, counted))
        open_yen -= counted
    return kept
