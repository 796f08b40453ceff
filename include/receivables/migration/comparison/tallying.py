"""Every difference counted by item and class (差異の集計), with a digest of all its keys, not only of those shown."""

from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.migration.comparison import classes
from receivables.migration.comparison.comparing import yen_between
from receivables.migration.comparison.pairing import BOTH
from receivables.migration.comparison.shape import Column, Columns, Shape, Side, columns_of


@dataclass(frozen=True, slots=True)
class Tally:
    """Differences of one item and class; `column` is None for rows of one side. `keys_sha256` is over every key."""

    column: str | None
    kind: str
    rows: int
    yen: int
    keys_sha256: str


def tallies(connection: db.Connection, a: Side, b: Side, shape: Shape) -> list[Tally]:
    """What `differences` of the same sides found, counted; it reads the table `pair` that was left behind."""
    columns = columns_of(connection, a, b, shape)
    found = [*_of_rows(connection, columns)]
    for one in columns.all:
        found += _of_item(connection, one, columns)
    return found


def _digest(columns: Columns) -> sql.Composed:
    key = sql.SQL(", ").join(sql.SQL("coalesce({}, {})::text").format(one.of("a"), one.of("b")) for one in columns.key)
    return sql.SQL(
        "encode(sha256(convert_to(string_agg(jsonb_build_array({0})::text, E'\\n' order by"
        " jsonb_build_array({0})::text collate \"C\"), 'UTF8')), 'hex')"
    ).format(key)


def _of_rows(connection: db.Connection, columns: Columns) -> list[Tally]:
    rows = connection.execute(
        sql.SQL(
            "select case when in_a then 'only-left' else 'only-right' end, count(*), coalesce(sum({}), 0), {}"
            " from pair where not ({}) group by 1 order by 1"
        ).format(yen_between(columns), _digest(columns), BOTH)
    ).fetchall()
    return [Tally(None, str(kind), int(str(count)), int(str(yen)), str(keys)) for kind, count, yen, keys in rows]


def _of_item(connection: db.Connection, one: Column, columns: Columns) -> list[Tally]:
    a, b = one.of("a"), one.of("b")
    yen = (
        sql.SQL("coalesce(sum(abs(coalesce({}, 0)::numeric - coalesce({}, 0))), 0)").format(a, b)
        if one.type == "yen"
        else sql.SQL("0")
    )
    rows = connection.execute(
        sql.SQL(
            "select {}, count(*), {}, {} from pair where {} and {} is distinct from {} group by 1 order by 1"
        ).format(classes.class_of(one), yen, _digest(columns), BOTH, a, b)
    ).fetchall()
    return [Tally(one.name, str(kind), int(str(count)), int(str(yen_)), str(keys)) for kind, count, yen_, keys in rows]
