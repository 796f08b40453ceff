"""Landing (受領): copies of what a department delivered, byte for byte, before anything is read."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from receivables import contracts, db
from receivables.contracts import Contract, Table
from receivables.errors import EnvironmentFailureError
from receivables.ingest import ledger, spool, tables
from receivables.ingest.readers.snapshot import write_snapshots
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import Copy, Look
from receivables.ingest.strays import note_strays
from receivables.settings import State

SETTLE_SECONDS = 0.2  # a file that grows within this time is still being written
Seen = dict[Path, Look]


def land(source: str, *, drop: Path, as_of: date, state: State) -> list[str]:
    """Copy what lies in `drop`/`source` for `as_of` into the spool; one batch id per table of the contract.

    A delivery that is missing or cannot be taken is a batch too, with its reason; the same bytes
    under a second name are one more, a duplicate.
    """
    contract = contracts.contract(source)
    tables.create_tables(state)
    seen = _seen(drop / source)
    with db.connect(state, "etl", doing=f"land {source}") as connection:
        ledger.lock(connection, source)
        note_strays(connection, contract, sorted(seen), as_of)
        found: list[str] = []
        for table in contract.tables:
            try:
                (copy, *repeated), control = _copies(contract, table, drop / source, as_of, state, seen)
            except BatchRejectedError as fault:
                found.append(ledger.enter_failure(connection, contract, table, as_of=as_of, fault=fault))
                continue
            found.append(ledger.enter(connection, contract, table, as_of=as_of, copy=copy, control=control))
            for again in repeated:
                ledger.enter_duplicate(connection, contract, table, as_of=as_of, copy=again, of=found[-1])
        return found


def _seen(folder: Path) -> Seen:
    """What every file looks like a moment before it is copied."""
    if not folder.is_dir():
        return {}
    found = {file: spool.look(file) for file in folder.iterdir()}
    if found:
        time.sleep(SETTLE_SECONDS)
    return found


def _copies(
    contract: Contract, table: Table, folder: Path, as_of: date, state: State, seen: Seen
) -> tuple[list[Copy], Copy | None]:
    if table.reader == "postgres":
        return [_snapshot(contract, table, folder, as_of, state)], None
    control = None
    if table.control.kind == "manifest" and table.control.file:
        # The manifest comes last: while it is not there, the upload still runs.
        control = _copied(folder, table.file_name(as_of, table.control.file), state, seen)[0]
    return _copied(folder, table.file_name(as_of), state, seen), control


def _copied(folder: Path, pattern: str, state: State, seen: Seen) -> list[Copy]:
    found = spool.matching(folder, pattern)
    if not found:
        raise BatchRejectedError("MISSING", f"no file {pattern} in {folder.name}/", "ask the department to deliver it")
    copies = [spool.copy_in(state, file, seen.get(file, (0, 0, 0))) for file in found]
    if len({copy.sha256 for copy in copies}) > 1:
        raise BatchRejectedError(
            "TWO_VERSIONS",
            f"{len(found)} files match {pattern} in {folder.name}/ and differ",
            "ask the department which is right and leave only that one",
        )
    return copies


def _snapshot(contract: Contract, table: Table, folder: Path, as_of: date, state: State) -> Copy:
    address = _address(folder / table.file)
    try:
        with (
            spool.receiving(state) as (target, keep),
            _department(address, state, contract.source) as connection,
        ):
            write_snapshots(connection, [(table, target)], as_of=as_of)  # type: ignore[list-item]
            keep()
            return Copy(table.file, target.sha256, target.size)
    except (db.DatabaseError, psycopg.Error) as error:
        raise BatchRejectedError(
            "UNREADABLE",
            f"the department's database cannot be read (error {error.sqlstate or 'of the connection'})",
            "look whether it runs and lets us in",
        ) from None


def _address(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise BatchRejectedError("MISSING", f"no {file.name} in {file.parent.name}/", "say where the database listens")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        found = None
    if not isinstance(found, dict) or not ("dbname" in found or "dsn" in found):
        raise BatchRejectedError("UNREADABLE", f"{file.name} names neither dbname nor dsn", "write one of them as JSON")
    return found


@contextmanager
def _department(address: dict[str, Any], state: State, source: str) -> Iterator[db.Connection]:
    """The department's database: on our own server by its name, elsewhere by its address."""
    doing = f"snapshot of {source}"
    try:
        if "dbname" in address:
            with db.connect(state, address.get("role", "postgres"), address["dbname"], doing=doing) as connection:
                yield connection
        else:
            with psycopg.connect(address["dsn"], connect_timeout=10) as connection:
                yield connection
    except EnvironmentFailureError:
        raise BatchRejectedError(
            "UNREADABLE", "the department's database does not answer", "look whether it runs and lets us in"
        ) from None
