"""Reading what may not be there yet: a section without its tables is empty, not broken."""

from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from receivables import db

_NOT_YET = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege)


def found(
    connection: db.Connection, query: LiteralString, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of `query`; none when its relations do not exist or are not open to this role yet."""
    try:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()
    except _NOT_YET:
        return []
