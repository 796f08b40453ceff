"""Snapshots of a department's database (連携DBのスナップショット), and the reader of what was landed.

All rows come from one REPEATABLE READ, READ ONLY transaction, so that nothing moves between two of
them; only the columns of the contract are asked for. The snapshot is landed as JSON lines: first
what it is and how many rows there are, then one array of texts a row.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

from psycopg import IsolationLevel, sql

from receivables import db
from receivables.contracts import Table
from receivables.ingest.chunks import lines
from receivables.ingest.records import Declared, Record
from receivables.ingest.rejection import BatchRejectedError

_AT_ONCE = 5_000


def write_snapshots(connection: db.Connection, tables: list[tuple[Table, BinaryIO]], *, as_of: date) -> None:
    """Write each table's snapshot to its stream, all of them as of one moment.

    Raises BatchRejectedError (HEADER) when the department changed a column.
    """
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        for table, stream in tables:
            _write(connection, table, stream, as_of)


def _write(connection: db.Connection, table: Table, stream: BinaryIO, as_of: date) -> None:
    relation = _relation(table)
    _check_columns(connection, table)
    counted = connection.execute(sql.SQL("select count(*) from {}").format(relation)).fetchone()
    head = {"table": table.query_table, "as_of": as_of.isoformat(), "rows": counted[0] if counted else 0,
            "columns": [column.from_ for column in table.columns]}  # fmt: skip
    stream.write(_line(head))
    columns = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(str(column.from_))) for column in table.columns
    )
    order = sql.SQL(", ").join(sql.Identifier(str(table.column(name).from_)) for name in table.key)
    query = sql.SQL("select {} from {} order by {}").format(columns, relation, order)
    with connection.cursor(name="snapshot") as cursor:
        cursor.itersize = _AT_ONCE
        for row in cursor.execute(query):
            stream.write(_line(row))


def _check_columns(connection: db.Connection, table: Table) -> None:
    schema, _, name = str(table.query_table).rpartition(".")
    found = {row[0] for row in connection.execute(
        "select column_name::text from information_schema.columns where table_schema = %s and table_name = %s",
        [schema or "public", name])}  # fmt: skip
    for column in table.columns:
        if column.from_ not in found:
            raise BatchRejectedError(
                "HEADER",
                f"table {table.query_table}: field {column.from_} is missing" if found
                else f"table {table.query_table} is missing or not granted",
                "agree on the change with the department, then correct the contract",
            )  # fmt: skip


def _relation(table: Table) -> sql.Identifier:
    return sql.Identifier(*str(table.query_table).split("."))


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


class Snapshot:
    """Reader of one landed snapshot."""

    def __init__(self, table: Table, file: Path) -> None:
        self.declared = Declared()
        self._table = table
        self._file = file

    def parts(self) -> Iterator[Record]:
        """Rows in the order of the key, numbered from 1."""
        with self._file.open("rb") as stream:
            found = lines(stream)
            head = json.loads(next(found).raw)
            self.declared.rows = head["rows"]
            self.declared.business_date = date.fromisoformat(head["as_of"])
            for number, line in enumerate(found, start=1):
                yield self._record(number, line.raw)

    def _record(self, number: int, raw: bytes) -> Record:
        fields: list[str | None] = ["" if value is None else value.strip(" \u3000") for value in json.loads(raw)]
        return Record(number, 0, raw, fields)
