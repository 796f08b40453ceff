"""Checking (検査): a landed copy against its contract; what passes is held until load."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from psycopg import sql

from receivables import control_totals, db
from receivables.control_totals import ControlTotal
from receivables.ingest import balance, expectations, ledger, spool, tables
from receivables.ingest.balance import Account
from receivables.ingest.ledger import Batch
from receivables.ingest.readers import open_reader
from receivables.ingest.records import Declared, Record
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.rowhash import row_hash
from receivables.ingest.rows import Aside, RowCheck
from receivables.ingest.totals import totals
from receivables.settings import State


@dataclass(slots=True)
class _Work:
    """What checking one batch has found so far."""

    batch: Batch
    account: Account = field(default_factory=Account)
    asides: list[Aside] = field(default_factory=list)


def check(source: str, batch_ids: list[str], *, state: State) -> list[str]:
    """Check every landed batch of `source`; the same ids.

    A batch that is not as agreed is rejected with its reason, and the others of the source are then
    held back: nothing of a source is loaded unless all of it can be.
    """
    with db.connect(state, "etl", doing=f"check {source}") as connection:
        found = ledger.read(connection, batch_ids)
        for batch in found:
            if batch.state == "landed":
                _check(connection, source, batch, state)
        _hold_back(connection, source, batch_ids)
    return batch_ids


def _check(connection: db.Connection, source: str, batch: Batch, state: State) -> None:
    try:
        with connection.transaction():
            tables.hold(connection, batch.table, batch.batch_id)
            work, declared = _parse(connection, batch, state)
            _settle_keys(connection, work, state)
            _require_content(work, declared)
            where = _where(batch)
            balance.close(work.account, declared, work.asides, where=where)
            _write_asides(connection, source, work)
            _record(connection, source, work, declared)
        expectations.validate(connection, source, batch, state=state)
    except BatchRejectedError as fault:
        ledger.explain(connection, batch.batch_id, "rejected", fault, f"{source}, file {batch.file_name}")
    else:
        connection.execute("update ops.load set state = 'checked' where batch_id = %s", [batch.batch_id])


def _where(batch: Batch) -> str:
    return {"trailer": "the trailer", "manifest": "the manifest", "total_row": "the total row",
            "query": "the snapshot"}[batch.table.control.kind]  # fmt: skip


def _parse(connection: db.Connection, batch: Batch, state: State) -> tuple[_Work, Declared]:
    table, work, checks = batch.table, _Work(batch), RowCheck(batch.table)
    reader = open_reader(table, spool.place(state, batch.file_sha256))
    yen = [column.name for column in table.columns].index(table.yen) if table.yen else None
    columns = (*(column.name for column in table.columns), "_line_no", "_byte_offset", "_row_hash")
    into = sql.SQL("copy {} ({}) from stdin").format(tables.held(batch.batch_id), tables.names(columns))
    with connection.cursor().copy(into) as target:
        for record in reader.records():
            found = checks.check(record)
            if isinstance(found, Aside):
                _count_aside(work, found)
            else:
                target.write_row([*found, record.line_no, record.byte_offset, row_hash(found)])
                work.account.accepted_rows += 1
                work.account.accepted_yen += int(found[yen] or 0) if yen is not None else 0
    declared = reader.declared
    if batch.control_sha256:
        _read_manifest(declared, batch, state)
    if declared.business_date and declared.business_date != batch.business_date:
        raise BatchRejectedError(
            "STALE",
            f"the file says it is of {declared.business_date}, expected is {batch.business_date}",
            "have the department deliver the day's file",
        )
    return work, declared


def _count_aside(work: _Work, found: Aside) -> None:
    work.asides.append(found)
    amount = found.amount_yen or 0
    if found.is_excluded:
        work.account.excluded_rows += 1
        work.account.excluded_yen += amount
    else:
        work.account.quarantined_rows += 1
        work.account.quarantined_yen += amount


def _read_manifest(declared: Declared, batch: Batch, state: State) -> None:
    """The line of the manifest (送付票) about this file: rows, yen and hash."""
    text = spool.place(state, str(batch.control_sha256)).read_bytes().decode("utf-8-sig")
    for line in csv.DictReader(io.StringIO(text)):
        if line.get("ファイル名") == batch.file_name:
            declared.rows, declared.yen = int(line["件数"]), int(line["金額合計"])
            if line.get("SHA256", batch.file_sha256).lower() != batch.file_sha256:
                raise BatchRejectedError(
                    "TRUNCATED", "the file's hash is not the one in the manifest", "have the file sent again"
                )
            return
    raise BatchRejectedError("MISSING", f"the manifest does not name {batch.file_name}", "have the manifest corrected")


def _require_content(work: _Work, declared: Declared) -> None:
    if work.account.rows == 0 and not declared.rows:
        raise BatchRejectedError("EMPTY", "the file holds no rows", "ask the department whether that can be")


def _settle_keys(connection: db.Connection, work: _Work, state: State) -> None:
    """Same key and content: all but the first are duplicates. Same key, other content: all are quarantined."""
    table = work.batch.table
    held = tables.held(work.batch.batch_id)
    keys = tables.names(table.key)
    amount = sql.Identifier(table.yen) if table.yen else sql.SQL("0")
    found = connection.execute(
        sql.SQL("""
            select _line_no, _byte_offset, {amount}, differs
            from (
                select *, row_number() over (partition by {keys} order by _line_no) as place,
                    max(_row_hash) over (partition by {keys}) <> min(_row_hash) over (partition by {keys}) as differs
                from {held}
            ) as numbered
            where differs or place > 1
        """).format(amount=amount, keys=keys, held=held)
    ).fetchall()
    lines = {int(str(row[0])) for row in found}
    if not lines:
        return
    raw = {record.line_no: record.raw for record in _again(work.batch, state) if record.line_no in lines}
    for line_no, offset, yen, is_conflict in found:
        number = int(str(line_no))
        place = (number, int(str(offset)), raw[number])
        _move_aside(work, place, int(str(yen or 0)), is_conflict=bool(is_conflict))
    connection.execute(sql.SQL("delete from {} where _line_no = any(%s)").format(held), [list(lines)])


def _again(batch: Batch, state: State) -> Iterator[Record]:
    return open_reader(batch.table, spool.place(state, batch.file_sha256)).records()


def _move_aside(work: _Work, place: tuple[int, int, bytes], yen: int, *, is_conflict: bool) -> None:
    work.account.accepted_rows -= 1
    work.account.accepted_yen -= yen
    reason = "KEY_CONFLICT" if is_conflict else "DUPLICATE_ROW"
    field_name = work.batch.table.key[0] if is_conflict else None
    work.asides.append(Aside(*place, False, reason, field_name, yen))
    if is_conflict:
        work.account.quarantined_rows += 1
        work.account.quarantined_yen += yen
    else:
        work.account.duplicate_rows += 1
        work.account.duplicate_yen += yen


def _write_asides(connection: db.Connection, source: str, work: _Work) -> None:
    into = sql.SQL("copy {} (line_no, byte_offset, raw, kind, reason_code, field, amount_yen) from stdin")
    with connection.cursor().copy(into.format(tables.held_aside(work.batch.batch_id))) as target:
        target.set_types(["int8", "int8", "bytea", "text", "text", "text", "int8"])
        for aside in sorted(work.asides, key=lambda one: one.line_no):
            place = (aside.line_no, aside.byte_offset, aside.raw)
            target.write_row((*place, _kind(aside), aside.reason_code, aside.field, aside.amount_yen))


def _kind(aside: Aside) -> str:
    if aside.is_excluded:
        return "excluded"
    return "duplicate" if aside.reason_code == "DUPLICATE_ROW" else "quarantined"


def _record(connection: db.Connection, source: str, work: _Work, declared: Declared) -> None:
    batch, found = work.batch, work.account
    connection.execute(
        "update ops.load set declared_rows = %s, declared_yen = %s, accepted_rows = %s, accepted_yen = %s,"
        " quarantined_rows = %s, quarantined_yen = %s, duplicate_rows = %s, duplicate_yen = %s, excluded_rows = %s,"
        " excluded_yen = %s where batch_id = %s",
        [declared.rows if declared.rows is not None else found.rows,
         declared.yen if declared.yen is not None else found.yen, found.accepted_rows, found.accepted_yen,
         found.quarantined_rows, found.quarantined_yen, found.duplicate_rows, found.duplicate_yen,
         found.excluded_rows, found.excluded_yen, batch.batch_id],
    )  # fmt: skip
    named = {"batch_id": batch.batch_id, "source": source, "table_name": batch.table.name}
    whole = [ControlTotal(batch.table.yen or "rows", None, found.rows, declared.yen or found.yen)]
    control_totals.record(connection, **named, hop="file", totals=whole)
    control_totals.record(
        connection, **named, hop="check", totals=totals(connection, batch, tables.held(batch.batch_id))
    )


def _hold_back(connection: db.Connection, source: str, batch_ids: list[str]) -> None:
    """One file refused: the source's other files wait, or claims would stand without their receipts."""
    refused = connection.execute(
        "select 1 from ops.load where batch_id = any(%s) and state in ('rejected', 'missing')", [batch_ids]
    ).fetchone()
    if refused is None:
        return
    fault = BatchRejectedError(
        "HELD", "another delivery of this source was refused or is missing", "correct that one and run again"
    )
    waiting = connection.execute(
        "select batch_id from ops.load where batch_id = any(%s) and state in ('landed', 'checked')", [batch_ids]
    ).fetchall()
    for (batch_id,) in waiting:
        tables.release(connection, str(batch_id))
        ledger.explain(connection, str(batch_id), "held", fault, source)
