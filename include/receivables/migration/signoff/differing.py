"""What a run was found to differ in (差異の明細), with its exact numbers; and the gate over it (判定)."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from psycopg.rows import class_row

from receivables import db
from receivables.migration.checks import FAIL, Check, verdict_of

# Never explained: where one of these fails, the evidence itself is broken, and numbers read from it prove nothing.
NEVER_EXPLAINED = {
    "C-100": "the file is not the one that was written, so nothing counted in it is evidence",
    "R-001": "rows of the source are in no disposition, so it is unknown what the difference is a difference of",
    "R-002": "yen of the source are in no disposition, so it is unknown what the difference is a difference of",
    "R-090": "the same input gave another file, so the numbers would be others tomorrow",
}
_KEEP = """
    insert into migration.differing (run_id, group_id, check_id, legs, component, kind, rows, yen, keys_sha256)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_COLUMNS = 'group_id as "group", check_id as "check", legs, component, kind, rows, yen, keys_sha256'
_ORDER = 'order by group_id collate "C", check_id, legs, component, kind'


@dataclass(frozen=True, slots=True)
class Differing:
    """One difference: where it is, and rows, yen and keys exactly.

    `group` is '' for the run as a whole and `component` '' for the whole row; `kind` is the class of difference
    (差異区分). `rows` counts differing rows, `yen` is the sum of |a - b| in yen (0 where it is no amount) and
    `keys_sha256` is `keys_digest` of the keyed hashes of every differing key, not only of those shown.
    """

    group: str
    check: str
    legs: str
    component: str
    kind: str
    rows: int
    yen: int
    keys_sha256: str

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """Where it is: what an acceptance names."""
        return self.group, self.check, self.legs, self.component, self.kind


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict of a run, with the rows and yen that nobody explained."""

    verdict: str
    unexplained_rows: int
    unexplained_yen: int


def keys_digest(hashes: Iterable[str]) -> str:
    """SHA-256 over the sorted keyed hashes of differing keys: other keys give another digest."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(hashes)).encode()).hexdigest()


NO_KEYS = keys_digest([])


def keep_differing(connection: db.Connection, run_id: str, differences: Sequence[Differing]) -> None:
    """Replace what the run is known to differ in."""
    connection.execute("delete from migration.differing where run_id = %s", [run_id])
    with connection.cursor() as cursor:
        cursor.executemany(_KEEP, [(run_id, *astuple(each)) for each in differences])


def differing_of(connection: db.Connection, run_id: str) -> list[Differing]:
    """Every difference of the run's last reconciliation."""
    with connection.cursor(row_factory=class_row(Differing)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from migration.differing where run_id = %s {_ORDER}",  # noqa: S608 - our own names
            [run_id],
        ).fetchall()


def gated(checks: Sequence[Check], unexplained_rows: int, unexplained_yen: int) -> Gate:
    """PASS, EXPLAINED or FAIL: every check passed or is explained, and no row and no yen is left unexplained."""
    is_open = unexplained_rows or unexplained_yen
    return Gate(FAIL if is_open else verdict_of(checks), unexplained_rows, unexplained_yen)


def gate(checks: Sequence[Check], still_open: Iterable[Differing]) -> Gate:
    """The verdict over `checks` with the rows and yen of the differences that nobody explained.

    A key that differs shows in several checks and components. Per group and pair of legs the check that found most
    counts, so that the figures tell how much is open and not how often it was found.
    """
    found: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for each in still_open:
        figures = found[each.group, each.legs][each.check]
        figures[0] += each.rows
        figures[1] += each.yen
    rows, yen = (sum(max(one[at] for one in by_check.values()) for by_check in found.values()) for at in (0, 1))
    return gated(checks, rows, yen)
