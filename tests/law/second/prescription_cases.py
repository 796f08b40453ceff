"""Prescription cases: what happened to a claim, and what this side answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.law.second.prescribing import OPEN, REFORM, Act, Life, live
from tests.law.second.walked_calendar import as_date


@dataclass(frozen=True, slots=True)
class Rule:
    """What the statutes say of one kind of claim: years, and when a dunning begins the new period."""

    claim_type: str
    years: int
    old_years: int = 0  # contracts before the reform; 0: not a private claim
    is_tax: bool = False
    notice_renews: bool = True
    is_enforced: bool = False


RULES = (
    Rule("resident_tax", 5, is_tax=True, notice_renews=False, is_enforced=True),
    Rule("nhi_premium", 2, is_enforced=True),
    Rule("latter_stage_medical_premium", 2, is_enforced=True),
    Rule("ltci_premium", 2, notice_renews=False, is_enforced=True),  # 介護保険法200条2項 names the dunning alone
    Rule("child_allowance_clawback", 2, is_enforced=True),
    Rule("nursery_fee", 5, is_enforced=True),
    Rule("after_school_club_fee", 5),
    Rule("scholarship_loan", 5, old_years=10),
    Rule("ward_housing_rent", 5, old_years=5),
    Rule("school_lunch_fee", 5, old_years=2),
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as an office records it; day numbers, 0: not recorded."""

    kind: str
    on: int
    arrived: int = 0
    deadline: int = 0
    returned: int = 0
    until: int = 0
    channel: str = ""
    is_immediate: bool = False

    @property
    def known_on(self) -> int:
        """The day by which all of it is known, but for the end of a deferral."""
        return max(self.on, self.arrived, self.returned)


@dataclass(frozen=True, slots=True)
class Case:
    """One claim."""

    rule: Rule
    due: int
    as_of: int
    happenings: tuple[Happening, ...] = ()
    contract: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Last days on which the claim stands (`OPEN`: held), the state on the day asked for, and the cause."""

    state: str
    safe: int
    alternative: int
    cause: str


def years_of(case: Case) -> int:
    """Years of the period, old or new law by the contract date (附則10条4項)."""
    is_old = case.rule.old_years and case.contract < REFORM
    return case.rule.old_years if is_old else case.rule.years


def _act(rule: Rule, one: Happening, *, is_safe: bool) -> Act | None:
    if one.kind == "notified" and not rule.notice_renews:
        return None
    if one.kind != "dunned":
        return Act(one.kind, one.arrived or one.on, one.until, one.until, one.channel, one.is_immediate)
    if one.returned:
        return None
    if rule.is_tax:
        return Act("dunned", one.on, one.on + 10)
    return Act("dunned", one.arrived, one.arrived if is_safe else one.deadline or one.arrived)


def track(case: Case, *, is_safe: bool) -> Life:
    """The claim's life on one of the two readings of the dunning's effect."""
    ordered = sorted(case.happenings, key=lambda one: (one.on, one.arrived))
    acts = (_act(case.rule, one, is_safe=is_safe) for one in ordered)
    return live(case.due, case.as_of, years_of(case), [act for act in acts if act])


def answer(case: Case) -> Answer:
    """What this side says of a case."""
    safe = track(case, is_safe=True)
    alternative = safe if case.rule.is_tax else track(case, is_safe=False)
    return Answer(_state(case.as_of, safe, alternative), safe.end, alternative.end, safe.cause)


def _state(as_of: int, safe: Life, alternative: Life) -> str:
    lapsed = [OPEN != life.end < as_of for life in (safe, alternative)]
    if all(lapsed):
        return "completed"
    if any(lapsed):
        return "unknown"
    if OPEN in {safe.end, alternative.end} or as_of > min(safe.period_end, alternative.period_end):
        return "grace"
    return "running"


def as_events(happenings: Iterable[Happening]) -> list[dict[str, object]]:
    """The events as the command line reads them from JSON."""
    days = {"arrived_on": "arrived", "designated_deadline": "deadline", "returned_on": "returned", "until": "until"}
    events: list[dict[str, object]] = []
    for one in happenings:
        event: dict[str, object] = {"type": one.kind, "date": as_date(one.on).isoformat()}
        event |= {name: as_date(getattr(one, ours)).isoformat() for name, ours in days.items() if getattr(one, ours)}
        if one.channel:
            event["channel"] = one.channel
        if one.is_immediate:
            event["is_immediate"] = True
        events.append(event)
    return events
