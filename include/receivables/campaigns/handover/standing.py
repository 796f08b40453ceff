"""How handovers stand (引渡しの状況): batches, what people must write by hand, and vendors that are silent too long."""

from datetime import date
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from receivables import db
from receivables.campaigns import letters
from receivables.campaigns.exclusions import reason_ja
from receivables.campaigns.handover.batches import place_of, settle
from receivables.campaigns.handover.lists import LIST
from receivables.campaigns.playbook import gateway_names, gateway_terms
from receivables.errors import InputRejectedError
from receivables.settings import State

_BATCHES = """
    select h.batch, h.channel, h.purpose, h.state, h.contact_count, h.released_at, h.expires_on,
        (select count(distinct e.contact_id) from campaign.contact_event as e
            inner join campaign.handover_line as l on e.contact_id = l.contact_id where l.batch = h.batch) as told_of
    from campaign.handover as h order by h.made_at desc
"""
# What was released and not told of, beside how long the channel took before: the days within which nine in ten came.
_SILENT = """
    with first_told as (
        select h.channel, h.batch, min(e.occurred_on) - (h.released_at at time zone 'Asia/Tokyo')::date as days
        from campaign.handover as h
        inner join campaign.handover_line as l on h.batch = l.batch
        inner join campaign.contact_event as e on l.contact_id = e.contact_id
        group by h.channel, h.batch, h.released_at
    ),
    normal as (
        select channel, percentile_disc(0.9) within group (order by days) as days, count(*) as batches
        from first_told group by channel
    ),
    waiting as (
        select h.batch, h.channel, h.contact_count, (h.released_at at time zone 'Asia/Tokyo')::date as released_on
        from campaign.handover as h where h.state = 'released'
    )
    select w.batch, w.channel, w.contact_count, w.released_on, %(day)s::date - w.released_on as days,
        case when n.batches >= 3 then n.days else (%(usual)s::jsonb ->> w.channel)::integer end as usual_days
    from waiting as w left join normal as n on w.channel = n.channel
    where %(day)s::date - w.released_on
        > case when n.batches >= 3 then n.days else (%(usual)s::jsonb ->> w.channel)::integer end
    order by w.released_on, w.batch
"""
# A run of SMS, its messages that are old enough, and no receipt for any of them. Nobody waits for a receipt for ever.
_WITHOUT_RECEIPT = """
    select made.run_id as batch, sent.channel, count(*) as contact_count,
        min(sent.accepted_at at time zone 'Asia/Tokyo')::date as released_on,
        %(day)s::date - min(sent.accepted_at at time zone 'Asia/Tokyo')::date as days,
        (%(usual)s::jsonb ->> (made.playbook ->> 'gateway'))::integer as usual_days
    from campaign.outbox as sent
    inner join campaign.run as made using (run_id)
    where sent.channel = 'sms' and (sent.accepted_at at time zone 'Asia/Tokyo')::date
        between %(day)s::date - 30 and %(day)s::date - 1 - (%(usual)s::jsonb ->> (made.playbook ->> 'gateway'))::integer
    group by made.run_id, sent.channel, made.playbook
    having not exists (
        select from campaign.outbox as other inner join campaign.delivery_receipt as told using (reference)
        where other.run_id = made.run_id
    )
    order by released_on, batch
"""
_EXPIRED = "select batch, channel from campaign.handover where expires_on < %s and state <> 'made' order by batch"
# What the printer spoiled and did not print again by the batch's last day was sent to nobody: a later list has it.
_NEVER_PRINTED = """
    update campaign.outbox as box set state = 'failed_perm', contact_date = null, accepted_at = null,
        changed_at = clock_timestamp()
    from campaign.handover_line as l inner join campaign.handover as h using (batch)
    where l.contact_id = box.contact_id and box.state = 'accepted' and box.outcome = 'spoiled' and h.expires_on < %s
"""
_USUAL = '{"letter": 5, "auto_call": 3, "phone_centre": 4}'  # until three batches have come back: an assumption
_BY_HAND = """
    select c.contact_id, c.debtor_id, c.claim_ids, c.owner_depts, c.outstanding_yen,
        coalesce(nullif(c.exclusion_codes, '{}'), b.suppressed_codes) as codes, b.state, b.outcome
    from campaign.contact as c
    inner join campaign.run as r using (run_id)
    left join campaign.outbox as b using (contact_id)
    where r.run_id = %s and (c.arm = 'excluded' or b.state in ('suppressed', 'failed_perm', 'cancelled'))
    order by c.subject_key
"""
# Paid, not yet due for it, or not certain in that moment: a later list has these again by itself. So it has what was in
# the end given to nobody; whoever wrote by hand as well would write twice.
LATER = frozenset({"X00_stale_source", "X01_paid", "X15_dunning_window", "X22_number_changed", "X24_quarantined"})
FREE_AGAIN = frozenset({
    "not_released", "unprintable changed", "spoiled", "withdrawn", "recalled", "identity_in_doubt"
})  # fmt: skip


def batches(*, state: State) -> list[dict[str, Any]]:
    """Every batch, newest first: what was handed over, and of how many contacts something came back."""
    with db.connect(state, "sender", doing="list batches") as connection:
        return connection.cursor(row_factory=dict_row).execute(_BATCHES).fetchall()


def silent(day: date, *, state: State) -> list[dict[str, Any]]:
    """Batches of which nothing came back for longer than the channel usually takes (無音の検知), as of `day`.

    A run of SMS stands among them as a batch under its run id, when no receipt came for any of its messages within the
    days of gateways.yml (`receipts_within_days`); for thirty days, then it is history.
    """
    agreed = {name: gateway_terms(name).receipts_within_days for name in gateway_names()}
    with db.connect(state, "sender", doing="look for silence") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        waiting = cursor.execute(_SILENT, {"day": day, "usual": _USUAL}).fetchall()
        return waiting + cursor.execute(_WITHOUT_RECEIPT, {"day": day, "usual": Jsonb(agreed)}).fetchall()


def expire(day: date, *, state: State) -> list[str]:
    """Put back what is in no batch or was never printed, and delete what batches hold of people after their last day.

    Returns the names of those batches.

    Manifests stay: they name nobody. The vendor deletes on the same day; the contract says so, and the batch does.
    """
    settle(state)
    with db.connect(state, "sender", doing="expire batches") as connection:
        connection.execute(_NEVER_PRINTED, [day])
        found = connection.execute(_EXPIRED, [day]).fetchall()
    done = []
    for name, channel in found:
        folder = place_of(str(name), str(channel), state)
        if channel == "letter":
            parts = [file.parent for file in folder.rglob(letters.MANIFEST)]
            gone = [letters.delete_expired(part, state.secret("hmac_letters"), today=day) for part in parts]
        else:
            gone = [(folder / LIST).exists()]
            (folder / LIST).unlink(missing_ok=True)
        if any(gone):
            done.append(str(name))
    return done


def by_hand(run_id: str, *, state: State) -> list[dict[str, Any]]:
    """Whom a run of 督促 could not reach and a person must write to (手作業の督促): ids and reasons, no names.

    Raises InputRejectedError for a run of another purpose: nobody need be written to by hand for a reminder.
    """
    with db.connect(state, "sender", doing="by hand") as connection:
        made = connection.execute("select purpose from campaign.run where run_id = %s", [run_id]).fetchone()
        if made is None or made[0] != "dunning":
            raise InputRejectedError(f"{run_id} is no run of 督促; only that must reach everybody")
        rows = connection.cursor(row_factory=dict_row).execute(_BY_HAND, [run_id]).fetchall()
    return [
        {**row, "reasons_ja": [reason_ja(code) for code in row["codes"] or []]}
        for row in rows
        if (row["state"] in ("failed_perm", "cancelled") and row["outcome"] not in FREE_AGAIN)
        or set(row["codes"] or []) - LATER
    ]
