"""The list itself (対象者リスト): rows in a canonical form, and the hash that is approved."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from psycopg.rows import class_row

from receivables.campaigns.candidates import Decision
from receivables.campaigns.playbook import Playbook
from receivables.db import Connection

_STORED = """
    select subject_key, debtor_id, arm, exclusion_codes, reference, claim_ids, claim_yen, claim_types,
        owner_depts, outstanding_yen, phone_hash, level, unit_key
    from campaign.contact
    where run_id = %(run_id)s and (%(keys)s::text[] is null or subject_key = any(%(keys)s))
"""


@dataclass(frozen=True, slots=True)
class Contact:
    """One row of the list, as it is approved, stored and sent (対象者)."""

    subject_key: str
    debtor_id: str | None
    arm: str
    exclusion_codes: list[str]
    reference: str | None
    claim_ids: list[str]
    claim_yen: list[int]
    claim_types: list[str]
    owner_depts: list[str]
    outstanding_yen: int
    phone_hash: str | None
    level: int = 1
    unit_key: str | None = None  # of a household; its members are in one arm

    def line(self) -> str:
        """The row as one canonical line of text: what the list hash is taken over."""
        told = {name: value for name, value in asdict(self).items() if name != "unit_key" or value is not None}
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def contact_list(decisions: Iterable[Decision], playbook: Playbook, as_of: date) -> list[Contact]:
    """The rows of the list, in order of their key."""
    rows = [_contact(each, playbook, as_of) for each in decisions]
    return sorted(rows, key=lambda row: row.subject_key)


def stored_contacts(connection: Connection, run_id: str, keys: list[str] | None = None) -> dict[str, Contact]:
    """The rows of a run as they stand in the database now, by key; all of them or those of `keys`."""
    with connection.cursor(row_factory=class_row(Contact)) as cursor:
        return {row.subject_key: row for row in cursor.execute(_STORED, {"run_id": run_id, "keys": keys})}


def content_sha256(contacts: Iterable[Contact], *, name: str, as_of: date, playbook_json: str, template: str) -> str:
    """The hash of the exact list with its rules and text; the order in which rows came does not matter."""
    header = json.dumps([name, as_of.isoformat(), playbook_json, template], ensure_ascii=False)
    digest = hashlib.sha256(header.encode())
    for line in sorted(contact.line() for contact in contacts):
        digest.update(b"\n" + line.encode())
    return digest.hexdigest()


def reference_of(playbook: Playbook, subject_key: str, as_of: date) -> str:
    """The key of one intent, for ever: this campaign, channel, person (and claim type) and date (冪等キー)."""
    intent = "|".join([playbook.name, playbook.channel, subject_key, as_of.isoformat()])
    return f"{playbook.channel}-{hashlib.sha256(intent.encode()).hexdigest()[:32]}"


def contact_id_of(run_id: str, subject_key: str) -> str:
    """The id of one row of one run."""
    return f"c{hashlib.sha256(f'{run_id}|{subject_key}'.encode()).hexdigest()[:24]}"


def _contact(decided: Decision, playbook: Playbook, as_of: date) -> Contact:
    candidate, claims = decided.candidate, decided.claims
    is_treated = decided.arm == "treat" and candidate.debtor_id is not None
    return Contact(
        subject_key=candidate.subject_key,
        debtor_id=candidate.debtor_id,
        arm=decided.arm,
        exclusion_codes=list(decided.codes),
        reference=reference_of(playbook, candidate.subject_key, as_of) if is_treated else None,
        claim_ids=[claim.claim_id for claim in claims],
        claim_yen=[claim.outstanding_yen for claim in claims],
        claim_types=_distinct([claim.claim_type for claim in claims]),
        owner_depts=_distinct([claim.owner_dept for claim in claims]),
        outstanding_yen=sum(claim.outstanding_yen for claim in claims),
        phone_hash=decided.phone_hash,
        level=decided.level,
        unit_key=candidate.unit_key,
    )


def _distinct(values: Sequence[str]) -> list[str]:
    return sorted(set(values))
