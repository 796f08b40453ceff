"""Harm watch (害の見張り): refusals, wrong persons, returns, broken plans, referrals after sending, by group.

Groups are section, kind of claim and amount band; age stands in no mart and is not looked at. What only asking can
cause is measured among those who were sent something; what happens anyway is measured over the control group.
"""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.experiments.effects import newcombe
from receivables.campaigns.experiments.plan import ExperimentPlan

MEASURES_JA = {
    "complaint": "拒否・苦情", "wrong_person": "番号違い・人違い", "returned": "不達", "plan_break": "分納の不履行",
    "referral": "生活困窮の相談",
}  # fmt: skip
GROUPS_JA = {"all": "全体", "department": "所管", "claim_type": "債権", "amount_band": "金額帯"}
_HAPPENS_ANYWAY = frozenset({"plan_break", "referral"})

_COUNTS = """
    with assigned as (
        select
            c.contact_id, c.debtor_id, c.arm, r.dispatched_on as from_day,
            r.dispatched_on + %(horizon)s::integer as to_day, box.accepted_at is not null as is_sent,
            -- What was withdrawn or never printed came back from nobody.
            coalesce(box.state = 'failed_perm' and (box.channel = 'sms' or box.accepted_at is not null), false)
            as is_returned,
            array[array['all', ''], array['department', array_to_string(c.owner_depts, '+')],
                array['claim_type', array_to_string(c.claim_types, '+')],
                array['amount_band', campaign.amount_band(c.outstanding_yen)]] as groups
        from campaign.contact as c
        inner join campaign.run as r using (run_id)
        left join campaign.outbox as box using (contact_id)
        where c.run_id = %(run_id)s and c.arm in ('treat', 'control')
    ),
    told as (
        select debtor_id, valid_from as day,
            case left(exclusion_code, 3) when 'X11' then 'complaint' when 'X25' then 'wrong_person' else 'referral' end
            as measure
        from campaign.hold as held
        where left(exclusion_code, 3) in ('X11', 'X16', 'X25') and not exists (
            select from campaign.contact_event as e -- the hold that a wrong number brings is no complaint
            inner join campaign.contact as c using (contact_id)
            where c.debtor_id = held.debtor_id and e.event = 'wrong_number' and e.occurred_on = held.valid_from
        )
        union all
        select debtor_id, valid_from, 'referral' from identity.contact_fact where left(exclusion_code, 3) = 'X16'
        union all
        select debtor_id, attempted_on, case outcome when 'refused' then 'complaint' else 'wrong_person' end
        from mart.fct_contacts where outcome in ('refused', 'wrong_number')
        union all
        select debtor_id, recorded_broken_on, 'plan_break' from mart.wl_instalment_plans where plan_state = 'broken'
    ),
    happened as (
        select a.contact_id, t.measure
        from assigned as a
        inner join identity.also_known_as((select array_agg(debtor_id) from assigned)) as also using (debtor_id)
        inner join told as t on t.debtor_id = also.was and t.day between a.from_day and a.to_day
        union
        select contact_id, 'returned' from assigned where is_returned
        union
        select e.contact_id, case e.event
            when 'wrong_number' then 'wrong_person' when 'undeliverable' then 'returned' else 'complaint'
        end
        from campaign.contact_event as e
        inner join assigned as a using (contact_id)
        where e.event in ('refused', 'complaint', 'wrong_number', 'undeliverable')
            -- An SMS may have arrived since: the outbox says how it stands now.
            and (e.channel, e.event) <> ('sms', 'undeliverable')
    )
    select
        g.kind, g.cell, m.measure,
        count(*) filter (where a.arm = 'treat') as treat_people,
        count(*) filter (where a.is_sent) as sent_people,
        count(h.contact_id) filter (where a.arm = 'treat') as treat_count,
        count(*) filter (where a.arm = 'control') as control_people,
        count(h.contact_id) filter (where a.arm = 'control') as control_count
    from assigned as a
    cross join lateral (
        select a.groups[at][1] as kind, a.groups[at][2] as cell from generate_subscripts(a.groups, 1) as at
    ) as g
    cross join unnest(%(measures)s::text[]) with ordinality as m (measure, place)
    left join happened as h on h.contact_id = a.contact_id and h.measure = m.measure
    group by g.kind, g.cell, m.measure, m.place
    order by m.place, g.kind, g.cell
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """One kind of harm in one group, and whether it is past its limit."""

    measure: str
    kind: str
    cell: str
    treat_people: int
    sent_people: int
    treat_count: int
    control_people: int
    control_count: int
    permille: float  # of those sent, or over the control group
    limit_permille: int
    is_over: bool

    @property
    def name(self) -> str:
        """Measure and group, the key of one reason to halt."""
        return f"{self.measure}/{self.kind}/{self.cell}"


def watch(connection: db.Connection, run_id: str, plan: ExperimentPlan) -> list[Watched]:
    """Every kind of harm in every group of a run, within the horizon of its plan."""
    wanted = {"run_id": run_id, "horizon": plan.horizon_days, "measures": list(MEASURES_JA)}
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_watched(connection, row, plan) for row in cursor.execute(_COUNTS, wanted).fetchall()]


def shown(found: list[Watched], smallest_cell: int) -> list[dict[str, Any]]:
    """For people: counts of fewer than `smallest_cell` are hidden (秘匿), and a second where one would tell it."""
    hidden = {each.name for each in found if _is_small(each, smallest_cell)}
    for measure in MEASURES_JA:
        for kind in GROUPS_JA:
            cells = [each for each in found if (each.measure, each.kind) == (measure, kind)]
            told = sorted((each for each in cells if each.name not in hidden), key=lambda each: each.treat_count)
            if kind != "all" and len(cells) - len(told) == 1 and told:
                hidden.add(next((each for each in told if each.treat_count), told[0]).name)
    return [
        {
            "measure": each.measure, "measure_ja": MEASURES_JA[each.measure], "group_ja": GROUPS_JA[each.kind],
            "cell": each.cell, "limit_permille": each.limit_permille, "is_over": each.is_over,
            "people": None if each.name in hidden else each.treat_people,
            "count": None if each.name in hidden else each.treat_count,
            "permille": None if each.name in hidden else round(each.permille, 1),
        }
        for each in found
    ]  # fmt: skip


def _watched(connection: db.Connection, row: dict[str, Any], plan: ExperimentPlan) -> Watched:
    limit = int(getattr(plan.harm, row["measure"]))
    if row["measure"] in _HAPPENS_ANYWAY:
        over = newcombe(
            connection, row["treat_count"], row["treat_people"], row["control_count"], row["control_people"]
        )
        permille, is_past = (over.estimate, over.low > limit) if over else (0.0, False)
    else:
        permille = 1000 * row["treat_count"] / row["sent_people"] if row["sent_people"] else 0.0
        is_past = permille > limit
    return Watched(
        **row, permille=permille, limit_permille=limit, is_over=is_past and row["treat_count"] >= plan.smallest_cell
    )


def _is_small(each: Watched, smallest_cell: int) -> bool:
    counts = (each.treat_count, each.control_count) if each.measure in _HAPPENS_ANYWAY else (each.treat_count,)
    return each.treat_people < smallest_cell or any(0 < count < smallest_cell for count in counts)
