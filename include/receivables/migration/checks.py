"""What a check says (検査結果), and the rule that makes a verdict of many checks (判定)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.rows import class_row

from receivables import db

KEYS_SHOWN = 20
PASS, EXPLAINED, FAIL, NOT_RUN = "PASS", "EXPLAINED", "FAIL", "NOT RUN"


@dataclass(frozen=True, slots=True)
class Check:
    """One check between legs: S source, W warehouse, G staged, F file, T new system, L finance."""

    id: str
    legs: str
    title: str  # 検査の内容
    status: str
    difference: int = 0  # rows, or yen where the grain says so
    grain: str = "rows"
    expected: str | None = None
    actual: str | None = None
    cause: str | None = None
    keys: list[str] = field(default_factory=list)  # keyed hashes
    group: str | None = None  # of the standard; None: of the run as a whole

    def as_dict(self) -> dict[str, Any]:
        """The check as the command prints it."""
        return {
            "id": self.id, "legs": self.legs, "status": self.status, "difference": self.difference,
            "cause": self.cause, "keys": self.keys, "title": self.title, "grain": self.grain,
            "expected": self.expected, "actual": self.actual, "group": self.group,
        }  # fmt: skip


def verdict_of(checks: Sequence[Check]) -> str:
    """PASS only when every check passed; a check that did not run is no pass (判定)."""
    statuses = {check.status for check in checks}
    if not checks or statuses & {FAIL, NOT_RUN}:
        return FAIL
    return EXPLAINED if EXPLAINED in statuses else PASS


def passed_when(is_equal: bool) -> str:
    """PASS or FAIL."""
    return PASS if is_equal else FAIL


def keep_checks(connection: db.Connection, run_id: str, checks: Iterable[Check]) -> None:
    """Replace the run's results by `checks`."""
    connection.execute("delete from migration.recon_result where run_id = %s", [run_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into migration.recon_result (run_id, position, group_id, check_id, legs, grain, title_ja, status,
                expected, actual, difference, cause, keys)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
            """,
            [
                (run_id, at, each.group, each.id, each.legs, each.grain, each.title, each.status, each.expected,
                 each.actual, each.difference, each.cause, json.dumps(each.keys))
                for at, each in enumerate(checks, start=1)
            ],
        )  # fmt: skip


def kept_checks(connection: db.Connection, run_id: str) -> list[Check]:
    """The results of the run's last reconciliation, in their order."""
    with connection.cursor(row_factory=class_row(Check)) as cursor:
        return cursor.execute(
            """
            select check_id as id, legs, title_ja as title, status, difference, grain, expected, actual, cause, keys,
                group_id as "group"
            from migration.recon_result where run_id = %s order by position
            """,
            [run_id],
        ).fetchall()
