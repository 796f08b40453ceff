"""Approval (承認): signed rows bound to the hash of the exact list; two people, never the maker.

Airflow's screen is only where people answer. What counts is a row that a SECURITY DEFINER
function wrote and whose signature holds; the sender checks all of it again, every time.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, Protocol

from psycopg.rows import class_row

from receivables import db
from receivables.campaigns.runs import Run, run_of
from receivables.errors import NeedsApprovalError
from receivables.settings import State

KEY = "approval_key"  # the secret that only the approval service and the sender hold
LEAST = 2

REFUSED = {
    "RC001": "there is no such run; `receivables campaign list` shows the runs",
    "RC002": "the run waits for no approval: it was superseded, sent or cancelled; build it again",
    "RC003": "the run's list is another one than was approved; look at the preview again",
    "RC004": "the maker of a list may not approve it; another person must",
    "RC005": "this user is not a valid approver; the roster is campaign.approver (承認者名簿), with the duty",
    "RC006": "this person has approved already; another person must approve too",
    "RC007": "the list is too old to be approved; build it again",
}
_STORED = """
    select given.approver, given.content_sha256, given.approved_at, given.expires_at, given.signature,
        given.expires_at > clock_timestamp() as is_in_time,
        exists (
            select from campaign.approver as listed
            where listed.user_name = given.approver and 'campaign' = any(listed.duties)
                and (clock_timestamp() at time zone 'Asia/Tokyo')::date >= listed.valid_from
                and ((clock_timestamp() at time zone 'Asia/Tokyo')::date <= listed.valid_to or listed.valid_to is null)
        ) as is_listed
    from campaign.approval as given
    where given.run_id = %s
    order by given.approval_id
"""


class Approvable(Protocol):
    """What two people can approve: one exact list, known by its hash, and who made it."""

    @property
    def run_id(self) -> str:
        """The id that is signed."""

    @property
    def content_sha256(self) -> str:
        """The hash of the exact list."""

    @property
    def maker(self) -> str:
        """Who made the list and may not approve it."""

    @property
    def approvals_required(self) -> int:
        """How many people must say yes."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One stored approval, with what only the database can tell about it now."""

    approver: str
    content_sha256: str
    approved_at: datetime
    expires_at: datetime
    signature: str
    is_in_time: bool
    is_listed: bool


def signature(
    key: str, *, run_id: str, content_sha256: str, approver: str, approved_at: datetime, expires_at: datetime
) -> str:
    """The keyed signature (HMAC-SHA256) over everything an approval says."""
    said = "\n".join(
        [run_id, content_sha256, approver, *(at.astimezone(UTC).isoformat() for at in (approved_at, expires_at))]
    )
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()


def approve(run_id: str, *, user: str, content_sha256: str | None = None, state: State) -> dict[str, Any]:
    """Record that `user` approves the list with hash `content_sha256` (default: the run's own).

    Raises NeedsApprovalError with the reason when the rules of four eyes refuse it.
    """
    try:
        with db.connect(state, "approver", doing=f"approve {run_id}") as connection:
            run = run_of(connection, run_id)
            given, approved_at = _record(connection, run, user, content_sha256 or run.content_sha256, state)
    except db.DatabaseError as error:
        if error.sqlstate in REFUSED:
            raise NeedsApprovalError(f"approve {run_id} as {user}: {REFUSED[error.sqlstate]}") from None
        raise
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
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        stored = cursor.execute(_STORED, [run.run_id]).fetchall()
    return require_valid(stored, run, key, then="run `receivables campaign approve` as another approver")


def require_valid(stored: Sequence[Approval], run: Approvable, key: str, *, then: str) -> tuple[str, ...]:
    """The distinct valid approvers among `stored`; raises NeedsApprovalError, ending with `then`, when too few."""
    faults = {each.approver: _fault(each, run, key) for each in stored}
    valid = tuple(sorted(approver for approver, fault in faults.items() if fault is None))
    needed = max(LEAST, run.approvals_required)
    if len(valid) < needed:
        refused = [f"{approver}: {fault}" for approver, fault in sorted(faults.items()) if fault]
        raise NeedsApprovalError(
            f"{run.run_id} has {len(valid)} of {needed} valid approvals"
            + (f" ({'; '.join(refused)})" if refused else "")
            + f"; {then}"
        )
    return valid


def _record(connection: db.Connection, run: Run, user: str, content_sha256: str, state: State) -> tuple[int, datetime]:
    function = "campaign.record_approval"
    return sign(connection, function, run.run_id, user, content_sha256, run.expires_after_days, state)


def sign(
    connection: db.Connection, function: LiteralString, run_id: str, user: str, content_sha256: str,
    expires_after_days: int, state: State,
) -> tuple[int, datetime]:  # fmt: skip
    """Sign a yes and have `function` record it; how many there are now, and when it was given."""
    with connection.cursor(row_factory=class_row(_Moment)) as cursor:
        moment = cursor.execute("select clock_timestamp() as at").fetchone()
    assert moment is not None
    expires_at = moment.at + timedelta(days=expires_after_days)
    signed = signature(
        state.secret(KEY), run_id=run_id, content_sha256=content_sha256, approver=user,
        approved_at=moment.at, expires_at=expires_at,
    )  # fmt: skip
    row = connection.execute(
        f"select {function}(%s, %s, %s, %s, %s, %s)",
        [run_id, content_sha256, user, moment.at, expires_at, signed],
    ).fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0], moment.at


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime


def _answering_user(answer: Mapping[str, Any]) -> str:
    user = answer.get("responded_by_user")
    if isinstance(user, Mapping):
        return str(user.get("id") or user.get("name") or "")
    return ""


def _has_approved(run_id: str, user: str, state: State) -> bool:
    with db.connect(state, "approver", doing=f"approvals of {run_id}") as connection:
        query = "select 1 from campaign.approval where run_id = %s and approver = %s"
        return connection.execute(query, [run_id, user]).fetchone() is not None


def _fault(given: Approval, run: Approvable, key: str) -> str | None:
    expected = signature(
        key, run_id=run.run_id, content_sha256=given.content_sha256, approver=given.approver,
        approved_at=given.approved_at, expires_at=given.expires_at,
    )  # fmt: skip
    checks = (
        (hmac.compare_digest(expected, given.signature), "the signature does not hold"),
        (given.content_sha256 == run.content_sha256, "another list was approved"),
        (given.approver != run.maker, "the maker may not approve"),
        (given.is_in_time, "expired"),
        (given.is_listed, "no longer an approver"),
    )
    return next((fault for holds, fault in checks if not holds), None)
