"""One person's answer to one case (判断の案), fixed by its hash."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from receivables import db
from receivables.decisions.kinds import kind_of
from receivables.errors import InputRejectedError
from receivables.settings import State

_STORED = """
    select
        decision_id, kind, subject, answer, duty, facts, maker, content_sha256, approvals_required, expires_after_days,
        state
    from decision.proposal where decision_id = %s
"""
_USER = re.compile(r"[a-z][a-z0-9_.-]*", re.ASCII)
_BEFORE = "select count(*) from decision.proposal where kind = %s and subject = %s and state = 'approved'"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as stored."""

    decision_id: str
    kind: str
    subject: str
    answer: str
    duty: str
    facts: str
    maker: str
    content_sha256: str
    approvals_required: int
    expires_after_days: int
    state: str

    @property
    def run_id(self) -> str:
        """What a confirmation signs."""
        return self.decision_id


def propose(
    kind: str,
    subject: str,
    answer: str,
    *,
    reason: str,
    facts: str,
    evidence: Mapping[str, Any],
    user: str,
    state: State,
) -> str:
    """Keep `user`'s answer to a case until another person confirms it; the decision's id.

    `evidence` names what was looked at, by ids and hashes, never by values of a person, and `facts` is its fingerprint:
    the decision holds as long as that is the same. The same answer by the same person on the same facts is the same
    decision, until one on this case was confirmed. Raises InputRejectedError for an unknown kind or answer, or
    without a reason.
    """
    known = kind_of(kind)
    known.check(answer)
    if not _USER.fullmatch(user):
        raise InputRejectedError("--as: a user's name is lower-case letters, digits and . _ - (chief_tax)")
    if not reason.strip():
        raise InputRejectedError("a decision needs its reason: why, and what was looked at")
    with db.connect(state, "etl", doing=f"propose {kind}") as connection:
        before = connection.execute(_BEFORE, [kind, subject]).fetchone()
        said = [kind, subject, answer, reason, user, facts, evidence, before and before[0]]
        content = hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        decision_id = f"{kind}-{content[:16]}"
        connection.execute(
            "insert into decision.proposal"
            " (decision_id, kind, subject, answer, duty, facts, evidence, reason, maker, content_sha256,"
            " expires_after_days) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                decision_id, kind, subject, answer, known.duty, facts, Jsonb(dict(evidence)), reason, user, content,
                known.expires_after_days,
            ],
        )  # fmt: skip
    return decision_id


def decision_of(connection: db.Connection, decision_id: str) -> Decision:
    """One stored decision; InputRejectedError when there is none of this id."""
    with connection.cursor(row_factory=class_row(Decision)) as cursor:
        found = cursor.execute(_STORED, [decision_id]).fetchone()
    if found is None:
        raise InputRejectedError(f"no decision {decision_id!r}; `receivables decision list` shows them")
    return found
