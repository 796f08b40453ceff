"""Stages (段階): which claims a contact of one purpose may be about, and which step of its ladder comes next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from receivables.campaigns.playbook import Audience, Playbook

_RUNNING = ("running", "grace")  # 時効が完成していない状態


@dataclass(frozen=True, slots=True)
class OverdueClaim:
    """One overdue claim of the audience's types, as published (滞納債権)."""

    claim_id: str
    source_code: str
    claim_type: str
    owner_dept: str
    debtor_id: str | None
    outstanding_yen: int
    provisional_yen: int
    prescription_state: str | None
    prescription_date_safe: date | None
    dunned_on: date | None
    dunning_deadline: date | None
    standing: str | None = None  # 債権の現況
    held_by: str | None = None  # 催告を控えるもの (mart.fct_delinquencies)
    due_date: date | None = None  # 納期限
    last_paid_on: date | None = None
    is_being_dunned: bool = False  # in a 督促状 that is being printed just now
    reminded_on: tuple[date, ...] = ()  # days on which this very campaign wrote about the claim

    @property
    def debtor_key(self) -> str:
        """Whom a contact would be with: the debtor, or nobody but the claim when it is linked to none."""
        return self.debtor_id or f"claim:{self.claim_id}"

    def subject_key(self, one_per: str) -> str:
        """What one contact of a list is about: all claims of a debtor, or those of one claim type."""
        return self.debtor_key if one_per == "debtor" else f"{self.debtor_key}:{self.claim_type}"


def eligible_claims(claims: Sequence[OverdueClaim], playbook: Playbook, day: date) -> tuple[OverdueClaim, ...]:
    """The claims a contact may be about: at the stage of its purpose, standing, held by nothing (対象債権)."""
    return tuple(
        claim
        for claim in claims
        if is_at_stage(claim, playbook, day)
        and not claim.held_by
        and not (playbook.aim.asks_for_payment and is_prescribed_or_unknown(claim, day))
    )


def is_at_stage(claim: OverdueClaim, playbook: Playbook, day: date) -> bool:
    """True when the claim is so many days past what the purpose counts from (段階): see purposes.

    A deadline is passed on the day after it, an event is counted from its own day.
    """
    since, audience = stage_day(claim, playbook), playbook.audience
    if since is None:
        return False
    days = (day - since).days - (playbook.aim.stage == "after_deadline")
    return audience.days_from <= days and (audience.days_until is None or days <= audience.days_until)


def stage_day(claim: OverdueClaim, playbook: Playbook) -> date | None:
    """The day that the stage of the playbook is counted from; None for a claim that is not at it."""
    stage = playbook.aim.stage
    if stage == "before_dunning":
        return claim.due_date if claim.dunned_on is None and not claim.is_being_dunned else None
    if stage == "letter_underway":
        return claim.dunned_on
    if stage == "settled_late":
        return claim.last_paid_on if claim.outstanding_yen == 0 else None
    return dunning_deadline(claim, playbook.audience)


def dunning_deadline(claim: OverdueClaim, audience: Audience) -> date | None:
    """The deadline on the letter, else the one the law gives from its day of issue; None when there is neither."""
    if claim.dunned_on is None or claim.dunning_deadline is not None:
        return claim.dunning_deadline if claim.dunned_on else None
    days = audience.deadline_days.get(claim.claim_type)
    return claim.dunned_on + timedelta(days=days) if days else None


def is_prescribed_or_unknown(claim: OverdueClaim, day: date) -> bool:
    """True when the claim has ended or its end cannot be told (時効完成・消滅・不明): neither may be reminded."""
    if claim.prescription_state not in _RUNNING or claim.standing == "extinct":
        return True
    return claim.prescription_date_safe is None or claim.prescription_date_safe < day


def next_level(claims: Sequence[OverdueClaim], playbook: Playbook) -> int:
    """The step of the ladder that comes next: one above the claim that is highest, at most the last (段階).

    One debtor gets one letter, whatever the steps of his claims: the highest decides its text.
    """
    highest = max((len(claim.reminded_on) for claim in claims), default=0)
    return min(highest, len(playbook.levels)) + 1


def is_too_soon(claims: Sequence[OverdueClaim], playbook: Playbook, day: date) -> bool:
    """True when the days to the next step of the ladder have not passed since the last contact about a claim."""
    last = max((on for claim in claims for on in claim.reminded_on), default=None)
    if last is None or not playbook.levels:
        return False
    step = playbook.levels[min(next_level(claims, playbook) - 2, len(playbook.levels) - 1)]
    return day < last + timedelta(days=step.after_days)
