"""The ledger of loads (取込台帳): one row a batch, and its state changes."""

from dataclasses import dataclass
from datetime import date

from receivables import contracts, db
from receivables.contracts import Contract, Table
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import Copy


@dataclass(frozen=True, slots=True)
class Batch:
    """One landed file or snapshot of a table."""

    batch_id: str
    table: Table
    business_date: date
    state: str
    file_name: str
    file_sha256: str
    control_sha256: str | None


def enter(
    connection: db.Connection, contract: Contract, table: Table, *, as_of: date, copy: Copy, control: Copy | None
) -> str:
    """Enter a landed copy; the batch id. Bytes already loaded for the day become a `duplicate`."""
    batch_id = f"{contract.source}-{table.suffix}-{as_of:%Y%m%d}-{copy.sha256[:8]}"
    known = connection.execute("select state from ops.load where batch_id = %s", [batch_id]).fetchone()
    if known and known[0] == "loaded":
        again = connection.execute("select count(*) from ops.load where batch_id like %s", [f"{batch_id}-%"]).fetchone()
        duplicate = f"{batch_id}-{(int(str(again[0])) if again else 0) + 2}"
        _insert(connection, duplicate, contract, table, as_of, copy, control, state="duplicate")
        connection.execute(
            "update ops.load set reason_code = 'DUPLICATE_FILE', reason = %s where batch_id = %s",
            [f"DUPLICATE_FILE: file {copy.file_name} holds what batch {batch_id} loaded; nothing to do", duplicate],
        )
        return duplicate
    _forget(connection, batch_id)
    _insert(connection, batch_id, contract, table, as_of, copy, control, state="landed")
    return batch_id


def enter_failure(
    connection: db.Connection, contract: Contract, table: Table, *, as_of: date, fault: BatchRejectedError
) -> str:
    """Enter a delivery that did not come or cannot be taken."""
    batch_id = f"{contract.source}-{table.suffix}-{as_of:%Y%m%d}-none"
    _forget(connection, batch_id)
    state = "missing" if fault.reason_code == "MISSING" else "rejected"
    _insert(connection, batch_id, contract, table, as_of, Copy("", "", 0), None, state=state)
    explain(connection, batch_id, state, fault, contract.source)
    return batch_id


def explain(connection: db.Connection, batch_id: str, state: str, fault: BatchRejectedError, source: str) -> None:
    """Give the batch a terminal state with its reason (理由)."""
    connection.execute(
        "update ops.load set state = %s, reason_code = %s, reason = %s where batch_id = %s",
        [state, fault.reason_code, f"{source}: {fault}", batch_id],
    )


def read(connection: db.Connection, batch_ids: list[str]) -> list[Batch]:
    """The batches of these ids, in the contract's order of tables."""
    rows = connection.execute(
        "select batch_id, source, table_name, business_date, state, file_name, file_sha256, control_sha256"
        " from ops.load where batch_id = any(%s)",
        [batch_ids],
    ).fetchall()
    found = {}
    for batch_id, source, table_name, day, state, file_name, sha256, control in rows:
        table = contracts.contract(str(source)).table(str(table_name))
        found[batch_id] = Batch(batch_id, table, day, state, file_name, sha256, control)  # type: ignore[arg-type]
    return [found[each] for each in batch_ids if each in found]


def _insert(
    connection: db.Connection, batch_id: str, contract: Contract, table: Table, as_of: date, copy: Copy,
    control: Copy | None, *, state: str,
) -> None:  # fmt: skip
    connection.execute(
        "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256, file_bytes,"
        " control_sha256) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [batch_id, contract.source, table.name, as_of, state, copy.file_name, copy.sha256, copy.size,
         control.sha256 if control else None],
    )  # fmt: skip


def _forget(connection: db.Connection, batch_id: str) -> None:
    """An earlier try that did not end loaded leaves nothing behind."""
    for relation in ("ops.control_total", "ops.set_aside_row", "ops.validation", "ops.validation_document",
                     "quarantine.row", "ops.load"):  # fmt: skip
        connection.execute(f"delete from {relation} where batch_id = %s".encode(), [batch_id])  # noqa: S608
