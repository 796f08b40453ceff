"""What asking was like (連絡の状況): whom was reached at which hour, and which promises were kept."""

from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.experiments.plan import ExperimentPlan

_HOURS = """
    with treated as (
        select c.contact_id, c.debtor_id, r.channel, r.dispatched_on
        from campaign.contact as c
        inner join campaign.run as r using (run_id)
        where c.run_id = %(run_id)s and c.arm = 'treat'
    ),
    attempt as (
        select t.channel, box.accepted_at as at, box.state = 'delivered' as is_reached
        from treated as t
        inner join campaign.outbox as box using (contact_id)
        where box.accepted_at is not null and t.channel = 'sms'
        union all
        select said.channel, (said.occurred_on + said.occurred_at) at time zone 'Asia/Tokyo',
            said.event in ('contacted', 'promised')
        from treated as t
        inner join campaign.contact_event as said using (contact_id)
        where said.occurred_at is not null
        union all
        select asked.channel, asked.attempted_at, asked.outcome = 'contacted'
        from treated as t
        inner join mart.fct_contacts as asked using (debtor_id)
        where asked.attempted_on between t.dispatched_on and t.dispatched_on + %(horizon)s::integer
    )
    select channel, extract(hour from at at time zone 'Asia/Tokyo')::integer as hour, count(*) as attempted,
        count(*) filter (where is_reached) as reached
    from attempt group by 1, 2 order by 1, 2
"""
_PROMISES = """
    with treated as (
        select c.contact_id, c.debtor_id, c.claim_ids, r.dispatched_on
        from campaign.contact as c
        inner join campaign.run as r using (run_id)
        where c.run_id = %(run_id)s and c.arm = 'treat'
    ),
    said as (
        select t.contact_id, t.claim_ids, e.occurred_on as attempted_on, e.promised_on, 1::bigint as promised_yen
        from treated as t
        inner join campaign.contact_event as e using (contact_id)
        where e.event = 'promised'
        union all
        select t.contact_id, t.claim_ids, told.attempted_on, told.promised_on, coalesce(told.promised_yen, 1)
        from treated as t
        inner join mart.fct_contacts as told using (debtor_id)
        where told.promised_on is not null
            and told.attempted_on between t.dispatched_on and t.dispatched_on + %(horizon)s::integer
    ),
    promise as (
        select distinct on (contact_id, promised_on) claim_ids, attempted_on, promised_on, promised_yen
        from said
        -- Until the books can show it, nobody has broken a promise.
        where promised_on + %(lag)s::integer <= (select as_of from ops.published_batch where is_current)
        order by contact_id, promised_on, attempted_on, promised_yen desc
    )
    select count(*) as promises, count(*) filter (where promise.promised_yen <= (
        select sum(received.received_yen) from mart.fct_receipts as received
        where received.claim_id = any(promise.claim_ids) and received.is_provisional is not true
            and received.paid_on between promise.attempted_on and promise.promised_on
    )) as kept
    from promise
"""


def hours(connection: db.Connection, run_id: str, plan: ExperimentPlan) -> list[dict[str, Any]]:
    """Attempts on the treated and how many reached the person (時間帯別の接触率), by channel and hour in Japan.

    A message counts as reached when it was delivered: whether it was read nobody knows. Hours with fewer attempts than
    the plan's smallest cell are left out.
    """
    wanted = {"run_id": run_id, "horizon": plan.horizon_days}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_HOURS, wanted).fetchall()
    return [
        {**row, "permille": 1000 * row["reached"] // row["attempted"]}
        for row in rows
        if row["attempted"] >= plan.smallest_cell
    ]


def promises(connection: db.Connection, run_id: str, plan: ExperimentPlan) -> dict[str, Any]:
    """Promises of the treated that are due, and how many were kept in time (納付約束の履行率)."""
    wanted = {"run_id": run_id, "horizon": plan.horizon_days, "lag": plan.booking_lag_days}
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_PROMISES, wanted).fetchone()
    assert row is not None
    if row["promises"] < plan.smallest_cell:
        return {"promises": None, "kept": None, "kept_permille": None}
    return {**row, "kept_permille": 1000 * row["kept"] // row["promises"]}
