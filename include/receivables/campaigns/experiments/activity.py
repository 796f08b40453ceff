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
        where box.accepted_at is not null
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
    with promise as (
        select distinct on (c.contact_id, said.promised_on)
            c.claim_ids, said.attempted_on, said.promised_on, coalesce(said.promised_yen, 1) as promised_yen
        from campaign.contact as c
        inner join campaign.run as r using (run_id)
        inner join mart.fct_contacts as said using (debtor_id)
        where c.run_id = %(run_id)s and c.arm = 'treat' and said.promised_on is not null
            and said.attempted_on between r.dispatched_on and r.dispatched_on + %(horizon)s::integer
            -- Until the books can show it, nobody has broken a promise.
            and said.promised_on + %(lag)s::integer <= (select as_of from ops.published_batch where is_current)
        order by c.contact_id, said.promised_on, said.attempted_on
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
