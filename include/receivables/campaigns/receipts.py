"""Delivery receipts (配信結果): read once each, in whatever order they come; a message only moves forward."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.rows import args_row

from receivables import db
from receivables.campaigns.channels.sms import GatewaySilentError, SmsGateway

FINAL = ("failed_temp", "failed_perm", "delivered")  # later beats earlier, whatever came first
_MOST_PAGES = 10_000

_KEEP = """
    insert into campaign.delivery_receipt (gateway, receipt_id, reference, status, reported_at, is_applied)
    values (%s, %s, %s, %s, %s, true) on conflict do nothing
"""
# A receipt proves that the carrier has the message, also when our own reply was lost, and when the carrier's look-up or
# people said that it never had it: it is not sent again.
_ARRIVED = """
    update campaign.outbox as box set state = 'accepted', accepted_at = clock_timestamp(), outcome = 'receipt',
        changed_at = clock_timestamp(), contact_date = coalesce(contact_date, (
            select today.day from (select (clock_timestamp() at time zone 'Asia/Tokyo')::date as day) as today
            where not exists (
                select from campaign.outbox as other
                where other.debtor_id = box.debtor_id and other.contact_date = today.day
            )
        ))
    where reference = any(%s)
        and (state in ('sending', 'unknown') or (state in ('ready', 'cancelled') and attempt > 0))
"""
# Whatever moves becomes a contact event in the same statement, so it does once. It has no hour: how SMS fare by hour is
# told by the outbox. A message that may still arrive is no result yet.
_APPLY = """
    with best as (
        select distinct on (reference) reference, status, received_at
        from campaign.delivery_receipt
        where reference = any(%(references)s) and status = any(%(final)s)
        order by reference, array_position(%(final)s::text[], status) desc, received_at
    ),
    moved as (
        update campaign.outbox as box set state = best.status, changed_at = clock_timestamp()
        from best
        where box.reference = best.reference and box.state in ('accepted', 'failed_temp', 'failed_perm')
            and coalesce(array_position(%(final)s::text[], box.state), 0)
            < array_position(%(final)s::text[], best.status)
            and (box.state <> 'failed_perm' or box.accepted_at is not null)
        returning box.contact_id, box.channel, box.state, best.received_at
    )
    insert into campaign.contact_event (contact_id, channel, event, occurred_on, detail, source)
    select contact_id, channel, case state when 'delivered' then 'delivered' else 'undeliverable' end,
        (received_at at time zone 'Asia/Tokyo')::date, state, 'receipt'
    from moved where state in ('delivered', 'failed_perm')
    on conflict do nothing
"""
_STORED = """
    update campaign.delivery_receipt as kept set is_applied = true
    from (select gateway, receipt_id from campaign.delivery_receipt where not is_applied for update skip locked) as new
    where (kept.gateway, kept.receipt_id) = (new.gateway, new.receipt_id)
    returning kept.reference
"""
_CURSOR = """
    insert into campaign.receipt_cursor (gateway, next_no) values (%s, %s)
    on conflict (gateway) do update set next_no = greatest(receipt_cursor.next_no, excluded.next_no)
"""


def apply_stored(connection: db.Connection) -> int:
    """Let receipts count that a callback has stored; returns how many. Commits nothing."""
    with connection.cursor(row_factory=args_row(str)) as cursor:
        references = cursor.execute(_STORED).fetchall()
    _count(connection, sorted(set(references)))
    return len(references)


def collect(connection: db.Connection, gateway: SmsGateway) -> int:
    """Read the carrier's new receipts and move messages forward; returns how many came. Commits page by page."""
    count = apply_stored(connection)
    for _ in range(_MOST_PAGES):
        after = _cursor(connection, gateway.name)
        try:
            page, following = gateway.receipts(after)
        except GatewaySilentError:
            return count
        apply(connection, gateway.name, page)
        connection.execute(_CURSOR, [gateway.name, following])
        connection.commit()
        count += len(page)
        if not page or following <= after:
            return count
    return count


def apply(connection: db.Connection, gateway: str, page: Sequence[Mapping[str, Any]]) -> None:
    """Store receipts and let them count. The same receipts in any order, any number of times, give the same state."""
    rows = [
        (gateway, str(each.get("id")), str(each.get("reference")), str(each.get("status")), each.get("at"))
        for each in page
        if each.get("id") is not None and each.get("reference")
    ]
    if not rows:
        return
    connection.cursor().executemany(_KEEP, rows)
    _count(connection, sorted({row[2] for row in rows}))


def _count(connection: db.Connection, references: Sequence[str]) -> None:
    """Move the messages of these references to what all their receipts say together."""
    if references:
        connection.execute(_ARRIVED, [list(references)])
        connection.execute(_APPLY, {"references": list(references), "final": list(FINAL)})


def _cursor(connection: db.Connection, gateway: str) -> int:
    with connection.cursor(row_factory=args_row(int)) as cursor:
        found = cursor.execute("select next_no from campaign.receipt_cursor where gateway = %s", [gateway]).fetchone()
    return found or 0
