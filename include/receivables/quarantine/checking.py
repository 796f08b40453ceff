"""One corrected row against the source's own contract (訂正後の検査): what it becomes, or why it is still wrong."""

from collections.abc import Sequence
from typing import LiteralString, NamedTuple

from psycopg import sql

from receivables import contracts, db
from receivables.contracts import Column, Table
from receivables.ingest.records import Record
from receivables.ingest.rows import Aside, RowCheck, Values
from receivables.quarantine.worklist import QuarantinedRow

_TYPES: dict[str, LiteralString] = {"bigint": "bigint", "date": "date", "integer": "integer", "boolean": "boolean"}


class Fault(NamedTuple):
    """Why a returned row cannot be taken; holds no value of it."""

    row_id: str
    line_no: int
    reason_code: str
    field: str | None


def table_of(row: QuarantinedRow) -> Table:
    """The contract's table that a quarantined row belongs to."""
    return contracts.contract(row.source).table(row.table_name)


def values(row: QuarantinedRow, texts: Sequence[str], check: RowCheck | None = None) -> Values | tuple[str, str | None]:
    """The typed values of a corrected row, or reason and field of what is still wrong."""
    table = table_of(row)
    nul = next((column.name for column, text in zip(table.columns, texts, strict=True) if "\0" in text), None)
    if nul:
        return "NUL", nul
    found = (check or RowCheck(table)).check(Record(row.line_no, row.byte_offset, row.raw, list(texts)))
    return (found.reason_code, found.field) if isinstance(found, Aside) else found


def key_of(table: Table, typed: Values) -> tuple[str | None, ...]:
    """The key of a row among its typed values."""
    names = [column.name for column in table.columns]
    return tuple(typed[names.index(name)] for name in table.key)


def is_key_taken(connection: db.Connection, table: Table, key: Sequence[str | None]) -> bool:
    """Whether the warehouse holds a current row with that key already."""
    same = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), placeholder(table.column(name))) for name in table.key
    )
    query = sql.SQL("select 1 from {} where _known_to is null and {}").format(sql.Identifier("raw", table.name), same)
    return connection.execute(query, list(key)).fetchone() is not None


def placeholder(column: Column) -> sql.Composed:
    """A parameter for a typed value, which is text until PostgreSQL reads it."""
    return sql.SQL("{}::{}").format(sql.Placeholder(), sql.SQL(_TYPES.get(column.postgres_type, "text")))
