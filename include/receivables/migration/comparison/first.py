"""The first wrong row (最初の差異) in the order of the key, without looking at all wrong rows when there are millions.

The range is cut twice: first to some leaves that differ, whose first wrong key bounds the answer; then to the rows up
to that key. Text is ordered by its bytes, numbers and days by value, NULL last.
"""

from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.migration.comparison import classes
from receivables.migration.comparison.asking import ask
from receivables.migration.comparison.hashing import new_seed
from receivables.migration.comparison.isolating import Leaves, Sides, differing_leaves, take
from receivables.migration.comparison.pairing import check_complete, key_of, lay_out
from receivables.migration.comparison.shape import Column, Columns, Shape, Side, columns_of

_FEW = 8  # leaves of the first size are enough for a bound: some ten thousand rows of six million


@dataclass(frozen=True, slots=True)
class DifferingValue:
    """One item of a wrong row; a person's data."""

    column: str
    a: str | None
    b: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A wrong row: only-left, only-right, or the items in which its occurrences differ."""

    key: tuple[object, ...]
    kind: str
    items: tuple[DifferingValue, ...] = ()


def first_difference(
    connection: db.Connection, a: Side, b: Side, shape: Shape, *, seed: int | None = None
) -> Difference | None:
    """The first wrong row in the key's order, None when both sides are equal. Needs a transaction."""
    seed = new_seed() if seed is None else seed
    columns, sides = columns_of(connection, a, b, shape), (a, b)
    leaves = differing_leaves(connection, sides, columns, seed)
    if not leaves.numbers:
        return None
    if not leaves.is_wide:
        take(connection, sides, columns, leaves.rows(columns, seed))
        lay_out(connection, columns)
        check_complete(connection, sides, columns, seed, leaves.missing)
        return _read(connection, columns)
    return _bounded(connection, sides, columns, seed, leaves)


def _bounded(
    connection: db.Connection, sides: Sides, columns: Columns, seed: int, leaves: Leaves
) -> Difference | None:  # fmt: skip
    few = Leaves(leaves.bits, leaves.numbers[:_FEW], 0)
    take(connection, sides, columns, few.rows(columns, seed))
    lay_out(connection, columns)
    bound = ask(
        connection, sql.SQL("select {} from pair where key_no = 1 limit 1").format(key_of(columns))
    ).fetchone()  # fmt: skip
    assert bound is not None, "a leaf differs and none of its rows"
    take(connection, sides, columns, up_to(columns.key, bound))
    lay_out(connection, columns)
    return _read(connection, columns)


def up_to(key: tuple[Column, ...], bound: tuple[object, ...]) -> sql.Composed:
    """The condition that a side's key is not after `bound`; NULL is after everything and equal to itself."""
    condition = sql.SQL("{}").format(sql.SQL("true"))
    for one, value in reversed(list(zip(key, bound, strict=True))):
        literal = sql.SQL("{}::{}").format(sql.Literal(None if value is None else str(value)), sql.SQL(one.kind))
        before = "{x} is not null" if value is None else "coalesce({x} < {v}, false)"
        condition = sql.SQL("(" + before + " or {x} is not distinct from {v} and {rest})").format(
            x=one.value, v=literal, rest=condition
        )
    return condition


def _read(connection: db.Connection, columns: Columns) -> Difference | None:
    """The first of `pair`: of the rows of its key the first that has no partner, else the first that differs."""
    values = [
        sql.SQL("{a} is distinct from {b}, {a}::text, {b}::text, {kind}").format(
            a=one.of("a"), b=one.of("b"), kind=classes.class_of(one)
        )
        for one in columns.all
    ]
    row = ask(
        connection,
        sql.SQL("select in_a, in_b, {}, {} from pair order by key_no, occurrence limit 1").format(
            key_of(columns), sql.SQL(", ").join(values)
        ),
    ).fetchone()
    if row is None:
        return None
    in_a, in_b, *rest = row
    key, told = tuple(rest[: len(columns.key)]), rest[len(columns.key) :]
    if not (in_a and in_b):
        return Difference(key, classes.ONLY_LEFT if in_a else classes.ONLY_RIGHT)
    items = [
        DifferingValue(one.name, _text(told[at + 1]), _text(told[at + 2]), str(told[at + 3]))
        for at, one in zip(range(0, len(told), 4), columns.all, strict=True)
        if told[at]
    ]
    return Difference(key, "item", tuple(items))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
