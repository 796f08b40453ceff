"""Doubt about who somebody is (人違いの疑い): nothing goes out any more, and what went out is told."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.settings import State

DOUBT = "X25"
_HOLD = """
    insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept)
    select given.id, %(code)s, least(%(day)s, (clock_timestamp() at time zone 'Asia/Tokyo')::date), 'residents'
    from unnest(%(debtor_ids)s::text[]) as given (id)
    where not exists (
        select from campaign.hold as held
        where held.debtor_id = given.id and held.exclusion_code = %(code)s and held.valid_to is null
    )
"""
# What is being sent at this moment asks for the hold before it goes; what is ready is taken back here.
_CANCEL = """
    update campaign.outbox set state = 'cancelled', outcome = 'identity_in_doubt', changed_at = clock_timestamp()
    where debtor_id = any(%s) and state = 'ready'
    returning contact_id
"""
_SENT = """
    select sent.contact_id, made.campaign_name, sent.channel, sent.state, sent.contact_date, sent.debtor_id
    from campaign.outbox as sent
    inner join campaign.run as made on sent.run_id = made.run_id
    where sent.debtor_id = any(%(debtor_ids)s) and sent.contact_date >= %(since)s
        and sent.state not in ('ready', 'suppressed', 'cancelled')
    order by sent.contact_date, sent.contact_id
"""
_HELD = """
    select debtor_id, exclusion_code, valid_from, valid_to, owner_dept
    from campaign.hold
    where debtor_id = any(%(debtor_ids)s) and exclusion_code <> %(code)s
        and (recorded_at at time zone 'Asia/Tokyo')::date >= %(since)s
    order by valid_from, hold_id
"""


def stop_for(debtor_ids: Sequence[str], *, day: date, state: State) -> list[str]:
    """Hold everything back from these debtors and take back what is queued; the contacts taken back.

    The hold begins on `day`, or today where that is earlier. One person's doubt is enough for this: it takes two to
    write to them again.
    """
    with db.connect(state, "sender", doing="stop for a doubt") as connection:
        connection.execute(_HOLD, {"debtor_ids": list(debtor_ids), "code": DOUBT, "day": day})
        return [str(contact) for (contact,) in connection.execute(_CANCEL, [list(debtor_ids)]).fetchall()]


def caused_since(debtor_ids: Sequence[str], *, since: date, state: State) -> dict[str, list[dict[str, Any]]]:
    """Every message that went out to these debtors since a day and every hold that began: `sent` and `held`."""
    wanted = {"debtor_ids": list(debtor_ids), "since": since, "code": DOUBT}
    with db.connect(state, "sender", doing="what a wrong merge caused") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return {
            "sent": cursor.execute(_SENT, wanted).fetchall(),
            "held": cursor.execute(_HELD, wanted).fetchall(),
        }
