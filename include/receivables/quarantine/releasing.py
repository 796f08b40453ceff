"""Release and discard (解放・対象外): one transaction from quarantine to raw and vault, with every total closed.

A row that no longer waits, because the department has mended or changed it meanwhile, is skipped and told.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from receivables import control_totals, db
from receivables.contracts import Column, Table
from receivables.control_totals import ControlTotal
from receivables.errors import InvariantBrokenError
from receivables.ingest import ledger, standing, tables
from receivables.ingest.ledger import Batch
from receivables.ingest.rows import Values
from receivables.ingest.totals import totals
from receivables.quarantine import checking
from receivables.quarantine.approving import require
from receivables.quarantine.exporting import ROLE
from receivables.quarantine.proposals import Proposal, ProposedRow, proposal_of, rows_of
from receivables.quarantine.worklist import QuarantinedRow, open_rows
from receivables.settings import State

Work = list[tuple[QuarantinedRow, ProposedRow]]


def release(proposal_id: str, *, state: State) -> dict[str, Any]:
    """Carry out an approved proposal; asked again it changes nothing.

    Raises NeedsApprovalError without two valid approvals, InvariantBrokenError when the proposal was tampered
    with or a total does not close: then nothing is kept.
    """
    with db.connect(state, ROLE, doing=f"release {proposal_id}") as connection:
        _lock(connection, proposal_id)
        proposal = proposal_of(connection, proposal_id, is_locked=True)
        result: dict[str, Any] = {"proposal_id": proposal_id, "kind": proposal.kind, "rows": 0, "yen": 0, "skipped": []}
        if proposal.state == "done":
            return {**result, "state": "done"}
        proposed = rows_of(connection, proposal)
        result["approvers"] = list(require(connection, proposal, state))
        waiting = {row.row_id: row for row in open_rows(connection)}
        by_batch: dict[str, Work] = {}
        for row in proposed:
            if found := waiting.get(row.row_id):
                by_batch.setdefault(found.batch_id, []).append((found, row))
            else:
                result["skipped"].append({"row_id": row.row_id, "reason_code": "NOT_OPEN"})
        for batch in ledger.read(connection, list(by_batch)):
            act = _release if proposal.kind == "release" else _discard
            act(connection, proposal, batch, by_batch[batch.batch_id], result)
        connection.execute("update correction.proposal set state = 'done' where proposal_id = %s", [proposal_id])
    return {**result, "state": "done"}


def _lock(connection: db.Connection, proposal_id: str) -> None:
    """No night loads a source while its rows are released."""
    sources = connection.execute(
        "select distinct split_part(row_id, '__', 1) from correction.proposal_row where proposal_id = %s order by 1",
        [proposal_id],
    ).fetchall()
    for (source,) in sources:
        ledger.lock(connection, str(source))


def _discard(
    connection: db.Connection, proposal: Proposal, batch: Batch, work: Work, result: dict[str, Any]
) -> None:  # fmt: skip
    for row, _ in work:
        result["yen"] += standing.settle(
            connection, batch.batch_id, row.line_no, proposal.proposal_id, kind="discard", yen=None
        )
        _stand(connection, proposal, batch, row, batch.batch_id)
        result["rows"] += 1


def _release(
    connection: db.Connection, proposal: Proposal, batch: Batch, work: Work, result: dict[str, Any]
) -> None:  # fmt: skip
    correction = f"{batch.batch_id}-r{proposal.content_sha256[:8]}"
    before = _current(connection, batch)
    _enter(connection, correction, proposal, batch)
    lines = []
    for row, proposed in work:
        typed = _typed(connection, batch.table, row, proposed)
        if isinstance(typed, str):
            result["skipped"].append({"row_id": row.row_id, "reason_code": typed})
            continue
        _insert(connection, batch, correction, row, typed)
        yen = None if batch.table.yen is None else int(_named(batch.table, typed)[batch.table.yen] or 0)
        standing.settle(connection, batch.batch_id, row.line_no, proposal.proposal_id, kind="release", yen=yen)
        _stand(connection, proposal, batch, row, correction)
        result["rows"] += 1
        result["yen"] += yen or 0
        lines.append((row.line_no, yen or 0))
    _close(connection, batch, correction, lines, before)


def _typed(connection: db.Connection, table: Table, row: QuarantinedRow, proposed: ProposedRow) -> Values | str:
    """The values once more by today's contract and today's rows; a reason when they no longer hold."""
    typed = checking.values(row, proposed.texts)
    if isinstance(typed, tuple):
        return typed[0]
    return "KEY_CONFLICT" if checking.is_key_taken(connection, table, checking.key_of(table, typed)) else typed


def _enter(connection: db.Connection, correction: str, proposal: Proposal, batch: Batch) -> None:
    """The correction as a batch of its own; file and hash are the original's, where line and offset lead."""
    connection.execute(
        "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256, file_bytes,"
        " reason) select %s, source, table_name, business_date, 'correction', file_name, file_sha256, file_bytes, %s"
        " from ops.load where batch_id = %s",
        [correction, f"corrected by proposal {proposal.proposal_id}, file {proposal.file_sha256}", batch.batch_id],
    )


def _insert(connection: db.Connection, batch: Batch, correction: str, row: QuarantinedRow, typed: Values) -> None:
    named = _named(batch.table, typed)
    for schema, columns in (("raw", tables.raw_columns(batch.table)), ("vault", tables.vault_columns(batch.table))):
        if not columns:
            continue
        connection.execute(
            sql.SQL("insert into {} ({}, _batch_id, _line_no, _byte_offset, _known_from) values ({})").format(
                sql.Identifier(schema, batch.table.name), tables.names(columns), _placeholders(columns)
            ),
            [
                *(named[column.name] for column in columns),
                correction,
                row.line_no,
                row.byte_offset,
                batch.business_date,
            ],
        )


def _placeholders(columns: Sequence[Column]) -> sql.Composed:
    return sql.SQL(", ").join([*(checking.placeholder(column) for column in columns), *[sql.Placeholder()] * 4])


def _named(table: Table, typed: Values) -> dict[str, str | None]:
    return {column.name: value for column, value in zip(table.columns, typed, strict=True)}


def _stand(connection: db.Connection, proposal: Proposal, batch: Batch, row: QuarantinedRow, holder: str) -> None:
    connection.execute(
        "insert into correction.standing (row_id, proposal_id, kind, table_name, batch_id, line_no, started_on)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [row.row_id, proposal.proposal_id, proposal.kind, batch.table.name, holder, row.line_no, batch.business_date],
    )


def _current(connection: db.Connection, batch: Batch) -> list[ControlTotal]:
    return totals(connection, batch, sql.Identifier("raw", batch.table.name), is_current_only=True)


def _close(
    connection: db.Connection, batch: Batch, correction: str, lines: Sequence[tuple[int, int]],
    before: Sequence[ControlTotal],
) -> None:  # fmt: skip
    """What the warehouse holds has grown by exactly the released rows and yen; the hop `load` says so too."""
    after = _current(connection, batch)
    measure = batch.table.yen or "rows"
    change = [(one, sign) for sign, found in ((1, after), (-1, before)) for one in found if one.measure == measure]
    grown = [sum(one.rows * sign for one, sign in change), sum(one.yen * sign for one, sign in change)]
    wanted = [len(lines), sum(yen for _, yen in lines)]
    if grown != wanted:
        raise InvariantBrokenError(f"{batch.batch_id}: raw grew by {grown}, released were {wanted}; nothing was kept")
    connection.execute(
        "update ops.load set accepted_rows = %s, accepted_yen = %s where batch_id = %s", [*wanted, correction]
    )
    source = connection.execute("select source from ops.load where batch_id = %s", [batch.batch_id]).fetchone()
    assert source is not None
    control_totals.record(
        connection,
        batch_id=batch.batch_id,
        source=str(source[0]),
        table_name=batch.table.name,
        hop="load",
        totals=after,
    )
