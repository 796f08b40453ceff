"""One DAG per playbook (催告計画): build the list, two people approve it, send, collect results.

The approval that counts is a signed row in the warehouse, bound to the hash of the exact list.
The two approval tasks are only the screen for it: marking them successful approves nothing.
Sends are never retried here; the outbox looks up what is unknown.
"""

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLUser
from airflow.sdk import Asset, dag, task
from pendulum import datetime, duration

from business_date import AS_OF_PARAM, as_of
from receivables import campaigns
from receivables.settings import State

BODY = "{{ ti.xcom_pull(task_ids='preview') }}"


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
        @task
        def build() -> str:
            return campaigns.build(playbook.name, as_of=as_of(), maker=playbook.maker, state=State.at())

        @task
        def preview(run_id: str) -> str:
            return campaigns.preview_text(run_id, state=State.at())

        @task
        def record_approvals(run_id: str, answers: list[dict]) -> int:
            return campaigns.record_answers(run_id, answers=answers, state=State.at())

        @task
        def dispatch(run_id: str) -> dict[str, int]:
            return campaigns.dispatch(run_id, state=State.at())

        @task
        def collect_results(run_id: str) -> dict[str, int]:
            return campaigns.results(run_id, state=State.at())

        run_id = build()
        shown = preview(run_id)
        asked = [
            ApprovalOperator(
                task_id=f"approve_{number}",
                subject=f"{playbook.title}: 承認 {number}/{len(playbook.approvers)}",
                body=BODY,
                assigned_users=[HITLUser(id=user, name=user)],
                fail_on_reject=True,
                execution_timeout=duration(days=playbook.expires_after_days),
            )
            for number, user in enumerate(playbook.approvers, start=1)
        ]
        recorded = record_approvals(run_id, [each.output for each in asked])
        sent = dispatch(run_id)
        shown >> asked
        recorded >> sent >> collect_results(run_id)

    campaign()


for each in campaigns.playbooks():
    campaign_dag(each)
