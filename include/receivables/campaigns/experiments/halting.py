"""Halting one campaign (キャンペーンの停止): always allowed, honoured by every claim, lifted by an approver."""

from collections.abc import Iterable
from typing import Any

from psycopg.rows import args_row
from psycopg.types.json import Jsonb

from receivables import db, four_eyes
from receivables.campaigns.playbook import playbook
from receivables.errors import InputRejectedError
from receivables.settings import State

_HALT = """
    insert into campaign.halt (campaign_name, reason_code, reason, evidence, halted_by) values (%s, %s, %s, %s, %s)
    returning halted_at
"""
_KNOWN = """
    select distinct jsonb_array_elements_text(evidence -> 'reasons') from campaign.halt
    where campaign_name = %s and reason_code = %s
"""
REFUSED = {"RC005": "this user is not a valid approver with the duty campaign (承認者名簿)"}


def halt(name: str, *, user: str, reason: str, state: State) -> dict[str, Any]:
    """Halt campaign `name`: when this returns, no message of it is claimed any more. Needs no approval."""
    if not user.strip() or not reason.strip():
        raise InputRejectedError("a halt needs a user and a reason: --as USER --reason TEXT")
    chosen = playbook(name).name
    with db.connect(state, "sender", doing=f"halt {name}") as connection:
        row = connection.execute(_HALT, [chosen, "person", reason, Jsonb({}), user]).fetchone()
    assert row is not None
    return {"campaign": name, "is_halted": True, "reason": reason, "halted_by": user, "halted_at": str(row[0])}


def lift(name: str, *, user: str, reason: str, state: State) -> dict[str, Any]:
    """Lift every halt of campaign `name`; raises NeedsApprovalError unless `user` may approve campaigns."""
    if not reason.strip():
        raise InputRejectedError("lifting a halt needs a reason: --reason TEXT")
    doing = f"lift {name}"
    with four_eyes.refusals(f"{doing} as {user}", REFUSED), db.connect(state, "approver", doing=doing) as connection:
        row = connection.execute("select campaign.lift_halts(%s, %s, %s)", [name, user, reason]).fetchone()
    assert row is not None
    return {"campaign": name, "is_halted": False, "lifted": row[0], "lifted_by": user}


def halt_for(connection: db.Connection, name: str, code: str, reason: str, reasons: Iterable[str]) -> bool:
    """Halt for reasons found by rule, unless all of them have halted the campaign before; whether it was done.

    What an approver has lifted with open eyes does not halt again by itself; a new reason does.
    """
    wanted = sorted(set(reasons))
    with connection.cursor(row_factory=args_row(str)) as cursor:
        known = set(cursor.execute(_KNOWN, [name, code]).fetchall())
    if not set(wanted) - known:
        return False
    connection.execute(_HALT, [name, code, reason, Jsonb({"reasons": wanted}), "rule"])
    return True


def open_halts(connection: db.Connection, name: str) -> list[str]:
    """Why the campaign is halted now, oldest first; nothing when it is not."""
    with connection.cursor(row_factory=args_row(str)) as cursor:
        query = "select reason from campaign.halt where campaign_name = %s and lifted_at is null order by halt_id"
        return cursor.execute(query, [name]).fetchall()
