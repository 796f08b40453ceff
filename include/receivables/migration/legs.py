"""The legs side by side (照合の各段): W the warehouse's own figures, G what was staged, F what the file holds.

Temporary tables of one transaction; every row has its key, its occurrence (so that a duplicated
row is compared once and found once) and the digest of its canonical form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

from psycopg import sql

from receivables import db
from receivables.migration.files.findings import Reread
from receivables.migration.files.rereading import reread_group
from receivables.migration.runs import Run, RunGroup, key_hash
from receivables.migration.spec import Spec
from receivables.migration.tables import canonical_row, columns_of, part, row_key
from receivables.settings import State

G0 = (
    "kamoku_cd",
    "fuka_nendo",
    "soto_nendo",
    "category",
)  # 科目・賦課年度・相当年度・現年/滞繰, as far as a group has them
PAIRS = (("W", "G"), ("G", "F"))
_CLOSING_MONTHS = 2  # 出納整理期間 to 31 May (地方自治法235条の5)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every check of one reconciliation works with."""

    connection: db.Connection
    state: State
    run: Run
    group: RunGroup
    spec: Spec
    found: Reread

    @property
    def g0(self) -> tuple[str, ...]:
        """What rows and yen are counted by, as far as this group has it: 科目・賦課年度・相当年度・現年/滞繰."""
        items = {item.column for item in self.spec.group.items}
        return tuple(name for name in G0 if name in items or (name == "category" and "soto_nendo" in items))

    @property
    def g1(self) -> tuple[str, ...]:
        """g0 and 期別."""
        return (*self.g0, *(item.column for item in self.spec.group.items if item.column == "kibetsu_cd"))

    def rows(self, query: sql.Composed | sql.SQL | LiteralString) -> list[tuple[Any, ...]]:
        """The rows of our own query."""
        return self.connection.execute(query).fetchall()

    def number(self, query: sql.Composed | sql.SQL | LiteralString) -> int:
        """The one whole number of our own query."""
        found = self.rows(query)[0][0]
        return int(str(found or 0))

    def hashes(self, keys: list[Any]) -> list[str]:
        """Keyed hashes of row keys, in their order."""
        return [key_hash(str(key), self.state) for key in keys]

    def label(self, column: str) -> str:
        """An item by the standard's name and our column, for people and for scripts."""
        return f"{self.spec.label(column)}[{column}]"


class Excluded(NamedTuple):
    """Rows of W that the map leaves behind (対象外): all of them, and those that carry yen."""

    rows: int
    with_yen: int


def leg(name: str) -> sql.Identifier:
    """The temporary table of a leg."""
    return sql.Identifier(f"leg_{name.lower()}")


def reread(connection: db.Connection, run: Run, spec: Spec, files: Sequence[Path]) -> Reread:
    """Read the group's files again and keep what an independent reader finds, in place of what was found before."""
    target = part("reread", spec, run.run_id)
    connection.execute(sql.SQL("truncate {}").format(target))
    connection.execute("drop table if exists read_again")
    connection.execute(
        sql.SQL("create temp table read_again on commit drop as select row_no, file_no, {} from {} limit 0").format(
            _file_columns(spec), target
        )
    )
    with connection.cursor().copy(sql.SQL("copy read_again from stdin")) as copy:
        found = reread_group(list(files), spec.files, copy.write)
    connection.execute(
        sql.SQL("insert into {} (run_id, row_no, file_no, row_key, {columns}) select {}, row_no, file_no, {}, {columns}"
                " from read_again").format(target, sql.Literal(run.run_id), row_key(spec), columns=_file_columns(spec))
    )  # fmt: skip
    _keep_issues(connection, run, spec, found)
    return found


def _file_columns(spec: Spec) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, spec.files.columns))


def _keep_issues(connection: db.Connection, run: Run, spec: Spec, found: Reread) -> None:
    mine = [run.run_id, spec.group.id]
    connection.execute("delete from migration.reread_issue where run_id = %s and group_id = %s", mine)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into migration.reread_issue (run_id, group_id, check_id, file_name, row_no, item, problem)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (*mine, each.check_id, found.files[each.file_no - 1].file_name if each.file_no else None, each.row_no,
                 each.item, each.problem)
                for each in found.issues
            ],
        )  # fmt: skip


_EXTRAS = {
    "W": "source_code, source_key, source_claim_type, expected_outstanding_yen, expected_refund_yen",
    "G": "source_code, source_key",
    "F": "row_no",
}
_KINDS = {"W": "warehouse", "G": "stage", "F": "reread"}


def lay_out(bench: Bench) -> Excluded:
    """Make the temporary tables; returns what the map excluded of W's rows with a reason."""
    run_id = bench.run.run_id
    for name, extra in _EXTRAS.items():
        bench.connection.execute(
            sql.SQL(
                "create temp table {leg} on commit drop as select row_key, row_number() over (partition by row_key"
                " order by {extra}) as occurrence, {digest} as digest, {category} as category, {extra}, {columns}"
                " from {table} {staying}"
            ).format(
                leg=leg(name),
                extra=sql.SQL(extra),
                digest=canonical_row(bench.spec),
                category=_category(bench),
                columns=columns_of(bench.spec),
                table=part(_KINDS[name], bench.spec, run_id),
                staying=sql.SQL("where not is_set_aside" if name == "W" else ""),
            )
        )
        bench.connection.execute(sql.SQL("create index on {} (row_key, occurrence)").format(leg(name)))
        bench.connection.execute(sql.SQL("analyze {}").format(leg(name)))
    return _set_aside(bench)


def clear(bench: Bench) -> None:
    """Drop the temporary tables, for the next group."""
    bench.connection.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(map(leg, _EXTRAS))))


def _set_aside(bench: Bench) -> Excluded:
    """What the map left behind of W's rows; the ledger holds each with its reason."""
    yen = [sql.SQL("coalesce({}, 0) <> 0").format(sql.Identifier(name)) for name in bench.spec.yen_columns]
    carried = sql.SQL(" or ").join(yen) if yen else sql.SQL("false")
    rows = bench.rows(
        sql.SQL("select count(*), count(*) filter (where {}) from {} where is_set_aside").format(
            carried, part("warehouse", bench.spec, bench.run.run_id)
        )
    )
    return Excluded(int(rows[0][0]), int(rows[0][1]))


def _category(bench: Bench) -> sql.Composable:
    """現年分 or 滞納繰越分: a year's books close on 31 May of the next."""
    if "category" not in bench.g0:
        return sql.SQL("null::text")
    day = bench.run.snapshot_date
    open_year = day.year - (day.month <= 3 + _CLOSING_MONTHS)
    return sql.SQL("case when soto_nendo >= {} then 'current' else 'arrears' end").format(sql.Literal(open_year))


def pair(left: str, right: str, *, kind: str = "full") -> sql.Composed:
    """Two legs joined row by row: `a` and `b`."""
    return sql.SQL("{} as a {} join {} as b on a.row_key = b.row_key and a.occurrence = b.occurrence").format(
        leg(left), sql.SQL(kind), leg(right)
    )  # fmt: skip
