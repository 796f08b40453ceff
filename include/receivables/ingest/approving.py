"""A person's yes to one delivery that was halted (取込の承認): who, when, why, and for which brake on which bytes.

A halt says that a delivery differs from the ones before, not that it is wrong. Somebody asks the department
and answers for it by name; the loader itself has no right to write such a row.
"""

from typing import Any

from receivables import db
from receivables.errors import InputRejectedError
from receivables.settings import State

APPROVABLE = ("DISTRIBUTION", "TWO_VERSIONS", "VOLUME")


def approve(batch_id: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Record that `user` answers for the halted batch; the next ingest of the day takes it.

    Raises InputRejectedError when there is no such batch, it is not halted by something a person may overrule,
    or user or reason is missing.
    """
    if not (user.strip() and why.strip()):
        raise InputRejectedError("approve: a name and a reason are needed; give --as USER and --why TEXT")
    with db.connect(state, "approver", doing=f"approve {batch_id}") as connection:
        found = connection.execute(
            "select state, reason_code, file_sha256 from ops.load where batch_id = %s", [batch_id]
        ).fetchone()
        if found is None:
            raise InputRejectedError(
                f"approve: no batch {batch_id}; `receivables ingest --json` lists the day's batches"
            )
        batch_state, reason_code, sha256 = found
        if batch_state != "rejected" or reason_code not in APPROVABLE or not sha256:
            raise InputRejectedError(
                f"approve: batch {batch_id} is {batch_state} ({reason_code or 'no reason'}); only what was halted as "
                f"{', '.join(APPROVABLE)} can be approved, anything else the department must correct"
            )
        connection.execute(
            "insert into correction.delivery_approval (batch_id, reason_code, file_sha256, approver, why)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            [batch_id, reason_code, sha256, user.strip(), why.strip()],
        )
        given = connection.execute(
            "select approver, why, approved_at from correction.delivery_approval where batch_id = %s"
            " and reason_code = %s and file_sha256 = %s",
            [batch_id, reason_code, sha256],
        ).fetchone()
    assert given is not None
    return {"batch_id": batch_id, "reason_code": reason_code, "approver": given[0], "why": given[1],
            "approved_at": given[2].isoformat()}  # type: ignore[attr-defined]  # fmt: skip
