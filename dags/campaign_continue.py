"""Every hour of the day, what was interrupted goes on (送信の続行): a closed window, a silent carrier, a lost worker.

Only what two people approved, and as long as that holds. What must wait says why; only a fault fails the run.
"""

from typing import Any

from airflow.sdk import dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, when_scheduled
from receivables import campaigns
from receivables.settings import State


@dag(
    dag_id="campaigns__continue",
    description="中断した送信・引渡しの続行",
    doc_md=__doc__,
    schedule=when_scheduled("0 8-19 * * *"),
    start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    params=AS_OF_PARAM,
    tags=["campaign"],
    default_args={"retries": 0},
)
def continue_() -> None:
    @task
    def continue_runs() -> list[dict[str, Any]]:
        return campaigns.continue_runs(state=State.at())

    continue_runs()


continue_()
