"""Prescription of claims (消滅時効): when a claim stops to stand, and what moved the clock.

Law: 地方税法第18条・第18条の2 (taxes: five years, dunning and the ten days after it), 地方自治法第236条
(other public claims), 国民健康保険法第110条・高齢者の医療の確保に関する法律第160条・介護保険法第200条 (premiums:
two years), 民法第140条・第143条 (counting), 第147条～第152条 (grace and renewal), 第166条・第169条 (periods),
平成29年法律第44号附則第10条 (contracts before 2020-04-01), 地方税法第15条の7 (execution stay).
Dates are the last day on which the claim still stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.law.clock import ClockEntry, Event, PrescriptionRule, Tracks

NEW_CIVIL_CODE = date(2020, 4, 1)
STAY_YEARS = 3
GRACE_MONTHS = 6
TITLE_YEARS = 10
TAX_DAYS = timedelta(days=11)  # ten days must have passed after the day of issue
NO_PROOF_CHANNELS = frozenset({"sms", "auto_call"})  # arrival cannot be shown: no effect by default

State = Literal["running", "completed", "grace", "unknown"]


@dataclass(frozen=True, slots=True)
class Prescription:
    """State on a day, the two last days (safe is the earlier), cause, the clock and what is missing."""

    state: State
    date_safe: date | None
    date_alternative: date | None
    cause: str
    clock: tuple[ClockEntry, ...]
    missing: tuple[str, ...]
    needs_invocation: bool


@dataclass(slots=True)
class _Course:
    """What has happened so far, event by event."""

    rule: PrescriptionRule
    tracks: Tracks
    missing: list[str] = field(default_factory=list)
    is_dunned: bool = False
    seized_on: date | None = None
    stay_until: date | None = None


def prescription(
    *, due: date, as_of: date, rule: PrescriptionRule, events: Sequence[Event] = (), contract_date: date | None = None
) -> Prescription:
    """State of the clock on `as_of` for a claim due on the (rolled) day `due` (消滅時効).

    民法第166条, 地方自治法第236条, 地方税法第18条.

    Later events are not looked at. A fact that the rule needs and nobody gave makes the state
    `unknown` and stands in `missing`; it is never guessed. Raises InputRejectedError for an event
    that this kind of claim cannot have.
    """
    years = _years(rule, contract_date)
    if years is None:
        return Prescription("unknown", None, None, "", (), ("contract_date",), rule.needs_invocation)
    start = due + ONE_DAY
    until = last_day_of_months(start, 12 * years)
    entry = ClockEntry("due", due, start, until, rule.period_article)
    course = _Course(rule, Tracks(years, until, until, [entry]))
    known = sorted((event for event in events if event.on <= as_of), key=lambda event: (event.on, event.type))
    for event in known:
        _apply(course, event)
    return _result(course, as_of)


def _years(rule: PrescriptionRule, contract_date: date | None) -> int | None:
    if rule.years_before_2020 is None:
        return rule.years
    if contract_date is None:
        return None
    return rule.years_before_2020 if contract_date < NEW_CIVIL_CODE else rule.years


def _apply(course: _Course, event: Event) -> None:
    handler = _HANDLERS.get(event.type)
    if handler is None:
        raise InputRejectedError(
            f"event type {event.type!r} is not known to prescription; known are: {', '.join(sorted(_HANDLERS))}"
        )
    handler(course, event)


def _notified(course: _Course, event: Event) -> None:
    """納入の通知 renews, but before the due date there is nothing to renew."""
    if course.rule.notice_renews and course.tracks.entries[0].on < event.on:
        course.tracks.renew(event, event.on + ONE_DAY, "地方自治法第236条第4項")


def _dunned(course: _Course, event: Event) -> None:
    """督促: only the first renews."""
    if course.is_dunned or event.returned_on is not None:
        course.tracks.note(event, "二度目以降・返戻の督促に更新の効力はない")
        return
    if course.rule.restart_rule == "tax_issue_plus_10":
        issued = event.issued_on or event.on
        course.tracks.renew(event, issued + TAX_DAYS, "地方税法第18条の2第1項第2号")
    else:
        arrived = _arrivals(course.rule, event)
        if arrived is None:
            course.missing.append("dunned.arrived_on")
            return
        first, last = arrived
        later = max(event.designated_deadline or last, last)
        course.tracks.renew(event, first + ONE_DAY, course.rule.dunning_article, later=later + ONE_DAY)
    course.is_dunned = True


def _arrivals(rule: PrescriptionRule, event: Event) -> tuple[date, date] | None:
    """The first and the last day on which the letter can have arrived; None where nothing tells.

    A posted letter is presumed to have arrived when mail usually does (地方税法第20条第4項, borrowed by
    介護保険法第143条): not before the day after its issue, and within the days that the rule names.
    """
    if event.arrived_on is not None:
        return event.arrived_on, event.arrived_on
    if rule.presumed_within_days is None:
        return None
    issued = event.issued_on or event.on
    return issued + ONE_DAY, issued + timedelta(days=rule.presumed_within_days)


def _acknowledged(course: _Course, event: Event) -> None:
    course.tracks.renew(event, event.on + ONE_DAY, "民法第152条")


def _reminded(course: _Course, event: Event) -> None:
    """催告: six months at most, and none while an earlier one runs."""
    if event.channel in NO_PROOF_CHANNELS:
        course.tracks.note(event, "到達を証明できない催告は効力なしとして扱う")
    else:
        course.tracks.postpone(event, last_day_of_months(event.on + ONE_DAY, GRACE_MONTHS), "民法第150条")


def _seized(course: _Course, event: Event) -> None:
    course.seized_on = event.on
    course.tracks.note(event, "民法第148条第1項")


def _released(course: _Course, event: Event) -> None:
    if course.seized_on is not None:
        course.tracks.renew(event, event.on + ONE_DAY, "民法第148条第2項", suspended_since=course.seized_on)
    course.seized_on = None


def _judged(course: _Course, event: Event) -> None:
    course.tracks.years = TITLE_YEARS
    course.tracks.renew(event, event.on + ONE_DAY, "民法第147条第2項・第169条")


def _deferred(course: _Course, event: Event) -> None:
    """徴収猶予・換価の猶予: does not run meanwhile, and the application acknowledges the claim."""
    if event.until is None:
        course.missing.append("deferral.until")
    else:
        course.tracks.renew(event, event.until + ONE_DAY, "地方税法第18条の2第4項", suspended_since=event.on)


def _stayed(course: _Course, event: Event) -> None:
    """執行停止: the clock goes on; three years of it extinguish the claim by themselves."""
    if course.rule.legal_class != LegalClass.ENFORCED_PUBLIC:
        raise InputRejectedError(
            f"execution_stay on a claim of class {course.rule.legal_class}: only enforced_public claims have one "
            "(地方税法第15条の7); use collection_stop (地方自治法施行令第171条の5), or correct the claim type"
        )
    course.stay_until = event.on if event.is_immediate else last_day_of_months(event.on + ONE_DAY, 12 * STAY_YEARS)
    article = "地方税法第15条の7第5項" if event.is_immediate else "地方税法第15条の7第4項"
    course.tracks.note(event, article, until=course.stay_until)


def _stay_cancelled(course: _Course, event: Event) -> None:
    course.stay_until = None
    course.tracks.note(event, "地方税法第15条の8第1項")


def _without_effect(course: _Course, event: Event) -> None:
    course.tracks.note(event, "時効に影響しない")


_HANDLERS = {
    "notified": _notified,
    "dunned": _dunned,
    "acknowledged": _acknowledged,
    "instalment_plan": _acknowledged,
    "reminded": _reminded,
    "seized": _seized,
    "released": _released,
    "judgment": _judged,
    "deferral": _deferred,
    "execution_stay": _stayed,
    "stay_cancelled": _stay_cancelled,
    "collection_stop": _without_effect,
    "carried_over": _without_effect,
    "investigated": _without_effect,
    "referred_to_support": _without_effect,
}


def _result(course: _Course, as_of: date) -> Prescription:
    tracks = course.tracks
    safe, alternative = tracks.standing_until("safe"), tracks.standing_until("alternative")
    cause = "prescription"
    if course.stay_until is not None and course.stay_until < safe:
        safe, cause = course.stay_until, "execution_stay"
        alternative = min(alternative, course.stay_until)
    state: State = "running"
    missing = list(course.missing)
    if course.seized_on is not None and cause == "prescription" and as_of >= course.seized_on:
        return Prescription("grace", None, None, "seized", tuple(tracks.entries), tuple(missing), _pleads(course))
    if missing:
        state = "unknown"
    elif as_of > alternative:
        state = "completed"
    elif as_of > safe:
        state, missing = "unknown", ["restart_rule"]  # a person decides between arrival and deadline
    elif as_of > tracks.safe:
        state = "grace"
    return Prescription(state, safe, alternative, cause, tuple(tracks.entries), tuple(missing), _pleads(course))


def _pleads(course: _Course) -> bool:
    return course.rule.needs_invocation
