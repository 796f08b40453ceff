"""Looks for values of one person wherever somebody may read: relations of the database by role, and files.

It knows nothing of which relation should hold what: it asks the catalog what each role may select, reads all of it, and
compares contents without width, signs and blanks.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from receivables import db
from receivables.settings import State

_READABLE = """
    select n.nspname::text, c.relname::text, array_agg(a.attname::text order by a.attnum)
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_temp%%'
        and has_schema_privilege(%(role)s, n.oid, 'usage')
        and has_column_privilege(%(role)s, c.oid, a.attnum, 'select')
    group by 1, 2
    order by 1, 2
"""
_BLANKS = re.compile(r"\s+")
_DASHES = re.compile("[-‐‑‒–—―−ー─]")
_LONG_ENOUGH = 7  # a shorter run of digits comes by chance, as in a hash: there its dashes count
# What the server and the departments' own files are made of; spool and ward are what was delivered, unread.
APART = {("pg", "data"), ("spool",), ("ward",), ("secrets",), ("fetched",)}

BY_CHANCE = {"line_no", "_line_no"}  # line 3 of one file and line 3 of another have nothing to do with each other


@dataclass(frozen=True)
class Leak:
    """One value where it must not be."""

    who: str  # a role, or `file`
    where: str
    what: str


def forms(text: str) -> tuple[str, str]:
    """`text` without width and blanks, its dashes alike; and without dashes: ０９０－１ is 090-1 and 0901."""
    plain = _DASHES.sub("-", _BLANKS.sub("", unicodedata.normalize("NFKC", text)).lower())
    return plain, plain.replace("-", "")


class Wanted:
    """The values looked for, as they are compared."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._dashed: dict[str, str] = {}
        self._bare: dict[str, str] = {}
        for what, written in secrets.items():
            dashed, bare = forms(written)
            if len(bare) >= _LONG_ENOUGH or "-" not in dashed:
                self._bare[what] = bare
            else:
                self._dashed[what] = dashed

    def within(self, value: Any) -> Iterator[str]:
        """Which of them can be read in `value`."""
        for text in texts(value):
            dashed, bare = forms(text)
            yield from (what for what, wanted in self._dashed.items() if wanted in dashed)
            yield from (what for what, wanted in self._bare.items() if wanted in bare)


def texts(value: Any) -> Iterator[str]:
    """Everything that can be read in a value of the database, bytes in both of the departments' encodings."""
    if isinstance(value, bytes | memoryview):
        for encoding in ("utf-8", "cp932"):
            yield bytes(value).decode(encoding, errors="ignore")
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            yield from texts(key)
            yield from texts(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from texts(inside)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def readable(connection: db.Connection, role: str) -> list[tuple[str, str, list[str]]]:
    """Every relation of which `role` may select something, with those of its columns."""
    return [(str(schema), str(name), list(columns))  # type: ignore[call-overload]
            for schema, name, columns in connection.execute(_READABLE, {"role": role}).fetchall()]  # fmt: skip


def contents(connection: db.Connection, role: str) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    """What `role` sees: each relation with its columns and rows, read with the role's own eyes (row policies hold)."""
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    try:
        for schema, name, columns in readable(connection, role):
            select = sql.SQL("select {} from {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, name)
            )
            yield f"{schema}.{name}", columns, connection.execute(select).fetchall()
    finally:
        connection.execute("reset role")


def leaks(state: State, roles: Iterable[str], secrets: Mapping[str, str]) -> list[Leak]:
    """Where any of `secrets` (what it is → how it is written) can be read by any of `roles`."""
    wanted, found = Wanted(secrets), set()
    with db.connect(state, autocommit=True) as connection:
        for role in roles:
            for where, columns, rows in contents(connection, role):
                for row in rows:
                    for column, value in zip(columns, row, strict=True):
                        found |= {Leak(role, f"{where}.{column}", what) for what in wanted.within(value)}
    return sorted(found, key=str)


def leaks_in_files(root: Path, secrets: Mapping[str, str]) -> list[Leak]:
    """Where any of `secrets` stands in a file below `root`, but for what lies APART."""
    wanted, found = Wanted(secrets), set()
    for file in sorted(root.rglob("*")):
        place = file.relative_to(root)
        if file.is_file() and not any(place.parts[: len(apart)] == apart for apart in APART):
            found |= {Leak("file", str(place), what) for what in wanted.within(file.read_bytes())}
    return sorted(found, key=str)


def ties(state: State, roles: Iterable[str], one: set[str], other: set[str], strangers: set[str]) -> list[Leak]:
    """Where a role can see that two persons belong together: both in one row, or a value that they alone share.

    Each set holds the ids by which the person's rows are known; `strangers` are persons of the same kind with the same
    claims, so what they have in common with the two says nothing.
    """
    found = set()
    with db.connect(state, autocommit=True) as connection:
        for role in roles:
            for where, columns, rows in contents(connection, role):
                values: dict[str, dict[str, set[str]]] = {column: defaultdict(set) for column in columns}
                for row in rows:
                    cells = {text for value in row for text in texts(value)}
                    inside = {who for who, ids in (("one", one), ("other", other), ("stranger", strangers))
                              if any(known in cell for known in ids for cell in cells)}  # fmt: skip
                    if {"one", "other"} <= inside and "stranger" not in inside:
                        found.add(Leak(role, where, "both in one row"))
                    for column, value in zip(columns, row, strict=True):
                        for text in texts(value) if column not in BY_CHANCE else ():
                            values[column][text] |= inside or {"nobody"}
                shared = {column for column, seen in values.items() for who in seen.values() if who == {"one", "other"}}
                found |= {Leak(role, f"{where}.{column}", "a value that only they share") for column in shared}
    return sorted(found, key=str)
