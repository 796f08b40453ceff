"""The tie-out tree (照合ツリー): total → 科目 → 年度 → 期別 → bucket → row, opened only where something differs.

Below the last segment a branch is halved by the key's hash until its rows are few; a leaf that differs names its rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.migration.comparison.asking import ask, numbers
from receivables.migration.comparison.hashing import hashes, new_seed
from receivables.migration.comparison.isolating import take
from receivables.migration.comparison.pairing import key_of, lay_out
from receivables.migration.comparison.screening import Total, empty, totals
from receivables.migration.comparison.shape import Columns, Shape, Side, columns_of

BITS = 10  # 1,024 buckets below each segment that is opened
Path = tuple[object, ...]
Pair = tuple[Total, Total]


@dataclass(frozen=True, slots=True)
class Node:
    """One node: where it is, rows and yen per component on both sides, and whether it agrees.

    `path` is the segment's values down to here, then the halves as text of 0 and 1, then the key of a row.
    """

    level: str  # total, a column of the segment, bucket, row
    path: Path
    rows: tuple[int, int]
    yen: dict[str, tuple[int, int]]
    is_equal: bool
    is_open: bool  # False: what is below was not looked at, because it agrees or there was enough already


def tree(
    connection: db.Connection, a: Side, b: Side, shape: Shape, *, open_at_most: int = 20, rows_at_most: int = 100,
    seed: int | None = None,
) -> list[Node]:  # fmt: skip
    """All nodes, each before those below it; at most so many segments are opened and rows named. In a transaction."""
    seed = new_seed() if seed is None else seed
    columns = columns_of(connection, a, b, shape)
    grown = _Tree(connection, (a, b), columns, seed, open_at_most, rows_at_most)
    return list(grown.nodes())


@dataclass(slots=True)
class _Tree:
    connection: db.Connection
    sides: tuple[Side, Side]
    columns: Columns
    seed: int
    open_at_most: int
    rows_at_most: int

    def nodes(self) -> Iterator[Node]:
        """The whole and everything below it."""
        by = [sql.SQL("{}").format(one.value) for one in self.columns.segments]
        mine, theirs = (totals(self.connection, side, self.columns, self.seed, by) for side in self.sides)
        found = self._paired(mine, theirs)
        yield from self._below((), found)

    def _paired(self, mine: dict[Path, Total], theirs: dict[Path, Total]) -> dict[Path, Pair]:
        none = empty(self.columns)
        return {path: (mine.get(path, none), theirs.get(path, none)) for path in mine.keys() | theirs.keys()}

    def _below(self, path: Path, found: dict[Path, Pair]) -> Iterator[Node]:
        """The node at `path` and its branches among the deepest segments `found`."""
        depth = len(path)
        whole = self._sum(list(found.values()))
        is_deepest = depth == len(self.columns.segments)
        is_open = whole[0] != whole[1] and (not is_deepest or self.open_at_most > 0)
        yield self._node("total" if not depth else self.columns.segments[depth - 1].name, path, whole, is_open=is_open)
        if not is_open:
            return
        if is_deepest:
            self.open_at_most -= 1
            yield from self._buckets(path)
            return
        for value in sorted({other[depth] for other in found}, key=lambda value: (value is None, str(value))):
            branch = {other: pair for other, pair in found.items() if other[depth] == value}
            yield from self._below((*path, value), branch)

    def _sum(self, pairs: list[Pair]) -> Pair:
        mine = theirs = empty(self.columns)
        for one, other in pairs:
            mine, theirs = mine.plus(one), theirs.plus(other)
        return mine, theirs

    def _node(self, level: str, path: Path, pair: Pair, *, is_open: bool) -> Node:
        names = [one.name for one in self.columns.amounts]
        yen = {name: (x, y) for name, x, y in zip(names, pair[0].yen, pair[1].yen, strict=True)}
        return Node(level, path, (pair[0].rows, pair[1].rows), yen, pair[0] == pair[1], is_open)

    def _in(self, path: Path) -> sql.Composed:
        """The condition that a row is in the segment at `path`."""
        parts = [
            sql.SQL("{} is not distinct from {}").format(one.value, sql.Literal(value))
            for one, value in zip(self.columns.segments, path, strict=True)
        ]
        return sql.SQL(" and ").join([sql.SQL("true"), *parts])

    def _buckets(self, path: Path) -> Iterator[Node]:
        leaf = hashes(self.columns, self.seed).leaf(BITS)
        mine, theirs = (
            totals(self.connection, side, self.columns, self.seed, [leaf], self._in(path)) for side in self.sides
        )
        found = {int(str(key[0])): pair for key, pair in self._paired(mine, theirs).items()}
        yield from self._halves(path, "", found)

    def _halves(self, path: Path, half: str, found: dict[int, Pair]) -> Iterator[Node]:
        """Both halves of `half`, and of those that differ their halves, down to a bucket and its rows."""
        for bit in "01":
            branch = {leaf: pair for leaf, pair in found.items() if f"{leaf:0{BITS}b}".startswith(half + bit)}
            whole = self._sum(list(branch.values()))
            is_open = whole[0] != whole[1] and self.rows_at_most > 0
            if branch:
                yield self._node("bucket", (*path, half + bit), whole, is_open=is_open)
            if is_open and len(half) + 1 < BITS:
                yield from self._halves(path, half + bit, branch)
            elif is_open:
                yield from self._rows(path, half + bit)

    def _rows(self, path: Path, bucket: str) -> Iterator[Node]:
        """The rows of a bucket that differ, key by key."""
        leaf = hashes(self.columns, self.seed).leaf(BITS)
        where = sql.SQL("{} and {} = {}").format(self._in(path), leaf, sql.Literal(int(bucket, 2)))
        take(self.connection, self.sides, self.columns, where)
        lay_out(self.connection, self.columns)
        sums = [
            sql.SQL("coalesce(sum({}), 0)").format(one.of(side)) for one in self.columns.amounts for side in "ab"
        ]  # fmt: skip
        query = sql.SQL(
            "select {key}, {sums} from pair group by key_no, {key} order by key_no limit {most}"
        ).format(key=key_of(self.columns), sums=sql.SQL(", ").join(
            [sql.SQL("count(*) filter (where in_a), count(*) filter (where in_b)"), *sums]),
            most=sql.Literal(self.rows_at_most))  # fmt: skip
        for row in ask(self.connection, query).fetchall():
            self.rows_at_most -= 1
            key, counted = row[: len(self.columns.key)], numbers(row[len(self.columns.key) :])
            yen = {one.name: (counted[2 + 2 * at], counted[3 + 2 * at]) for at, one in enumerate(self.columns.amounts)}
            yield Node("row", (*path, bucket, key), (counted[0], counted[1]), yen, is_equal=False, is_open=False)
