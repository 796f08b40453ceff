"""Rows that differ, side by side (差異行の対): each occurrence of a key beside one of the other side's, at most once.

Temporary table `pair`: `key_no` numbers the differing keys (NULL equal to NULL), `occurrence` the rows of a key;
a0, a1 … and b0, b1 … hold the values of both sides.
"""

from functools import partial
from typing import Literal, LiteralString

from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.comparison.asking import ask, numbers, one_row
from receivables.migration.comparison.hashing import hashes, new_seed
from receivables.migration.comparison.isolating import Sides, differing_leaves, ordered, take
from receivables.migration.comparison.shape import Column, Columns, Shape, Side, columns_of, listed

SIDES: tuple[Literal["a"], Literal["b"]] = ("a", "b")
_FEW = 10_000  # suspected keys worth naming in a query
BOTH = sql.SQL("in_a and in_b")


def pair_rows(connection: db.Connection, sides: Sides, columns: Columns, seed: int) -> bool:
    """Find every row that differs and lay it into `pair`; True when it is known that no key is there twice."""
    leaves = differing_leaves(connection, sides, columns, seed)
    is_unique = leaves.is_wide and not any(repeated(connection, side, columns) for side in sides)
    if is_unique:
        _join(connection, sides, columns, seed)
    else:
        take(connection, sides, columns, leaves.rows(columns, seed))
        lay_out(connection, columns)
    check_complete(connection, sides, columns, seed, leaves.missing)
    return is_unique


def _join(connection: db.Connection, sides: Sides, columns: Columns, seed: int) -> None:
    """Where most rows differ and no key is there twice: one parallel join, nothing taken over before it."""
    take(connection, sides, columns, sql.SQL("false"))
    db.run_script(connection, "drop table if exists pg_temp.pair")
    leaf = hashes(columns, seed).key
    a, b = (
        sql.SQL("(select true as is_there, {} as hash, {} from {}) as {}").format(
            leaf, listed(columns.all), side.source, sql.Identifier(name)
        )
        for name, side in zip("ab", sides, strict=True)
    )
    same = _each(columns.key, "a.{0} is not distinct from b.{0}", " and ")
    ask(
        connection, sql.SQL(
            "create temp table pair as select row_number() over () as key_no, 1::bigint as occurrence,"
            " a.is_there is not null as in_a, b.is_there is not null as in_b, {values} from {a} full join {b}"
            " on a.hash = b.hash and {same} where a.is_there is null or b.is_there is null or {differs}"
        ).format(values=_both(columns), a=a, b=b, same=same,
                 differs=_each(columns.all, "a.{0} is distinct from b.{0}", " or "))
    )  # fmt: skip
    db.run_script(connection, "analyze pair")


def lay_out(connection: db.Connection, columns: Columns) -> None:
    """Make `pair` of the rows that `take` left over."""
    db.run_script(connection, "drop table if exists pg_temp.numbered, pg_temp.pair")
    key = ordered(columns.key)
    ask(
        connection,
        sql.SQL(
            "create temp table numbered as select side, dense_rank() over (order by {key}) as key_no,"
            " row_number() over (partition by {key}, side order by {all}) as occurrence, {all}"
            " from (select 'a' as side, * from rest_a union all select 'b', * from rest_b) as rest"
        ).format(key=key, all=ordered(columns.all)),
    )
    db.run_script(connection, "analyze numbered")
    ask(
        connection,
        sql.SQL(
            "create temp table pair as select key_no, occurrence, a.side is not null as in_a, b.side is not null"
            " as in_b, {} from (select * from numbered where side = 'a') as a"
            " full join (select * from numbered where side = 'b') as b using (key_no, occurrence)"
        ).format(_both(columns)),
    )
    db.run_script(connection, "analyze pair")


def key_of(columns: Columns) -> sql.Composed:
    """The key's columns of a pair, from whichever side has it."""
    return sql.SQL(", ").join(sql.SQL("coalesce({}, {})").format(one.of("a"), one.of("b")) for one in columns.key)


def check_complete(connection: db.Connection, sides: Sides, columns: Columns, seed: int, missing: int) -> None:
    """InvariantBrokenError unless the rows found make up the whole difference `missing` of the hash sums."""
    sums = [
        sql.SQL("coalesce(sum({}) filter (where in_{}), 0)").format(
            hashes(columns, seed, partial(Column.of, side=side)).lanes[0], sql.SQL(side)
        )
        for side in SIDES
    ]
    (found,) = numbers(one_row(connection, sql.SQL("select {} - {} from pair").format(*sums)))
    if found != missing:
        raise InvariantBrokenError(
            f"{sides[0].name}-{sides[1].name}: the rows found do not make up the difference of the hash sums (seed"
            f" {seed}); compare in one snapshot (repeatable read), and report it if it remains"
        )


def repeated_rows(connection: db.Connection, side: Side, shape: Shape) -> int:
    """Rows of a side beyond the first of their key (R-011 重複): exact, over the whole side, equal rows too."""
    return repeated(connection, side, columns_of(connection, side, side, shape))


def repeated(connection: db.Connection, side: Side, columns: Columns) -> int:
    """The same of columns that are known."""
    key_hash = hashes(columns, new_seed()).key
    twice = sql.SQL("select {} from {} group by 1 having count(*) > 1").format(key_hash, side.source)
    suspects = [row[0] for row in ask(connection, twice)]
    if not suspects:
        return 0
    is_few = len(suspects) <= _FEW
    where = sql.SQL("{} = any({}::bigint[])").format(key_hash, sql.Literal(suspects)) if is_few else sql.SQL("true")
    query = sql.SQL("select sum(n - 1) from (select count(*) as n from {} where {} group by {}) as same").format(
        side.source, where, sql.SQL(", ").join(one.value for one in columns.key)
    )
    return numbers(one_row(connection, query))[0]


def _both(columns: Columns) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}.{} as {}").format(sql.Identifier(side), one.kept, one.of(side))
        for side in "ab" for one in columns.all
    )  # fmt: skip


def _each(columns: tuple[Column, ...], form: LiteralString, between: LiteralString) -> sql.Composed:
    return sql.SQL(between).join(sql.SQL(form).format(one.kept) for one in columns)
