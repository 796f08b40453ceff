"""Narrowing down (絞込み): from millions of rows to those that differ, in two or three scans and no sort.

The key's hash sorts rows into leaves. Leaves whose hash sums agree are left alone; of the others the rows are taken
over and what both sides hold equally often is struck out, exactly and without a hash. What remains must make up the
difference of the sums (`pairing`), or the comparison itself is broken.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.comparison.asking import ask
from receivables.migration.comparison.hashing import hashes
from receivables.migration.comparison.shape import Column, Columns, Side, listed

FIRST_BITS, LAST_BITS = 11, 17  # 2,048 leaves fit a core's cache; 131,072 hold few rows each
_WIDE = 4  # when a fourth of the leaves differ, smaller ones save nothing
_SETTINGS = {
    # The planner knows nothing of a hash; left alone it sorts whole tables.
    "enable_mergejoin": "off",
    "enable_sort": "off",
}
Sides = tuple[Side, Side]


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves in which two sides differ."""

    bits: int
    numbers: tuple[int, ...]
    missing: int  # what the hash sum of a has over that of b

    @property
    def is_wide(self) -> bool:
        """True when so many differ that most rows must be looked at."""
        return len(self.numbers) * _WIDE > 1 << self.bits

    def rows(self, columns: Columns, seed: int) -> sql.Composed:
        """The condition that a row is in one of these."""
        if not self.numbers:
            return sql.SQL("false").format()
        return sql.SQL("{} = any({}::int[])").format(
            hashes(columns, seed).leaf(self.bits), sql.Literal(list(self.numbers))
        )


def differing_leaves(connection: db.Connection, sides: Sides, columns: Columns, seed: int) -> Leaves:
    """The leaves that differ: of the first size, and unless most do, of the last."""
    with _settled(connection):
        first = _compared(connection, sides, _first(columns, seed), FIRST_BITS)
        if first.is_wide or not first.numbers:
            return first
        last = _compared(connection, sides, _last(columns, seed, first), LAST_BITS)
    if last.missing != first.missing:
        raise InvariantBrokenError(
            f"{sides[0].name}-{sides[1].name}: rows changed while they were compared; compare in one snapshot"
            " (repeatable read)"
        )
    return last


def _first(columns: Columns, seed: int) -> Callable[[Side], sql.Composed]:
    """Joined with the leaves' numbers, so that workers know how few groups there are and make sums of their own."""
    found = hashes(columns, seed)
    return lambda side: sql.SQL(
        "select leaf, sum({}) from {} join generate_series(0, {}) as leaves (leaf) on leaf = {} group by leaf"
    ).format(found.lanes[0], side.source, sql.Literal((1 << FIRST_BITS) - 1), found.leaf(FIRST_BITS))


def _last(columns: Columns, seed: int, first: Leaves) -> Callable[[Side], sql.Composed]:
    found = hashes(columns, seed)
    return lambda side: sql.SQL("select {}, sum({}) from {} where {} group by 1").format(
        found.leaf(LAST_BITS), found.lanes[0], side.source, first.rows(columns, seed)
    )


def _compared(
    connection: db.Connection, sides: Sides, query: Callable[[Side], sql.Composed], bits: int
) -> Leaves:  # fmt: skip
    mine, theirs = ({leaf: int(total) for leaf, total in ask(connection, query(one))} for one in sides)
    differing = sorted(leaf for leaf in mine.keys() | theirs.keys() if mine.get(leaf) != theirs.get(leaf))
    return Leaves(bits, tuple(differing), sum(mine.values()) - sum(theirs.values()))


def take(connection: db.Connection, sides: Sides, columns: Columns, where: sql.Composable) -> None:
    """Take over the rows that meet `where` (`taken_a`, `taken_b`), and of them those that differ (`rest_a`, `rest_b`).

    A row that one side holds twice and the other once remains once.
    """
    db.run_script(connection, "drop table if exists pg_temp.taken_a, pg_temp.taken_b, pg_temp.rest_a, pg_temp.rest_b")
    for name, side in zip("ab", sides, strict=True):
        ask(
            connection,
            sql.SQL("create temp table {} as select {} from {} where {}").format(
                sql.Identifier(f"taken_{name}"), listed(columns.all), side.source, where
            ),
        )
        ask(connection, sql.SQL("analyze {}").format(sql.Identifier("pg_temp", f"taken_{name}")))
    for mine, other in (("a", "b"), ("b", "a")):
        ask(
            connection,
            sql.SQL("create temp table {} as select * from {} except all select * from {}").format(
                *(sql.Identifier(name) for name in (f"rest_{mine}", f"taken_{mine}", f"taken_{other}"))
            ),
        )


def ordered(columns: tuple[Column, ...]) -> sql.Composed:
    """Columns of our own tables as a list to order or partition by."""
    return sql.SQL(", ").join(one.kept for one in columns)


@contextmanager
def _settled(connection: db.Connection) -> Iterator[None]:
    """The planner's settings for scans by hash; the caller's own afterwards."""
    before = {}
    for name, value in _SETTINGS.items():
        row = connection.execute("select current_setting(%s)", [name]).fetchone()
        before[name] = str(row[0]) if row else "on"
        connection.execute("select set_config(%s, %s, false)", [name, value])
    yield
    for name, value in before.items():
        connection.execute("select set_config(%s, %s, false)", [name, value])
