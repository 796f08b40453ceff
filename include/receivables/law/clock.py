"""The prescription clock (時効の進行): two tracks, what restarted them, what postponed them.

Where the law leaves open from which day the count restarts, both are kept: `safe` is the earlier
last day and is what the ward manages by, `alternative` the later (地方自治法第236条第4項).
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from receivables.calendar import last_day_of_months
from receivables.claims import LegalClass

RestartRule = Literal["tax_issue_plus_10", "arrival_or_deadline"]


@dataclass(frozen=True, slots=True)
class PrescriptionRule:
    """How a kind of claim prescribes (時効の規則): years, restart after dunning, who must plead it."""

    rule_id: str
    legal_class: LegalClass
    years: int
    years_before_2020: int | None  # private claims: contracts before 2020-04-01
    restart_rule: RestartRule
    notice_renews: bool
    needs_invocation: bool
    period_article: str
    dunning_article: str
    presumed_within_days: int | None = None  # a letter whose arrival nobody recorded: days after its issue at most


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a claim on `on`; which of the other dates matter depends on the type."""

    type: str
    on: date
    issued_on: date | None = None
    arrived_on: date | None = None
    designated_deadline: date | None = None
    returned_on: date | None = None
    until: date | None = None
    channel: str | None = None
    is_immediate: bool = False


@dataclass(frozen=True, slots=True)
class ClockEntry:
    """One move of the clock: the event, the day the count (re)starts, the last day that results."""

    event: str
    on: date
    restart: date | None
    until: date | None
    article: str


@dataclass(slots=True)
class Tracks:
    """The two tracks and their history."""

    years: int
    safe: date
    alternative: date
    entries: list[ClockEntry] = field(default_factory=list)
    grace_until: date | None = None

    def standing_until(self, track: Literal["safe", "alternative"]) -> date:
        """Last day of one track, with the grace of a reminder when that is later."""
        last = self.safe if track == "safe" else self.alternative
        return max(last, self.grace_until) if self.grace_until else last

    def renew(
        self, event: Event, start: date, article: str, *, later: date | None = None, suspended_since: date | None = None
    ) -> None:
        """Count the whole period anew from `start` (更新), unless the claim had lapsed before the event.

        `later` is the other day from which the count may restart. `suspended_since` is when an act
        that stops completion began (完成猶予): the claim must have stood on that day.
        """
        happened = suspended_since or event.arrived_on or event.on
        safe, alternative = self.standing_until("safe"), self.standing_until("alternative")
        if happened > alternative:
            self.note(event, "完成後の行為に更新の効力はない")
            return
        if happened <= safe:
            self.safe = last_day_of_months(start, 12 * self.years)
        self.alternative = last_day_of_months(later or start, 12 * self.years)
        self.grace_until = None
        self.entries.append(ClockEntry(event.type, event.on, start, self.safe, article))

    def postpone(self, event: Event, until: date, article: str) -> None:
        """No completion before `until` (完成猶予); a second one meanwhile adds nothing."""
        if self.grace_until and event.on <= self.grace_until:
            self.note(event, "民法第150条第2項")
        elif event.on > self.alternative:
            self.note(event, "完成後の催告に効力はない")
        else:
            self.grace_until = until
            self.entries.append(ClockEntry(event.type, event.on, None, until, article))

    def note(self, event: Event, article: str, *, until: date | None = None) -> None:
        """An event that moves neither track."""
        self.entries.append(ClockEntry(event.type, event.on, None, until, article))
