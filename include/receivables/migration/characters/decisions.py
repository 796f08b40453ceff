"""文字同定の決裁: one person says what a code is, another signs it; taking it back needs two again.

Rows are only added. What is in force is the last approved word on a code, and only while its content and its
signature hold.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from psycopg.rows import class_row, dict_row

from receivables import db, four_eyes, roster
from receivables.errors import InputRejectedError
from receivables.migration.characters.governed import Ruling, check_code, check_target, person
from receivables.migration.characters.units import codes_of
from receivables.migration.tables import ROLE
from receivables.settings import State

DUTY = "identity"  # what an approver needs on the roster (承認者名簿)
_REFUSED = {
    "RC001": "there is no such decision; `receivables migration characters waiting` shows them",
    "RC002": "it is approved already",
    "RC003": "the answer is another one than was looked at; look at it again",
    "RC004": "who proposed it may not approve it; another person must",
    "RC005": f"this user may not approve it; the roster is campaign.approver (承認者名簿), duty {DUTY}",
    "RC007": "the proposal is too old to be approved; propose it again",
    "RC008": "another decision on this code was approved since; look at it again and propose anew",
}
_FIELDS = (
    "source_code",
    "code",
    "action",
    "target",
    "text",
    "kind",
    "status",
    "basis",
    "ticket",
    "valid_from",
    "maker",
)
_USER = re.compile(r"[a-z][a-z0-9_.-]*", re.ASCII)
_BEFORE = """
    select count(*) from migration.char_decision as d inner join migration.char_approval as a
        on d.decision_id = a.decision_id
    where d.source_code = %s and d.code = %s
"""
_INSERT = """
    insert into migration.char_decision (decision_id, content_sha256, source_code, code, action, target, text, kind,
        status, basis, ticket, valid_from, maker)
    values (%(decision_id)s, %(content_sha256)s, %(source_code)s, %(code)s, %(action)s, %(target)s, %(text)s, %(kind)s,
        %(status)s, %(basis)s, %(ticket)s, %(valid_from)s, %(maker)s)
    on conflict do nothing
"""
_WAITING = """
    select d.decision_id, d.source_code, d.code, d.action, d.target, d.text, d.kind, d.status, d.basis, d.ticket,
        d.valid_from::text, d.maker, d.made_at::date::text as made_on, d.content_sha256
    from migration.char_decision as d
    where not exists (
        select from migration.char_decision as other
        inner join migration.char_approval as a on other.decision_id = a.decision_id
        where other.source_code = d.source_code and other.code = d.code
            and (other.decision_id = d.decision_id or a.approved_at > d.made_at)
    )
    order by d.made_at, d.decision_id
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """The last approved word on one code, as stored."""

    decision_id: str
    source_code: str
    code: str
    action: Literal["adopt", "withdraw"]
    target: str | None
    text: str | None
    kind: str | None
    status: str | None
    basis: str
    ticket: str
    valid_from: date
    maker: str
    content_sha256: str
    approved_sha256: str
    approver: str
    approved_at: datetime
    expires_at: datetime
    signature: str


def propose(
    source: str, code: str, *, target: str, text: str, kind: str = "identified", status: str = "confirmed",
    basis: str, ticket: str, valid_from: date, user: str, state: State,
) -> str:  # fmt: skip
    """Keep `user`'s answer to one code of `source` until another person approves it; the decision's id.

    Raises InputRejectedError for what the governed file would refuse too: a legal character, a target outside the
    repertoire, a text that is not that letter.
    """
    where = f"{source} {code}"
    char = check_code(code, where)
    if kind not in ("identified", "substituted") or status not in ("confirmed", "provisional"):
        raise InputRejectedError(f"{where}: kind is identified or substituted, status confirmed or provisional")
    check_target(target, text, kind, where)
    answer: dict[str, str | None] = {"action": "adopt", "target": target, "text": text, "kind": kind, "status": status}
    return _keep(source, char, answer, basis, ticket, valid_from, user, state)


def withdraw(
    source: str, code: str, *, basis: str, ticket: str, valid_from: date, user: str, state: State
) -> str:  # fmt: skip
    """Propose that the approved answer to a code be taken back (取消し); the decision's id, for another to approve."""
    char = check_code(code, f"{source} {code}")
    answer: dict[str, str | None] = {"action": "withdraw", "target": None, "text": None, "kind": None, "status": None}
    return _keep(source, char, answer, basis, ticket, valid_from, user, state)


def approve(decision_id: str, *, user: str, content_sha256: str, state: State) -> dict[str, Any]:
    """Record that `user` approves exactly the answer of this hash; NeedsApprovalError when four eyes refuse it."""
    roster.install(state)
    doing = f"approve {decision_id}"
    with four_eyes.refusals(f"{doing} as {user}", _REFUSED), db.connect(state, "approver", doing=doing) as connection:
        found = connection.execute(
            "select expires_after_days from migration.char_decision where decision_id = %s", [decision_id]
        ).fetchone()
        if found is None:
            raise InputRejectedError(f"no decision {decision_id!r}; `receivables migration characters waiting`")
        four_eyes.sign(
            connection, "migration.record_char_approval", decision_id, user, content_sha256, int(str(found[0])), state
        )
    return {"decision_id": decision_id, "approved_by": user}


def waiting(*, state: State) -> list[dict[str, Any]]:
    """The proposals that nobody approved or overtook yet, oldest first."""
    with db.connect(state, "approver", doing="list decisions on characters") as connection:
        return connection.cursor(row_factory=dict_row).execute(_WAITING).fetchall()


def in_force(source: str, *, state: State) -> list[Ruling]:
    """The rulings of `source` that two people decided in the database and nobody took back.

    A row whose content or signature does not hold counts for nothing.
    """
    with (
        db.connect(state, ROLE, doing="read decisions on characters") as connection,
        connection.cursor(row_factory=class_row(Decision)) as cursor,
    ):
        rows = cursor.execute(
            "select * from migration.char_in_force where source_code = %s order by code", [source]
        ).fetchall()
    key = state.secret(four_eyes.KEY)
    return [_ruling(each) for each in rows if each.action == "adopt" and _holds(each, key)]


def _ruling(decision: Decision) -> Ruling:
    stored = {name: value for name, value in asdict(decision).items() if name in Ruling.model_fields}
    return Ruling.model_validate(stored | {"decided_by": decision.maker, "approved_by": decision.approver})


def _keep(
    source: str, char: str, answer: dict[str, str | None], basis: str, ticket: str, valid_from: date, user: str,
    state: State,
) -> str:  # fmt: skip
    if not _USER.fullmatch(user):
        raise InputRejectedError("--as: a user's name is lower-case letters, digits and . _ - (chief_tax)")
    if not basis.strip() or not ticket.strip():
        raise InputRejectedError("a decision needs its basis (what was looked at) and its ticket")
    row = {"source_code": source, "code": codes_of(char), **answer, "basis": basis, "ticket": ticket,
           "valid_from": valid_from, "maker": user}  # fmt: skip
    with db.connect(state, ROLE, doing="propose a decision on a character") as connection:
        before = connection.execute(_BEFORE, [source, row["code"]]).fetchone()
        assert before is not None
        content = _content(row)
        # The same words again, after another decision on the code, are a new proposal.
        decision_id = f"char-{content[:12]}-{before[0]}"
        connection.execute(_INSERT, {"decision_id": decision_id, "content_sha256": content, **row})
    return decision_id


def _content(row: Mapping[str, Any]) -> str:
    said = [str(row[field]) if row[field] is not None else None for field in _FIELDS]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _holds(decision: Decision, key: str) -> bool:
    expected = four_eyes.signature(
        key, run_id=decision.decision_id, content_sha256=_content(asdict(decision)), approver=decision.approver,
        approved_at=decision.approved_at, expires_at=decision.expires_at,
    )  # fmt: skip
    is_signed = hmac.compare_digest(expected, decision.signature)
    return is_signed and person(decision.approver) != person(decision.maker)
