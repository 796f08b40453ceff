"""Pre-registration (事前登録): what a run is to show, written with its list and never changed afterwards."""

from decimal import Decimal

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from receivables import db
from receivables.campaigns.experiments.outcomes import outcome_of
from receivables.campaigns.experiments.power import effective_size, smallest_effect
from receivables.campaigns.playbook import Playbook

LEAST_EARLIER_CONTROLS = 100  # fewer say less than the prior
_SIZES = """
    with unit as (
        select arm, count(*) as people from campaign.contact
        where run_id = %s and arm in ('treat', 'control') group by arm, coalesce(unit_key, debtor_id, subject_key)
    )
    select arm, sum(people)::bigint as people, sum(people * people)::bigint as squares from unit group by arm
"""
_EARLIER = """
    select coalesce(sum(e.assigned_count), 0)::bigint as people, coalesce(sum(e.paid_count), 0)::bigint as paid
    from campaign.effect as e
    inner join campaign.run as r using (run_id)
    where r.campaign_name = %s and e.horizon_days = %s and e.arm = 'control' and e.is_complete
"""
_REGISTER = """
    insert into campaign.preregistration (
        run_id, trial_key, primary_outcome, unit, horizon_days, treat_count, control_count, alpha_permille,
        power_permille, baseline_permille, baseline_from, mde_permille, trial_mde_permille, planned_runs, stop_rule,
        harm_limits
    ) values (
        %(run_id)s, %(trial_key)s, %(primary_outcome)s, %(unit)s, %(horizon_days)s, %(treat_count)s,
        %(control_count)s, %(alpha_permille)s, %(power_permille)s, %(baseline_permille)s, %(baseline_from)s,
        %(mde_permille)s, %(trial_mde_permille)s, %(planned_runs)s, %(stop_rule)s, %(harm_limits)s
    )
"""


def register(connection: db.Connection, run_id: str, playbook: Playbook) -> None:
    """Write what the run just stored is to show; nothing when nobody is left alone or nobody is asked."""
    plan = playbook.experiment
    with connection.cursor(row_factory=dict_row) as cursor:
        arms = {row["arm"]: row for row in cursor.execute(_SIZES, [run_id]).fetchall()}
    if len(arms) < len(("treat", "control")):
        return
    treat, control = (effective_size(arms[arm]["people"], arms[arm]["squares"]) for arm in ("treat", "control"))
    base, came_from = _baseline(connection, playbook)
    sure = {"alpha_permille": plan.alpha_permille, "power_permille": plan.power_permille}
    connection.execute(_REGISTER, {
        "run_id": run_id, "trial_key": plan.trial_key(playbook.name, playbook.holdout_salt),
        "primary_outcome": f"送信の翌日から{plan.horizon_days}日以内に"
        f"{outcome_of(playbook.purpose).done_ja}人の割合（割付どおりに集計）",
        "unit": plan.unit, "horizon_days": plan.horizon_days,
        "treat_count": arms["treat"]["people"], "control_count": arms["control"]["people"], **sure,
        "baseline_permille": base, "baseline_from": came_from,
        "mde_permille": smallest_effect(float(base), treat, control, **sure),
        "trial_mde_permille": smallest_effect(
            float(base), treat * plan.planned_runs, control * plan.planned_runs, **sure
        ),
        "planned_runs": plan.planned_runs,
        "stop_rule": f"O'Brien-Fleming型のα消費（Lan-DeMets）、最大{plan.planned_runs}回、両側{plan.alpha_permille}‰",
        "harm_limits": Jsonb(plan.harm.model_dump()),
    })  # fmt: skip


def _baseline(connection: db.Connection, playbook: Playbook) -> tuple[Decimal, str]:
    """Payment rate without asking, in per mille, and where it comes from."""
    plan = playbook.experiment
    with connection.cursor(row_factory=dict_row) as cursor:
        earlier = cursor.execute(_EARLIER, [playbook.name, plan.horizon_days]).fetchone()
    if earlier and earlier["people"] >= LEAST_EARLIER_CONTROLS and 0 < earlier["paid"] < earlier["people"]:
        return round(Decimal(1000 * earlier["paid"]) / earlier["people"], 2), "earlier_runs"
    return Decimal(plan.prior_baseline_permille), "prior"
