"""Approval (承認): signed rows bound to the hash of the exact list; two people, never the maker.

Airflow's screen is only where people answer. What counts is a row that a SECURITY DEFINER
function wrote and whose signature holds; the sender checks all of it again, every time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from receivables import db, four_eyes
from receivables.campaigns.runs import Run, run_of
from receivables.errors import NeedsApprovalError
from receivables.settings import State

REFUSED = {
    "RC001": "there is no such run; `receivables campaign list` shows the runs",
    "RC002": "the run waits for no approval: it was superseded, sent or cancelled; build it again",
    "RC003": "the run's list is another one than was approved; look at the preview again",
    "RC004": "the maker of a list may not approve it; another person must",
    "RC005": "this user is not a valid approver; the roster is campaign.approver (承認者名簿), with the duty",
    "RC006": "this person has approved already; another person must approve too",
    "RC007": "the list is too old to be approved; build it again",
    "RC009": "its people are unlike those of the last list; `campaign preview` says how, and `campaign explain-shift`"
    " takes the reason in writing",
}


def approve(run_id: str, *, user: str, content_sha256: str | None = None, state: State) -> dict[str, Any]:
    """Record that `user` approves the list with hash `content_sha256` (default: the run's own).

    Raises NeedsApprovalError with the reason when the rules of four eyes refuse it.
    """
    doing = f"approve {run_id}"
    with four_eyes.refusals(f"{doing} as {user}", REFUSED), db.connect(state, "approver", doing=doing) as connection:
        run = run_of(connection, run_id)
        given, approved_at = _record(connection, run, user, content_sha256 or run.content_sha256, state)
    return {
        "run_id": run_id,
        "approver": user,
        "content_sha256": run.content_sha256,
        "approved_at": approved_at.isoformat(),
        "approvals": given,
        "approvals_required": run.approvals_required,
    }


def record_answers(run_id: str, *, answers: Sequence[Mapping[str, Any]], state: State) -> int:
    """Copy the answers of Airflow's approval screen into the warehouse; returns how many people said yes.

    Every answer names who gave it; one that is no plain yes, or that nobody gave, is refused.
    Answers already recorded for the same person stay as they are, so the task may run again.
    """
    given: set[str] = set()
    for answer in answers:
        if not isinstance(answer, Mapping) or list(answer.get("chosen_options") or []) != ["Approve"]:
            raise NeedsApprovalError(
                f"{run_id}: an approval task holds no answer 'Approve': nothing is recorded for it"
            )
        user = _answering_user(answer)
        if not user:
            raise NeedsApprovalError(
                f"{run_id}: an answer names no person: a default or an edited task approves nothing"
            )
        if not _has_approved(run_id, user, state):
            approve(run_id, user=user, state=state)
        given.add(user)
    return len(given)


def require(connection: db.Connection, run: Run, key: str) -> tuple[str, ...]:
    """The distinct valid approvers of exactly this list; raises NeedsApprovalError when they are too few."""
    given = four_eyes.stored(connection, "campaign.approval", "run_id", run.run_id, duty="campaign")
    return four_eyes.require_valid(given, run, key, then="run `receivables campaign approve` as another approver")


def _record(connection: db.Connection, run: Run, user: str, content_sha256: str, state: State) -> tuple[int, datetime]:
    function = "campaign.record_approval"
    return four_eyes.sign(connection, function, run.run_id, user, content_sha256, run.expires_after_days, state)


def _answering_user(answer: Mapping[str, Any]) -> str:
    user = answer.get("responded_by_user")
    if isinstance(user, Mapping):
        return str(user.get("id") or user.get("name") or "")
    return ""


def _has_approved(run_id: str, user: str, state: State) -> bool:
    with db.connect(state, "approver", doing=f"approvals of {run_id}") as connection:
        query = "select 1 from campaign.approval where run_id = %s and approver = %s"
        return connection.execute(query, [run_id, user]).fetchone() is not None
