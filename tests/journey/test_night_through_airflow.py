"""The whole night as `make run` does it: real scheduler, real database, people who approve."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from receivables import db, server
from receivables.local import demo, processes, summary
from receivables.local.airflow_api import AirflowApi
from receivables.settings import State
from tests.conftest import AS_OF
from tests.journey.residents import canaries, file_findings, findings

pytestmark = [pytest.mark.airflow, pytest.mark.slow]
Night = tuple[State, AirflowApi, list[str]]


def figures(state: State, query: str) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return [tuple(row) for row in connection.execute(query.encode()).fetchall()]


def gateway_ledger(state: State) -> dict[str, int]:
    address = json.loads((state.root / "gateway.json").read_text())["url"]
    token = {"Authorization": f"Bearer {state.secret('sms_gateway_token')}"}
    asked = urllib.request.Request(f"{address}/v1/ledger", headers=token)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        found: dict[str, int] = json.load(answer)["accepted"]
    return found


def waiting_run(api: AirflowApi) -> str:
    return str(api.runs(demo.CAMPAIGN)[0]["dag_run_id"])


def states(api: AirflowApi, run_id: str) -> dict[str, str]:
    return {str(task["task_id"]): str(task["state"]) for task in api.tasks(demo.CAMPAIGN, run_id)}


def wait_for_end(state: State, api: AirflowApi, run_id: str, seconds: float = 240) -> None:
    """Until the campaign's run has ended; what every task did and logged last when it does not end well."""
    over = {"success", "failed", "upstream_failed", "skipped"}
    server.wait_until(lambda: set(states(api, run_id).values()) <= over, seconds=seconds)
    found = states(api, run_id)
    logs = [
        "\n".join(log.read_text(errors="backslashreplace").splitlines()[-8:])
        for task, outcome in found.items()
        if outcome != "success"
        for log in sorted((state.root / "logs").rglob(f"*task_id={task}*/*.log"))
    ]
    assert set(found.values()) == {"success"}, "\n".join([f"{found}; runs: {api.runs(demo.CAMPAIGN)}", *logs])


def test_every_yen_of_the_night_is_explained(airflow: Night) -> None:
    state, api, _ = airflow
    found = summary.summary(state, as_of=AS_OF, address=api.address)
    assert found["unexplained_rows"] == 0
    assert found["unexplained_yen"] == 0
    assert {batch["state"] for batch in found["batches"]} == {"loaded"}
    assert [run["verdict"] for run in found["migrations"]] == ["PASS"]
    assert [run["state"] for run in found["campaigns"]] == ["waiting"]
    assert all(one["outstanding_yen"] > 0 for one in found["delinquencies"])


def test_progress_was_told_task_by_task(airflow: Night) -> None:
    _, _, told = airflow
    assert any(line.startswith("ingest__nhi.load success") for line in told)
    assert any(line.startswith("warehouse__nightly.publish_batch success") for line in told)


def test_nothing_was_sent_while_the_campaign_waits(airflow: Night) -> None:
    state, api, _ = airflow
    assert set(states(api, waiting_run(api)).values()) >= {"awaiting_input"}
    assert gateway_ledger(state) == {}


def test_the_maker_cannot_answer_and_marking_success_approves_nothing(airflow: Night) -> None:
    state, api, _ = airflow
    assert api.answer(demo.CAMPAIGN, waiting_run(api), "approve_1", "Approve") == 403
    assert figures(state, "select count(*) from campaign.approval") == [(0,)]


def test_after_two_approvals_each_message_is_accepted_once_and_nobody_excluded(airflow: Night) -> None:
    state, api, _ = airflow
    run_id = waiting_run(api)
    for task_id, user in (("approve_1", "chief_tax"), ("approve_2", "chief_insurance")):
        approver = AirflowApi(state, user)
        approver.login()
        assert approver.answer(demo.CAMPAIGN, run_id, task_id, "Approve") == 200
    wait_for_end(state, api, run_id)
    accepted = gateway_ledger(state)
    treated = figures(state, "select count(*) from campaign.contact where arm = 'treat'")[0][0]
    assert 0 < len(accepted) <= treated
    assert set(accepted.values()) == {1}
    sent_to_others = figures(
        state,
        "select count(*) from campaign.outbox o join campaign.contact c using (contact_id)"
        " where c.arm <> 'treat' and o.state not in ('suppressed', 'cancelled')",
    )
    assert sent_to_others == [(0,)]


def test_no_residents_data_in_logs_xcom_rendered_fields_gx_or_dbt_output(airflow: Night) -> None:
    state, _, _ = airflow
    wanted = canaries(state)
    assert len(wanted) > 3_000
    assert findings(state, wanted) == []


def test_the_scan_would_find_a_planted_name(airflow: Night) -> None:
    state, _, _ = airflow
    wanted = canaries(state)
    planted = state.path("logs", "planted.log")
    try:
        for encoding in ("utf-8", "cp932", "utf-16-le"):
            planted.write_bytes(f"x {sorted(wanted)[0]} y".encode(encoding))
            assert [place for place, _ in file_findings(state, wanted)] == ["logs/planted.log"], encoding
    finally:
        planted.unlink()


def test_the_screens_answer_behind_airflows_login(airflow: Night) -> None:
    _, api, _ = airflow
    with urllib.request.urlopen(f"{api.address}/api/v2/monitor/health", timeout=10) as answer:
        assert answer.status == 200


def test_a_second_start_takes_up_what_is_there(airflow: Night) -> None:
    state, api, _ = airflow
    began = time.monotonic()
    port = int(api.address.rpartition(":")[2])
    again = demo.start(state, residents=1, seed=9, as_of=AS_OF, port=port, notice=lambda _: None)
    assert again.address == api.address
    demo.run_night(again, state, as_of=AS_OF, notice=lambda _: None)
    assert figures(state, "select count(*) from ops.published_batch") == [(1,)]
    assert time.monotonic() - began < 90


def test_only_loopback_is_listened_on(airflow: Night) -> None:
    state, _, _ = airflow
    groups = {pid for name in processes.names(state) if (pid := processes.running_pid(state, name))}
    members = {member for group in groups for member in processes._group(group)}
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            part = line.split()
            if part[3] == "0A" and part[9] in inodes(members):
                listening.add(part[1].rpartition(":")[0])
    assert listening <= {"0100007F", "00000000000000000000000001000000"}


def inodes(pids: set[int]) -> set[str]:
    found = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = str(entry.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target[8:-1])
    return found


def test_the_command_line_agrees_with_the_screens(airflow: Night) -> None:
    state, _, _ = airflow
    command = [str(Path(sys.executable).with_name("receivables")), "ui", "--state", str(state.root), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["Airflow"].startswith("http://127.0.0.1:")
