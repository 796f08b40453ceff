"""A DuckDB of its own for one matching: in memory, offline, bounded (作業場)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from receivables.errors import InputRejectedError
from receivables.identity.matching.declaration import Declaration

Persons: TypeAlias = "pa.Table | duckdb.DuckDBPyRelation"
Connection = duckdb.DuckDBPyConnection
_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


@contextmanager
def workspace(memory: str = "3GB", threads: int = 2) -> Iterator[Connection]:
    """A DuckDB that fetches no extension and keeps nothing; closed at the end."""
    with TemporaryDirectory(prefix="matching-") as spill:  # 0700: what does not fit holds persons' keys
        yield from _opened(memory, threads, spill)


def _opened(memory: str, threads: int, spill: str) -> Iterator[Connection]:
    connection = duckdb.connect(
        ":memory:",
        config={
            "temp_directory": spill,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "threads": str(threads),
            "preserve_insertion_order": "false",
        },
    )
    connection.execute("set enable_progress_bar = false")
    try:
        yield connection
    finally:
        connection.close()


def as_table(rows: Persons) -> pa.Table:
    """`rows` as an Arrow table in which empty text is unknown; asked here once, not by every scan."""
    table = rows.to_arrow_table() if isinstance(rows, duckdb.DuckDBPyRelation) else rows
    for at, column in enumerate(table.schema):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            is_empty = pc.equal(pc.binary_length(table[at]), 0)
            if pc.any(is_empty).as_py():
                known = pc.if_else(is_empty, pa.scalar(None, column.type), table[at])
                table = table.set_column(at, column.name, known)
    return table


def columns_of(connection: Connection, relation: str) -> list[str]:
    """The names of a relation's columns."""
    return [str(row[0]) for row in connection.execute(f"describe {relation}").fetchall()]


def person_view(connection: Connection, declaration: Declaration, given: str, name: str = "person") -> None:
    """The view `name` over `given`: every declared column in its type, unknown where not given, and the derived ones.

    Raises InputRejectedError for a column that is not declared or a missing id.
    """
    known = set(columns_of(connection, given))
    odd = sorted(column for column in known if column not in declaration.columns or not _NAME.fullmatch(column))
    if odd or declaration.unique_id not in known:
        wrong = f"column '{odd[0]}' is not declared" if odd else f"column '{declaration.unique_id}' is missing"
        raise InputRejectedError(f"persons for the matching '{declaration.title}': {wrong}; see its YAML, columns")
    told = [_typed(column, kind, column in known) for column, kind in declaration.columns.items()]
    derived = [f"{sql} as {column}" for column, sql in declaration.derived.items()]
    connection.execute(
        f"create or replace temp view {name} as select {', '.join(['*', *derived])}"
        f" from (select {', '.join(told)} from {given})"
    )


def person_table(connection: Connection, declaration: Declaration, persons: Persons, name: str) -> None:
    """The table `name` of `persons` as `person_view` shows them."""
    connection.register(f"{name}_given", as_table(persons))
    person_view(connection, declaration, f"{name}_given", f"{name}_view")
    connection.execute(f"create temp table {name} as select * from {name}_view")


def check_ids(connection: Connection, declaration: Declaration) -> int:
    """The number of persons; raises InputRejectedError unless every one has an id of its own."""
    rows, ids = connection.execute(
        f"select count(*), count(distinct {declaration.unique_id}) from person"
    ).fetchall()[0]  # fmt: skip
    if rows != ids:
        raise InputRejectedError(
            f"persons for the matching '{declaration.title}': {rows} rows but {ids} distinct {declaration.unique_id};"
            " give every row an id of its own"
        )
    return int(rows)


def _typed(name: str, kind: str, is_given: bool) -> str:
    if not is_given:
        return f"cast(null as {kind}) as {name}"
    return f"cast({name} as {kind}) as {name}"
