"""A department's PostgreSQL, read in one REPEATABLE READ, READ ONLY transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql

from receivables import db
from receivables.contracts import Table
from receivables.errors import EnvironmentFailureError
from receivables.ingest.readers.snapshot import Found
from receivables.ingest.rejection import BatchRejectedError
from receivables.settings import State

_AT_ONCE = 5_000
_NUMBERS = {"smallint", "integer", "bigint", "numeric"}


class Postgres:
    """PostgreSQL inside its transaction."""

    def __init__(self, connection: db.Connection) -> None:
        self._connection = connection

    def columns(self, table: Table) -> list[Found]:
        """The columns we may read."""
        schema, _, name = str(table.query_table).rpartition(".")
        found = self._connection.execute(
            "select column_name::text, data_type::text from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            [schema or "public", name],
        )
        return [Found(str(column), str(kind), kind in _NUMBERS) for column, kind in found]

    def totals(self, table: Table, yen: str | None) -> tuple[int, Decimal | None]:
        """Rows and yen."""
        amount = sql.SQL("coalesce(sum({}), 0)").format(sql.Identifier(yen)) if yen else sql.SQL("null::numeric")
        found = self._connection.execute(sql.SQL("select count(*), {} from {}").format(amount, _relation(table)))
        rows, total = found.fetchone() or (0, None)
        return int(str(rows)), None if total is None else Decimal(str(total))

    def rows(self, table: Table, columns: Sequence[Found]) -> Iterable[Sequence[str | None]]:
        """Every row, by a cursor on the server."""
        texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column.name)) for column in columns)
        order = sql.SQL(", ").join(sql.Identifier(str(table.column(name).from_)) for name in table.key)
        with self._connection.cursor(name="snapshot") as cursor:
            cursor.itersize = _AT_ONCE
            query = sql.SQL("select {} from {} order by {}").format(texts, _relation(table), order)
            yield from cursor.execute(query)


@contextmanager
def postgres(address: dict[str, Any], state: State, source: str) -> Iterator[Postgres]:
    """The department's database: on our own server by its name, elsewhere by its address."""
    if not ("dbname" in address or "dsn" in address):
        raise BatchRejectedError(
            "UNREADABLE", "the connection file names neither dbname nor dsn", "write one of them as JSON"
        )
    try:
        with _connected(address, state, source) as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            with connection.transaction():
                yield Postgres(connection)
    except EnvironmentFailureError:
        raise BatchRejectedError(
            "UNREADABLE", "the department's database does not answer", "look whether it runs and lets us in"
        ) from None
    except (db.DatabaseError, psycopg.Error) as error:
        raise BatchRejectedError(
            "UNREADABLE",
            f"the department's database cannot be read (error {error.sqlstate or 'of the connection'})",
            "look whether it runs and lets us in",
        ) from None


@contextmanager
def _connected(address: dict[str, Any], state: State, source: str) -> Iterator[db.Connection]:
    if "dbname" in address:
        doing = f"snapshot of {source}"
        with db.connect(state, address.get("role", "postgres"), address["dbname"], doing=doing) as connection:
            yield connection
    else:
        with psycopg.connect(address["dsn"], connect_timeout=10) as connection:
            yield connection


def _relation(table: Table) -> sql.Identifier:
    return sql.Identifier(*str(table.query_table).split("."))
