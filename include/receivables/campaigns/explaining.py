"""From a contact back to its reasons (連絡の根拠): list, approvals, proofs, what happened to it, years later.

Everything that was signed or hashed is checked again; what does not hold any more is said.
"""

from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from receivables import db, four_eyes
from receivables.campaigns import approvals
from receivables.campaigns.certificate import proofs_sha256
from receivables.campaigns.contacts import content_sha256, stored_contacts
from receivables.campaigns.exclusions import reason_ja
from receivables.campaigns.rendering import text_of_level, text_sha256
from receivables.campaigns.runs import Run, run_of
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.settings import State

Record = dict[str, Any]
_CONTACT = """
    select contact_id, run_id, subject_key, debtor_id, arm, exclusion_codes, claim_ids, claim_yen, claim_types,
        owner_depts, outstanding_yen, level
    from campaign.contact
    where contact_id = %(id)s or contact_id = (select contact_id from campaign.handover_line where token = %(id)s)
"""
_CERTIFICATES = """
    select attempt, is_released, proofs, sha256, issued_at from campaign.certificate
    where contact_id = %s order by certificate_id
"""
_APPROVALS = "select approver, approved_at, expires_at from campaign.approval where run_id = %s order by 2"
_HISTORY = (
    "select from_state, to_state, attempt, outcome, at from campaign.outbox_event where contact_id = %s order by at"
)
_EVENTS = """
    select channel, event, occurred_on, occurred_at, promised_on, detail, source from campaign.contact_event
    where contact_id = %s order by occurred_on, contact_event_id
"""
_HANDOVER = """
    select h.batch, l.token, h.file_sha256, h.expires_on, h.released_at
    from campaign.handover_line as l inner join campaign.handover as h using (batch) where l.contact_id = %s
"""
_FILES = """
    select batch_id, file_name, file_sha256, business_date from ops.load where batch_id = any(%s) order by batch_id
"""


def explain_contact(contact: str, *, state: State) -> Record:
    """Everything about one contact, by its id or by the number on its letter or list; no name, number or address.

    `verified` says of list, text, approvals and each certificate whether they are still what was signed. Raises
    InputRejectedError when there is no such contact.
    """
    with db.connect(state, "sender", doing="explain contact") as connection:
        found = _one(connection, _CONTACT, {"id": contact})
        if found is None:
            raise InputRejectedError(
                f"no contact {contact!r}; give an id of campaign.contact, the 封緘番号 of a letter or a list's 受付番号"
            )
        run = run_of(connection, found["run_id"])
        certificates = _all(connection, _CERTIFICATES, found["contact_id"])
        batches = sorted({each for one in certificates for source in _sources(one) for each in source["batch_ids"]})
        return {
            "contact": {**found, "reasons_ja": [reason_ja(code) for code in found["exclusion_codes"]]},
            "run": {
                "run_id": run.run_id, "campaign": run.campaign_name, "as_of": run.as_of, "maker": run.maker,
                "purpose": run.rules().aim.title_ja, "channel": run.rules().channel, "built_at": run.built_at,
                "text": text_of_level(run.template_text, found["level"]),
            },
            "approvals": _all(connection, _APPROVALS, run.run_id),
            "verified": _verified(connection, run, certificates, state),
            "certificates": certificates,
            "history": _all(connection, _HISTORY, found["contact_id"]),
            "handover": _one(connection, _HANDOVER, found["contact_id"]),
            "events": _all(connection, _EVENTS, found["contact_id"]),
            "rests_on": _all(connection, _FILES, batches),
        }  # fmt: skip


def _verified(connection: db.Connection, run: Run, certificates: list[Record], state: State) -> Record:
    """What of the signed and hashed still holds; an approval that has run out since was valid when it was used."""
    stored = stored_contacts(connection, run.run_id)
    found = content_sha256(
        stored.values(), name=run.campaign_name, as_of=run.as_of, playbook_json=run.rules().model_dump_json(),
        template=run.template_sha256,
    )  # fmt: skip
    try:
        signed: tuple[str, ...] = approvals.require(connection, run, state.secret(four_eyes.KEY))
        why = None
    except NeedsApprovalError as refused:
        signed, why = (), str(refused)
    return {
        "list": found == run.content_sha256,
        "text": text_sha256(run.template_text) == run.template_sha256,
        "approvers_valid_now": list(signed),
        "approvals_note": why,
        "certificates": [proofs_sha256(each["proofs"]) == each["sha256"] for each in certificates],
    }


def _sources(certificate: Record) -> list[Record]:
    return list(certificate["proofs"]["balance_fresh"].get("sources", {}).values())


def _one(connection: db.Connection, query: str, wanted: object) -> Record | None:
    rows = _all(connection, query, wanted)
    return rows[0] if rows else None


def _all(connection: db.Connection, query: str, wanted: object) -> list[Record]:
    given = wanted if isinstance(wanted, dict) else [wanted]
    return connection.cursor(row_factory=dict_row).execute(sql.SQL(query), given).fetchall()
