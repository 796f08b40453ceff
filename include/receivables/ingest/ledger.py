"""The ledger of loads (取込台帳): one row a batch, and its state changes."""

from dataclasses import dataclass
from datetime import date

from receivables import contracts, db
from receivables.contracts import Contract, Table
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import Copy

LOCK_WAIT = "20min"  # a whole ward's largest source takes two
IDLE = "30min"  # longer than any check between two statements


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
    approved: frozenset[str]  # brakes that a person overruled for exactly these bytes
    follows: str | None = None  # the batch of the last copy, when this one was read as changes to it
    held_rows: int = 0
    gone_rows: int = 0


def lock(connection: db.Connection, source: str) -> None:
    """Only one process works on a source at a time, until this connection closes.

    Whoever waits longer than `LOCK_WAIT` is told so. The lock and every write are of one session, which the server
    ends when its process stands still (`IDLE`): what such a process writes afterwards is refused, so that no second
    number (fence) is needed.
    """
    waits = {"lock_timeout": LOCK_WAIT, "idle_in_transaction_session_timeout": IDLE, "idle_session_timeout": IDLE}
    for name, wait in waits.items():
        connection.execute("select set_config(%s, %s, %s)", [name, wait, name == "lock_timeout"])
    connection.execute("select pg_advisory_lock(7131124, hashtext(%s))", [source])
    connection.commit()


def enter(
    connection: db.Connection, contract: Contract, table: Table, *, as_of: date, copy: Copy, control: Copy | None
) -> str:
    """Enter a landed copy; the batch id. Bytes already loaded for the day become a `duplicate`.

    Rejected are other bytes for a day that is loaded, unless somebody approved them, and a day older than the
    newest that is loaded.
    """
    batch_id = f"{contract.source}-{table.suffix}-{as_of:%Y%m%d}-{copy.sha256[:8]}"
    _forget(connection, _failure_id(contract, table, as_of))
    known = connection.execute("select state from ops.load where batch_id = %s", [batch_id]).fetchone()
    if known and known[0] == "loaded":
        return enter_duplicate(connection, contract, table, as_of=as_of, copy=copy, of=batch_id)
    _forget(connection, batch_id)
    _insert(connection, batch_id, contract, table, as_of, copy, control, state="landed")
    try:
        _require_next(connection, table, as_of, approved=_approved(connection, table, batch_id, copy.sha256))
    except BatchRejectedError as fault:
        refuse(connection, batch_id, "rejected", fault, f"{contract.source}, file {copy.file_name}")
    return batch_id


def enter_duplicate(
    connection: db.Connection, contract: Contract, table: Table, *, as_of: date, copy: Copy, of: str
) -> str:
    """Enter bytes that batch `of` has brought already; they have no effect."""
    again = connection.execute("select count(*) from ops.load where batch_id like %s", [f"{of}-%"]).fetchone()
    batch_id = f"{of}-{int(str(again[0])) + 2 if again else 2}"
    _insert(connection, batch_id, contract, table, as_of, copy, None, state="duplicate")
    fault = BatchRejectedError("DUPLICATE_FILE", f"the same bytes as batch {of}", "nothing to do")
    refuse(connection, batch_id, "duplicate", fault, f"{contract.source}, file {copy.file_name}")
    return batch_id


def _require_next(connection: db.Connection, table: Table, as_of: date, *, approved: frozenset[str]) -> None:
    found = connection.execute(
        "select max(business_date) from ops.load where table_name = %s and state = 'loaded'", [table.name]
    ).fetchone()
    newest = found[0] if found else None
    if isinstance(newest, date) and newest > as_of:
        raise BatchRejectedError(
            "STALE", f"business date {as_of}: the copy of {newest} is loaded already", "have a newer copy delivered"
        )
    if newest == as_of and "TWO_VERSIONS" not in approved:
        raise _two_versions(as_of)


def require_only(connection: db.Connection, batch: Batch) -> None:
    """TWO_VERSIONS when other bytes of the batch's day were loaded since it was landed, and nobody approved it."""
    found = connection.execute(
        "select exists (select 1 from ops.load where table_name = %s and business_date = %s and state = 'loaded')",
        [batch.table.name, batch.business_date],
    ).fetchone()
    if found and found[0] and "TWO_VERSIONS" not in batch.approved:
        raise _two_versions(batch.business_date)


def _two_versions(as_of: date) -> BatchRejectedError:
    return BatchRejectedError(
        "TWO_VERSIONS",
        f"other content for business date {as_of} is loaded already",
        "ask the department which is right; when it is this one, `receivables ingest approve`",
    )


def enter_failure(
    connection: db.Connection, contract: Contract, table: Table, *, as_of: date, fault: BatchRejectedError
) -> str:
    """Enter a delivery that did not come or cannot be taken."""
    batch_id = _failure_id(contract, table, as_of)
    _forget(connection, batch_id)
    state = "missing" if fault.reason_code == "MISSING" else "rejected"
    _insert(connection, batch_id, contract, table, as_of, Copy("", "", 0), None, state=state)
    refuse(connection, batch_id, state, fault, f"{contract.source}, table {table.name}")
    return batch_id


def refuse(connection: db.Connection, batch_id: str, state: str, fault: BatchRejectedError, where: str) -> None:
    """Give the batch a terminal state with its reason (理由); none of its rows count."""
    connection.execute(
        "update ops.load set state = %s, reason_code = %s, reason = %s, accepted_rows = 0, accepted_yen = 0,"
        " quarantined_rows = 0, quarantined_yen = 0, duplicate_rows = 0, duplicate_yen = 0, excluded_rows = 0,"
        " excluded_yen = 0 where batch_id = %s",
        [state, fault.reason_code, f"{where}: {fault}", batch_id],
    )


def read(connection: db.Connection, batch_ids: list[str]) -> list[Batch]:
    """The batches of these ids, in the contract's order of tables."""
    rows = connection.execute(
        "select batch_id, source, table_name, business_date, state, file_name, file_sha256, control_sha256,"
        " follows, coalesce(held_rows, 0)::int, coalesce(gone_rows, 0)::int from ops.load where batch_id = any(%s)",
        [batch_ids],
    ).fetchall()
    found = {}
    for batch_id, source, table_name, *landed, follows, held_rows, gone_rows in rows:
        table = contracts.contract(str(source)).table(str(table_name)).as_delivered(str(landed[2]))
        approved = _approved(connection, table, str(batch_id), str(landed[-2]))
        found[batch_id] = Batch(str(batch_id), table, *landed, approved, follows, held_rows, gone_rows)  # type: ignore[arg-type, call-arg]
    return [found[each] for each in batch_ids if each in found]


def _approved(connection: db.Connection, table: Table, batch_id: str, sha256: str) -> frozenset[str]:
    """The brakes for which as many people answered as the contract wants."""
    found = connection.execute(
        "select reason_code from correction.delivery_approval where batch_id = %s and file_sha256 = %s"
        " group by 1 having count(distinct approver) >= %s",
        [batch_id, sha256, table.brake.approvals],
    ).fetchall()
    return frozenset(str(code) for (code,) in found)


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


def _failure_id(contract: Contract, table: Table, as_of: date) -> str:
    return f"{contract.source}-{table.suffix}-{as_of:%Y%m%d}-none"


def _forget(connection: db.Connection, batch_id: str) -> None:
    """An earlier try that did not end loaded leaves nothing behind."""
    for relation in ("ops.control_total", "ops.set_aside_row", "ops.conversion", "ops.profile", "ops.gaiji",
                     "ops.validation", "ops.validation_document", "quarantine.row", "ops.load"):  # fmt: skip
        connection.execute(f"delete from {relation} where batch_id = %s".encode(), [batch_id])  # noqa: S608
