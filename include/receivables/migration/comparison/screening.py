"""The first step (一次照合): counts, yen per component, and a hash sum over every typed row. Equal days end here.

Sums are of whole numbers without overflow (128 bits in the server), so a duplicated row counts twice. Two different
tables of rows have the same two lanes with a chance of about 2^-128, over the seed that is drawn for each run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.migration.comparison.asking import ask, numbers
from receivables.migration.comparison.hashing import LANES, hashes, new_seed
from receivables.migration.comparison.shape import Columns, Shape, Side, columns_of

TRUE = sql.SQL("true")


@dataclass(frozen=True, slots=True)
class Total:
    """Rows, yen per amount item (in their order) and hash sums of some rows of one side."""

    rows: int
    yen: tuple[int, ...]
    lanes: tuple[int, ...]

    def plus(self, other: "Total") -> "Total":
        """Both together."""
        return Total(
            self.rows + other.rows,
            tuple(x + y for x, y in zip(self.yen, other.yen, strict=True)),
            tuple(x + y for x, y in zip(self.lanes, other.lanes, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Screened:
    """What the first step saw; `seed` belongs beside it wherever it is shown."""

    is_equal: bool
    rows_a: int
    rows_b: int
    yen_a: dict[str, int]
    yen_b: dict[str, int]
    lanes_a: tuple[int, ...]
    lanes_b: tuple[int, ...]
    seed: int


def screen(connection: db.Connection, a: Side, b: Side, shape: Shape, *, seed: int | None = None) -> Screened:
    """Whether both sides hold the same rows, each as often; one parallel scan of each."""
    seed = new_seed() if seed is None else seed
    columns = columns_of(connection, a, b, shape)
    mine, theirs = (totals(connection, side, columns, seed)[()] for side in (a, b))
    names = [one.name for one in columns.amounts]
    return Screened(
        mine == theirs, mine.rows, theirs.rows, dict(zip(names, mine.yen, strict=True)),
        dict(zip(names, theirs.yen, strict=True)), mine.lanes, theirs.lanes, seed,
    )  # fmt: skip


def empty(columns: Columns) -> Total:
    """No rows."""
    return Total(0, (0,) * len(columns.amounts), (0,) * LANES)


def totals(
    connection: db.Connection, side: Side, columns: Columns, seed: int, by: Sequence[sql.Composed] = (),
    where: sql.Composable = TRUE,
) -> dict[tuple[object, ...], Total]:  # fmt: skip
    """The total of each group of a side's rows; without `by`, of all of them under ()."""
    sums = [sql.SQL("sum({})").format(one.value) for one in columns.amounts]
    sums += [sql.SQL("sum({})").format(lane) for lane in hashes(columns, seed).lanes]
    query = sql.SQL("select {} from {} where {}").format(
        sql.SQL(", ").join([*by, sql.SQL("count(*)"), *sums]), side.source, where
    )
    if by:
        query += sql.SQL(" group by {}").format(sql.SQL(", ").join(sql.Literal(at + 1) for at in range(len(by))))
    return {tuple(row[: len(by)]): _total(row[len(by) :], columns) for row in ask(connection, query)}


def _total(row: tuple[object, ...], columns: Columns) -> Total:
    rows, *sums = numbers(row)
    return Total(rows, tuple(sums[: len(columns.amounts)]), tuple(sums[len(columns.amounts) :]))
