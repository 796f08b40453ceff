"""The legs side by side (照合の各段): W the warehouse's own figures, G what was staged, F what the files hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

from psycopg import sql

from receivables import db
from receivables.migration.comparison import Shape, Side
from receivables.migration.files.findings import Reread
from receivables.migration.files.rereading import reread_group
from receivables.migration.runs import Run, RunGroup, key_hash
from receivables.migration.spec import Spec
from receivables.migration.tables import part, row_key
from receivables.settings import State

G0 = (
    "kamoku_cd",
    "fuka_nendo",
    "soto_nendo",
    "category",
)  # 科目・賦課年度・相当年度・現年/滞繰, as far as a group has them
PAIRS = (("W", "G"), ("G", "F"))
_KINDS = {"W": "warehouse", "G": "stage", "F": "reread"}
_CLOSING_MONTHS = 2  # 出納整理期間 to 31 May (地方自治法235条の5)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every check of one group works with."""

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

    def leg(self, name: str) -> sql.Composed:
        """The rows of a leg as a relation: its items and `category` (現年分 or 滞納繰越分)."""
        return sql.SQL("(select *, {} as category from {}{})").format(
            self._category(),
            part(_KINDS[name], self.spec, self.run.run_id),
            sql.SQL(" where not is_set_aside" if name == "W" else ""),
        )

    def side(self, name: str) -> Side:
        """A leg as the comparison takes it."""
        return Side(name, self.leg(name))

    def shape(self, *names: str) -> Shape:
        """What is compared between legs: every item of the group, or those that the receiver's files hold."""
        group = self.spec.files.group if "F" in names else self.spec.group
        return Shape(self.spec.group.key, tuple(group.items), self.g0)

    def rows(self, query: sql.Composed | sql.SQL | LiteralString) -> list[tuple[Any, ...]]:
        """The rows of our own query."""
        return self.connection.execute(query).fetchall()

    def hashes(self, keys: Sequence[Any]) -> list[str]:
        """Keyed hashes of row keys, in their order."""
        return [key_hash(str(key), self.state) for key in keys]

    def label(self, column: str) -> str:
        """An item by the standard's name and our column, for people and for scripts."""
        return f"{self.spec.label(column)}[{column}]"

    @staticmethod
    def open_year(run: Run) -> int:
        """The oldest fiscal year whose books are open on the run's day (現年)."""
        return run.snapshot_date.year - (run.snapshot_date.month <= 3 + _CLOSING_MONTHS)

    def _category(self) -> sql.Composable:
        """A year's books close on 31 May of the next."""
        if "category" not in self.g0:
            return sql.SQL("null::text")
        year = sql.Literal(self.open_year(self.run))
        return sql.SQL("case when soto_nendo >= {} then 'current' else 'arrears' end").format(year)


class Excluded(NamedTuple):
    """Rows of W that the map leaves behind (対象外): all of them, and those that carry yen."""

    rows: int
    with_yen: int


def set_aside(bench: Bench) -> Excluded:
    """What the map left behind of W's rows; the ledger holds each with its reason."""
    yen = [sql.SQL("coalesce({}, 0) <> 0").format(sql.Identifier(name)) for name in bench.spec.yen_columns]
    carried = sql.SQL(" or ").join(yen) if yen else sql.SQL("false")
    rows = bench.rows(
        sql.SQL("select count(*), count(*) filter (where {}) from {} where is_set_aside").format(
            carried, part("warehouse", bench.spec, bench.run.run_id)
        )
    )
    return Excluded(int(rows[0][0]), int(rows[0][1]))


def reread(connection: db.Connection, run: Run, spec: Spec, files: Sequence[Path]) -> Reread:
    """Read the group's files again and keep what an independent reader finds, in place of what was found before."""
    target = part("reread", spec, run.run_id)
    columns = sql.SQL(", ").join(map(sql.Identifier, spec.files.columns))
    connection.execute(sql.SQL("truncate {}").format(target))
    connection.execute("drop table if exists read_again")
    connection.execute(
        sql.SQL("create temp table read_again on commit drop as select row_no, file_no, {} from {} limit 0").format(
            columns, target
        )
    )
    with connection.cursor().copy(sql.SQL("copy read_again from stdin")) as copy:
        found = reread_group(list(files), spec.files, copy.write)
    connection.execute(
        sql.SQL(
            "insert into {} (run_id, row_no, file_no, row_key, {columns}) select {}, row_no, file_no, {}, {columns}"
            " from read_again"
        ).format(target, sql.Literal(run.run_id), row_key(spec), columns=columns)
    )
    connection.execute(sql.SQL("analyze {}").format(target))
    _keep_issues(connection, run, spec, found)
    return found


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
