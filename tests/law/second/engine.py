"""The one place that knows how the product is called. Days are day numbers, money is yen."""

from collections.abc import Iterable, Sequence
from functools import cache
from inspect import signature

from receivables.errors import ReceivablesError
from receivables.law.clock import Event, PrescriptionRule
from receivables.law.late_charge import LateChargeRule, Payment, late_charge
from receivables.law.late_damages import DamagesRule, late_damages
from receivables.law.prescription import prescription
from receivables.law.refund_interest import refund_interest
from receivables.rulebook import rulebook
from tests.law.second.day_by_day import DEFERRAL, EXEMPT, NO_RATE, Damages
from tests.law.second.prescribing import DO, OPEN
from tests.law.second.prescription_cases import Answer, Case, Happening
from tests.law.second.walked_calendar import as_date, number

BOOK = rulebook()
HAS_AGREED_RATES = "agreed_permille" in signature(late_damages).parameters
HAS_RELIEFS = "reliefs" in signature(late_charge).parameters
FIELDS = frozenset(Event.__dataclass_fields__)
EXTRAS: dict[str, dict[str, object]] = {  # what the product wants said beside, and this side takes for granted
    "execution_stay": {"ground": "1"},
    "negotiation_agreed": {"is_written": True},
}
BEGINS = {
    "released": "seized",
    "seizure_cancelled": "seized",
    "action_withdrawn": "action_filed",
    "claim_filing_ended": "claim_filed",
    "deferral_cancelled": "deferral",
    "stay_cancelled": "execution_stay",
}  # what ends, and what it is the end of


def extras(kind: str) -> dict[str, object]:
    """Further fields of an event, as far as the product knows them."""
    return {name: value for name, value in EXTRAS.get(kind, {}).items() if name in FIELDS}


def _event(one: Happening) -> Event:
    return Event(
        type=one.kind,
        on=as_date(one.on),
        issued_on=as_date(one.on) if one.kind == "dunned" else None,
        arrived_on=as_date(one.arrived) if one.arrived else None,
        designated_deadline=as_date(one.deadline) if one.deadline else None,
        returned_on=as_date(one.returned) if one.returned else None,
        until=as_date(one.until) if one.until else None,
        channel=one.channel or None,
        is_immediate=one.is_immediate,
        **extras(one.kind),
    )


@cache
def prescription_rule(claim_type: str) -> PrescriptionRule:
    """The rule of a kind of claim."""
    return BOOK.claim_type(claim_type).prescription_rule


@cache
def kinds(claim_type: str) -> frozenset[str]:
    """The kinds of events that the product takes for a kind of claim, among those this side knows."""
    return frozenset(kind for kind in DO if _takes(claim_type, kind))


def _takes(claim_type: str, kind: str) -> bool:
    due = number(as_date(0).replace(2024, 7, 1))
    dates = {"due": as_date(due), "as_of": as_date(due + 20), "contract_date": as_date(due)}
    whole = Happening(kind, due + 9, arrived=due + 9, deadline=due + 20, until=due + 30, channel="letter")
    opened = [Happening(BEGINS[kind], due + 5, until=due + 30)] if kind in BEGINS else []
    try:
        events = tuple(map(_event, [*opened, whole]))
        said = prescription(**dates, rule=prescription_rule(claim_type), events=events)
    except ReceivablesError:
        return False
    return not said.missing


def answer(case: Case) -> Answer:
    """The product's answer to a prescription case."""
    said = prescription(
        due=as_date(case.due),
        as_of=as_date(case.as_of),
        rule=prescription_rule(case.rule.claim_type),
        events=tuple(map(_event, case.happenings)),
        contract_date=as_date(case.contract) if case.contract else None,
    )
    safe, alternative = said.date_safe, said.date_alternative
    return Answer(
        said.state,
        number(safe) if safe else OPEN,
        number(alternative) if alternative else OPEN,
        said.cause if safe else "held",
    )


def charge(
    rule: LateChargeRule,
    principal: int,
    due: int,
    paid: int,
    payments: Iterable[tuple[int, int]],
    reliefs: Sequence[tuple[int, int, int]] = (),
) -> tuple[int, int]:
    """Charge and sum before the last cut, yen; `NO_RATE` twice when a day has no rate."""
    further = _reliefs(reliefs) if reliefs else {}
    try:
        said = late_charge(
            principal,
            due=as_date(due),
            paid=as_date(paid),
            rule=rule,
            rates=BOOK.late_charge_rates,
            payments=tuple(Payment(as_date(day), yen) for day, yen in payments),
            **further,
        )
    except ReceivablesError:
        return NO_RATE, NO_RATE
    return int(said.charge_yen), int(said.sum_before_rounding_yen)


def _reliefs(reliefs: Sequence[tuple[int, int, int]]) -> dict[str, object]:
    from receivables.law.reliefs import Relief

    kinds = {DEFERRAL: "deferral", EXEMPT: "exempt"}
    told = tuple(Relief(kinds[kind], as_date(first), as_date(last)) for kind, first, last in reliefs)
    return {"reliefs": told, "deferral_rates": BOOK.deferral_rates}


def damages(case: Damages) -> int:
    """Late damages, yen."""
    further: dict[str, object] = {}
    if HAS_AGREED_RATES:
        further = {"payments": tuple(Payment(as_date(day), yen) for day, yen in case.payments)}
        further |= {"agreed_permille": case.agreed or None, "penalty_permille": case.penalty or None}
    said = late_damages(
        case.principal,
        delay_from=as_date(case.delay_from),
        paid=as_date(case.paid),
        rates=BOOK.legal_rates,
        rule=DamagesRule(year_basis="actual") if case.is_actual else None,
        **further,
    )
    return int(said.damages_yen)


def refund(principal: int, first: int, last: int) -> int:
    """Refund interest, yen."""
    try:
        said = refund_interest(principal, first=as_date(first), last=as_date(last), rates=BOOK.refund_interest_rates)
    except ReceivablesError:
        return NO_RATE
    return int(said.interest_yen)
