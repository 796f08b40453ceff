"""From the spool into the held table (読込): every record checked, accepted ones copied in typed."""

import re
from collections.abc import Callable, Iterator

from psycopg import sql

from receivables import db
from receivables.contracts import Table
from receivables.ingest import spool, tables
from receivables.ingest.manifest import entry
from receivables.ingest.readers import open_reader
from receivables.ingest.records import Declared, Record
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.rows import Aside, RowCheck, Values
from receivables.ingest.work import Work
from receivables.settings import State

_AT_ONCE = 1_000
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def parse(connection: db.Connection, work: Work, state: State) -> Declared:
    """Check every record of the batch's copy; what was declared about it.

    Raises BatchRejectedError when the file, its date or its manifest is not as agreed.
    """
    batch = work.batch
    reader = open_reader(batch.table, spool.place(state, batch.file_sha256))
    columns = (*(column.name for column in batch.table.columns), "_line_no", "_byte_offset", "_raw_bytes")
    into = sql.SQL("copy {} ({}) from stdin").format(tables.held(batch.batch_id), tables.names(columns))
    with connection.cursor().copy(into) as target:
        waiting: list[str] = []
        for line in _accepted(work, reader.records()):
            waiting.append(line)
            if len(waiting) == _AT_ONCE:
                target.write("".join(waiting))
                waiting.clear()
        target.write("".join(waiting))
    declared = reader.declared
    if batch.control_sha256:
        _read_manifest(declared, work, state)
    _require_day(declared, work)
    return declared


def raw_records(work: Work, places: dict[int, tuple[int, int]], state: State) -> dict[int, bytes]:
    """The bytes of records of the batch's copy by line number; `places` gives byte offset and length of each."""
    file = spool.place(state, work.batch.file_sha256)
    if work.batch.table.reader in ("excel", "postgres"):  # their rows have no place in a file of the department
        records = open_reader(work.batch.table, file).records()
        return {record.line_no: record.raw for record in records if record.line_no in places}
    found = {}
    with file.open("rb") as stream:
        for line_no, (offset, length) in places.items():
            stream.seek(offset)
            found[line_no] = stream.read(length)
    return found


def _accepted(work: Work, records: Iterator[Record]) -> Iterator[str]:
    table, account = work.batch.table, work.account
    checks, write = RowCheck(table), _writer(table)
    yen = [column.name for column in table.columns].index(table.yen) if table.yen else None
    for record in records:
        found = checks.check(record)
        if isinstance(found, Aside):
            work.set_aside(found)
            continue
        account.accepted_rows += 1
        account.accepted_yen += int(found[yen] or 0) if yen is not None else 0
        yield write(found, record)


def _writer(table: Table) -> Callable[[Values, Record], str]:
    """One line of COPY's text format. Only free text can hold what must be escaped: the other types were matched."""
    free = [at for at, column in enumerate(table.columns) if column.type == "text"]

    def write(values: Values, record: Record) -> str:
        meta = f"{record.line_no}\t{record.byte_offset}\t{len(record.raw)}\n"
        for at in free:
            text = values[at]
            if text and _SPECIAL.search(text):
                values[at] = text.translate(_ESCAPED)
        return "\t".join(["\\N" if value is None else value for value in values]) + "\t" + meta

    return write


def _read_manifest(declared: Declared, work: Work, state: State) -> None:
    batch, found_rows = work.batch, work.account.rows
    said = entry(spool.place(state, str(batch.control_sha256)), batch.file_name, batch.file_sha256)
    declared.rows, declared.yen = said.rows, said.yen
    if said.sha256 != batch.file_sha256:
        raise BatchRejectedError(
            "TRUNCATED" if found_rows <= said.rows else "CONTROL_TOTAL",
            f"the manifest declares {said.rows} rows and another SHA-256, the file holds {found_rows} rows",
            "have the file and its manifest sent again",
        )


def _require_day(declared: Declared, work: Work) -> None:
    if declared.business_date and declared.business_date != work.batch.business_date:
        raise BatchRejectedError(
            "STALE",
            f"the file says it is of {declared.business_date}, expected is {work.batch.business_date}",
            "have the department deliver the day's file",
        )
