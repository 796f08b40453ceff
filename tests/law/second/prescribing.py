"""Prescription by living through it: one day after another, asking each evening whether the claim is extinguished.

Written from the statutes alone: 民法140・143・147～152・166・169条、地方税法15条の7・18条・18条の2、地方自治法236条.
Dates are day numbers; an act counts only while the claim still stands on the day of the act.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.law.second.walked_calendar import LAST, last_of_period

WITHOUT_EFFECT = frozenset({"sms", "auto_call"})  # 催告: their arrival cannot be shown
HALF_YEAR, YEAR, JUDGMENT_YEARS, STAY_YEARS, TEN_DAYS = 6, 12, 10, 3, 10
REFORM = 11_048  # 2020-04-01, when the reform of the Civil Code took effect
OPEN = -1  # something holds the clock and nobody knows yet until when


@dataclass(frozen=True, slots=True)
class Act:
    """One event: `day` is when it has its effect (a letter: the day it arrived)."""

    kind: str
    day: int
    counts_from: int = 0  # dunned: the day whose morrow begins the new period
    until: int = 0  # deferral, negotiation: last day of it
    channel: str = "letter"
    is_immediate: bool = False


@dataclass(slots=True)
class Claim:
    """One claim on one track."""

    years: int
    last: int  # the last day of the period that runs
    grace: int = 0  # completion is put off until the end of this day
    reminded_until: int = 0
    agreed_until: int = 0
    holds: set[str] = field(default_factory=set)
    stay_end: int = 0
    deferred_until: int = 0
    is_dunned: bool = False

    def renew(self, after: int) -> None:
        """A new period from the day after `after`, never one that ends earlier."""
        self.last = max(self.last, last_of_period(after + 1, self.years * YEAR))

    def would_stand(self, day: int) -> bool:
        """Whether time alone leaves the claim standing this evening."""
        return bool(self.holds) or day < self.last or day < self.grace

    def sure_until(self) -> int:
        """No evening before this day needs a question."""
        return min(self.last, self.stay_end or self.last)


def _dunned(claim: Claim, act: Act) -> None:
    if not claim.is_dunned:
        claim.is_dunned = True
        claim.renew(act.counts_from)


def _reminded(claim: Claim, act: Act) -> None:
    is_put_off = act.day <= claim.reminded_until or act.day <= claim.agreed_until
    if act.channel in WITHOUT_EFFECT or is_put_off:
        return
    claim.reminded_until = last_of_period(act.day + 1, HALF_YEAR)
    claim.grace = max(claim.grace, claim.reminded_until)


def _agreed(claim: Claim, act: Act) -> None:
    if act.day <= claim.reminded_until or act.day < REFORM:
        return  # 151条3項; 平成29年法律第44号附則10条3項: no effect of what was agreed before the article was law
    until = last_of_period(act.day + 1, YEAR)
    until = min(until, act.until) if act.until else until
    until = min(until, last_of_period(claim.last + 1, 5 * YEAR))  # 151条2項: never beyond five years of grace
    claim.agreed_until = max(claim.agreed_until, until)
    claim.grace = max(claim.grace, until)


def _seized(claim: Claim, act: Act) -> None:
    claim.holds.add("seizure")


def _released(claim: Claim, act: Act) -> None:
    if "seizure" in claim.holds:
        claim.holds.discard("seizure")
        claim.renew(act.day)


def _filed(claim: Claim, act: Act) -> None:
    claim.holds.add("action")


def _withdrawn(claim: Claim, act: Act) -> None:
    if "action" in claim.holds:
        claim.holds.discard("action")
        claim.grace = max(claim.grace, last_of_period(act.day + 1, HALF_YEAR))


def _judged(claim: Claim, act: Act) -> None:
    claim.holds.discard("action")
    claim.years = max(claim.years, JUDGMENT_YEARS)
    claim.renew(act.day)


def _cancelled(claim: Claim, act: Act) -> None:
    if "seizure" in claim.holds:
        claim.holds.discard("seizure")
        claim.grace = max(claim.grace, last_of_period(act.day + 1, HALF_YEAR))  # 148条1項ただし書


def _pleaded(claim: Claim, act: Act) -> None:
    claim.holds.add("filing")


def _plea_ended(claim: Claim, act: Act) -> None:
    if "filing" in claim.holds:
        claim.holds.discard("filing")
        claim.renew(act.day)  # 地方税法18条の2第1項3号


def _deferred(claim: Claim, act: Act) -> None:
    claim.renew(act.day)  # who asks for it acknowledges the claim
    claim.deferred_until = max(claim.deferred_until, act.until)


def _deferral_ended(claim: Claim, act: Act) -> None:
    if claim.deferred_until:
        claim.renew(act.day)  # time does not run before the deferral ends
    if act.day >= claim.deferred_until:
        claim.deferred_until = 0


def _deferral_cancelled(claim: Claim, act: Act) -> None:
    if claim.deferred_until:
        claim.renew(act.day)
        claim.deferred_until = 0


def _stayed(claim: Claim, act: Act) -> None:
    claim.stay_end = act.day if act.is_immediate else last_of_period(act.day + 1, STAY_YEARS * YEAR)


def _stay_cancelled(claim: Claim, act: Act) -> None:
    claim.stay_end = 0


def _renewed(claim: Claim, act: Act) -> None:
    claim.renew(act.day)


ENDED = "the deferral ends"  # no event, a day that comes

DO: dict[str, Callable[[Claim, Act], None]] = {
    "dunned": _dunned,
    "notified": _renewed,
    "acknowledged": _renewed,
    "part_payment": _renewed,
    "instalment_plan": _renewed,
    "extension": _deferred,
    "reminded": _reminded,
    "negotiation_agreed": _agreed,
    "seized": _seized,
    "released": _released,
    "seizure_cancelled": _cancelled,
    "claim_filed": _pleaded,
    "claim_filing_ended": _plea_ended,
    "action_filed": _filed,
    "action_withdrawn": _withdrawn,
    "judgment": _judged,
    "deferral": _deferred,
    "deferral_cancelled": _deferral_cancelled,
    "execution_stay": _stayed,
    "stay_cancelled": _stay_cancelled,
    ENDED: _deferral_ended,
}


@dataclass(frozen=True, slots=True)
class Life:
    """How one claim ends on one track, as known on a day."""

    end: int  # the last day on which it stands, or `OPEN`
    cause: str
    period_end: int  # the last day of the period that runs, any grace left aside


def live(due: int, as_of: int, years: int, acts: Sequence[Act]) -> Life:
    """Live through every day from the due date on; acts after `as_of` are not known yet."""
    agenda = _agenda(due, [act for act in acts if act.day <= as_of])
    claim = Claim(years, last_of_period(due + 1, years * YEAR))
    ahead = sorted(agenda, reverse=True)
    quiet_until = _next_question(claim, ahead)
    for day in range(due, LAST):
        if day < quiet_until:
            continue
        if day in agenda:
            for act in agenda[day]:
                DO[act.kind](claim, act)
            ahead.pop()
            quiet_until = _next_question(claim, ahead)
        if day >= claim.sure_until() and (ended := _this_evening(claim, day, as_of)):
            return ended
    raise ValueError(f"the calendar ends before the claim: due {due}, as of {as_of}")


def _agenda(due: int, acts: Iterable[Act]) -> dict[int, list[Act]]:
    """What happens day by day; what was done before the due date waits for it."""
    agenda: dict[int, list[Act]] = {}
    for act in acts:
        agenda.setdefault(max(act.day, due), []).append(act)
        if act.kind in {"deferral", "extension"}:
            agenda.setdefault(max(act.until, due), []).append(Act(ENDED, act.until))
    return agenda


def _next_question(claim: Claim, ahead: list[int]) -> int:
    """The first day on which something happens or the claim may end; the days before it pass by one by one."""
    return min(ahead[-1], claim.sure_until()) if ahead else claim.sure_until()


def _this_evening(claim: Claim, day: int, as_of: int) -> Life | None:
    if not claim.would_stand(day):
        return Life(day, "prescription", claim.last)
    if claim.stay_end and day >= claim.stay_end:
        return Life(day, "execution_stay", claim.last)
    if day > as_of and claim.holds and not claim.stay_end:
        return Life(OPEN, "held", claim.last)
    return None
