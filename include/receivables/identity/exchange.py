"""Tables between PostgreSQL and the matching (照合への受け渡し): COPY on one side, Arrow on the other."""

import io
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from receivables import db

_ARROW = {"text": pa.string(), "integer": pa.int32(), "boolean": pa.bool_(), "double precision": pa.float64(),
          "bigint": pa.int64()}  # fmt: skip


class _Stream(io.RawIOBase):
    """What COPY sends, as a file that can be read once."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def read(
    connection: db.Connection, table: sql.Identifier, columns: dict[str, str], *, called: dict[str, str] | None = None
) -> pa.Table:
    """The rows of `table` as an Arrow table.

    `columns` gives every column's type as PostgreSQL calls it; `called` what one is called in the database, if
    differently.
    """
    schema = {name: _ARROW[kind] for name, kind in columns.items()}
    there = sql.SQL(", ").join(sql.Identifier((called or {}).get(name, name)) for name in columns)
    command = sql.SQL("copy (select {} from {}) to stdout (format csv)").format(there, table)
    options = csv.ConvertOptions(
        column_types=schema, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""],
        true_values=["t"], false_values=["f"],
    )  # fmt: skip
    with connection.cursor().copy(command) as copy:
        blocks = iter(copy)
        first = next(blocks, None)
        if first is None:
            return pa.schema(schema.items()).empty_table()
        stream = io.BufferedReader(_Stream(chain((first,), blocks)), 1 << 20)
        layout = csv.ReadOptions(column_names=list(schema), block_size=1 << 22)
        with csv.open_csv(stream, read_options=layout, convert_options=options) as rows:
            return rows.read_all()


def write(connection: db.Connection, table: sql.Identifier, rows: pa.Table) -> None:
    """Append an Arrow table to a table that has columns of its names."""
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    command = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, names)
    with connection.cursor().copy(command) as copy:
        for batch in rows.to_batches(max_chunksize=100_000):
            block = io.BytesIO()
            csv.write_csv(batch, block, csv.WriteOptions(include_header=False))
            copy.write(block.getbuffer())
