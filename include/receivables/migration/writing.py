"""The file as the receiver wants it (移行ファイル): the same staged rows give the same bytes, always."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.runs import Run, folder_of, key_hash, run_of
from receivables.migration.spec import Profile, Spec
from receivables.migration.tables import ROLE, columns_of, table
from receivables.settings import State

_ROWS_AT_ONCE = 5_000
_QUOTING: dict[str, Literal[0, 1]] = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}


@dataclass
class Written:
    """What went into a file: counted while it was written."""

    sha256: str = ""
    bytes: int = 0
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    first_key: str | None = None
    last_key: str | None = None


def write(run_id: str, *, state: State) -> Path:
    """Write the run's file into its folder and its line into the manifest; returns the file."""
    with db.connect(state, ROLE, doing=f"write the file of {run_id}") as connection:
        run = run_of(connection, run_id)
        spec = run.spec()
        file = folder_of(run_id, state) / file_name(spec, run)
        draft = file.with_suffix(".part")
        draft.touch(mode=0o600)
        with draft.open("wb") as sink:
            written = _written(connection, run, spec, sink)
        draft.replace(file)
        connection.execute(
            """
            insert into migration.file_manifest
                (run_id, file_name, group_id, rows, sums, sha256, bytes, first_key_hash, last_key_hash)
            values (%s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s)
            on conflict (run_id, file_name) do update set rows = excluded.rows, sums = excluded.sums,
                sha256 = excluded.sha256, bytes = excluded.bytes, written_at = clock_timestamp()
            """,
            [run_id, file.name, spec.group.id, written.rows, json.dumps(written.sums), written.sha256, written.bytes,
             *(None if key is None else key_hash(key, state) for key in (written.first_key, written.last_key))],
        )  # fmt: skip
    return file


def written_again(connection: db.Connection, run: Run, spec: Spec) -> str:
    """SHA-256 of what writing the run once more would give (R-090); nothing is kept."""
    return _written(connection, run, spec, None).sha256


def file_name(spec: Spec, run: Run) -> str:
    """The file's name by the profile's pattern; its time is the snapshot's day, never the clock's."""
    return spec.profile.name_pattern.format(
        interface_id=spec.group.interface_id or spec.group.id,
        yyyymmddhh24miss=f"{run.snapshot_date:%Y%m%d}000000",
        seq=1,
    )


def _written(connection: db.Connection, run: Run, spec: Spec, sink: io.BufferedWriter | None) -> Written:
    found, digest = Written(sums=dict.fromkeys(spec.yen_columns, 0)), hashlib.sha256()
    for block in _blocks(connection, run, spec, found):
        content = block.encode(spec.profile.encoding)
        digest.update(content)
        found.bytes += len(content)
        if sink:
            sink.write(content)
    found.sha256 = digest.hexdigest()
    return found


def _blocks(connection: db.Connection, run: Run, spec: Spec, found: Written) -> Iterator[str]:
    """The file's text in blocks, in the order of the key's bytes."""
    profile = spec.profile
    if profile.bom:
        yield "\ufeff"
    if profile.header:
        yield _lines([list(spec.group.names)], profile)
    empty = [profile.empty(item.type) for item in spec.group.items]
    yen_at = [(at, item.column) for at, item in enumerate(spec.group.items, start=1) if item.type == "yen"]
    with connection.cursor(name="staged_rows") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(
            sql.SQL('select row_key, {} from {} where run_id = {} order by row_key collate "C"').format(
                columns_of(spec), table("stage", spec), sql.Literal(run.run_id)
            )
        )
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            found.first_key = found.first_key or str(rows[0][0])
            found.last_key = str(rows[-1][0])
            found.rows += len(rows)
            for at, column in yen_at:
                found.sums[column] += sum(row[at] or 0 for row in rows)  # type: ignore[misc]
            yield _lines(
                [[_text(value, gap) for value, gap in zip(row[1:], empty, strict=True)] for row in rows], profile
            )


def _text(value: Any, empty: str) -> str:
    if value is None:
        return empty
    text = value.isoformat() if isinstance(value, date) else str(value)
    if "\r" in text or "\n" in text or "\0" in text:  # staging rejects these; the file must never hold one
        raise InvariantBrokenError("a staged value holds a line break; nothing was written, stage the run again")
    return text


def _lines(rows: list[list[str]], profile: Profile) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=_QUOTING[profile.quoting], lineterminator=profile.line_end)
    writer.writerows(rows)
    return text.getvalue()
