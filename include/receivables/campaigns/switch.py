"""The kill switch (緊急停止): one row that every worker reads before every call."""

from typing import Any

from receivables import db
from receivables.errors import InputRejectedError
from receivables.settings import State

_SET = """
    update campaign.switch set is_stopped = %s, changed_by = %s, reason = %s, changed_at = clock_timestamp()
    returning changed_at
"""


def stop(*, user: str, reason: str, state: State) -> dict[str, Any]:
    """Stop all sending of all campaigns at once; when this returns, no further message is claimed."""
    return _set(True, user, reason, state)


def resume(*, user: str, reason: str, state: State) -> dict[str, Any]:
    """Allow sending again; what was approved and is still valid may be dispatched."""
    return _set(False, user, reason, state)


def is_stopped(state: State) -> bool:
    """True while all sending is stopped (緊急停止中)."""
    with db.connect(state, "sender", doing="look at the kill switch") as connection:
        return connection.execute("select is_stopped from campaign.switch").fetchone() == (True,)


def _set(is_stopped: bool, user: str, reason: str, state: State) -> dict[str, Any]:
    if not user.strip() or not reason.strip():
        raise InputRejectedError("the switch needs a user and a reason: --as USER --reason TEXT")
    with db.connect(state, "sender", doing="kill switch") as connection:
        row = connection.execute(_SET, [is_stopped, user, reason]).fetchone()
    assert row is not None
    return {"is_stopped": is_stopped, "changed_by": user, "reason": reason, "changed_at": str(row[0])}
