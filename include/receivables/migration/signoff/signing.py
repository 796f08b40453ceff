"""Signatures under a report (署名): by role, each bound to the report's digest, never twice by one person.

A rehearsal is accepted by two persons, and their roles are recorded when the roster knows them. A production run is
signed by every role. What counts is a row whose signature holds; the database refuses the rest as well.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from receivables import db, four_eyes, reports, roster
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError
from receivables.migration.signoff.evidence import SignedRun, changes, require_unchanged, signed_run
from receivables.migration.signoff.report import draw
from receivables.migration.signoff.roles import Role, holders, person, signers_of
from receivables.settings import State

_TOKYO = ZoneInfo("Asia/Tokyo")
PERSONS = 2  # that accept a rehearsal
APPROVER = "approver"  # the database role
ACCEPTED, REJECTED = "accepted", "rejected"
_REFUSED = {
    "RM001": "the verdict forbids signing",
    "RM002": "the report was changed meanwhile; look at it again",
    "RM003": "somebody has rejected this run; rehearse again",
    "RM004": "who made a run may not sign it; another person must",
    "RM005": "the edition is a draft (C-110); a production run needs the official one",
    "RM006": "a production run is signed by role, and this user has none of them; see the roster (承認者名簿)",
    "RM007": "this user is not on the roster (承認者名簿) for that role, or the run needs no such role",
    "RM008": "the database's clock says another time; sign again",
    "RM009": "write the user's name in plain small letters",
}
_STORED = """
    select user_name, role, report_sha256, decision, reason, signed_at, signature
    from migration.signoff where run_id = %s order by signed_at, user_name
"""
_INSERT = """
    insert into migration.signoff (run_id, user_name, role, report_sha256, decision, reason, signed_at, signature)
    values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (run_id, user_name) do nothing
"""
_RELEASED = "select released_at from migration.release where run_id = %s"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature as stored."""

    user_name: str
    role: str | None
    report_sha256: str
    decision: str
    reason: str | None
    signed_at: datetime
    signature: str

    def as_dict(self, titles: dict[str, str]) -> dict[str, Any]:
        """As the report and the commands show it."""
        return {
            "user": self.user_name, "role": self.role, "title": titles.get(self.role or "", ""),
            "decision": self.decision, "reason": self.reason, "signed_at": str(self.signed_at.astimezone(_TOKYO)),
        }  # fmt: skip


def sign(run_id: str, *, user: str, role: str | None = None, state: State) -> dict[str, Any]:
    """Sign the run's report as `user`, in `role` or the one that the roster gives this person.

    Raises NeedsApprovalError when this person signed already, made the run or has no such role; InvariantBrokenError
    when the verdict is not PASS or EXPLAINED, or when report, pages or files are not those that were reconciled.
    """
    return _decide(run_id, person(user), role, ACCEPTED, None, state)


def reject(run_id: str, *, user: str, reason: str, role: str | None = None, state: State) -> dict[str, Any]:
    """Refuse the run's report with a reason (差戻し); it is final: nobody signs this run after it."""
    if not reason.strip():
        raise InputRejectedError("--reason is empty: say what must be put right before the next rehearsal")
    return _decide(run_id, person(user), role, REJECTED, reason.strip(), state)


def status(run_id: str, *, state: State) -> dict[str, Any]:
    """Who signed, who has yet to, and whether report and files are unchanged; changes nothing."""
    with db.connect(state, APPROVER, doing=f"look at the signatures of {run_id}") as connection:
        run = signed_run(connection, run_id)
        found = changes(connection, run, state) if run.verdict else ["the run was never reconciled"]
        return standing(connection, run, state) | {"changes": found}


def standing(connection: db.Connection, run: SignedRun, state: State) -> dict[str, Any]:
    """Where the run stands between its report and its release."""
    asked = signers_of(connection, run.run_id)
    titles = {role.name: role.title for role in asked}
    valid = stored(connection, run, state)
    accepted = [each for each in valid if each.decision == ACCEPTED]
    missing = [role for role in asked if role.name not in {each.role for each in accepted}] if run.is_production else []
    is_rejected = len(accepted) < len(valid)
    required = len(asked) if run.is_production else PERSONS
    released = connection.execute(
        "select released_at from migration.release where run_id = %s", [run.run_id]
    ).fetchone()
    return {
        "run_id": run.run_id, "verdict": run.verdict, "report_sha256": run.report_sha256,
        "signed_by": [each.user_name for each in accepted], "signature_count": len(accepted),
        "signatures_required": required,
        "is_signed_off": not is_rejected and not missing and len(accepted) >= required > 0,
        "is_rejected": is_rejected, "signatures": [each.as_dict(titles) for each in valid],
        "roles": {role.name: role.title for role in asked}, "roles_missing": [role.name for role in missing],
        "released_at": str(released[0]) if released else None,
    }  # fmt: skip


def stored(connection: db.Connection, run: SignedRun, state: State) -> list[Signature]:
    """The signatures under exactly this report whose own signature holds, oldest first."""
    with connection.cursor(row_factory=class_row(Signature)) as cursor:
        rows = cursor.execute(_STORED, [run.run_id]).fetchall()
    key = state.secret(four_eyes.KEY)
    return [
        each
        for each in rows
        if each.report_sha256 == run.report_sha256
        and hmac.compare_digest(_signed(key, run.run_id, each), each.signature)
    ]


def _decide(
    run_id: str, user: str, role: str | None, decision: str, reason: str | None, state: State
) -> dict[str, Any]:  # fmt: skip
    roster.install(state)
    doing = f"sign {run_id} as {user}"
    with four_eyes.refusals(doing, _REFUSED), db.connect(state, APPROVER, doing=doing) as connection:
        run = signed_run(connection, run_id)
        _refuse_unsound(connection, run, decision, state)
        before = standing(connection, run, state)
        if user in {each["user"] for each in before["signatures"]}:
            raise NeedsApprovalError(
                f"run {run_id}: this user has signed already ({before['signature_count']} of"
                f" {before['signatures_required']}); another person must sign"
            )
        _insert(connection, run, user, _role_of(connection, run, user, role), decision, reason, state)
    return redraw(run_id, state=state)


def redraw(run_id: str, *, state: State) -> dict[str, Any]:
    """Draw page and PDF again from the signed model and the signatures; where the run stands.

    Both are only views: this puts right what somebody edited in them. Raises InvariantBrokenError when the model
    itself is another one.
    """
    with db.connect(state, APPROVER, doing=f"draw the report of {run_id}") as connection:
        run = signed_run(connection, run_id)
        found = standing(connection, run, state)
        draw(connection, run_id, run.report_sha256, found["signatures"], state=state)
    return found


def _insert(
    connection: db.Connection, run: SignedRun, user: str, role: str | None, decision: str, reason: str | None,
    state: State,
) -> None:  # fmt: skip
    (at,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    assert isinstance(at, datetime)
    draft = Signature(user, role, str(run.report_sha256), decision, reason, at, "")
    signed = _signed(state.secret(four_eyes.KEY), run.run_id, draft)
    done = connection.execute(_INSERT, [run.run_id, user, role, run.report_sha256, decision, reason, at, signed])
    if done.rowcount == 0:  # a row of this person is there, under another report or by somebody who wrote past us
        raise NeedsApprovalError(f"run {run.run_id}: this user has signed already; another person must sign")


def _signed(key: str, run_id: str, said: Signature) -> str:
    content = reports.canonical_json({
        "report": said.report_sha256, "role": said.role, "decision": said.decision, "reason": said.reason,
    })  # fmt: skip
    return four_eyes.signature(
        key, run_id=run_id, content_sha256=hashlib.sha256(content).hexdigest(), approver=said.user_name,
        approved_at=said.signed_at, expires_at=said.signed_at,
    )  # fmt: skip


def _refuse_unsound(connection: db.Connection, run: SignedRun, decision: str, state: State) -> None:
    """Only what was reconciled may be signed, and only when it came out even; anybody may reject a report."""
    if run.verdict is None or (decision == ACCEPTED and run.verdict not in ("PASS", "EXPLAINED")):
        raise InvariantBrokenError(
            f"run {run.run_id}: the verdict is {run.verdict or 'missing'}; correct map or source and rehearse again"
        )
    if decision == ACCEPTED and run.is_production and not run.is_final_edition:
        raise InvariantBrokenError(f"run {run.run_id}: {_REFUSED['RM005']}")
    if decision == ACCEPTED:
        require_unchanged(connection, run, state)


def _role_of(connection: db.Connection, run: SignedRun, user: str, role: str | None) -> str | None:
    """The role that `user` signs in: the one asked for, or the first open one that the roster gives this person."""
    asked = signers_of(connection, run.run_id)
    if role is not None and role not in {each.name for each in asked}:
        raise InputRejectedError(f"run {run.run_id} needs no role {role!r}; it needs: {_named(asked)}")
    signed = _roles_taken(connection, run.run_id)
    held = [each.name for each in asked if role in (None, each.name) and user in holders(connection, each.name)]
    free = [name for name in held if name not in signed]
    if free:
        return free[0]
    if held and (role is not None or run.is_production):
        raise NeedsApprovalError(f"run {run.run_id}: {held[0]} has signed already; another role must sign")
    if role is not None:
        raise NeedsApprovalError(f"run {run.run_id}: {_REFUSED['RM007']}")
    if run.is_production:
        raise NeedsApprovalError(f"run {run.run_id}: {_REFUSED['RM006']}; it needs: {_named(asked)}")
    return None


def _roles_taken(connection: db.Connection, run_id: str) -> set[object]:
    rows = connection.execute(
        "select role from migration.signoff where run_id = %s and decision = 'accepted'", [run_id]
    ).fetchall()
    return {role for (role,) in rows}


def _named(asked: Sequence[Role]) -> str:
    return ", ".join(role.name for role in asked) or "none (reconcile it first)"
