"""Recall (回収): nothing more of a run goes out, and everybody whom it reached or may have reached is on a list.

The correction list (訂正一覧) is for letters that make good: ids, channels and moments, no name, address or number.
"""

from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns import outbox
from receivables.campaigns.runs import run_of
from receivables.errors import InputRejectedError
from receivables.settings import State

_NOTE = "insert into campaign.recall (run_id, recalled_by, why) values (%s, %s, %s) on conflict do nothing"
_END = """
    update campaign.run set state = 'cancelled'
    where run_id = %s and state in ('waiting', 'approved', 'sending')
"""
_REACHED = """
    select box.contact_id, box.debtor_id, box.channel, box.state,
        box.accepted_at is not null and not exists ( -- committed, and perhaps not with the vendor yet
            select from campaign.handover_line as l inner join campaign.handover as h using (batch)
            where l.contact_id = box.contact_id and h.state = 'made'
        ) as is_certain,
        to_char(coalesce(box.accepted_at, (
            select max(claimed.at) from campaign.outbox_event as claimed
            where claimed.contact_id = box.contact_id and claimed.to_state = 'sending'
        )) at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS"+09:00"') as at
    from campaign.outbox as box
    where box.run_id = %s and (box.accepted_at is not null or box.state in ('sending', 'unknown'))
    order by box.contact_id
"""
_BATCHES = """
    select batch, channel, contact_count, state from campaign.handover
    where run_id = %s and state not in ('returned', 'withdrawn') order by batch
"""


def recall(run_id: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Call the run back (回収): cancel what is queued, let nothing of it be called, and tell whom it reached.

    `batches` are those at a printer, dialler or phone centre: only they can stop them, so they must be told. Safe to
    repeat: the first word stands, and the list is as it is now. What is in flight is settled by the next `dispatch`
    of the run, which sends nothing any more.
    """
    if not user.strip() or not why.strip():
        raise InputRejectedError("a recall needs a user and a reason: --as USER --why TEXT")
    with db.connect(state, "sender", doing=f"recall {run_id}") as connection:
        run_of(connection, run_id)
        connection.execute(_NOTE, [run_id, user, why])
        connection.execute(_END, [run_id])
        cancelled = outbox.cancel(connection, run_id)
        reached = _reached(connection, run_id)
        batches = connection.cursor(row_factory=dict_row).execute(_BATCHES, [run_id]).fetchall()
    return {
        "run_id": run_id, "recalled_by": user, "cancelled": cancelled, "batches": batches, "reached": reached,
    }  # fmt: skip


def correction_list(run_id: str, *, state: State) -> list[dict[str, Any]]:
    """Whom a run reached, or may have reached (`is_certain` false), by which channel and when (訂正一覧)."""
    with db.connect(state, "sender", doing=f"correction list of {run_id}") as connection:
        run_of(connection, run_id)
        return _reached(connection, run_id)


def _reached(connection: db.Connection, run_id: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_REACHED, [run_id]).fetchall()
