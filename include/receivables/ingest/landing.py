"""Landing (受領): copies of what a department delivered, byte for byte, before anything is read."""

import time
from datetime import date
from pathlib import Path

from receivables import contracts, db
from receivables.contracts import Contract, Table
from receivables.ingest import databases, ledger, spool, tables
from receivables.ingest.databases import Taken
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import Copy, Look
from receivables.ingest.strays import note_strays
from receivables.ingest.transport import fetch
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
    fault = _fetch(contract, drop / source, as_of, state)
    seen = _seen(drop / source)
    with db.connect(state, "etl", doing=f"land {source}") as connection:
        ledger.lock(connection, source)
        note_strays(connection, contract, sorted(seen), as_of)
        if fault:
            return [ledger.enter_failure(connection, contract, table, as_of=as_of, fault=fault)
                    for table in contract.tables]  # fmt: skip
        taken = _snapshots(contract, drop / source, as_of, state)
        found: list[str] = []
        for table in contract.tables:
            try:
                (copy, *repeated), control = _copies(table, drop / source, as_of, state, seen, taken)
            except BatchRejectedError as fault:
                found.append(ledger.enter_failure(connection, contract, table, as_of=as_of, fault=fault))
                continue
            found.append(ledger.enter(connection, contract, table, as_of=as_of, copy=copy, control=control))
            for again in repeated:
                ledger.enter_duplicate(connection, contract, table, as_of=as_of, copy=again, of=found[-1])
        return found


def _fetch(contract: Contract, folder: Path, as_of: date, state: State) -> BatchRejectedError | None:
    """Fetch the day's files when the folder says where they are; why that did not end well."""
    forms = [table.as_export or table for table in contract.tables if table.export or table.control.kind != "query"]
    names = {form.file_name(as_of, name) for form in forms for name in (form.file, form.control.file) if name}
    try:
        fetch(contract.source, names, folder=folder, state=state)
    except BatchRejectedError as fault:
        return fault
    return None


def _seen(folder: Path) -> Seen:
    """What every file looks like a moment before it is copied."""
    if not folder.is_dir():
        return {}
    found = {file: spool.look(file) for file in folder.iterdir()}
    if found:
        time.sleep(SETTLE_SECONDS)
    return found


def _copies(
    table: Table, folder: Path, as_of: date, state: State, seen: Seen, taken: Taken
) -> tuple[list[Copy], Copy | None]:
    if table.name in taken:
        snapshot = taken[table.name]
        if isinstance(snapshot, BatchRejectedError):
            raise snapshot
        return [snapshot], None
    table = table.as_export or table
    control = None
    if table.control.kind == "manifest" and table.control.file:
        # The manifest comes last: while it is not there, the upload still runs.
        control = _copied(folder, table.file_name(as_of, table.control.file), state, seen)[0]
    return _copied(folder, table.file_name(as_of), state, seen), control


def _snapshots(contract: Contract, folder: Path, as_of: date, state: State) -> Taken:
    """What the source's databases hold; an export that lies there instead of the connection file is a file."""
    groups: dict[tuple[str, str], list[Table]] = {}
    taken: Taken = {}
    for table in contract.tables:
        if table.reader not in databases.READERS:
            continue
        if not _is_exported(table, folder, as_of):
            groups.setdefault((table.reader, table.file), []).append(table)
        elif (folder / table.file).exists():
            taken[table.name] = BatchRejectedError(
                "TWO_VERSIONS", f"{folder.name}/ holds {table.file} and an export", "leave only the one that counts"
            )
    for group in groups.values():
        taken |= databases.snapshots(contract.source, group, folder, as_of=as_of, state=state)
    return taken


def _is_exported(table: Table, folder: Path, as_of: date) -> bool:
    return table.as_export is not None and bool(spool.matching(folder, table.as_export.file_name(as_of)))


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
