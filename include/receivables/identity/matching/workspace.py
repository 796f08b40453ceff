"""A DuckDB of its own for one matching: in memory, offline, bounded (作業場)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import duckdb
import pyarrow as pa

from receivables.errors import InputRejectedError
from receivables.identity.matching.declaration import Block, Declaration

Persons: TypeAlias = "pa.Table | duckdb.DuckDBPyRelation"
Connection = duckdb.DuckDBPyConnection
_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


@contextmanager
def workspace(memory: str = "3GB", threads: int = 2) -> Iterator[Connection]:
    """A DuckDB that fetches no extension and keeps nothing; closed at the end."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "threads": str(threads),
            "preserve_insertion_order": "false",
        },
    )
    try:
        yield connection
    finally:
        connection.close()


def bring(connection: Connection, name: str, rows: Persons) -> None:
    """Make `rows` readable under `name` without copying them."""
    connection.register(name, rows.to_arrow_table() if isinstance(rows, duckdb.DuckDBPyRelation) else rows)


def columns_of(connection: Connection, relation: str) -> list[str]:
    """The names of a relation's columns."""
    return [str(row[0]) for row in connection.execute(f"describe {relation}").fetchall()]


def person_view(connection: Connection, declaration: Declaration, given: str) -> None:
    """The view `person` over `given`: every declared column in its type, unknown where not given, and the derived ones.

    Empty text is unknown. Raises InputRejectedError for a column that is not declared or a missing id.
    """
    known = set(columns_of(connection, given))
    odd = sorted(name for name in known if name not in declaration.columns or not _NAME.fullmatch(name))
    if odd or declaration.unique_id not in known:
        wrong = f"column '{odd[0]}' is not declared" if odd else f"column '{declaration.unique_id}' is missing"
        raise InputRejectedError(f"persons for the matching '{declaration.title}': {wrong}; see its YAML, columns")
    told = [_typed(name, kind, name in known) for name, kind in declaration.columns.items()]
    derived = [f"{sql} as {name}" for name, sql in declaration.derived.items()]
    connection.execute(
        f"create or replace temp view person as select {', '.join(['*', *derived])}"
        f" from (select {', '.join(told)} from {given})"
    )


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


def neighbours(connection: Connection, declaration: Declaration) -> None:
    """The table `near`: ids of `touched` persons and of all whom a blocking rule puts beside one of them."""
    tests = []
    for block in declaration.blocking:
        sides = [block] if block.is_symmetrical else [block, Block(block.right, block.left)]
        tests += [
            f"({', '.join(side.right)}) in (select {_row(side.left)} from touched_person where {_known(side.left)})"
            for side in sides
        ]
    ref = declaration.unique_id
    connection.execute(
        f"create or replace temp table touched_person as select * from person where {ref} in (select ref from touched)"
    )
    found = " union ".join(f"select {ref} as ref from person where {test}" for test in tests)
    connection.execute(
        f"create or replace temp table near as select {ref} as ref from touched_person union {found}"
    )  # fmt: skip


def _row(columns: tuple[str, ...]) -> str:
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


def _known(columns: tuple[str, ...]) -> str:
    return " and ".join(f"{column} is not null" for column in columns)


def _typed(name: str, kind: str, is_given: bool) -> str:
    if not is_given:
        return f"cast(null as {kind}) as {name}"
    if kind == "varchar":
        return f"nullif(cast({name} as varchar), '') as {name}"
    return f"cast({name} as {kind}) as {name}"
