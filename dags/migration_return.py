"""Reading back (読み戻し): what the migrated standard systems give out, beside the warehouse's own figures.

Fails when a row or a yen differs that nobody explained. Runs when people ask for it.
"""

from airflow.sdk import dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, as_of
from receivables import migration
from receivables.errors import InvariantBrokenError
from receivables.settings import State


@dag(
    dag_id="migration__return",
    description="移行済みの標準準拠システムの出力の読み戻しと照合",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    params=AS_OF_PARAM,
    tags=["migration"],
)
def returned() -> None:
    @task
    def take_back() -> str:
        state = State.at()
        found = migration.take_back(state.drop, edition="0.1-draft", as_of=as_of(), state=state)
        if found["verdict"] == "FAIL":
            raise InvariantBrokenError(
                f"{found['unexplained_rows']} rows, {found['unexplained_yen']} yen are not as the warehouse has them;"
                f" see migration.recon_result of {', '.join(found['runs'])}"
            )
        return str(found["verdict"])

    take_back()


returned()
