"""The run's files and their lines in the manifest (移行ファイル一覧): group by group, in the order of loading."""

import json
from pathlib import Path

from psycopg import sql

from receivables import db
from receivables.migration.by_group import each_group
from receivables.migration.files import writing
from receivables.migration.legs import Bench
from receivables.migration.progress import Say, silent
from receivables.migration.runs import Run, RunGroup, folder_of, groups_of, key_hash, run_of
from receivables.migration.spec import Spec
from receivables.migration.tables import ROLE, part
from receivables.settings import State


def write(run_id: str, *, state: State, say: Say = silent) -> list[Path]:
    """Write the files of every group of the run into its folder; returns them in the order of loading.

    What one group wrote stays when a later one fails; the manifest then has no line of the others.
    """
    folder = folder_of(run_id, state)
    with db.connect(state, ROLE, doing=f"write the files of {run_id}") as connection:
        run = run_of(connection, run_id)
        connection.execute("delete from migration.file_manifest where run_id = %s", [run_id])
        groups = groups_of(connection, run_id)
    say(f"書出し {len(groups)} グループ")
    written: dict[int, list[str]] = {}
    for done, (group, names) in enumerate(each_group(_write_group, groups, run_id, state), start=1):
        written[group.position] = names
        told = run.spec(group.group_id).group.name
        say(f"書出し {done}/{len(groups)} {told}（{group.staged_rows or 0:,} 行）")
    return [folder / name for position in sorted(written) for name in written[position]]


def _write_group(group: RunGroup, run_id: str, state: State) -> list[str]:
    with db.connect(state, ROLE, doing=f"write {group.group_id} of {run_id}") as connection:
        run = run_of(connection, run_id)
        spec = run.spec(group.group_id)
        files = writing.write_group(
            connection, relation=_staged(run, spec), spec=spec.files, folder=folder_of(run_id, state),
            stamp=stamp_of(run), key_hash=lambda key: key_hash(key, state),
        )  # fmt: skip
        _keep(connection, run_id, group.group_id, files)
    return [each.file_name for each in files]


def written_again(bench: Bench) -> list[str]:
    """SHA-256 of the files that writing the group once more would give (R-090); nothing is kept."""
    return writing.digest_again(
        bench.connection, relation=_staged(bench.run, bench.spec), spec=bench.spec.files,
        key_hash=lambda key: key_hash(key, bench.state),
    )  # fmt: skip


def stamp_of(run: Run) -> str:
    """The time in the files' names: the snapshot's day, never the clock's."""
    return f"{run.snapshot_date:%Y%m%d}000000"


def files_of(run: Run, spec: Spec, state: State) -> list[Path]:
    """The group's files in the run's folder now, in the order of their numbers, or where the first should be."""
    folder = folder_of(run.run_id, state)
    found = {}
    for file in folder.iterdir():
        match = spec.files.file_pattern.fullmatch(file.name)
        if match:
            found[int(match.groupdict().get("seq") or 1)] = file
    return [found[number] for number in sorted(found)] or [folder / spec.files.file_name(stamp_of(run), 1)]


def _staged(run: Run, spec: Spec) -> sql.Composable:
    return part("stage", spec, run.run_id)


def _keep(connection: db.Connection, run_id: str, group_id: str, files: list[writing.Written]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into migration.file_manifest
                (run_id, file_name, group_id, rows, sums, sha256, bytes, first_key_hash, last_key_hash)
            values (%s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s)
            """,
            [
                (run_id, each.file_name, group_id, each.rows, json.dumps(each.sums), each.sha256, each.bytes,
                 each.first_key_hash, each.last_key_hash)
                for each in files
            ],
        )  # fmt: skip
