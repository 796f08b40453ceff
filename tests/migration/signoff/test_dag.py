"""The DAG as Airflow reads it: one way to a release, and people on it who are really asked."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
READER = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
dag = bag.dags["migration__rehearsal"]
asked = {"subject": "署名 会計", "assigned_users": [{"id": "chief_accounting", "name": "chief_accounting"}]}
one = dag.task_dict["sign"].unmap(asked)
print("RESULT " + json.dumps({
    "order": [task.task_id for task in dag.topological_sort()],
    "upstream": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
    "retries": {task.task_id: task.retries for task in dag.tasks},
    "params": {name: dag.params.get_param(name).value for name in dag.params},
    "kinds": dag.params.get_param("kind").schema["enum"],
    "question": {"subject": one.subject, "assigned": one.assigned_users, "options": one.options,
                 "defaults": one.defaults, "form": list(one.params)},
}))
"""


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Tokyo",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/meta.db",
    }  # fmt: skip
    command = [sys.executable, "-c", READER, str(ROOT / "dags" / "migration.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    result = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert result, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(result[0].removeprefix("RESULT "))
    return found


def test_there_is_one_way_from_the_stage_to_the_release(dag: dict[str, Any]) -> None:
    way = ["stage", "write", "reconcile", "report_text", "questions", "sign", "record_signatures", "release"]
    assert dag["order"] == way
    for before, after in pairwise(way):
        assert before in dag["upstream"][after], after


def test_nothing_is_tried_again_by_itself(dag: dict[str, Any]) -> None:
    assert set(dag["retries"].values()) == {0}


def test_a_question_goes_to_its_own_people_with_no_answer_by_default(dag: dict[str, Any]) -> None:
    assert dag["question"] == {
        "subject": "署名 会計", "assigned": [{"id": "chief_accounting", "name": "chief_accounting"}],
        "options": ["署名する", "差し戻す"], "defaults": None, "form": ["reason"],
    }  # fmt: skip


def test_what_a_run_does_is_asked_for(dag: dict[str, Any]) -> None:
    assert set(dag["params"]) == {"as_of", "kind", "edition", "profile", "groups", "sources"}
    assert dag["params"]["kind"] == "rehearsal"
    assert dag["kinds"] == ["rehearsal", "production", "dry"]
