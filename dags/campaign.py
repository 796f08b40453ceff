"""One DAG per playbook (催告計画): build the list, two people approve it, send, collect results.

The approval that counts is a signed row bound to the hash of the exact list; the two approval tasks
are only its screen. Sends are never retried here: the outbox looks up what is unknown.
"""

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Asset, dag, task
from pendulum import datetime

from business_date import AS_OF_PARAM, as_of
from receivables import campaigns
from receivables.settings import State

ACTS = ("preview_text", "record_answers", "dispatch", "results")


def campaign_dag(playbook: campaigns.Playbook) -> None:
    """The DAG campaign__<playbook>."""

    @dag(
        dag_id=f"campaign__{playbook.name}",
        description=playbook.title,
        doc_md=__doc__,
        schedule=[Asset("mart/published")],
        start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"),
        catchup=False,
        max_active_runs=1,
        params=AS_OF_PARAM,
        tags=["campaign", playbook.channel],
        default_args={"retries": 0},
    )
    def campaign() -> None:
        act = {name: task(getattr(campaigns, name)) for name in ACTS}

        @task(task_id="build")
        def build_list() -> str:
            return campaigns.build(playbook.name, as_of=as_of(), maker=playbook.maker, state=State.at())

        run_id = build_list()
        asked = [
            ApprovalOperator(
                task_id=f"approve_{number}",
                subject=f"{playbook.title}: 承認 {number}/{len(playbook.approvers)}",
                body="{{ ti.xcom_pull(task_ids='preview_text') }}",
                assigned_users=[{"id": user, "name": user}],
                fail_on_reject=True,
            )
            for number, user in enumerate(playbook.approvers, start=1)
        ]
        recorded = act["record_answers"](run_id, answers=[each.output for each in asked], state=State.at())
        sent = act["dispatch"](run_id, state=State.at())
        act["preview_text"](run_id, state=State.at()) >> asked
        recorded >> sent >> act["results"](run_id, state=State.at())

    campaign()


for each in campaigns.playbooks():
    campaign_dag(each)
