"""One query of ours, never prepared: the next comparison has a table of the same name with other columns."""

from typing import Any

import psycopg
from psycopg import sql

from receivables import db


def ask(connection: db.Connection, query: sql.Composed | sql.SQL) -> psycopg.Cursor[tuple[Any, ...]]:
    """The cursor of `query` after its execution."""
    return connection.execute(query, prepare=False)


def one_row(connection: db.Connection, query: sql.Composed | sql.SQL) -> tuple[Any, ...]:
    """The one row of a query that always has one."""
    (row,) = ask(connection, query).fetchall()
    return row


def numbers(row: tuple[Any, ...]) -> list[int]:
    """Counts and sums as whole numbers: the server's sums of bigint are numeric; NULL, the sum of nothing, is 0."""
    return [int(value or 0) for value in row]
