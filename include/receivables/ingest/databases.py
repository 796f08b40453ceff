"""Landing from databases (連携DBの受領): one snapshot of one moment for all tables of a source."""

import json
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from receivables.contracts import Table
from receivables.ingest import spool
from receivables.ingest.readers.mariadb import mariadb
from receivables.ingest.readers.postgres import postgres
from receivables.ingest.readers.snapshot import Dialect, write_snapshot
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import Copy
from receivables.settings import State

READERS = ("postgres", "mariadb")
Taken = dict[str, Copy | BatchRejectedError]


def snapshots(source: str, tables: list[Table], folder: Path, *, as_of: date, state: State) -> Taken:
    """A copy of each of `tables`, which the same connection file names, or why there is none."""
    taken: Taken = {}
    try:
        with _department(tables[0], folder, state, source) as database:
            for table in tables:
                taken[table.name] = _snapshot(database, table, as_of, state)
    except BatchRejectedError as fault:
        return dict.fromkeys((table.name for table in tables), fault)  # half a snapshot is none
    return taken


def _snapshot(database: Dialect, table: Table, as_of: date, state: State) -> Copy | BatchRejectedError:
    with ExitStack() as stack:
        target, keep = stack.enter_context(spool.receiving(state))
        try:
            write_snapshot(database, table, target, as_of=as_of)  # type: ignore[arg-type]
        except BatchRejectedError as fault:
            return fault
        keep()
        return Copy(table.file, target.sha256, target.size)


def _department(table: Table, folder: Path, state: State, source: str) -> AbstractContextManager[Dialect]:
    address = _address(folder / table.file)
    return mariadb(address, source) if table.reader == "mariadb" else postgres(address, state, source)


def _address(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise BatchRejectedError("MISSING", f"no {file.name} in {file.parent.name}/", "say where the database listens")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        found = None
    if not isinstance(found, dict):
        raise BatchRejectedError("UNREADABLE", f"{file.name} is no JSON object", "write the address as JSON")
    return found
