"""Runs (キャンペーンの一回) as they are stored: fixed content, a state that moves."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from receivables import db
from receivables.campaigns.playbook import Playbook
from receivables.errors import InputRejectedError
from receivables.settings import State

_RUN = """
    select run_id, campaign_name, as_of, published_batch, maker, playbook, template_text, template_sha256,
        parts_count, content_sha256, treat_count, control_count, excluded_count, approvals_required,
        expires_after_days, state, is_window_ignored, dispatched_on, built_at
    from campaign.run where run_id = %s
"""
_LIST = """
    select run_id, campaign_name, as_of, state, maker, treat_count, control_count, excluded_count, built_at,
        approvals_required,
        (select count(*) from campaign.approval as given where given.run_id = run.run_id) as approval_count
    from campaign.run as run
    order by built_at desc
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it is in the database."""

    run_id: str
    campaign_name: str
    as_of: date
    published_batch: str
    maker: str
    playbook: dict[str, Any]
    template_text: str
    template_sha256: str
    parts_count: int
    content_sha256: str
    treat_count: int
    control_count: int
    excluded_count: int
    approvals_required: int
    expires_after_days: int
    state: str
    is_window_ignored: bool
    dispatched_on: date | None
    built_at: datetime

    def rules(self) -> Playbook:
        """The playbook as it was when the list was made."""
        return Playbook.model_validate(self.playbook)


def run_of(connection: db.Connection, run_id: str) -> Run:
    """The run `run_id`; raises InputRejectedError when there is none."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        found = cursor.execute(_RUN, [run_id]).fetchone()
    if found is None:
        raise InputRejectedError(f"no run {run_id!r}: `receivables campaign list` shows the runs there are")
    return found


def list_runs(*, state: State) -> list[dict[str, Any]]:
    """Every run, newest first, with counts and how many approvals it has."""
    with (
        db.connect(state, "sender", doing="list runs") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(_LIST).fetchall()
