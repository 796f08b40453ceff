"""Rows that differ, side by side (差異行の対): each occurrence of a key beside one of the other side's, at most once.

Temporary table `pair`: `key_no` numbers the differing keys in their order (text by its bytes, numbers by value, NULL
last and equal to NULL), `occurrence` the rows of a key; a0, a1 … and b0, b1 … hold the values of both sides.
"""

from psycopg import sql

from receivables import db
from receivables.migration.comparison.isolating import Leaves, Sides, check_complete, differing_leaves, ordered, take
from receivables.migration.comparison.shape import Columns

BOTH = sql.SQL("in_a and in_b")


def pair_rows(connection: db.Connection, sides: Sides, columns: Columns, seed: int) -> Leaves:
    """Find every row that differs and lay it into `pair`; the leaves it came from."""
    leaves = differing_leaves(connection, sides, columns, seed)
    take(connection, sides, columns, leaves.rows(columns, seed))
    check_complete(connection, sides, columns, seed, leaves.missing)
    lay_out(connection, columns)
    return leaves


def lay_out(connection: db.Connection, columns: Columns) -> None:
    """Make `pair` of the rows that `take` left over."""
    db.run_script(connection, "drop table if exists pg_temp.numbered, pg_temp.pair")
    key = ordered(columns.key)
    connection.execute(
        sql.SQL(
            "create temp table numbered as select side, dense_rank() over (order by {key}) as key_no,"
            " row_number() over (partition by {key}, side order by {all}) as occurrence, {all}"
            " from (select 'a' as side, * from rest_a union all select 'b', * from rest_b) as rest"
        ).format(key=key, all=ordered(columns.all))
    )
    db.run_script(connection, "analyze numbered")
    values = [
        sql.SQL("{}.{} as {}").format(sql.Identifier(side), one.kept, one.of(side))
        for side in "ab" for one in columns.all
    ]  # fmt: skip
    connection.execute(
        sql.SQL(
            "create temp table pair as select key_no, occurrence, a.side is not null as in_a, b.side is not null"
            " as in_b, {} from (select * from numbered where side = 'a') as a"
            " full join (select * from numbered where side = 'b') as b using (key_no, occurrence)"
        ).format(sql.SQL(", ").join(values))
    )
    db.run_script(connection, "analyze pair")


def key_of(columns: Columns) -> sql.Composed:
    """The key's columns of a pair, from whichever side has it."""
    return sql.SQL(", ").join(sql.SQL("coalesce({}, {})").format(one.of("a"), one.of("b")) for one in columns.key)
