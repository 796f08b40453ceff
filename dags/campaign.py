"""One DAG per playbook (催告計画): build the list, two people approve it, send, collect results.

The approval that counts is a signed row bound to the hash of the exact list; the two approval tasks
are only its screen, and silence approves nothing: a question left unanswered fails. Sends are never retried
here: the outbox looks up what is unknown, and `campaigns__continue` sends what was interrupted.
"""

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Asset, task
from pendulum import datetime

from business_date import AS_OF_PARAM, as_of
from receivables import campaigns
from receivables.settings import State


def step(name: str, made: Any, **given: Any) -> Any:
    """The task that calls campaigns.<name>; `run_id` is a word that Airflow keeps for itself."""

    @task(task_id=name)
    def call(made: str, given: dict[str, Any]) -> Any:
        return getattr(campaigns, name)(made, state=State.at(), **given)

    return call(made, given)


def campaign_dag(playbook: campaigns.Playbook) -> None:
    """The DAG campaign__<playbook>."""
    people = enumerate(playbook.approvers, start=1)

    @task
    def build() -> str:
        return campaigns.build(playbook.name, as_of=as_of(), maker=playbook.maker, state=State.at())

    def approval(number: int, user: str) -> ApprovalOperator:
        body, title = "{{ ti.xcom_pull(task_ids='preview_text') }}", f"{playbook.title}: 承認 {number}"
        return ApprovalOperator(
            task_id=f"approve_{number}", subject=title, body=body, assigned_users=[{"id": user, "name": user}],
            fail_on_reject=True, response_timeout=playbook.answer_within,  # no defaults: Airflow itself would answer
        )  # fmt: skip

    with DAG(
        dag_id=f"campaign__{playbook.name}", description=playbook.title, doc_md=__doc__,
        schedule=[Asset("mart/published")] if playbook.starts == "nightly" else None,
        start_date=datetime(2026, 4, 1, tz="Asia/Tokyo"), catchup=False,
        max_active_runs=1, params=AS_OF_PARAM, tags=["campaign", playbook.channel], default_args={"retries": 0},
    ):  # fmt: skip
        made = build()
        asked = [approval(number, user) for number, user in people]
        step("preview_text", made) >> asked
        recorded = step("record_answers", made, answers=[each.output for each in asked])
        recorded >> step("dispatch", made) >> step("results", made)


for each in campaigns.playbooks():
    campaign_dag(each)
