"""One DAG per department system (業務システム): land, check, load.

Every contract in dbt_project/models/staging/ becomes a DAG. A rejected file fails its own DAG only, half-loading
nothing. Tasks import what they run: the scheduler, which reads this file again and again, needs no pandas.
"""

from datetime import timedelta

from airflow.sdk import Asset, dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, announce, as_of, when_scheduled
from receivables.contracts import Contract, all_contracts
from receivables.settings import State


def ingest_dag(contract: Contract) -> None:
    """The DAG ingest__<source> of one contract."""
    source, loaded = contract.source, Asset(f"raw/{contract.source}")

    @dag(
        dag_id=f"ingest__{source}",
        description=contract.description,
        doc_md=__doc__,
        schedule=when_scheduled(contract.schedule),
        start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
        catchup=False,
        max_active_runs=1,
        params=AS_OF_PARAM,
        tags=["ingest", contract.owner_dept],
        default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "owner": contract.owner_dept},
    )
    def pipeline() -> None:
        @task
        def land() -> list[str]:
            from receivables import ingest

            return ingest.land(source, drop=State.at().drop, as_of=as_of(), state=State.at())

        @task
        def check(batch_ids: list[str]) -> list[str]:
            from receivables import ingest

            return ingest.check(source, batch_ids, state=State.at())

        @task(outlets=[loaded])
        def load(batch_ids: list[str]) -> list[str]:
            from receivables import ingest

            done = ingest.load(source, batch_ids, state=State.at())
            announce(loaded, as_of())
            return done

        load(check(land()))

    pipeline()


for each in all_contracts():
    ingest_dag(each)
