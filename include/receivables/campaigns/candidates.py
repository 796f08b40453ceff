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
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.stages import OverdueClaim, eligible_claims, is_at_stage, is_too_soon, next_level
from receivables.campaigns.terms import Cap

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
class Phone:
    """Where a contact may go (連絡先): a number or an address, known only by its keyed hash, and how many have it."""

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
    level: int = 1  # 段階


def decision(candidate: Candidate, playbook: Playbook, day: date) -> Decision:
    """Treat, control or excluded, on the business date `day` (基準日)."""
    eligible = eligible_claims(candidate.claims, playbook, day)
    codes = exclusion_codes(candidate, playbook, day)
    phone = candidate.phones[0].phone_hash if len(candidate.phones) == 1 else None
    level = next_level(eligible, playbook)
    if codes:
        return Decision(candidate, "excluded", codes, eligible or candidate.claims, phone, level)
    if is_held_out(candidate.unit_key or candidate.debtor_id or candidate.subject_key, playbook):
        return Decision(candidate, "control", ("X18_holdout",), eligible, phone, level)
    return Decision(candidate, "treat", (), eligible, phone, level)


def exclusion_codes(candidate: Candidate, playbook: Playbook, day: date) -> tuple[str, ...]:
    """Every exclusion in force on `day` that holds for `candidate`, in order."""
    found = set(candidate.fact_codes) | _claim_codes(candidate.claims, playbook, day)
    if candidate.debtor_id is None:
        found.add("X20_unlinked")
    elif _PROTECTED not in found and len(candidate.phones) != 1:
        found.add("X21_shared_number" if candidate.phones and playbook.channel != "letter" else _nowhere(playbook))
    elif candidate.phones and candidate.phones[0].person_count > 1:
        found.add("X21_shared_number")
    if candidate.stale_sources:
        found.add("X00_stale_source")
    if is_cap_reached(candidate.contact_dates, playbook.caps, day):
        found.add("X13_frequency")
    return in_force(found, day, playbook.purpose)


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
    one_per: str = "debtor",
) -> list[Candidate]:
    """One candidate a debtor (or debtor and claim type); a claim without a debtor stands alone.

    `facts`, `phones` and `contact_dates` are by `debtor_key`.
    """
    grouped: dict[str, list[OverdueClaim]] = {}
    for claim in sorted(claims, key=lambda each: each.claim_id):
        grouped.setdefault(claim.subject_key(one_per), []).append(claim)
    return [
        Candidate(
            subject_key=key,
            debtor_id=found[0].debtor_id,
            claims=tuple(found),
            fact_codes=facts.get(found[0].debtor_key, frozenset()),
            phones=phones.get(found[0].debtor_key, ()),
            contact_dates=contact_dates.get(found[0].debtor_key, ()),
            stale_sources=stale_sources & frozenset().union(*(rests_on(claim.source_code) for claim in found)),
        )
        for key, found in sorted(grouped.items())
    ]


def lost_codes(claims: Sequence[OverdueClaim], approved: Sequence[str], playbook: Playbook, day: date) -> set[str]:
    """Why a contact may not be about what it was approved for: every claim must still be at its stage and unheld.

    A message is written about exactly what was approved, so one claim that fell out stops it.
    """
    eligible = {claim.claim_id for claim in eligible_claims(claims, playbook, day)}
    lost = [claim for claim in claims if claim.claim_id in approved and claim.claim_id not in eligible]
    return {
        _HELD.get(claim.held_by, _UNKNOWN_HOLD) if claim.held_by
        else "X09_prescribed" if is_at_stage(claim, playbook, day) else "X15_dunning_window"
        for claim in lost
    }  # fmt: skip


def _nowhere(playbook: Playbook) -> str:
    return "X27_no_address" if playbook.channel == "letter" else "X19_no_mobile"


def _claim_codes(claims: Sequence[OverdueClaim], playbook: Playbook, day: date) -> set[str]:
    """Reasons that lie in the claims. A payment on the way to any of them stops the contact."""
    codes = {"X01_paid"} if any(claim.provisional_yen > 0 for claim in claims) else set()
    eligible = eligible_claims(claims, playbook, day)
    held = {_HELD.get(claim.held_by, _UNKNOWN_HOLD) for claim in claims if claim.held_by}
    codes |= held & _OF_THE_DEBTOR
    if not eligible:
        free = [claim for claim in claims if not claim.held_by]
        past = [claim for claim in free if is_at_stage(claim, playbook, day)]
        codes |= held | ({"X09_prescribed"} if past else {"X15_dunning_window"} if free else set())
    elif sum(claim.outstanding_yen for claim in eligible) < playbook.audience.minimum_outstanding_yen:
        codes.add("X10_small")
    if is_too_soon(eligible, playbook, day):
        codes.add("X26_level")
    if not any(claim.outstanding_yen > 0 for claim in claims):
        codes.add("X01_paid")
    return codes
