"""Pre-registration (事前登録): what a run is to show, written with its list and never changed afterwards."""

from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from receivables import db
from receivables.campaigns.experiments.power import effective_size, smallest_effect
from receivables.campaigns.playbook import Playbook

LEAST_EARLIER_CONTROLS = 100  # fewer say less than the prior
_SIZES = """
    with unit as (
        select arm, count(*) as people from campaign.contact
        where run_id = %s and arm in ('treat', 'control') group by arm, coalesce(unit_key, subject_key)
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
        "primary_outcome": f"割付の翌日から{plan.horizon_days}日以内に一円でも納付した人の割合（割付どおりに集計）",
        "unit": plan.unit, "horizon_days": plan.horizon_days,
        "treat_count": arms["treat"]["people"], "control_count": arms["control"]["people"], **sure,
        "baseline_permille": base, "baseline_from": came_from,
        "mde_permille": smallest_effect(float(base), treat, control, **sure),
        "trial_mde_permille": smallest_effect(
            float(base), treat * plan.planned_runs, control * plan.planned_runs, **sure
        ),
        "planned_runs": plan.planned_runs,
        "stop_rule": f"O'Brien-Fleming型のα消費関数（Lan-DeMets）、最大{plan.planned_runs}回、両側{plan.alpha_permille}‰",
        "harm_limits": Jsonb(plan.harm.model_dump()),
    })  # fmt: skip


def preregistration_of(connection: db.Connection, run_id: str) -> dict[str, Any] | None:
    """What was promised of `run_id` before it was sent; None when nothing is measured."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from campaign.preregistration where run_id = %s", [run_id]).fetchone()


def lines_ja(found: dict[str, Any] | None) -> list[str]:
    """The pre-registration for the approval screen, in Japanese."""
    if found is None:
        return ["効果検証: 対照群がないため、効果は測れません。"]
    source = "これまでの対照群の実績" if found["baseline_from"] == "earlier_runs" else "仮定（実績がまだない）"
    unit = "世帯" if found["unit"] == "household" else "本人"
    return [
        f"効果検証（事前登録）: {unit}ごとに割付、対照群 {found['control_count']:,} 人。主要指標は{found['primary_outcome']}。",
        f"検出できる最小の差: この回だけで {_points(found['mde_permille'])}、計画した{found['planned_runs']}回分の人数で "
        f"{_points(found['trial_mde_permille'])}（検出力{found['power_permille'] // 10}%、両側{found['alpha_permille'] / 10:g}%、"
        f"対照群の納付率 {_points(found['baseline_permille'])} は{source}）。",
        f"打切り規則: {found['stop_rule']}。",
    ]  # fmt: skip


def _baseline(connection: db.Connection, playbook: Playbook) -> tuple[Decimal, str]:
    """Payment rate without asking, in per mille, and where it comes from."""
    plan = playbook.experiment
    with connection.cursor(row_factory=dict_row) as cursor:
        earlier = cursor.execute(_EARLIER, [playbook.name, plan.horizon_days]).fetchone()
    if earlier and earlier["people"] >= LEAST_EARLIER_CONTROLS and 0 < earlier["paid"] < earlier["people"]:
        return round(Decimal(1000 * earlier["paid"]) / earlier["people"], 2), "earlier_runs"
    return Decimal(plan.prior_baseline_permille), "prior"


def _points(permille: Decimal | None) -> str:
    return "なし（この人数では見えない）" if permille is None else f"{permille / 10:.2f}ポイント"
