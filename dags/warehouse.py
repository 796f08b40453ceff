"""The nightly warehouse (夜間処理): prepare and record, resolve, assess, build, publish.

Runs when every source has loaded; at 06:00 it runs with what has come, and claims of a source
that is late are then excluded from every campaign. Readers see the old batch until `publish`.
"""

from datetime import timedelta

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, announce, as_of, when_scheduled
from receivables import assess, identity, ledger, publish, warehouse
from receivables.contracts import sources
from receivables.settings import State

ARRIVED = [Asset(f"raw/{source}") for source in sources()]
PUBLISHED = Asset("mart/published")
AT_SIX = AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 6 * * *", timezone="Asia/Tokyo"), assets=ARRIVED)


@dag(
    dag_id="warehouse__nightly",
    description="raw から公開マートまで",
    doc_md=__doc__,
    schedule=when_scheduled(AT_SIX) or ARRIVED,
    start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    params=AS_OF_PARAM,
    tags=["warehouse"],
    default_args={"retries": 1, "retry_delay": timedelta(seconds=30)},
)
def nightly() -> None:
    @task
    def prepare() -> int:
        warehouse.prepare(as_of=as_of(), state=State.at())
        return ledger.record(as_of=as_of(), state=State.at()).through

    @task
    def resolve() -> dict[str, int | str]:
        return identity.resolve(as_of=as_of(), state=State.at()) | {"bound": identity.bound_ja(state=State.at())}

    @task
    def assess_claims() -> int:
        return assess.assess(as_of=as_of(), state=State.at())

    @task
    def build_marts() -> None:
        warehouse.build_marts(as_of=as_of(), state=State.at())

    @task(outlets=[PUBLISHED])
    def publish_batch() -> None:
        publish.publish(as_of=as_of(), state=State.at())
        announce(PUBLISHED, as_of())

    prepare() >> resolve() >> assess_claims() >> build_marts() >> publish_batch()


nightly()
