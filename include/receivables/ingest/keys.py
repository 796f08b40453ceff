"""Rows with the same key (キーの重複): the same content again is a duplicate, other content a conflict."""

from dataclasses import dataclass

from psycopg import sql
from psycopg.rows import class_row

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.ingest import tables
from receivables.ingest.parsing import raw_records
from receivables.ingest.work import Work
from receivables.settings import State


@dataclass(frozen=True, slots=True)
class _Repeated:
    line_no: int
    byte_offset: int
    raw_bytes: int
    yen: int
    is_conflict: bool


def settle_keys(connection: db.Connection, work: Work, state: State) -> None:
    """Keep the first of equal rows; quarantine all rows of a key whose contents differ: nobody knows which is right."""
    if tables.index_keys(connection, work.batch.table, work.batch.batch_id):
        return
    found = _repeated(connection, work)
    raw = raw_records(work, {row.line_no: (row.byte_offset, row.raw_bytes) for row in found}, state)
    for row in found:
        work.take_back((row.line_no, row.byte_offset, raw[row.line_no]), row.yen, is_conflict=row.is_conflict)
    connection.execute(
        sql.SQL("delete from {} where _line_no = any(%s)").format(tables.held(work.batch.batch_id)), [list(raw)]
    )
    if not tables.index_keys(connection, work.batch.table, work.batch.batch_id):
        raise InvariantBrokenError(f"{work.batch.table.name}: a key still stands twice after its rows were set aside")


def _repeated(connection: db.Connection, work: Work) -> list[_Repeated]:
    table = work.batch.table
    amount = sql.Identifier(table.yen) if table.yen else sql.SQL("0")
    cursor = connection.cursor(row_factory=class_row(_Repeated))
    return cursor.execute(
        sql.SQL("""
            with repeated as (
                select *, ({content})::text as content from {held}
                where ({keys}) in (select {keys} from {held} group by {keys} having count(*) > 1)
            ), numbered as (
                select *, row_number() over (partition by {keys} order by _line_no) as place,
                    min(content) over whole_key <> max(content) over whole_key as differs
                from repeated window whole_key as (partition by {keys})
            )
            select _line_no as line_no, _byte_offset as byte_offset, _raw_bytes as raw_bytes,
                coalesce({amount}, 0) as yen, differs as is_conflict
            from numbered where differs or place > 1
            order by _line_no
        """).format(
            amount=amount,
            keys=tables.names(table.key),
            held=tables.held(work.batch.batch_id),
            content=tables.names(tuple(column.name for column in table.columns)),
        )
    ).fetchall()
