"""Prescription of claims (消滅時効): when a claim stops to stand, and what moved the clock.

Law: 地方税法第18条・第18条の2 (taxes: five years, dunning and the ten days after it), 地方自治法第236条
(other public claims), 国民健康保険法第110条・高齢者の医療の確保に関する法律第160条・介護保険法第200条 (premiums:
two years), 民法第140条・第143条 (counting), 第147条～第152条 (grace and renewal), 第166条・第169条 (periods),
平成29年法律第44号附則第10条 (contracts before 2020-04-01), 地方税法第15条の7 (execution stay).
Dates are the last day on which the claim still stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.errors import InputRejectedError
from receivables.law import acts, deferral, demands, execution_stay, extension
from receivables.law.clock import ClockEntry, Course, Event, PrescriptionRule, Track
from receivables.law.collection_stop import collection_stop
from receivables.law.demands import NEW_CIVIL_CODE

State = Literal["running", "completed", "grace", "unknown"]
Handler = Callable[[Course, Event], None]


@dataclass(frozen=True, slots=True)
class Prescription:
    """State on a day, the two last days (safe is the earlier), cause, the clock and what is missing.

    A date is None where nobody can know it: while an act holds the clock, or without the contract date.
    """

    state: State
    date_safe: date | None
    date_alternative: date | None
    cause: str
    clock: tuple[ClockEntry, ...]
    missing: tuple[str, ...]
    needs_invocation: bool


def prescription(
    *,
    due: date,
    as_of: date,
    rule: PrescriptionRule,
    events: Sequence[Event] = (),
    contract_date: date | None = None,
    claim_id: str | None = None,
) -> Prescription:
    """State of the clock on `as_of` for a claim due on the (rolled) day `due` (消滅時効).

    民法第166条第1項, 地方自治法第236条第1項, 地方税法第18条第1項.

    Later events are not looked at; the order in which they are given does not matter. `claim_id`
    is needed where a pledge lists the claims it is about. A fact that the rule needs and nobody
    gave makes the state `unknown` and stands in `missing`; it is never guessed. Raises
    InputRejectedError for an event that is not known or that this class of claim cannot have.
    """
    known = in_order(rule, events, as_of)
    years = _years(rule, contract_date)
    if years is None:
        return Prescription("unknown", None, None, "", (), ("contract_date",), rule.needs_invocation)
    start = due + ONE_DAY
    until = last_day_of_months(start, 12 * years)
    entry = ClockEntry("due", due, start, until, rule.period_article)
    course = Course(rule, due, years, Track(until, start), Track(until, start), known, claim_id, [entry])
    for event in known:
        _HANDLERS[event.type](course, event)
    return _result(course, as_of)


def in_order(rule: PrescriptionRule, events: Sequence[Event], as_of: date) -> list[Event]:
    """The events up to `as_of` in the order of their effect, those of one day in a fixed one. 民法第97条第1項.

    Raises InputRejectedError for an event whose type nobody knows.
    """
    for event in events:
        if event.type not in _RANK:
            raise InputRejectedError(
                f"event type {event.type!r} is not known to prescription; known are: {', '.join(sorted(_RANK))}"
            )
    known = [event for event in events if event.on <= as_of]
    if len(known) < 2:
        return known
    keys = {_order(rule, event) for event in known}
    if len(keys) < len(known):  # twice the same type on one day: every other fact decides
        known.sort(key=_facts)
    return sorted(known, key=lambda event: _order(rule, event))


def _order(rule: PrescriptionRule, event: Event) -> tuple[date, int]:
    """A letter has its effect on arrival, the dunning of a tax on issue; those of one day go by type."""
    is_by_issue = event.type == "dunned" and rule.restart_rule == "tax_issue_plus_10"
    return (event.issued_on if is_by_issue else event.arrived_on) or event.on, _RANK[event.type]


def _facts(event: Event) -> tuple[str, ...]:
    return tuple(str(getattr(event, name)) for name in Event.__slots__)


def _years(rule: PrescriptionRule, contract_date: date | None) -> int | None:
    if rule.years_before_2020 is None:
        return rule.years
    if contract_date is None:
        return None
    return rule.years_before_2020 if contract_date < NEW_CIVIL_CODE else rule.years


def _without_effect(course: Course, event: Event) -> None:
    course.note(event, "時効に影響しない")


# In the order in which the events of one day take effect: what keeps a claim comes before what ends an act.
_HANDLERS: dict[str, Handler] = {
    "notified": demands.notified,
    "dunned": demands.dunned,
    "acknowledged": demands.acknowledged,
    "instalment_plan": demands.acknowledged,
    "extension": extension.extension,
    "deferral": deferral.deferral,
    "conversion_deferral": deferral.conversion_deferral,
    "seized": acts.seized,
    "claim_filed": acts.claim_filed,
    "action_filed": acts.action_filed,
    "reminded": demands.reminded,
    "negotiation_agreed": demands.negotiation_agreed,
    "negotiation_refused": demands.negotiation_refused,
    "released": acts.released,
    "seizure_cancelled": acts.seizure_cancelled,
    "claim_filing_ended": acts.claim_filing_ended,
    "action_withdrawn": acts.action_withdrawn,
    "judgment": acts.judgment,
    "execution_stay": execution_stay.stayed,
    "stay_cancelled": execution_stay.stay_cancelled,
    "collection_stop": collection_stop,
}
WITHOUT_EFFECT = (
    "assessed", "due", "paid", "plan_broken", "dunning_returned", "deferral_cancelled", "investigated", "realised",
    "distributed", "extinguished_after_stay", "collection_resumed", "exempted", "waived", "invoked", "prescribed",
    "written_off", "overpaid", "refunded", "offset", "reassessed", "carried_over", "late_charge_exempted",
    "entrusted", "returned", "referred_to_support",
)  # fmt: skip
_HANDLERS.update(dict.fromkeys(WITHOUT_EFFECT, _without_effect))
_RANK = {name: rank for rank, name in enumerate(_HANDLERS)}


def _result(course: Course, as_of: date) -> Prescription:
    safe, alternative = course.safe.standing, course.alternative.standing
    cause = next(iter(course.safe.held))[0] if course.safe.held else "prescription"
    stay = execution_stay.execution_stay(course.known, as_of=as_of) if course.is_stayed else None
    if stay is not None:
        if stay.until < safe:
            safe, cause = stay.until, "execution_stay"
        alternative = min(alternative, stay.until)
    missing = tuple(dict.fromkeys(course.missing))
    state = _state(course, as_of, safe, alternative, missing)
    if state == "unknown" and not missing:
        missing = ("restart_rule",)  # a person decides between arrival and deadline
    pleads = course.rule.needs_invocation
    return Prescription(state, _told(safe), _told(alternative), cause, tuple(course.entries), missing, pleads)


def _told(day: date) -> date | None:
    return None if day == date.max else day


def _state(course: Course, as_of: date, safe: date, alternative: date, missing: Sequence[str]) -> State:
    if missing:
        return "unknown"
    if as_of > alternative:
        return "completed"
    if as_of > safe:
        return "unknown"
    if safe == date.max or as_of > course.safe.last:
        return "grace"
    return "running"
