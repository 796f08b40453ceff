"""`receivables run`: from nothing to a finished night with screens, and back to nothing."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from receivables import city, contracts, database, db, server
from receivables.errors import EnvironmentFailureError
from receivables.local import airflow_home, processes
from receivables.local.airflow_api import FINISHED, AirflowApi
from receivables.settings import State

HEALTHY_SECONDS = 180
NIGHT_SECONDS = 900
ASKING = "awaiting_input"  # Airflow's word for a task that waits for a person
_SETTLE_SECONDS = 12
WAREHOUSE, CAMPAIGN, MIGRATION = "warehouse__nightly", "campaign__sms_after_dunning", "migration__rehearsal"
_TERMS = {"timeout_seconds": 2, "settle_seconds": 8}  # the simulator's late replies come after 5 s
Notice = Callable[[str], None]


def start(state: State, *, residents: int, seed: int, as_of: date, port: int, notice: Notice) -> AirflowApi:
    """Everything up: database, ward, gateway simulator, Airflow; safe to call when it is up already."""
    server.ensure_running(state)
    database.initialise(state)
    notice("PostgreSQL is up")
    if not (state.ward / "truth" / "totals.csv").exists():
        made = city.make(residents=residents, seed=seed, as_of=as_of, days=0, out=state.ward, state=state)
        notice(f"synthetic ward made: {made.get('residents', residents):,} residents")
    _start_gateway(state, seed)
    airflow_home.prepare(state, port=port)
    airflow_home.start(state)
    api = AirflowApi(state)
    notice(f"Airflow starts at {api.address}")
    wanted = {f"ingest__{contract.source}" for contract in contracts.all_contracts()} | {WAREHOUSE, CAMPAIGN, MIGRATION}
    if not server.wait_until(api.is_healthy, seconds=HEALTHY_SECONDS):
        raise EnvironmentFailureError(f"Airflow is not healthy; read the logs in {state.root / 'logs'}")
    api.login()
    if not server.wait_until(lambda: wanted <= api.dag_ids(), seconds=HEALTHY_SECONDS):
        missing = ", ".join(sorted(wanted - api.dag_ids()))
        raise EnvironmentFailureError(f"Airflow has not read these DAGs: {missing}; broken: {api.import_errors()}")
    for dag_id in wanted:
        api.unpause(dag_id)
    return api


def stop(state: State) -> list[str]:
    """End what `start` started, by its own pid files; the names of what was running."""
    ended = [name for name in reversed(processes.names(state)) if processes.stop(state, name)]
    return [*ended, *(["postgresql"] if server.stop(state) else [])]


def run_night(api: AirflowApi, state: State, *, as_of: date, notice: Notice) -> None:
    """One whole night through Airflow's scheduler, told step by step; what is done already is not done again.

    The warehouse DAG starts by itself when all sources have loaded; when one was rejected it is
    started here, as the 06:00 schedule would, with what has come.
    """
    conf = {"as_of": as_of.isoformat()}
    is_published = _is_there(state, "select 1 from ops.published_batch where is_current and as_of = %s", as_of)
    if not is_published:
        _warehouse_night(api, state, conf, notice)
    if not _is_there(state, "select 1 from migration.run where snapshot_date = %s and verdict is not null", as_of):
        _watch(api, {MIGRATION: api.trigger(MIGRATION, conf)}, notice, until=(ASKING,))
    runs = api.runs(CAMPAIGN)
    # Publishing starts the campaign by itself; a second run would only wait behind the first.
    is_missing = is_published and not runs
    if is_missing or (runs and runs[0]["state"] == "failed"):
        api.trigger(CAMPAIGN, conf)
    waiting = _newest_run(api, CAMPAIGN)
    outcome = _watch(api, {CAMPAIGN: waiting}, notice, until=(ASKING,))[CAMPAIGN]
    if outcome not in FINISHED and not (is_published and runs):
        _let_questions_settle(api, waiting)


def _let_questions_settle(api: AirflowApi, run_id: str) -> None:
    """Wait until every new question has been asked and has stood for a while.

    Airflow 3.3 fails a question that is answered before its scheduler has noticed that the task pauses
    (seconds); nothing is sent then, but somebody's answer is lost.
    """
    coming = ("scheduled", "queued", "running")
    server.wait_until(lambda: not any(task["state"] in coming for task in api.tasks(CAMPAIGN, run_id)), seconds=60)
    time.sleep(_SETTLE_SECONDS)


def _warehouse_night(api: AirflowApi, state: State, conf: dict[str, str], notice: Notice) -> None:
    runs = {}
    for contract in contracts.all_contracts():
        dag_id = f"ingest__{contract.source}"
        runs[dag_id] = api.trigger(dag_id, conf)
    ended = _watch(api, runs, notice)
    is_complete = all(outcome == "success" for outcome in ended.values())
    run_id = _newest_run(api, WAREHOUSE) if is_complete else api.trigger(WAREHOUSE, conf)
    if _watch(api, {WAREHOUSE: run_id}, notice)[WAREHOUSE] != "success":
        raise EnvironmentFailureError(f"{WAREHOUSE} failed; open {api.address} or read {state.root / 'logs'}")


def _is_there(state: State, query: str, as_of: date) -> bool:
    with db.connect(state, doing="look at what is done") as connection:
        return connection.execute(query.encode(), [as_of]).fetchone() is not None


def _newest_run(api: AirflowApi, dag_id: str) -> str:
    """The run that the assets started; it appears within seconds of the last one."""
    if not server.wait_until(lambda: bool(api.runs(dag_id)), seconds=60):
        raise EnvironmentFailureError(f"{dag_id} was not started by its assets")
    return str(api.runs(dag_id)[0]["dag_run_id"])


def _watch(api: AirflowApi, runs: Mapping[str, str], notice: Notice, *, until: tuple[str, ...] = ()) -> dict[str, str]:
    """Tell each task's end; return when every run has finished (or a task is in a state of `until`)."""
    told: set[tuple[str, str, str]] = set()
    outcomes: dict[str, str] = {}
    deadline = time.monotonic() + NIGHT_SECONDS
    while len(outcomes) < len(runs):
        if time.monotonic() > deadline:
            raise EnvironmentFailureError(f"not finished after {NIGHT_SECONDS} s: {sorted(set(runs) - set(outcomes))}")
        for dag_id, run_id in runs.items():
            tasks = api.tasks(dag_id, run_id)
            for task in tasks:
                _tell(dag_id, task, told, notice, until)
            state = next(run["state"] for run in api.runs(dag_id) if run["dag_run_id"] == run_id)
            if state in FINISHED:
                outcomes[dag_id] = state
            elif any(task["state"] in until for task in tasks):
                outcomes[dag_id] = "waiting"
        time.sleep(0.7)
    return outcomes


def _tell(
    dag_id: str, task: dict[str, Any], told: set[tuple[str, str, str]], notice: Notice, until: tuple[str, ...]
) -> None:
    key = (dag_id, task["task_id"], str(task["state"]))
    if key in told or task["state"] not in (*FINISHED, "upstream_failed", *until):
        return
    told.add(key)
    seconds = f" {task['duration']:.1f} s" if task.get("duration") else ""
    notice(f"{dag_id}.{task['task_id']} {task['state']}{seconds}")


def _start_gateway(state: State, seed: int) -> None:
    """The SMS vendor, as a process of its own that misbehaves as vendors do."""
    known = state.root / "gateway.json"
    if processes.running_pid(state, "sms-gateway"):
        return
    port = server.free_port()
    ledger = state.path("gateway", "ledger.jsonl")
    command = [sys.executable, "-m", "receivables.city.gateway", "--port", str(port), "--ledger", str(ledger)]
    state.secret("sms_gateway_token")
    token = state.path("secrets", "sms_gateway_token")
    command += ["--seed", str(seed), "--fault-permille", "30", "--token-file", str(token)]
    processes.start(state, "sms-gateway", command, airflow_home.environment(state))
    # The ward lives on its own date: the simulator may be written to at any hour of ours.
    known.write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "ignore_window": True, "terms": _TERMS}))
