"""Selection (対象者の選定): every candidate once, with arm and every reason, in one transaction.

The same inputs, rules and date give the same list to the byte; its hash is what two people
approve and what the sender verifies.
"""

import re
from dataclasses import astuple
from datetime import date

from psycopg.types.json import Jsonb

from receivables import db, roster
from receivables.campaigns import cohort
from receivables.campaigns.candidates import decision
from receivables.campaigns.contacts import Contact, contact_id_of, contact_list, content_sha256
from receivables.campaigns.experiments.households import with_units
from receivables.campaigns.experiments.preregistration import register
from receivables.campaigns.playbook import Playbook, playbook
from receivables.campaigns.reading import Reading, published_batch, read_candidates
from receivables.campaigns.rendering import billed_count, message_text, text_sha256
from receivables.errors import InputRejectedError
from receivables.settings import State

_RUN = """
    insert into campaign.run (
        run_id, campaign_name, as_of, published_batch, maker, channel, purpose, playbook, template_text,
        template_sha256, parts_count, sources, content_sha256, treat_count, control_count, excluded_count,
        approvals_required, expires_after_days
    ) values (
        %(run_id)s, %(name)s, %(as_of)s, %(batch)s, %(maker)s, %(channel)s, %(purpose)s, %(playbook)s, %(text)s,
        %(text_sha256)s, %(parts)s, %(sources)s, %(sha256)s, %(treat)s, %(control)s, %(excluded)s,
        %(approvals)s, %(days)s
    )
"""
_CONTACTS = """
    copy campaign.contact (
        contact_id, run_id, subject_key, debtor_id, arm, exclusion_codes, reference, claim_ids, claim_yen,
        claim_types, owner_depts, outstanding_yen, phone_hash, level, unit_key
    ) from stdin
"""
_SUPERSEDE = """
    update campaign.run set state = 'superseded'
    where campaign_name = %s and state = 'waiting' and run_id <> %s
"""
_REVIVE = "update campaign.run set state = 'waiting' where run_id = %s and state = 'superseded'"


def build(name: str, *, as_of: date, maker: str, state: State) -> str:
    """Make the list of playbook `name` for `as_of` (基準日) and return its run id.

    The same content gives the run that is there already, untouched; other content gives a new
    run, and an older one that still waits is superseded. Raises InputRejectedError when the
    published marts are of another date.
    """
    chosen = playbook(name)
    text = message_text(chosen)
    if not re.fullmatch(r"[a-z][a-z0-9_.@-]{2,60}", maker):
        raise InputRejectedError("the maker must be a user name: small letters, digits and . _ - @")
    roster.install(state)
    with db.connect(state, "sender", autocommit=True, doing=f"build {name}") as gate:
        # Held outside the building transaction: its snapshot must be taken after the lock.
        gate.execute("select pg_advisory_lock(hashtext(%s))", [f"campaign.build.{name}"])
        with db.connect(state, "sender", doing=f"build {name}") as connection:
            connection.execute("set transaction isolation level repeatable read")
            batch = published_batch(connection, as_of)
            found = read_candidates(connection, chosen, as_of=as_of, day=as_of, phone_key=state.secret("hmac_phone"))
            return _store(connection, chosen, text, found, as_of=as_of, maker=maker, batch=batch)


def _store(
    connection: db.Connection, chosen: Playbook, text: str, found: Reading, *, as_of: date, maker: str, batch: str
) -> str:
    drawn = with_units(connection, found.candidates, chosen, as_of)
    decisions = [decision(each, chosen, as_of) for each in drawn]
    contacts = contact_list(decisions, chosen, as_of)
    sha256 = content_sha256(
        contacts, name=chosen.name, as_of=as_of, playbook_json=chosen.model_dump_json(), template=text_sha256(text)
    )
    run_id = f"{chosen.name}-{as_of:%Y%m%d}-{sha256[:10]}"
    connection.execute(_SUPERSEDE, [chosen.name, run_id])
    if connection.execute("select 1 from campaign.run where run_id = %s", [run_id]).fetchone():
        connection.execute(_REVIVE, [run_id])
        return run_id
    arms = [contact.arm for contact in contacts]
    connection.execute(_RUN, {
        "run_id": run_id, "name": chosen.name, "as_of": as_of, "batch": batch, "maker": maker,
        "channel": chosen.channel, "purpose": chosen.purpose, "playbook": Jsonb(chosen.model_dump(mode="json")),
        "text": text, "text_sha256": text_sha256(text), "parts": billed_count(text, chosen.channel),
        "sources": _sources(found), "sha256": sha256, "treat": arms.count("treat"), "control": arms.count("control"),
        "excluded": arms.count("excluded"), "approvals": chosen.approvals_required,
        "days": chosen.expires_after_days,
    })  # fmt: skip
    _copy(connection, run_id, contacts)
    register(connection, run_id, chosen)
    cohort.judge(connection, run_id, chosen, cohort.cohort_of(decisions, as_of))
    return run_id


def _copy(connection: db.Connection, run_id: str, contacts: list[Contact]) -> None:
    with connection.cursor() as cursor, cursor.copy(_CONTACTS) as rows:
        for contact in contacts:
            rows.write_row((contact_id_of(run_id, contact.subject_key), run_id, *astuple(contact)))


def _sources(found: Reading) -> Jsonb:
    return Jsonb({
        name: {"batch_ids": each.batch_ids, "business_date": each.business_date.isoformat()}
        for name, each in found.sources.items()
    })  # fmt: skip
