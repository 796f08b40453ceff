"""The prescription clock (時効の進行): two tracks, what restarted them, what postponed or holds them.

Where the law leaves open from which day the count restarts, both are kept: `safe` is the earlier
last day and is what the ward manages by, `alternative` the later (地方自治法第236条第4項). An act
counts on a track only if the claim still stood there on the day of the act.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.claims import LegalClass
from receivables.errors import InputRejectedError

RestartRule = Literal["tax_issue_plus_10", "arrival_or_deadline"]
GRACE_MONTHS = 6
TOO_LATE = "完成後の行為に効力はない"


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
    """Something that happened to a claim on `on`; which of the other facts matter depends on the type."""

    type: str
    on: date
    issued_on: date | None = None
    arrived_on: date | None = None
    designated_deadline: date | None = None
    returned_on: date | None = None
    until: date | None = None  # last day of a deferral or negotiation; the new due date of an extension
    channel: str | None = None
    is_immediate: bool = False
    ground: str | None = None
    reference: str | None = None  # which seizure, case or letter, where there are several
    outcome: str | None = None  # how a filed claim ended
    is_written: bool | None = None
    scope: tuple[str, ...] | None = None  # the claims that a pledge lists


class ClockEntry(NamedTuple):
    """One move of the clock: the event, the day the count (re)starts, the last day that results."""

    event: str
    on: date
    restart: date | None
    until: date | None
    article: str


@dataclass(slots=True)
class Track:
    """One reading of the clock: the last day of the period that runs, and what keeps it from completing."""

    last: date
    counts_from: date
    paused_until: date = date.min  # 猶予: days that do not count
    reminded_until: date = date.min  # 催告
    agreed_until: date = date.min  # 協議の合意
    put_off_until: date = date.min  # an act that ended without a title
    held: dict[tuple[str, str], date] = field(default_factory=dict)

    @property
    def standing(self) -> date:
        """Last day on which the claim stands; `date.max` while an act holds the clock (完成猶予)."""
        if self.held:
            return date.max
        return max(self.last, self.reminded_until, self.agreed_until, self.put_off_until)


@dataclass(slots=True)
class Course:
    """What has happened to one claim so far, event by event."""

    rule: PrescriptionRule
    due: date
    years: int
    safe: Track
    alternative: Track
    known: Sequence[Event]
    claim_id: str | None = None
    entries: list[ClockEntry] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    is_dunned: bool = False
    is_stayed: bool = False

    @property
    def tracks(self) -> tuple[Track, Track]:
        """Both readings, the safe one first."""
        return self.safe, self.alternative

    def renew(
        self,
        event: Event,
        start: date,
        article: str,
        *,
        happened: date | None = None,
        later: date | None = None,
        happened_earlier: date | None = None,
    ) -> None:
        """Count the whole period anew (更新) from `start`; a new period never ends before the old one.

        `later` is the other day from which the count may restart; `happened` the day on which the
        claim must still have stood, and `happened_earlier` the same for the alternative track.
        """
        on = happened or event.on
        last = last_day_of_months(start, 12 * self.years)
        later_last = last if later is None or later == start else last_day_of_months(later, 12 * self.years)
        is_moved = self._restart(self.safe, on, start, last)
        if self._restart(self.alternative, happened_earlier or on, later or start, later_last) or is_moved:
            self.entries.append(ClockEntry(event.type, event.on, start, self.safe.last, article))
        else:
            self.note(event, TOO_LATE)

    def _restart(self, track: Track, happened: date, start: date, last: date) -> bool:
        """Begin anew on one track, not before the days that do not count are over."""
        if happened > track.standing:
            return False
        if start <= track.paused_until:
            start = track.paused_until + ONE_DAY
            last = last_day_of_months(start, 12 * self.years)
        if last > track.last:
            track.last, track.counts_from = last, start
        return True

    def pause(self, event: Event, until: date, article: str) -> None:
        """The time from the event to `until` does not count (不進行): the end moves by as many days."""
        is_standing = False
        for track in self.tracks:
            if event.on <= track.standing:
                first = max(event.on, track.counts_from, track.paused_until + ONE_DAY)
                track.last += timedelta(days=max((until - first).days + 1, 0))
                track.paused_until = max(track.paused_until, until)
                is_standing = True
        self.note(event, article if is_standing else TOO_LATE, until=self.safe.last if is_standing else None)

    def hold(self, event: Event, kind: str, article: str) -> None:
        """No completion until the act ends (完成猶予), however long that takes."""
        key = kind, event.reference or ""
        is_standing = False
        for track in self.tracks:
            if event.on <= track.standing:
                track.held.setdefault(key, event.on)
                is_standing = True
        self.note(event, article if is_standing else TOO_LATE)

    def ended(self, event: Event, kind: str) -> bool:
        """Let go of what `event` ends; whether anything of that kind was held."""
        found = False
        for track in self.tracks:
            keys = [key for key in track.held if key[0] == kind and _is_same(event.reference, key[1])]
            for key in keys:
                del track.held[key]
            if keys:
                track.put_off_until = max(track.put_off_until, event.on)  # it stood as long as it was held
                found = True
        return found

    def put_off(self, event: Event, article: str) -> None:
        """No completion within six months of an act that ended without a title (完成猶予)."""
        until = last_day_of_months(event.on + ONE_DAY, GRACE_MONTHS)
        for track in self.tracks:
            if event.on <= track.standing:
                track.put_off_until = max(track.put_off_until, until)
        self.note(event, article, until=until)

    def note(self, event: Event, article: str, *, until: date | None = None) -> None:
        """An event that moves neither track."""
        self.entries.append(ClockEntry(event.type, event.on, None, until, article))

    def lack(self, event: Event, fact: str) -> None:
        """A fact that the event needs and nobody gave: the state becomes unknown, nothing is assumed."""
        self.missing.append(f"{event.type}.{fact}")
        self.note(event, f"不明の事実 {fact}")

    def must_be(self, event: Event, classes: frozenset[LegalClass], article: str, instead: str) -> None:
        """InputRejectedError when a claim of this class cannot have the event."""
        if self.rule.legal_class not in classes:
            raise InputRejectedError(
                f"{event.type} on a claim of class {self.rule.legal_class}: only {', '.join(sorted(classes))} claims "
                f"have one ({article}); {instead}, or correct the claim type"
            )


def _is_same(reference: str | None, held: str) -> bool:
    """Whether an ending is about what is held; one without a number ends all, and ends what has none."""
    return not reference or held in ("", reference)


ENFORCED = frozenset({LegalClass.ENFORCED_PUBLIC})
UNENFORCED = frozenset({LegalClass.NONENFORCED_PUBLIC, LegalClass.PRIVATE})
