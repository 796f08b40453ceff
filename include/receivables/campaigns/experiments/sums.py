"""What was paid after the sending day, summed by arm as assigned (割付どおりの集計): the one reading of payments here.

Everybody who was assigned counts, reached or not; whoever was excluded was assigned to nothing. Payments of the sending
day or before were on their way already, provisional ones (速報) are not money yet: both count for nobody.
"""

from collections.abc import Sequence
from typing import Literal

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from receivables import db
from receivables.campaigns.experiments.intervals import Arm
from receivables.campaigns.experiments.outcomes import channels_by_purpose

Cell = Literal["all", "department", "claim_type", "amount_band"]

_SUMS = """
    with drawn as (
        select
            c.contact_id, c.run_id, r.dispatched_on, c.arm, coalesce(c.unit_key, c.debtor_id, c.subject_key) as unit,
            c.debtor_id, c.claim_ids, %(channels)s::jsonb -> r.purpose as channels,
            c.outstanding_yen, box.accepted_at is not null as is_sent,
            case %(cell)s
                when 'department' then array_to_string(c.owner_depts, '+')
                when 'claim_type' then array_to_string(c.claim_types, '+')
                when 'amount_band' then campaign.amount_band(c.outstanding_yen)
                else ''
            end as cell,
            rank() over (
                partition by coalesce(c.unit_key, c.debtor_id, c.subject_key) order by r.dispatched_on, r.run_id
            ) as turn
        from campaign.contact as c
        inner join campaign.run as r using (run_id)
        left join campaign.outbox as box using (contact_id)
        where c.run_id = any(%(run_ids)s) and c.arm in ('treat', 'control') and r.dispatched_on is not null
    ),
    assigned as (
        select * from drawn where turn = 1 or not %(is_first_only)s
    ),
    receipt as (
        select a.contact_id, a.dispatched_on, received.paid_on, received.received_yen as yen
        from assigned as a
        cross join lateral unnest(a.claim_ids) as claim (claim_id)
        inner join mart.fct_receipts as received using (claim_id)
        where a.channels is null and received.is_provisional is not true
        union all
        select a.contact_id, a.dispatched_on, told.paid_on, told.paid_yen
        from assigned as a
        inner join mart.fct_claims as claim using (debtor_id)
        inner join intermediate.int_payments__announced as told on told.claim_id = claim.claim_id
        where a.channels ? told.channel and told.state not in ('failed', 'cancelled')
    ),
    paid as (
        select contact_id, sum(yen) as paid_yen
        from receipt
        where paid_on > dispatched_on and paid_on <= dispatched_on + %(horizon)s::integer
        group by contact_id
        having sum(yen) > 0
    ),
    unit as (
        select
            a.run_id, a.cell, a.arm, count(*) as people, count(*) filter (where a.is_sent) as contacted,
            count(p.contact_id) as paid, sum(a.outstanding_yen) as due_yen, coalesce(sum(p.paid_yen), 0) as paid_yen
        from assigned as a
        left join paid as p using (contact_id)
        group by a.run_id, a.cell, a.arm, a.unit
    )
    select
        run_id, cell, arm, sum(people)::bigint as people, count(*) as units, sum(contacted)::bigint as contacted,
        sum(paid)::bigint as paid, sum(due_yen)::bigint as due_yen, sum(paid_yen)::bigint as paid_yen,
        sum(people * people)::bigint as people_people, sum(people * paid)::bigint as people_paid,
        sum(paid * paid)::bigint as paid_paid, sum(people * paid_yen)::bigint as people_yen,
        -- As text: yen squared outgrow a bigint, and Python's whole numbers have no end.
        sum(paid_yen * paid_yen)::text as yen_yen
    from unit
    group by run_id, cell, arm
    order by run_id, cell, arm
"""


def arm_sums(
    connection: db.Connection,
    run_ids: Sequence[str],
    horizon_days: int,
    *,
    cell: Cell = "all",
    is_first_only: bool = False,
) -> list[tuple[Arm | None, Arm | None]]:
    """Treated and control of each run and cell, by payments within `horizon_days` of the sending day.

    `is_first_only`: a unit counts once, in the first of these runs that drew it.
    """
    wanted = {"run_ids": list(run_ids), "horizon": horizon_days, "cell": cell, "is_first_only": is_first_only}
    wanted["channels"] = Jsonb(channels_by_purpose())
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SUMS, wanted).fetchall()
    found = (Arm(**{**row, "yen_yen": int(row["yen_yen"])}) for row in rows)
    by = {(each.run_id, each.cell, each.arm): each for each in found}
    pairs = sorted({(run_id, name) for run_id, name, _ in by})
    return [(by.get((*pair, "treat")), by.get((*pair, "control"))) for pair in pairs]
