"""Checking (検査): a landed copy against its contract; what passes is held until load."""

from contextlib import suppress

from psycopg import sql

from receivables import contracts, control_totals, db
from receivables.control_totals import ControlTotal
from receivables.ingest import balance, changes, expectations, ledger, profile, remembered, tables
from receivables.ingest.brake import require_shape
from receivables.ingest.documents import documents
from receivables.ingest.gaiji import keep_seen
from receivables.ingest.keys import settle_keys
from receivables.ingest.ledger import Batch
from receivables.ingest.parsing import parse
from receivables.ingest.plausibility import require_rows, require_volume
from receivables.ingest.records import Declared
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.remembered import Known, NotAsBeforeError
from receivables.ingest.work import Work, kind
from receivables.settings import State

_DECLARED_BY = {"trailer": "the trailer", "manifest": "the manifest", "total_row": "the total row",
                "query": "the snapshot"}  # fmt: skip


def check(source: str, batch_ids: list[str], *, state: State) -> list[str]:
    """Check every landed batch of `source`; the same ids.

    A batch that is not as agreed is rejected with its reason, and the others of the source are then
    held back: nothing of a source is loaded unless all of it can be.
    """
    contracts.contract(source)
    with db.connect(state, "etl", doing=f"check {source}") as connection:
        ledger.lock(connection, source)
        waiting = [batch for batch in ledger.read(connection, batch_ids) if batch.state == "landed"]
        for batch in waiting:
            _check(connection, source, batch, state)
        _hold_back(connection, source, batch_ids)
    if waiting:
        documents(as_of=waiting[0].business_date, state=state)
    return batch_ids


def _check(connection: db.Connection, source: str, batch: Batch, state: State) -> None:
    try:
        with connection.transaction():
            work, declared = _read(connection, batch, state)
            _require_sense(connection, work, declared)
            _require_likeness(connection, source, work)
            balance.close(work.account, declared, work.asides, where=_DECLARED_BY[batch.table.control.kind])
            _write_asides(connection, work)
            _record(connection, source, work, declared)
        connection.commit()  # the results stay whatever the suite says
        remembered.keep(state, batch, work.kept)
        expectations.validate(connection, source, *ledger.read(connection, [batch.batch_id]), state=state)
    except BatchRejectedError as fault:
        tables.release(connection, batch.batch_id)
        ledger.refuse(connection, batch.batch_id, "rejected", fault, f"{source}, file {batch.file_name}")
    else:
        connection.execute("update ops.load set state = 'checked' where batch_id = %s", [batch.batch_id])
    connection.commit()


def _read(connection: db.Connection, batch: Batch, state: State) -> tuple[Work, Declared]:
    """The batch's rows held: as changes to the last copy where that can be, else all of them."""
    if last := remembered.recall(connection, batch, state):
        with suppress(NotAsBeforeError), connection.transaction():
            return _hold(connection, Work(batch, known=Known(last)), state)
    return _hold(connection, Work(batch), state)


def _hold(connection: db.Connection, work: Work, state: State) -> tuple[Work, Declared]:
    tables.hold(connection, work.batch.table, work.batch.batch_id)
    declared = parse(connection, work, state)
    if work.known:  # before rows with the same key are taken out: one of them may stay
        changes.require_new_keys(connection, work.batch)
    settle_keys(connection, work, state)
    return work, declared


def _require_sense(connection: db.Connection, work: Work, declared: Declared) -> None:
    work.require_few_faults()
    if work.batch.table.delivery == "increment":  # a quiet day brings nothing, a busy one much
        return
    require_rows(work.account, declared.rows)
    query = sql.SQL("select count(*) from {} where _known_to is null").format(
        sql.Identifier("raw", work.batch.table.name)
    )
    known = connection.execute(query).fetchone()
    require_volume(
        work.account.accepted_rows, int(str(known[0])) if known else 0, work.batch.table.brake, work.batch.approved
    )


def _require_likeness(connection: db.Connection, source: str, work: Work) -> None:
    """The shape of what is accepted, against the deliveries before; kept for the next one."""
    batch = work.batch
    found = changes.profile_of(connection, batch, work.follows)
    if "DISTRIBUTION" not in batch.approved:
        require_shape(batch.table, found, profile.accepted_before(connection, batch))
    profile.keep(connection, source, batch, found)


def _write_asides(connection: db.Connection, work: Work) -> None:
    into = sql.SQL("copy {} (line_no, byte_offset, raw, kind, reason_code, field, amount_yen) from stdin")
    with connection.cursor().copy(into.format(tables.held_aside(work.batch.batch_id))) as target:
        target.set_types(["int8", "int8", "bytea", "text", "text", "text", "int8"])
        for aside in sorted(work.asides, key=lambda one: one.line_no):
            place = (aside.line_no, aside.byte_offset, aside.raw)
            target.write_row((*place, kind(aside), aside.reason_code, aside.field, aside.amount_yen))
        for place in work.originals:
            target.write_row((*place, "original", "GAIJI_MAPPED", None, None))


def _record(connection: db.Connection, source: str, work: Work, declared: Declared) -> None:
    batch, found = work.batch, work.account
    rows = found.rows if declared.rows is None else declared.rows
    yen = found.yen if declared.yen is None else declared.yen
    connection.execute(
        "update ops.load set declared_rows = %s, declared_yen = %s, accepted_rows = %s, accepted_yen = %s,"
        " quarantined_rows = %s, quarantined_yen = %s, duplicate_rows = %s, duplicate_yen = %s, excluded_rows = %s,"
        " excluded_yen = %s, follows = %s, held_rows = %s, gone_rows = %s where batch_id = %s",
        [rows, yen, found.accepted_rows, found.accepted_yen, found.quarantined_rows, found.quarantined_yen,
         found.duplicate_rows, found.duplicate_yen, found.excluded_rows, found.excluded_yen, work.follows,
         *(tables.count(connection, name(batch.batch_id)) for name in (tables.held, tables.gone)), batch.batch_id],
    )  # fmt: skip
    named = {"batch_id": batch.batch_id, "source": source, "table_name": batch.table.name}
    for relation in ("ops.conversion", "ops.gaiji"):  # a check that was cut short may have got this far
        connection.execute(f"delete from {relation} where batch_id = %s".encode(), [batch.batch_id])  # noqa: S608
    for (column, reason), converted in sorted(work.converted.items()):
        connection.execute(
            "insert into ops.conversion (batch_id, source, table_name, column_name, reason_code, rows)"
            " values (%s, %s, %s, %s, %s, %s)",
            [batch.batch_id, source, batch.table.name, column, reason, converted],
        )
    keep_seen(connection, source, batch, work.gaiji_seen)
    whole = [ControlTotal(batch.table.yen or "rows", None, rows, yen)]
    whole += [ControlTotal(name, None, *part) for name, part in declared.parts.items()]
    control_totals.record(connection, **named, hop="file", totals=whole)
    control_totals.record(
        connection, **named, hop="check", totals=changes.control_totals_of(connection, batch, work.follows)
    )


def _hold_back(connection: db.Connection, source: str, batch_ids: list[str]) -> None:
    """One file refused: the source's other files wait, or claims would stand without their receipts."""
    batches = ledger.read(connection, batch_ids)
    if not any(batch.state in ("rejected", "missing") for batch in batches):
        return
    fault = BatchRejectedError(
        "HELD", "another delivery of this source was refused or is missing", "correct that one and run again"
    )
    for batch in batches:
        if batch.state in ("landed", "checked"):
            tables.release(connection, batch.batch_id)
            ledger.refuse(connection, batch.batch_id, "held", fault, f"{source}, file {batch.file_name}")
