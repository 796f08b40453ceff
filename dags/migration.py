"""Migration rehearsal (移行リハーサル): stage, write, re-read, reconcile, report.

Fails when the verdict is FAIL. Signing is for people: `receivables migration sign RUN --as USER`.
"""

from airflow.sdk import Param, dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, as_of
from receivables import migration
from receivables.errors import InvariantBrokenError
from receivables.settings import State

PARAMS = AS_OF_PARAM | {
    "edition": Param("0.1-draft", type="string", pattern=r"^[0-9a-z.\-]+$", title="標準仕様の版"),
    "profile": Param("standard_csv", type="string", pattern=r"^[0-9a-z_]+$", title="受入先プロファイル"),
}


@dag(
    dag_id="migration__rehearsal",
    description="標準準拠システムへの移行ファイルの作成と照合",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    tags=["migration"],
)
def rehearsal() -> None:
    @task
    def rehearse(params: dict[str, str] | None = None) -> str:
        chosen = params or {}
        return migration.rehearse(
            edition=chosen["edition"], profile=chosen["profile"], snapshot=as_of(), state=State.at()
        )

    @task(task_id="reconcile")
    def require_verdict(made: str) -> str:
        verdict = str(migration.outcome(made, state=State.at())["verdict"])
        if verdict == "FAIL":
            raise InvariantBrokenError(f"run {made} does not reconcile; see migration.recon_diff and the report")
        return verdict

    require_verdict(rehearse())


rehearsal()
