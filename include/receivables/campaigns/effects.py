"""Effects (効果測定): payments after the sending day by arm, as assigned (intention to treat).

The uplift's interval is Newcombe's hybrid of two Wilson intervals (Newcombe 1998, method 10), written once for this
room and for the marts: ops.uplift in the database. Rates are shares of people, not of money.
"""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns import receipts
from receivables.campaigns.channels.sms import SmsGateway
from receivables.campaigns.playbook import gateway_terms
from receivables.campaigns.runs import Run, run_of
from receivables.errors import InputRejectedError
from receivables.settings import State

HORIZONS = (7, 14, 30)

# Payments on or before the sending day were on their way already and count for nobody.
_ARMS = """
    with assigned as (
        select c.contact_id, c.arm, c.outstanding_yen, c.claim_ids, box.accepted_at is not null as is_sent
        from campaign.contact as c
        left join campaign.outbox as box using (contact_id)
        where c.run_id = %(run_id)s and c.arm in ('treat', 'control')
    ),
    paid as (
        select a.contact_id, sum(r.received_yen)::bigint as paid_yen
        from assigned as a
        inner join mart.fct_receipts as r on r.claim_id = any(a.claim_ids)
        where r.paid_on > %(sent_on)s and r.paid_on <= %(sent_on)s + %(horizon)s
        group by a.contact_id
    )
    select
        a.arm,
        count(*) as assigned_count,
        count(*) filter (where a.is_sent) as contacted_count,
        count(p.contact_id) as paid_count,
        coalesce(sum(a.outstanding_yen), 0)::bigint as due_yen,
        coalesce(sum(p.paid_yen), 0)::bigint as paid_yen
    from assigned as a
    left join paid as p using (contact_id)
    group by a.arm
"""
_STORE = """
    insert into campaign.effect (
        run_id, horizon_days, arm, is_complete, assigned_count, contacted_count, paid_count, due_yen, paid_yen,
        cost_yen, uplift_permille, uplift_low_permille, uplift_high_permille
    ) values (
        %(run_id)s, %(horizon_days)s, %(arm)s, %(is_complete)s, %(assigned_count)s, %(contacted_count)s,
        %(paid_count)s, %(due_yen)s, %(paid_yen)s, %(cost_yen)s, %(uplift_permille)s, %(uplift_low_permille)s,
        %(uplift_high_permille)s
    ) on conflict (run_id, horizon_days, arm) do update set
        is_complete = excluded.is_complete, assigned_count = excluded.assigned_count,
        contacted_count = excluded.contacted_count, paid_count = excluded.paid_count, due_yen = excluded.due_yen,
        paid_yen = excluded.paid_yen, cost_yen = excluded.cost_yen, uplift_permille = excluded.uplift_permille,
        uplift_low_permille = excluded.uplift_low_permille, uplift_high_permille = excluded.uplift_high_permille,
        computed_at = clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Uplift:
    """Difference of two payment rates with its 95 % interval, in per mille (効果の差)."""

    permille: float
    low_permille: float
    high_permille: float


def uplift(connection: db.Connection, paid_treat: int, treat: int, paid_control: int, control: int) -> Uplift | None:
    """Treated minus control (Newcombe 1998); None when an arm is empty."""
    counts = [paid_treat, treat, paid_control, control]
    found = connection.execute("select * from ops.uplift(%s, %s, %s, %s)", counts).fetchone()
    return Uplift(*(float(str(value)) for value in found)) if found else None


def results(run_id: str, *, state: State, gateway_url: str | None = None) -> dict[str, Any]:
    """Compute and store the effect of a dispatched run; reads the carrier's receipts first when it is known."""
    if gateway_url is None and (state.root / "gateway.json").exists():
        gateway_url = str(state.read_json("gateway.json")["url"])
    with db.connect(state, "sender", doing=f"results {run_id}") as connection:
        run = run_of(connection, run_id)
        if run.dispatched_on is None:
            raise InputRejectedError(f"{run_id} was not dispatched yet: nothing to measure")
        terms = gateway_terms(run.rules().gateway)
        if gateway_url:
            with SmsGateway(gateway_url, token=state.secret("sms_gateway_token"), terms=terms) as gateway:
                receipts.collect(connection, gateway)
        rows = [row for days in HORIZONS for row in _effect(connection, run, days, terms.cost_yen_per_part)]
        connection.cursor().executemany(_STORE, rows)
    return {"run_id": run_id, "dispatched_on": run.dispatched_on.isoformat(), "effects": rows}


def _effect(connection: db.Connection, run: Run, horizon: int, cost_yen_per_part: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        wanted = {"run_id": run.run_id, "sent_on": run.dispatched_on, "horizon": horizon}
        found = {row["arm"]: row for row in cursor.execute(_ARMS, wanted).fetchall()}
        seen = cursor.execute(
            "select as_of >= %s::date + %s::integer as is_complete from ops.published_batch where is_current",
            [run.dispatched_on, horizon],
        ).fetchone()
    treat, control = found.get("treat"), found.get("control")
    gain = (
        uplift(
            connection, treat["paid_count"], treat["assigned_count"], control["paid_count"], control["assigned_count"]
        )
        if treat and control
        else None
    )
    return [
        {
            "run_id": run.run_id, "horizon_days": horizon, "is_complete": bool(seen and seen["is_complete"]), **row,
            "cost_yen": row["contacted_count"] * run.parts_count * cost_yen_per_part,
            "uplift_permille": gain.permille if gain and arm == "treat" else None,
            "uplift_low_permille": gain.low_permille if gain and arm == "treat" else None,
            "uplift_high_permille": gain.high_permille if gain and arm == "treat" else None,
        }
        for arm, row in sorted(found.items())
    ]  # fmt: skip
