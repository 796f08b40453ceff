"""Migration rehearsal (移行リハーサル): stage, write, read again and reconcile, report, wait for signatures, release.

A signature is a row in the warehouse that names a person and the report's digest; the screen only asks for it, and
marking a task successful signs nothing. Nothing is retried: a run that failed is rehearsed again.
"""

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, get_current_context, task
from pendulum import datetime

from business_date import AS_OF_PARAM, as_of
from receivables import migration
from receivables.migration.signoff import ANSWERS
from receivables.settings import State

PARAMS = AS_OF_PARAM | {
    "kind": Param("rehearsal", type="string", enum=["rehearsal", "production", "dry"], title="区分"),
    "edition": Param("0.1-draft", type="string", pattern=r"^[0-9a-z.\-]+$", title="標準仕様の版"),
    "profile": Param("standard_csv", type="string", pattern=r"^[0-9a-z_]+$", title="受入先プロファイル"),
    "groups": Param(None, type=["null", "array"], items={"type": "string"}, title="グループ（空: すべて）"),
    "sources": Param(None, type=["null", "array"], items={"type": "string"}, title="移行元（空: すべて）"),
}
REASON = {"reason": Param("", type="string", title="差し戻しの理由")}


@task
def stage() -> str:
    context: Any = get_current_context()
    asked = {name: context["params"][name] or None for name in PARAMS if name != "as_of"}
    made_by = context["dag_run"].triggering_user_name
    return migration.stage(snapshot=as_of(), made_by=made_by, state=State.at(), **asked)


def step(name: str, made: Any, *given: Any, says: bool = False) -> Any:
    """The task that calls migration.<name>; `run_id` is a word that Airflow keeps for itself."""

    @task(task_id=name, do_xcom_push=says)
    def call(made: str, given: list[Any]) -> Any:
        return getattr(migration, name)(made, *map(list, given), state=State.at())

    return call(made, list(given))


with DAG(
    dag_id="migration__rehearsal", description="標準準拠システムへの移行と検収", doc_md=__doc__, schedule=None,
    start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"), catchup=False, max_active_runs=1, params=PARAMS,
    tags=["migration"], default_args={"retries": 0},
):  # fmt: skip
    made = stage()
    told, asked = step("report_text", made, says=True), step("questions", made, says=True)
    sign = HITLOperator.partial(
        task_id="sign", body="{{ ti.xcom_pull(task_ids='report_text') }}", options=list(ANSWERS), params=REASON
    ).expand_kwargs(asked)
    step("write", made) >> step("reconcile", made) >> told >> asked
    step("record_signatures", made, sign.output) >> step("release", made)
