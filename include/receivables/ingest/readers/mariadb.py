"""A department's MariaDB or MySQL, read in one transaction WITH CONSISTENT SNAPSHOT, READ ONLY."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pymysql
from pymysql.cursors import SSCursor

from receivables.contracts import Table
from receivables.ingest.readers.snapshot import Found
from receivables.ingest.rejection import BatchRejectedError

_NUMBERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal"}
_NO_TEXT = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
_ANSWER_SECONDS = 600
_NEEDED = ("host", "user", "database")
_BEGIN = (
    "set session transaction isolation level repeatable read",
    "set session time_zone = '+09:00'",  # TIMESTAMP columns as the department's clerks see them
    "start transaction with consistent snapshot, read only",
)


class MariaDB:
    """MariaDB inside its transaction."""

    def __init__(self, connection: "pymysql.Connection[SSCursor]", database: str) -> None:
        self._connection, self._database = connection, database

    def columns(self, table: Table) -> list[Found]:
        """The columns we may read. UNREADABLE for an engine that has no snapshots, HEADER for one without letters."""
        schema, name = self._place(table)
        engines = self._all("select engine from information_schema.tables where table_schema = %s and table_name = %s",
                            schema, name)  # fmt: skip
        if engines and engines[0][0] not in ("InnoDB", None):  # a view has none, its tables are not known to us
            raise BatchRejectedError(
                "UNREADABLE",
                f"table {table.query_table} is kept by {engines[0][0]}, which has no snapshot of one moment",
                "have it kept by InnoDB, or have an export delivered",
            )
        found = self._all("select column_name, data_type from information_schema.columns"
                          " where table_schema = %s and table_name = %s", schema, name)  # fmt: skip
        for column, kind in found:
            if kind in _NO_TEXT and column in {one.from_ for one in table.columns}:
                raise BatchRejectedError(
                    "HEADER", f"table {table.query_table}: field {column} is binary", "agree on a text column"
                )
        return [Found(column, kind, kind in _NUMBERS) for column, kind in found]

    def totals(self, table: Table, yen: str | None) -> tuple[int, Decimal | None]:
        """Rows and yen."""
        amount = f"coalesce(sum({_quoted(yen)}), 0)" if yen else "null"
        ((rows, total),) = self._all(f"select count(*), {amount} from {self._relation(table)}")  # noqa: S608
        return int(rows), None if total is None else Decimal(total)

    def rows(self, table: Table, columns: Sequence[Found]) -> Iterable[Sequence[str | None]]:
        """Every row as the server sends it."""
        texts = ", ".join(_text(column) for column in columns)
        order = ", ".join(_quoted(str(table.column(name).from_)) for name in table.key)
        with self._connection.cursor() as cursor:
            cursor.execute(f"select {texts} from {self._relation(table)} order by {order}")  # noqa: S608
            yield from cursor

    def _all(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def _place(self, table: Table) -> tuple[str, str]:
        schema, _, name = str(table.query_table).rpartition(".")
        return schema or self._database, name

    def _relation(self, table: Table) -> str:
        return ".".join(map(_quoted, self._place(table)))


@contextmanager
def mariadb(address: dict[str, Any], source: str) -> Iterator[MariaDB]:
    """The department's database, in a transaction that sees one moment of all its tables."""
    if missing := [key for key in _NEEDED if not address.get(key)]:
        raise BatchRejectedError("UNREADABLE", f"the connection file of {source} lacks {missing[0]}", "add it")
    try:
        connection = pymysql.connect(
            host=address["host"], port=int(address.get("port", 3306)), user=address["user"],
            password=address.get("password", ""), database=address["database"], charset="utf8mb4",
            ssl={"ca": address["ssl_ca"]} if "ssl_ca" in address else None, connect_timeout=10,
            read_timeout=_ANSWER_SECONDS, cursorclass=SSCursor,
        )  # fmt: skip
        try:
            with connection.cursor() as cursor:
                for statement in _BEGIN:
                    cursor.execute(statement)
            yield MariaDB(connection, address["database"])
        finally:
            connection.close()
    except (pymysql.Error, ValueError, OSError) as error:  # their texts may hold addresses and values
        number = error.args[0] if isinstance(error, pymysql.Error) and error.args else "of the connection"
        raise BatchRejectedError(
            "UNREADABLE",
            f"the department's database cannot be read (error {number})",
            "look whether it runs and lets us in",
        ) from None


def _quoted(name: str | None) -> str:
    return "`" + str(name).replace("`", "``") + "`"


def _text(column: Found) -> str:
    """The column as text; BIT is a number of bits, not a letter."""
    name = _quoted(column.name)
    return f"cast({name} + 0 as char)" if column.data_type == "bit" else f"cast({name} as char character set utf8mb4)"
