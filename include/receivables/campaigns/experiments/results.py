"""Results (効果測定) of a dispatched run: receipts read, effects kept, and what must halt it halts it."""

from dataclasses import asdict
from typing import Any

from psycopg.rows import args_row

from receivables import db
from receivables.campaigns import receipts
from receivables.campaigns.channels.sms import SmsGateway
from receivables.campaigns.experiments import activity, effects, halting, harm, stopping
from receivables.campaigns.experiments.registered import preregistration_of, shown
from receivables.campaigns.playbook import gateway_terms
from receivables.campaigns.runs import Run, run_of
from receivables.errors import InputRejectedError
from receivables.settings import State

_CORRECTED_DAYS = 30  # what the books still correct after the last horizon
_OPEN = """
    select run_id from campaign.run
    where dispatched_on <= %(as_of)s and %(as_of)s <= dispatched_on + %(days)s
        + (playbook -> 'experiment' ->> 'booking_lag_days')::integer
        + (select max(day::integer) from jsonb_array_elements_text(playbook -> 'experiment' -> 'horizons_days') as day)
    order by dispatched_on, run_id
"""


def results(run_id: str, *, state: State, gateway_url: str | None = None) -> dict[str, Any]:
    """Everything known of a dispatched run by its arms; reads the carrier's receipts first when it is known.

    Raises InputRejectedError when the run was not dispatched yet.
    """
    if gateway_url is None and (state.root / "gateway.json").exists():
        gateway_url = str(state.read_json("gateway.json")["url"])
    with db.connect(state, "sender", doing=f"results {run_id}") as connection:
        run = run_of(connection, run_id)
        if run.dispatched_on is None:
            raise InputRejectedError(f"{run_id} was not dispatched yet: nothing to measure")
        rules = run.rules()
        if gateway_url and rules.channel == "sms":
            terms = gateway_terms(rules.gateway)
            with SmsGateway(gateway_url, token=state.secret("sms_gateway_token"), terms=terms) as gateway:
                receipts.collect(connection, gateway)
        return _measured(connection, run)


def watch(*, state: State) -> list[dict[str, Any]]:
    """The results of every run still coming in (害の見張り・逐次検証); for every night, after publishing."""
    with (
        db.connect(state, "sender", doing="watch campaigns") as connection,
        connection.cursor(row_factory=args_row(str)) as cursor,
    ):
        wanted = {"as_of": effects.published_day(connection), "days": _CORRECTED_DAYS}
        runs = cursor.execute(_OPEN, wanted).fetchall()
    return [results(run_id, state=state) for run_id in runs]


def _measured(connection: db.Connection, run: Run) -> dict[str, Any]:
    plan = run.rules().experiment
    found = effects.effects_of(connection, run)
    effects.store(connection, found)
    registered = preregistration_of(connection, run.run_id)
    as_of = effects.published_day(connection)
    looks = stopping.looks(connection, registered["trial_key"], as_of) if registered else []
    watched = harm.watch(connection, run.run_id, plan)
    _halt(connection, run, looks, [each for each in watched if each.is_over])
    assert run.dispatched_on is not None
    return {
        "run_id": run.run_id, "campaign": run.campaign_name, "title": run.rules().title,
        "dispatched_on": run.dispatched_on.isoformat(), "as_of": as_of.isoformat(),
        "primary_horizon_days": plan.horizon_days,
        "registered": shown(registered),
        "effects": [asdict(each) for each in found],
        "looks": [
            {"uplift_permille": float(each["uplift_permille"]),
             **{name: each[name] for name in ("look_no", "z", "bound", "decision")}} for each in looks
        ],
        "harm": harm.shown(watched, plan.smallest_cell),
        "hours": activity.hours(connection, run.run_id, plan),
        "promises": activity.promises(connection, run.run_id, plan),
        "halted_because": halting.open_halts(connection, run.campaign_name),
    }  # fmt: skip


def _halt(connection: db.Connection, run: Run, looks: list[dict[str, Any]], over: list[harm.Watched]) -> None:
    """Halt the run's campaign for what was found; never a 督促, which the law owes to everybody."""
    name = run.campaign_name
    if run.rules().aim.is_statutory:
        return
    if looks and looks[-1]["decision"] == "harmful":
        reason = f"逐次検証の{looks[-1]['look_no']}回目で、送った人の納付率が対照群より低いと示された"
        halting.halt_for(connection, name, "sequential", reason, [f"{run.rules().holdout_salt}/{looks[-1]['look_no']}"])
    if over:
        kinds = sorted({harm.MEASURES_JA[each.measure] for each in over})
        reason = f"害の見張り: {'、'.join(kinds)}が上限を超えた（{run.run_id}）"
        halting.halt_for(connection, name, "harm_watch", reason, [f"{run.run_id}/{each.name}" for each in over])
