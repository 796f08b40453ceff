"""A person's yes to one delivery that was halted (取込の承認): who, when, why, and for which brake on which bytes.

A halt says that a delivery differs from the ones before, not that it is wrong. Somebody on the roster (承認者名簿) asks
the department and answers for it by name, two people where the contract says so (`brake: {approvals: 2}`); the loader
itself has no right to write such a row.
"""

from typing import Any

import psycopg

from receivables import contracts, db, roster
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.settings import State

NOT_LISTED = "RC005"
APPROVABLE = ("DISTRIBUTION", "TWO_VERSIONS", "VOLUME")


def approve(batch_id: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Record that `user` answers for the halted batch; the next ingest of the day takes it.

    Raises InputRejectedError when there is no such batch, it is not halted by something a person may overrule,
    or user or reason is missing; NeedsApprovalError when the user is not on the roster with that duty.
    """
    if not (user.strip() and why.strip()):
        raise InputRejectedError("approve: a name and a reason are needed; give --as USER and --why TEXT")
    roster.install(state)
    with db.connect(state, "approver", doing=f"approve {batch_id}") as connection:
        table_name, reason_code, sha256 = _halted(connection, batch_id)
        needed = contracts.contract(table_name.partition("__")[0]).table(table_name).brake.approvals
        given = _record(connection, [batch_id, reason_code, sha256, user.strip(), why.strip()])
        said = connection.execute(
            "select why, approved_at from correction.delivery_approval where batch_id = %s"
            " and reason_code = %s and file_sha256 = %s and approver = %s",
            [batch_id, reason_code, sha256, user.strip()],
        ).fetchone()
    assert said is not None
    return {"batch_id": batch_id, "reason_code": reason_code, "approver": user.strip(), "why": said[0],
            "approved_at": said[1].isoformat(), "approvals": given,  # type: ignore[attr-defined]
            "approvals_required": needed}  # fmt: skip


def _halted(connection: db.Connection, batch_id: str) -> tuple[str, str, str]:
    """The table, brake and bytes of a batch that a person may overrule."""
    found = connection.execute(
        "select table_name, state, reason_code, file_sha256 from ops.load where batch_id = %s", [batch_id]
    ).fetchone()
    if found is None:
        raise InputRejectedError(f"approve: no batch {batch_id}; `receivables ingest --json` lists the day's batches")
    table_name, batch_state, reason_code, sha256 = found
    if batch_state != "rejected" or reason_code not in APPROVABLE or not sha256:
        raise InputRejectedError(
            f"approve: batch {batch_id} is {batch_state} ({reason_code or 'no reason'}); only what was halted as "
            f"{', '.join(APPROVABLE)} can be approved, anything else the department must correct"
        )
    return str(table_name), str(reason_code), str(sha256)


def _record(connection: db.Connection, said: list[str]) -> int:
    try:
        with connection.transaction():
            given = connection.execute(
                "select correction.record_delivery_approval(%s, %s, %s, %s, %s)", said
            ).fetchone()
    except psycopg.Error as error:
        if error.sqlstate == NOT_LISTED:
            raise NeedsApprovalError(
                f"approve {said[0]} as {said[3]}: this user may not answer for deliveries; the roster (承認者名簿) is "
                "campaign.approver, where the administrator enters who has the duty `delivery`; have one approve"
            ) from None
        raise
    assert given is not None
    return int(str(given[0]))
