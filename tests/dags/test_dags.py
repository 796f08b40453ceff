"""The DAG files as Airflow reads them: complete, documented, quick, and never a retried send."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from receivables.campaigns.playbook import playbooks
from receivables.contracts import all_contracts

ROOT = Path(__file__).resolve().parents[2]
PARSE_SECONDS = 2.0
READER = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag

def hours_to_answer(task):
    longest = getattr(task, "response_timeout", None)
    return longest and longest.total_seconds() / 3600

def unanswered(task):
    # what the task does with what Airflow tells it when nobody answered in time
    if not hasattr(task, "response_timeout"):
        return None
    try:
        return str(task.execute_complete({}, {"error": "nobody answered", "error_type": "timeout"}))
    except Exception as error:
        return type(error).__name__

began = time.process_time()  # CPU: whoever else works beside us does not count
bag = DagBag(sys.argv[1])
seconds = time.process_time() - began
print("RESULT " + json.dumps({
    "seconds": seconds,
    "errors": {name: text.splitlines()[-1] for name, text in bag.import_errors.items()},
    "dags": {
        dag.dag_id: {
            "doc": dag.doc_md, "tags": sorted(dag.tags), "params": sorted(dag.params), "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "schedule": getattr(dag.timetable, "expression", None) or type(dag.timetable).__name__,
            "timezone": str(dag.timezone),
            "tasks": {task.task_id: {"retries": task.retries, "upstream": sorted(task.upstream_task_ids),
                                     "assigned": [u["id"] for u in getattr(task, "assigned_users", None) or []],
                                     "defaults": getattr(task, "defaults", None),
                                     "hours": hours_to_answer(task), "unanswered": unanswered(task)}
                      for task in dag.tasks},
        } for dag in bag.dags.values()
    },
}))
"""


def read_dags(folder: Path, home: Path, **more: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Tokyo",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/meta.db",
        **more,
    }
    command = [sys.executable, "-c", READER, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    result = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert result, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(result[0].removeprefix("RESULT "))
    return found


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_dags(ROOT / "dags", tmp_path_factory.mktemp("airflow"))


def test_every_file_parses(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}


def test_all_files_parse_within_the_limit(bag: dict[str, Any]) -> None:
    assert bag["seconds"] <= PARSE_SECONDS


def test_there_is_one_ingest_dag_per_contract_and_the_promised_others(bag: dict[str, Any]) -> None:
    promised = {f"ingest__{contract.source}" for contract in all_contracts()}
    promised |= {"warehouse__nightly", "migration__rehearsal", "migration__return", "results__collect"}
    promised |= {"campaigns__continue"}
    promised |= {f"campaign__{each.name}" for each in playbooks()}
    assert set(bag["dags"]) == promised


def test_every_dag_takes_the_business_date_and_explains_itself(bag: dict[str, Any]) -> None:
    for dag_id, dag in bag["dags"].items():
        assert "as_of" in dag["params"], dag_id
        assert dag["doc"], dag_id
        assert dag["tags"], dag_id
        assert dag["catchup"] is False, dag_id
        assert dag["max_active_runs"] == 1, dag_id
        assert dag["timezone"] == "Asia/Tokyo", dag_id


def test_sends_and_approvals_are_never_retried_by_airflow(bag: dict[str, Any]) -> None:
    for task_id, task in bag["dags"]["campaign__sms_after_dunning"]["tasks"].items():
        assert task["retries"] == 0, task_id


def test_only_what_says_so_starts_with_every_night(bag: dict[str, Any]) -> None:
    named = {dag_id: dag["schedule"] for dag_id, dag in bag["dags"].items() if dag_id.startswith("campaign__")}
    nightly = {dag_id for dag_id, schedule in named.items() if schedule != "NullTimetable"}
    assert nightly == {"campaign__sms_after_dunning"}


def test_what_was_interrupted_goes_on_every_hour_of_the_day_and_is_not_retried_by_airflow(tmp_path: Path) -> None:
    dag = read_dags(ROOT / "dags", tmp_path, RECEIVABLES_SCHEDULED="1")["dags"]["campaigns__continue"]
    assert (dag["schedule"], dag["max_active_runs"], dag["timezone"]) == ("0 8-19 * * *", 1, "Asia/Tokyo")
    assert {task_id: task["retries"] for task_id, task in dag["tasks"].items()} == {"continue_runs": 0}


def test_a_morning_watch_that_fails_keeps_no_other_from_looking(bag: dict[str, Any]) -> None:
    tasks = bag["dags"]["results__collect"]["tasks"]
    assert set(tasks) == {"watch", "expire", "drops", "require_answers", "require_dunning"}
    assert not [task_id for task_id, task in tasks.items() if task["upstream"]]


def test_loads_are_retried_because_they_are_idempotent(bag: dict[str, Any]) -> None:
    for contract in all_contracts():
        assert all(task["retries"] > 0 for task in bag["dags"][f"ingest__{contract.source}"]["tasks"].values())


def test_two_different_people_are_asked_and_nobody_answers_by_default(bag: dict[str, Any]) -> None:
    tasks = bag["dags"]["campaign__sms_after_dunning"]["tasks"]
    asked = [tuple(task["assigned"]) for task_id, task in tasks.items() if task_id.startswith("approve_")]
    assert len(asked) == 2
    assert len(set(asked)) == 2
    assert all(len(people) == 1 for people in asked)
    assert all(not task["defaults"] for task_id, task in tasks.items() if task_id.startswith("approve_"))


def test_an_unanswered_approval_fails_in_time_for_the_next_list(bag: dict[str, Any]) -> None:
    """One run of a campaign at a time: a question that stays open for ever would end the campaign."""
    for playbook in playbooks():
        dag = bag["dags"][f"campaign__{playbook.name}"]
        asked = [task for task_id, task in dag["tasks"].items() if task_id.startswith("approve_")]
        assert len(asked) >= playbook.approvals_required
        for task in asked:
            assert (task["defaults"], task["unanswered"]) == (None, "HITLTimeoutError"), playbook.name
            if playbook.starts == "nightly":
                assert 12 <= task["hours"] < 24, "answered on its day, over before the next night's list"
            else:
                assert task["hours"] == 24 * playbook.expires_after_days, playbook.name


def test_departments_deliver_on_their_own_schedule_in_production(tmp_path: Path) -> None:
    scheduled = read_dags(ROOT / "dags", tmp_path, RECEIVABLES_SCHEDULED="1")
    assert scheduled["errors"] == {}
    for contract in all_contracts():
        assert scheduled["dags"][f"ingest__{contract.source}"]["schedule"] == contract.schedule


def test_a_broken_contract_names_itself(tmp_path: Path) -> None:
    broken = tmp_path / "dags"
    broken.mkdir()
    (broken / "ingest.py").write_text((ROOT / "dags" / "ingest.py").read_text().replace("all_contracts()", "missing()"))
    assert list(read_dags(broken, tmp_path / "home")["errors"])
