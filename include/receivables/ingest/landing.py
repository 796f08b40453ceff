"""Landing (受領): copies of what a department delivered, byte for byte, before anything is read."""

import json
from datetime import date
from pathlib import Path

from receivables import contracts, db
from receivables.contracts import Contract, Table
from receivables.errors import EnvironmentFailureError
from receivables.ingest import ledger, spool, tables
from receivables.ingest.readers.snapshot import write_snapshots
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import Copy
from receivables.settings import State


def land(source: str, *, drop: Path, as_of: date, state: State) -> list[str]:
    """Copy what lies in `drop`/`source` for `as_of` into the spool; one batch id per table of the contract.

    A delivery that is missing or cannot be taken is a batch too, with its reason.
    """
    contract = contracts.contract(source)
    tables.create_tables(state)
    with db.connect(state, "etl", doing=f"land {source}") as connection:
        found = []
        for table in contract.tables:
            try:
                copy, control = _copies(contract, table, drop / source, as_of, state)
            except BatchRejectedError as fault:
                found.append(ledger.enter_failure(connection, contract, table, as_of=as_of, fault=fault))
            else:
                found.append(ledger.enter(connection, contract, table, as_of=as_of, copy=copy, control=control))
        return found


def _copies(contract: Contract, table: Table, folder: Path, as_of: date, state: State) -> tuple[Copy, Copy | None]:
    if table.reader == "postgres":
        return _snapshot(contract, table, folder, as_of, state), None
    control = None
    if table.control.kind == "manifest" and table.control.file:
        # The manifest comes last: while it is not there, the upload still runs.
        control = _copy(folder, table.file_name(as_of, table.control.file), state)
    return _copy(folder, table.file_name(as_of), state), control


def _copy(folder: Path, pattern: str, state: State) -> Copy:
    found = spool.matching(folder, pattern)
    if not found:
        raise BatchRejectedError("MISSING", f"no file {pattern} in {folder.name}/", "ask the department to deliver it")
    if len(found) > 1:
        raise BatchRejectedError(
            "UNREADABLE", f"{len(found)} files match {pattern} in {folder.name}/", "leave only the one that counts"
        )
    return spool.copy_in(state, found[0], spool.look(found[0]))


def _snapshot(contract: Contract, table: Table, folder: Path, as_of: date, state: State) -> Copy:
    named = folder / table.file
    if not named.exists():
        raise BatchRejectedError("MISSING", f"no {table.file} in {folder.name}/", "say where the database listens")
    given = json.loads(named.read_text(encoding="utf-8"))
    try:
        with (
            db.connect(state, given.get("role", "postgres"), given["dbname"], doing=f"snapshot of {contract.source}")
            as connection,
            spool.receiving(state) as (target, keep),
        ):  # fmt: skip
            connection.commit()
            write_snapshots(connection, [(table, target)], as_of=as_of)  # type: ignore[list-item]
            keep()
            return Copy(table.file, target.sha256, target.size)
    except (db.DatabaseError, EnvironmentFailureError):
        raise BatchRejectedError(
            "UNREADABLE", "the department's database cannot be read", "look whether it runs and lets us in"
        ) from None
