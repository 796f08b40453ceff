"""One run (移行リハーサル): its row, its folder and the keyed hashes that stand for its keys."""

import hashlib
import hmac
import json
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.rows import class_row

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.spec import Spec, spec_of
from receivables.settings import PROJECT, State


@dataclass(frozen=True, slots=True)
class RunGroup:
    """A row of migration.run_group: one group of a run with the maps that fed it."""

    group_id: str
    position: int
    maps: list[dict[str, Any]]
    source_totals: dict[str, dict[str, int]]
    staged_rows: int | None
    warehouse_digest: str | None
    staged_digest: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A row of migration.run."""

    run_id: str
    kind: str
    edition: str
    profile: str
    snapshot_date: date
    published_batch: str
    revision: str | None
    spec_sha256: str
    map_sha256: str
    profile_sha256: str
    plan: dict[str, Any]
    inputs: dict[str, Any]
    finance: dict[str, Any] | None
    changed: list[dict[str, Any]] | None
    verdict: str | None
    unexplained_rows: int | None
    unexplained_yen: int | None
    report_file: str | None
    report_sha256: str | None

    def spec(self, group_id: str) -> Spec:
        """The specification that a group of the run obeys; InputRejectedError when its files changed since."""
        found = spec_of(self.edition, group_id, self.profile, self.snapshot_date)
        if (found.spec_sha256, found.profile_sha256) != (self.spec_sha256, self.profile_sha256):
            raise InputRejectedError(
                f"run {self.run_id}: edition {self.edition} or profile {self.profile} was edited since; rehearse again"
            )
        return found


def run_of(connection: db.Connection, run_id: str) -> Run:
    """The run `run_id`; InputRejectedError lists the latest ones when it is unknown."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        found = cursor.execute(
            """
            select run_id, kind, edition, profile, snapshot_date, published_batch, revision, spec_sha256, map_sha256,
                profile_sha256, plan, inputs, finance, changed, verdict, unexplained_rows, unexplained_yen, report_file,
                report_sha256
            from migration.run where run_id = %s
            """,
            [run_id],
        ).fetchone()
    if found is None:
        latest = connection.execute("select run_id from migration.run order by run_id desc limit 5").fetchall()
        shown = ", ".join(str(row[0]) for row in latest) or "none yet"
        raise InputRejectedError(f"no migration run {run_id!r}; the latest: {shown}")
    return found


def previous_of(connection: db.Connection, run: Run) -> Run | None:
    """The last run of the same kind and the same claims that reconciled before this one, or None."""
    found = connection.execute(
        """
        select r.run_id from migration.run as r
        inner join migration.run_group as g on r.run_id = g.run_id and g.group_id = 'chotei_shuno'
        where r.kind = %s and r.plan -> 'sources' = %s::jsonb and r.verdict in ('PASS', 'EXPLAINED')
            and r.snapshot_date <= %s and r.created_at < (select created_at from migration.run where run_id = %s)
        order by r.created_at desc limit 1
        """,
        [run.kind, json.dumps(run.plan["sources"]), run.snapshot_date, run.run_id],
    ).fetchone()
    return None if found is None else run_of(connection, str(found[0]))


def groups_of(connection: db.Connection, run_id: str) -> list[RunGroup]:
    """The groups of a run in the order of loading (投入順)."""
    with connection.cursor(row_factory=class_row(RunGroup)) as cursor:
        return cursor.execute(
            """
            select group_id, position, maps, source_totals, staged_rows, warehouse_digest, staged_digest
            from migration.run_group where run_id = %s order by position
            """,
            [run_id],
        ).fetchall()


def folder_of(run_id: str, state: State) -> Path:
    """The folder of the run's files, for its owner alone: they hold 宛名番号."""
    folder = state.path("migration", run_id, "x").parent
    folder.parent.chmod(0o700)
    folder.chmod(0o700)
    return folder


def key_hash(row_key: str, state: State) -> str:
    """What stands for a key in reports: HMAC-SHA256 with the state's own secret, 16 hexadecimal digits."""
    digest = hmac.new(state.secret("hmac_migration").encode(), row_key.encode(), hashlib.sha256)
    return "k" + digest.hexdigest()[:16]


def revision() -> str | None:
    """The program's revision, or None when it does not run from a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
