"""Candidates (候補者) and the rules that exclude them: pure, the same when a list is built and when it is sent.

Rules: domain sheet 4.3 (X01–X17) and the seed campaign/exclusions.csv. Everything found is
kept, not only the first reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from receivables.campaigns.exclusions import in_force
from receivables.campaigns.experiments.assignment import is_held_out
from receivables.campaigns.freshness import rests_on
from receivables.campaigns.playbook import Audience, Cap, Playbook

_RUNNING = ("running", "grace")  # 時効が完成していない状態
_HELD = {
    "instalment_plan": "X02_plan_ok", "deferral": "X03_deferral", "conversion_deferral": "X03_deferral",
    "extension": "X03_deferral", "execution_stay": "X04_stay", "collection_stop": "X04_stay",
    "entrusted": "X12_lawyer", "given_back": "X01_paid",
}  # fmt: skip
_PROTECTED = "X08_dv"  # 支援措置: the number is not even asked for
_UNKNOWN_HOLD = "X23_contact_block"  # what nobody knows stops
# Whoever has one claim held so is not asked for others.
_OF_THE_DEBTOR = frozenset({"X04_stay", "X12_lawyer", _UNKNOWN_HOLD})


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

    @property
    def subject_key(self) -> str:
        """Whom a contact would be with: the debtor, or nobody but the claim when it is linked to none."""
        return self.debtor_id or f"claim:{self.claim_id}"


@dataclass(frozen=True, slots=True)
class Phone:
    """A mobile number, known only by its keyed hash, and how many persons have it."""

    phone_hash: str
    person_count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One debtor with everything that decides about a contact."""

    subject_key: str
    debtor_id: str | None
    claims: tuple[OverdueClaim, ...]
    fact_codes: frozenset[str] = frozenset()
    phones: tuple[Phone, ...] = ()
    contact_dates: tuple[date, ...] = ()
    stale_sources: frozenset[str] = field(default=frozenset())
    unit_key: str | None = None  # 割付の単位 when drawn with others


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one candidate: arm, every reason, and the claims a contact would be about."""

    candidate: Candidate
    arm: str
    codes: tuple[str, ...]
    claims: tuple[OverdueClaim, ...]
    phone_hash: str | None


def decision(candidate: Candidate, playbook: Playbook, day: date) -> Decision:
    """Treat, control or excluded, on the business date `day` (基準日)."""
    eligible = eligible_claims(candidate.claims, playbook.audience, day)
    codes = exclusion_codes(candidate, playbook, day)
    phone = candidate.phones[0].phone_hash if len(candidate.phones) == 1 else None
    if codes:
        return Decision(candidate, "excluded", codes, eligible or candidate.claims, phone)
    if is_held_out(candidate.unit_key or candidate.subject_key, playbook):
        return Decision(candidate, "control", ("X18_holdout",), eligible, phone)
    return Decision(candidate, "treat", (), eligible, phone)


def exclusion_codes(candidate: Candidate, playbook: Playbook, day: date) -> tuple[str, ...]:
    """Every exclusion in force on `day` that holds for `candidate`, in order."""
    found = set(candidate.fact_codes) | _claim_codes(candidate.claims, playbook.audience, day)
    if candidate.debtor_id is None:
        found.add("X20_unlinked")
    elif _PROTECTED not in found and len(candidate.phones) != 1:
        found.add("X19_no_mobile" if not candidate.phones else "X21_shared_number")
    elif candidate.phones and candidate.phones[0].person_count > 1:
        found.add("X21_shared_number")
    if candidate.stale_sources:
        found.add("X00_stale_source")
    if is_cap_reached(candidate.contact_dates, playbook.caps, day):
        found.add("X13_frequency")
    return in_force(found, day)


def eligible_claims(claims: Sequence[OverdueClaim], audience: Audience, day: date) -> tuple[OverdueClaim, ...]:
    """The claims a contact may be about: dunned, deadline passed, standing, held by nothing (対象債権)."""
    return tuple(
        claim
        for claim in claims
        if is_past_dunning(claim, audience, day) and not is_prescribed_or_unknown(claim, day) and not claim.held_by
    )


def is_past_dunning(claim: OverdueClaim, audience: Audience, day: date) -> bool:
    """True when the claim was dunned and its deadline passed by the days agreed (督促の指定期限)."""
    deadline = dunning_deadline(claim, audience)
    return deadline is not None and day > deadline + timedelta(days=audience.days_after_dunning_deadline)


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


def is_cap_reached(contact_dates: Sequence[date], caps: Sequence[Cap], day: date) -> bool:
    """True when one more contact on `day` would exceed any cap (連絡回数の上限)."""
    return any(sum(1 for on in contact_dates if on > day - timedelta(days=cap.days)) >= cap.contacts for cap in caps)


def candidates(
    claims: Sequence[OverdueClaim],
    *,
    facts: Mapping[str, frozenset[str]],
    phones: Mapping[str, tuple[Phone, ...]],
    contact_dates: Mapping[str, tuple[date, ...]],
    stale_sources: frozenset[str],
) -> list[Candidate]:
    """One candidate a debtor, however many claims; a claim without a debtor stands alone."""
    grouped: dict[str, list[OverdueClaim]] = {}
    for claim in sorted(claims, key=lambda each: each.claim_id):
        grouped.setdefault(claim.subject_key, []).append(claim)
    return [
        Candidate(
            subject_key=key,
            debtor_id=found[0].debtor_id,
            claims=tuple(found),
            fact_codes=facts.get(key, frozenset()),
            phones=phones.get(key, ()),
            contact_dates=contact_dates.get(key, ()),
            stale_sources=stale_sources & frozenset().union(*(rests_on(claim.source_code) for claim in found)),
        )
        for key, found in sorted(grouped.items())
    ]


def _claim_codes(claims: Sequence[OverdueClaim], audience: Audience, day: date) -> set[str]:
    """Reasons that lie in the claims. A payment on the way to any of them stops the contact."""
    codes = {"X01_paid"} if any(claim.provisional_yen > 0 for claim in claims) else set()
    eligible = eligible_claims(claims, audience, day)
    held = {_HELD.get(claim.held_by, _UNKNOWN_HOLD) for claim in claims if claim.held_by}
    codes |= held & _OF_THE_DEBTOR
    if not eligible:
        free = [claim for claim in claims if not claim.held_by]
        past = [claim for claim in free if is_past_dunning(claim, audience, day)]
        codes |= held | ({"X09_prescribed"} if past else {"X15_dunning_window"} if free else set())
    elif sum(claim.outstanding_yen for claim in eligible) < audience.minimum_outstanding_yen:
        codes.add("X10_small")
    if not any(claim.outstanding_yen > 0 for claim in claims):
        codes.add("X01_paid")
    return codes
