"""Where a claim stands (債権の現況): every institution of the law together, and the one that ended it first.

Law: 地方自治法第236条第2項 (public claims end without being pleaded), 民法第145条 (private ones when the debtor
pleads it), 地方税法第15条の7第4項・第5項 (stay), 地方自治法施行令第171条の5～第171条の7 (stop, extension, exemption),
地方自治法第96条第1項第10号 (waiver). A write-off (不納欠損) is bookkeeping and ends nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from receivables.calendar import ONE_DAY
from receivables.law.clock import Event, PrescriptionRule
from receivables.law.collection_stop import stopped_since
from receivables.law.deferral import deferred_until
from receivables.law.execution_stay import Stay, execution_stay
from receivables.law.exemption import ARTICLE as EXEMPTION
from receivables.law.exemption import exemption
from receivables.law.extension import extended_until
from receivables.law.prescription import Prescription, in_order, prescription
from receivables.law.waiver import ARTICLE as WAIVER
from receivables.law.waiver import waiver

Cause = Literal["prescription", "execution_stay", "immediate", "exemption", "waiver"]
CAUSES: tuple[Cause, ...] = ("prescription", "execution_stay", "immediate", "exemption", "waiver")  # on one day: first
DEFERRALS = {"deferral": "地方税法第15条第1項", "conversion_deferral": "地方税法第15条の5第1項・第15条の6第1項"}
INVOKED, BY_ITSELF = "民法第145条", "地方自治法第236条第2項"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nobody collects now (徴収の停止・猶予): since when, until when if that is known."""

    kind: str
    since: date
    until: date | None
    article: str


@dataclass(frozen=True, slots=True)
class End:
    """One way in which the claim ended: its last day and the article."""

    last_day: date
    cause: Cause
    article: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A claim on one day: `last_day` is the last on which it stands, past or to come as far as is known."""

    state: Literal["stands", "extinct", "unknown"]
    cause: str
    last_day: date | None
    extinct_from: date | None
    outstanding_yen: int | None
    awaits_invocation: bool
    holds: tuple[Hold, ...]
    missing: tuple[str, ...]
    articles: tuple[str, ...]
    prescription: Prescription


def standing(
    *,
    due: date,
    as_of: date,
    rule: PrescriptionRule,
    events: Sequence[Event] = (),
    contract_date: date | None = None,
    claim_id: str | None = None,
    outstanding_yen: int | None = None,
) -> Standing:
    """What is left of a claim on `as_of`, what ended it and what holds its collection. 地方自治法第236条第2項.

    The earliest cause counts. A public claim is extinct from the day after its last day and nothing
    is outstanding; a private one whose period has ended stands until it is `invoked` or `waived`
    (民法第145条). Yen are whole. A fact that is missing is named. Raises InputRejectedError for an
    event that is not known, that this class cannot have, or that came before it may.
    """
    known = in_order(rule, events, as_of)
    clock = prescription(due=due, as_of=as_of, rule=rule, events=known, contract_date=contract_date, claim_id=claim_id)
    stay = execution_stay(known, as_of=as_of)
    exempted_on, lacking = exemption(due, known)
    doubts = tuple(_doubts(clock, known))
    missing = (*clock.missing, *([f"exempted.{lacking}"] if lacking else []), *doubts)
    ends = [end for end in _ends(clock, stay, rule, known, exempted_on) if end.last_day < as_of]
    first = min(ends, key=lambda end: (end.last_day, CAUSES.index(end.cause)), default=None)
    holds = () if first else tuple(_holds(known, stay, as_of))
    return Standing(
        state="extinct" if first else "unknown" if missing else "stands",
        cause=first.cause if first else clock.cause,
        last_day=first.last_day if first else clock.date_safe,
        extinct_from=first.last_day + ONE_DAY if first else None,
        outstanding_yen=0 if first and outstanding_yen is not None else outstanding_yen,
        awaits_invocation=rule.needs_invocation and clock.state == "completed" and not (first or doubts),
        holds=holds,
        missing=missing,
        articles=_articles(rule, clock, first, holds),
        prescription=clock,
    )


def _doubts(clock: Prescription, known: Sequence[Event]) -> Iterator[str]:
    """A plea between the two readings of the last day: whether it came in time hangs on which one holds."""
    safe, alternative = clock.date_safe, clock.date_alternative
    if clock.state != "completed" or safe is None or alternative is None:
        return
    if any(each.type == "invoked" and safe < each.on <= alternative for each in known):
        yield "restart_rule"


def _ends(
    clock: Prescription, stay: Stay | None, rule: PrescriptionRule, known: Sequence[Event], exempted_on: date | None
) -> Iterator[End]:
    """Every way in which the claim has ended or will."""
    if stay is not None:
        yield End(stay.until, "immediate" if stay.is_immediate else "execution_stay", stay.article)
    if clock.state == "completed" and clock.date_alternative is not None and clock.cause == "prescription":
        if not rule.needs_invocation:
            yield End(clock.date_alternative, "prescription", BY_ITSELF)
        for event in known if rule.needs_invocation else ():
            if event.type == "invoked" and event.on > clock.date_alternative:
                yield End(event.on, "prescription", INVOKED)
    if exempted_on is not None:
        yield End(exempted_on, "exemption", EXEMPTION)
    waived_on = waiver(rule.legal_class, known)
    if waived_on is not None:
        yield End(waived_on, "waiver", WAIVER)


def _holds(known: Sequence[Event], stay: Stay | None, as_of: date) -> Iterator[Hold]:
    """What keeps the section from collecting on `as_of`."""
    if stay is not None:
        yield Hold("execution_stay", stay.since, stay.until, "地方税法第15条の7第1項")
    stopped = stopped_since(known)
    if stopped is not None:
        yield Hold("collection_stop", stopped, None, "地方自治法施行令第171条の5")
    for event in known:
        if event.type in DEFERRALS:
            until = deferred_until(event, known)
            if until is None or as_of <= until:
                yield Hold(event.type, event.on, until, DEFERRALS[event.type])
    extended = extended_until(known)
    if extended is not None and as_of <= extended[1]:
        yield Hold("extension", *extended, "地方自治法施行令第171条の6第1項")


def _articles(rule: PrescriptionRule, clock: Prescription, end: End | None, holds: Sequence[Hold]) -> tuple[str, ...]:
    moved = (entry.article for entry in clock.clock if entry.restart or entry.until)
    named = (rule.period_article, *moved, *([end.article] if end else []), *(hold.article for hold in holds))
    return tuple(dict.fromkeys(named))
