"""Every morning: what came of the campaigns (結果の収集), whom vendors must leave out, and who is silent too long.

`watch` halts a campaign that does harm. A silent vendor fails the run: somebody must ask. So do claims whose last day
for 督促 comes near and that are in no list: somebody must make it (地方税法329条1項).
"""

from airflow.sdk import dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, as_of, when_scheduled
from receivables import campaigns
from receivables.errors import InvariantBrokenError
from receivables.settings import State


@dag(
    dag_id="results__collect",
    description="催告の結果の収集、除外の連絡、委託先データの期限、無音の検知、督促の期限",
    doc_md=__doc__,
    schedule=when_scheduled("0 7 * * *"),
    start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    params=AS_OF_PARAM,
    tags=["campaign"],
)
def collect() -> None:
    @task
    def watch() -> list[str]:
        return [str(each["run_id"]) for each in campaigns.watch(state=State.at())]

    @task
    def expire() -> list[str]:
        return campaigns.expire(as_of(), state=State.at())

    @task
    def drops() -> list[str]:
        return [str(each["file"]) for each in campaigns.drops(as_of(), state=State.at())]

    @task
    def require_answers() -> None:
        silent = [str(each["batch"]) for each in campaigns.silent(as_of(), state=State.at())]
        if silent:
            raise InvariantBrokenError(f"nothing came back for longer than usual: {', '.join(silent)}; ask the vendor")

    @task
    def require_dunning() -> None:
        campaigns.require_dunning(as_of(), state=State.at())

    watch()
    expire()
    drops()
    require_answers()
    require_dunning()


collect()
