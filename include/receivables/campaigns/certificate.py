"""The right-to-send certificate (送達可否証明): twelve proofs for one contact, taken as its message is claimed.

Pure: the evidence comes from the claiming transaction, which also stores the result.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from receivables.campaigns.candidates import Candidate, exclusion_codes, lost_codes
from receivables.campaigns.contacts import Contact
from receivables.campaigns.exclusions import in_force
from receivables.campaigns.experiments.assignment import bucket
from receivables.campaigns.freshness import SourceState
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.stages import dunning_deadline, eligible_claims

Proofs = dict[str, dict[str, Any]]
_HOLDS = tuple(f"X{number:02}" for number in (2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 16, 17, 23, 25, 29))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the claiming transaction saw, the same for all messages of one claim."""

    run_id: str
    content_sha256: str
    template_sha256: str
    approvers: tuple[str, ...]
    day: date
    at: datetime
    is_window_ignored: bool
    sources: Mapping[str, SourceState]
    links: Mapping[str, Mapping[str, Any]]


def change_codes(contact: Contact, candidate: Candidate | None) -> set[str]:
    """Exclusions that come from comparing the approved row with what is so now.

    Any payment since the approval stops the message: the person is paying.
    """
    if candidate is None:
        return {"X01_paid"}
    now_yen = {claim.claim_id: claim.outstanding_yen for claim in candidate.claims}
    approved = zip(contact.claim_ids, contact.claim_yen, strict=True)
    codes = {"X01_paid"} if any(now_yen.get(claim_id, 0) < yen for claim_id, yen in approved) else set()
    if candidate.phones and all(phone.phone_hash != contact.phone_hash for phone in candidate.phones):
        codes.add("X22_number_changed")
    return codes


def reasons_now(contact: Contact, candidate: Candidate | None, playbook: Playbook, day: date) -> tuple[str, ...]:
    """Everything against this contact on `day`: what is so, and what changed since it was approved."""
    codes, changed = set(), change_codes(contact, candidate)
    if candidate:
        codes = set(exclusion_codes(candidate, playbook, day))
        changed |= lost_codes(candidate.claims, contact.claim_ids, playbook, day)
    return tuple(sorted(codes.union(in_force(changed, day, playbook.purpose))))


def proofs(
    contact: Contact, candidate: Candidate | None, codes: tuple[str, ...], playbook: Playbook, seen: Evidence
) -> Proofs:
    """The twelve proofs; each says whether it holds and on what it rests."""
    found = set(codes)
    claims = eligible_claims(candidate.claims, playbook, seen.day) if candidate else ()
    held_out = bucket(contact.unit_key or contact.debtor_id or contact.subject_key, playbook.holdout_salt)
    return {
        "balance_fresh": _proof("X00_stale_source" not in found, sources=_sources(contact, candidate, seen)),
        "payment_not_in_flight": _proof(
            not found & {"X01_paid", "X24_quarantined"}, claim_yen=[claim.outstanding_yen for claim in claims]
        ),
        "right_person": _proof(contact.debtor_id in seen.links, **dict(seen.links.get(contact.debtor_id or "", {}))),
        "right_number": _proof(
            not found
            & {"X19_no_mobile", "X21_shared_number", "X22_number_changed", "X27_no_address", "X28_unreachable"},
            phone_hash=contact.phone_hash,
        ),
        "no_hold": _proof(not any(code[:3] in _HOLDS for code in found), codes=list(codes)),
        "level_lawful": _proof(
            not found & {"X15_dunning_window", "X10_small", "X26_level"},
            purpose=playbook.purpose,
            level=contact.level,
            claims=[[c.claim_id, _iso(c.dunned_on), _iso(dunning_deadline(c, playbook.audience))] for c in claims],
        ),
        "prescription_known": _proof(
            bool(claims) and "X09_prescribed" not in found,
            dates=[[c.claim_id, _iso(c.prescription_date_safe)] for c in claims],
        ),
        "template_approved": _proof(bool(seen.template_sha256), template_sha256=seen.template_sha256),
        "cap_not_reached": _proof(
            "X13_frequency" not in found,
            contact_dates=[_iso(on) for on in (candidate.contact_dates if candidate else ())],
        ),
        "window_open": _proof(True, at=seen.at.isoformat(), is_window_ignored=seen.is_window_ignored),
        "not_in_control_group": _proof(
            held_out >= playbook.holdout_permille, bucket=held_out, holdout_permille=playbook.holdout_permille
        ),
        "list_approved": _proof(
            len(seen.approvers) >= playbook.approvals_required,
            run_id=seen.run_id,
            content_sha256=seen.content_sha256,
            approvers=list(seen.approvers),
        ),
    }


def proofs_sha256(found: Proofs) -> str:
    """The hash that lets anybody check years later that the stored proofs are the ones taken."""
    return hashlib.sha256(json.dumps(found, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def is_release(found: Proofs) -> bool:
    """True when every proof holds."""
    return all(proof["holds"] for proof in found.values())


def _proof(holds: bool, **evidence: Any) -> dict[str, Any]:
    return {"holds": holds, **evidence}


def _sources(contact: Contact, candidate: Candidate | None, seen: Evidence) -> dict[str, dict[str, Any]]:
    named = {claim_id.split(":", 1)[0] for claim_id in contact.claim_ids} | {"register"}
    named |= {claim.source_code for claim in candidate.claims} if candidate else set()
    return {
        name: {"batch_ids": seen.sources[name].batch_ids, "on": seen.sources[name].business_date.isoformat()}
        for name in sorted(named)
        if name in seen.sources
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
