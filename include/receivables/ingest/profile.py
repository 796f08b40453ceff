"""What a delivery looks like as a whole (分布): how many rows in each class of amount, of each code, in which letters.

Counts and sums of whole classes only, nothing of a person. The classes of amounts are quarters of a power of
ten, fine enough to see yen turned into thousands of yen, and coarse enough to be kept for ever.
"""

from collections.abc import Sequence
from typing import LiteralString, NamedTuple

from psycopg import sql

from receivables import db
from receivables.contracts import Column, Table
from receivables.ingest.ledger import Batch

BOUNDS = sorted({round(10 ** (step / 4)) for step in range(53)})  # yen: 1, 2, 3, 6, 10, … 10 trillion
_KANA = sql.Literal("^[ｦ-ﾟァ-ヶー・ \u3000]+$")  # names in kana and in kanji may not change places
EMPTY, ZERO = "", "0"
_LOOKED_AT = 5  # accepted deliveries that a new one is compared with


class Cell(NamedTuple):
    """Rows and yen in one class of a column: "" empty, else the least amount, the code, or the letters."""

    column: str
    cell: str
    rows: int
    yen: int


def profile(connection: db.Connection, table: Table, relation: sql.Composable) -> list[Cell]:
    """The profile of `relation`, in one scan."""
    columns = profiled(table)
    if not columns:
        return []
    marks = [sql.Identifier(f"c{at}") for at in range(len(columns))]
    amounts = [sql.Identifier(column.name) if column.type == "yen" else sql.SQL("0") for column in columns]
    rows = connection.execute(
        sql.SQL("select {places}, count(*), {sums} from (select *, {classes} from {relation}) as row"
                " group by grouping sets ({sets})").format(
            places=_listed("case grouping({0}) when 0 then {0} end", marks),
            sums=_listed("coalesce(sum({}), 0)::bigint", amounts),
            classes=_listed("{} as {}", [_class_of(column) for column in columns], marks),
            relation=relation, sets=_listed("({})", marks),
        )
    ).fetchall()  # fmt: skip
    return sorted(_cell(row, columns) for row in rows)


def profiled(table: Table) -> list[Column]:
    """The columns that are looked at: amounts, codes, flags, and texts by their letters alone."""
    return [column for column in table.columns if column.type in ("yen", "code", "flag", "text")]


def keep(connection: db.Connection, source: str, batch: Batch, cells: Sequence[Cell]) -> None:
    """Keep the profile of a batch, in place of an earlier one."""
    connection.execute("delete from ops.profile where batch_id = %s", [batch.batch_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.profile (batch_id, source, table_name, column_name, cell, rows, yen)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [(batch.batch_id, source, batch.table.name, *cell) for cell in cells],
        )


def kept(connection: db.Connection, batch_id: str) -> list[Cell]:
    """The profile kept of a batch."""
    found = connection.execute("select column_name, cell, rows, yen from ops.profile where batch_id = %s", [batch_id])
    return [Cell(*row) for row in found]  # type: ignore[arg-type]


def accepted_before(connection: db.Connection, batch: Batch) -> list[Cell]:
    """The last deliveries that were accepted, added up; those before an approved change of shape count no more."""
    found = connection.execute(
        """
        with newest as (
            select load.batch_id, load.business_date, load.created_at, row_number() over recent as place,
                exists (
                    select from correction.delivery_approval as given
                    where given.batch_id = load.batch_id and given.reason_code = 'DISTRIBUTION'
                        and given.file_sha256 = load.file_sha256
                ) as is_new_shape
            from ops.load as load
            where load.table_name = %(table)s and load.state = 'loaded' and load.business_date < %(day)s
            window recent as (order by load.business_date desc, load.created_at desc)
        ), compared as (
            select batch_id from newest
            where place <= %(most)s
                and place <= coalesce((select min(place) from newest where is_new_shape), %(most)s)
        )
        select column_name, cell, sum(rows)::bigint, sum(yen)::bigint
        from ops.profile inner join compared using (batch_id)
        group by 1, 2 order by 1, 2
        """,
        {"table": batch.table.name, "day": batch.business_date, "most": _LOOKED_AT},
    ).fetchall()
    return [Cell(*row) for row in found]  # type: ignore[arg-type]


def _listed(form: LiteralString, *parts: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(form).format(*part) for part in zip(*parts, strict=True))


def _class_of(column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.type == "yen":
        bounds = sql.SQL("array[{}]::bigint[]").format(sql.SQL(", ").join(sql.Literal(bound) for bound in BOUNDS))
        # Class 0 is nothing at all, class n begins at bound n.
        return sql.SQL("case when {0} is null then -1 else width_bucket({0}, {1}) end").format(name, bounds)
    if column.type == "text":
        return sql.SQL("case when {0} is null then '' when {0} ~ {1} then 'kana' else 'other' end").format(name, _KANA)
    return sql.SQL("coalesce({}::text, '')").format(name)


def _cell(row: Sequence[object], columns: Sequence[Column]) -> Cell:
    at = next(place for place in range(len(columns)) if row[place] is not None)
    rows, yen = int(str(row[len(columns)])), int(str(row[len(columns) + 1 + at]))
    column = columns[at]
    if column.type != "yen":
        return Cell(column.name, str(row[at]), rows, 0)
    step = int(str(row[at]))
    return Cell(column.name, EMPTY if step < 0 else ZERO if step == 0 else str(BOUNDS[step - 1]), rows, yen)
