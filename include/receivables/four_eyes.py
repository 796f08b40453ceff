"""Four eyes (二人による承認): a signed yes to one exact list, never by who made the list.

What counts is a row that a SECURITY DEFINER function wrote and whose signature holds; whoever acts on it checks all
of it again, every time. Campaigns, corrections and decisions on single cases sign in this one way.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString, Protocol

from psycopg.rows import class_row

from receivables import db
from receivables.errors import NeedsApprovalError
from receivables.settings import State

KEY = "approval_key"  # the secret that only the approval service and the sender hold
LEAST = 2
_STORED = """
    select given.approver, given.content_sha256, given.approved_at, given.expires_at, given.signature,
        given.expires_at > clock_timestamp() as is_in_time,
        exists (
            select from campaign.approver as listed
            where listed.user_name = given.approver and %s = any(listed.duties)
                and (clock_timestamp() at time zone 'Asia/Tokyo')::date >= listed.valid_from
                and ((clock_timestamp() at time zone 'Asia/Tokyo')::date <= listed.valid_to or listed.valid_to is null)
        ) as is_listed
    from {table} as given
    where given.{column} = %s
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


@contextmanager
def refusals(doing: str, reasons: Mapping[str, str]) -> Iterator[None]:
    """What the function refuses inside, as NeedsApprovalError with its reason by SQLSTATE; other faults as they are."""
    try:
        yield
    except db.DatabaseError as error:
        if error.sqlstate is not None and error.sqlstate in reasons:
            raise NeedsApprovalError(f"{doing}: {reasons[error.sqlstate]}") from None
        raise


def stored(
    connection: db.Connection, table: LiteralString, column: LiteralString, run_id: str, *, duty: str
) -> list[Approval]:
    """The approvals of one list in `table`, in order, and whether each approver has that duty today (Japan)."""
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        return cursor.execute(_STORED.format(table=table, column=column), [duty, run_id]).fetchall()


def require_valid(
    stored: Sequence[Approval], run: Approvable, key: str, *, then: str, least: int = LEAST
) -> tuple[str, ...]:
    """The distinct valid approvers among `stored`; raises NeedsApprovalError, ending with `then`, when too few."""
    faults = {each.approver: _fault(each, run, key) for each in stored}
    # One person under two spellings is one person.
    valid = tuple(sorted({each.casefold(): each for each, fault in faults.items() if fault is None}.values()))
    needed = max(least, run.approvals_required)
    if len(valid) < needed:
        refused = [f"{approver}: {fault}" for approver, fault in sorted(faults.items()) if fault]
        raise NeedsApprovalError(
            f"{run.run_id} has {len(valid)} of {needed} valid approvals"
            + (f" ({'; '.join(refused)})" if refused else "")
            + f"; {then}"
        )
    return valid


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


def _fault(given: Approval, run: Approvable, key: str) -> str | None:
    expected = signature(
        key, run_id=run.run_id, content_sha256=given.content_sha256, approver=given.approver,
        approved_at=given.approved_at, expires_at=given.expires_at,
    )  # fmt: skip
    checks = (
        (hmac.compare_digest(expected, given.signature), "the signature does not hold"),
        (given.content_sha256 == run.content_sha256, "another list was approved"),
        (given.approver.casefold() != run.maker.casefold(), "the maker may not approve"),
        (given.is_in_time, "expired"),
        (given.is_listed, "no longer an approver"),
    )
    return next((fault for holds, fault in checks if not holds), None)
