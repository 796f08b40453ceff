"""Proposals (訂正・対象外の案): one exact list of rows, known by its hash."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psycopg.rows import class_row

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.ingest.standing import Kind


class ProposedRow(NamedTuple):
    """One row as it should be: every field as text in the contract's order, none for a discard."""

    row_id: str
    raw_sha256: str
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal as stored."""

    proposal_id: str
    kind: Kind
    owner_dept: str
    maker: str
    reason: str
    file_sha256: str
    content_sha256: str
    approvals_required: int
    expires_after_days: int
    state: str

    @property
    def run_id(self) -> str:
        """What an approval signs."""
        return self.proposal_id


def content_sha256(*, kind: str, owner_dept: str, maker: str, reason: str, rows: Sequence[ProposedRow]) -> str:
    """The hash of the exact list: kind, department, maker, reason, and every field of every row."""
    said = [kind, owner_dept, maker, reason, [[row.row_id, row.raw_sha256, row.texts] for row in sorted(rows)]]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def propose(
    connection: db.Connection, *, kind: Kind, owner_dept: str, maker: str, reason: str, rows: Sequence[ProposedRow],
    file_name: str = "", file_sha256: str = "",
) -> str:  # fmt: skip
    """Keep a proposal; its id. The same list again is the same proposal, unless it has been carried out."""
    content = content_sha256(kind=kind, owner_dept=owner_dept, maker=maker, reason=reason, rows=rows)
    again = connection.execute(
        "select count(*) from correction.proposal where content_sha256 = %s and state = 'done'", [content]
    ).fetchone()
    count = int(str(again[0])) if again else 0
    proposal_id = f"Q-{owner_dept}-{content[:10]}" + (f"-{count + 1}" if count else "")
    added = connection.execute(
        "insert into correction.proposal (proposal_id, kind, owner_dept, maker, reason, file_name, file_sha256,"
        " content_sha256, row_count) values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        [proposal_id, kind, owner_dept, maker, reason, file_name, file_sha256, content, len(rows)],
    )
    if added.rowcount:
        connection.cursor().executemany(
            "insert into correction.proposal_row (proposal_id, row_id, raw_sha256, texts) values (%s, %s, %s, %s)",
            [(proposal_id, *row) for row in rows],
        )
    return proposal_id


def proposal_of(connection: db.Connection, proposal_id: str, *, is_locked: bool = False) -> Proposal:
    """The proposal with that id; says how to find one when there is none."""
    cursor = connection.cursor(row_factory=class_row(Proposal))
    query = (
        "select proposal_id, kind, owner_dept, maker, reason, file_sha256, content_sha256, approvals_required,"
        " expires_after_days, state from correction.proposal where proposal_id = %s"
    )
    found = cursor.execute((query + " for update" * is_locked).encode(), [proposal_id]).fetchone()
    if found is None:
        raise InputRejectedError(f"no proposal {proposal_id!r}; `receivables quarantine list` shows those that wait")
    return found


def rows_of(connection: db.Connection, proposal: Proposal) -> list[ProposedRow]:
    """The proposal's rows. Raises InvariantBrokenError when they are not those whose hash it carries."""
    stored = connection.execute(
        "select row_id, raw_sha256, texts from correction.proposal_row where proposal_id = %s order by row_id",
        [proposal.proposal_id],
    ).fetchall()
    rows = [ProposedRow(*row) for row in stored]  # type: ignore[arg-type]
    found = content_sha256(
        kind=proposal.kind, owner_dept=proposal.owner_dept, maker=proposal.maker, reason=proposal.reason, rows=rows
    )
    if found != proposal.content_sha256:
        raise InvariantBrokenError(
            f"{proposal.proposal_id}: its rows were changed after it was made; import the file again"
        )
    return rows
