"""Quiet days (送信しない日): a disaster, a day of mourning, an event of the ward: nothing leaves, 督促 neither."""

from datetime import date
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.errors import InputRejectedError
from receivables.settings import State

_ENTER = "insert into campaign.quiet (from_on, until_on, reason, entered_by) values (%s, %s, %s, %s) returning quiet_id"
_END = """
    update campaign.quiet set ended_by = %s, ended_at = clock_timestamp()
    where quiet_id = %s and ended_at is null
    returning quiet_id
"""
_LIST = """
    select quiet_id, from_on, until_on, reason, entered_by, ended_by from campaign.quiet
    where until_on >= %s order by from_on, quiet_id
"""


def be_quiet(first: date, last: date, *, reason: str, user: str, state: State) -> dict[str, Any]:
    """Send nothing from `first` to `last`, both included (災害等の送信停止); effective at once, needs no approval."""
    if last < first or not reason.strip() or not user.strip():
        raise InputRejectedError("quiet days need a first and a last day in order, a reason and a user")
    with db.connect(state, "sender", doing="enter quiet days") as connection:
        found = connection.execute(_ENTER, [first, last, reason, user]).fetchone()
    assert found is not None
    return {"quiet_id": found[0], "from_on": first, "until_on": last, "reason": reason, "entered_by": user}


def end_quiet(quiet_id: int, *, user: str, state: State) -> dict[str, Any]:
    """End quiet days early; InputRejectedError when there are none of this number."""
    with db.connect(state, "sender", doing="end quiet days") as connection:
        if connection.execute(_END, [user, quiet_id]).fetchone() is None:
            raise InputRejectedError(f"no quiet days number {quiet_id} are in force; `receivables campaign quiet list`")
    return {"quiet_id": quiet_id, "ended_by": user}


def quiet_days(day: date, *, state: State) -> list[dict[str, Any]]:
    """Quiet days that are not over on `day`."""
    with db.connect(state, "sender", doing="list quiet days") as connection:
        return connection.cursor(row_factory=dict_row).execute(_LIST, [day]).fetchall()
