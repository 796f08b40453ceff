"""From the spool into the held table (読込): every record checked, accepted ones copied in typed."""

import re
from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np
from psycopg import sql

from receivables import db
from receivables.contracts import Table
from receivables.ingest import spool, tables
from receivables.ingest.block_check import BlockCheck
from receivables.ingest.blocks import Block
from receivables.ingest.chunks import Places
from receivables.ingest.gaiji import governed
from receivables.ingest.manifest import entry
from receivables.ingest.readers import BlockReader, Reader, open_reader
from receivables.ingest.records import NULL, Declared, Record
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.remembered import Known, NotAsBeforeError, digests, line_at
from receivables.ingest.rows import Aside, RowCheck, Values
from receivables.ingest.work import Work
from receivables.settings import State

_AT_ONCE = 1_000
_SPECIAL = re.compile(r"[\x01\\\t\n\r]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", NULL: "\\x01"})


def parse(connection: db.Connection, work: Work, state: State) -> Declared:
    """Check every record of the batch's copy that the last copy has not; what was declared about all of it.

    Raises BatchRejectedError when the file, its date or its manifest is not as agreed, NotAsBeforeError when it
    cannot be read as changes to the last copy.
    """
    batch = work.batch
    reader = open_reader(batch.table, spool.place(state, batch.file_sha256), batch.business_date)
    _copy(connection, tables.held(batch.batch_id), batch.table, accepted(work, reader))
    work.kept.layout = reader.declared.layout
    if work.known:
        text = _gone(work, work.known, cast("BlockReader", reader), state)
        _copy(connection, tables.gone(batch.batch_id), batch.table, text)
    declared = reader.declared
    if batch.control_sha256:
        _read_manifest(declared, work, state)
    _require_day(declared, work)
    return declared


def _copy(connection: db.Connection, into: sql.Identifier, table: Table, texts: Iterable[str]) -> None:
    columns = (*(column.name for column in table.columns), "_line_no", "_byte_offset", "_raw_bytes")
    statement = sql.SQL("copy {} ({}) from stdin (null {})").format(into, tables.names(columns), sql.Literal(NULL))
    with connection.cursor().copy(statement) as target:
        for text in texts:
            target.write(text)


def accepted(work: Work, reader: Reader) -> Iterator[str]:
    """COPY text of the records that are right; the others are set aside in `work`."""
    one_by_one = OneByOne(work)
    at_once = BlockCheck(work.batch.table)
    for part in reader.parts():
        if isinstance(part, Record):
            one_by_one.take(part)
        elif len(block := _without_known(work, part)):
            found = at_once.check(block)
            work.account.accepted_rows += found.rows
            work.account.accepted_yen += found.yen
            yield found.text
            _keep(work, block, found.doubtful)
            for at in found.doubtful:
                one_by_one.take(cast("BlockReader", reader).record(block.line(int(at))))
        yield from one_by_one.text(least=_AT_ONCE)
    yield from one_by_one.text(least=1)


def _without_known(work: Work, block: Block) -> Block:
    """Records that did not stand in the last copy; the others are accepted as they were then."""
    if work.known is None:
        return block
    marks = digests(block)
    stays = work.known.stay(marks)
    work.kept.add_block(block, marks, stays)
    work.account.accepted_rows += int(stays.sum())
    return block.keep(~stays)


def _keep(work: Work, block: Block, doubtful: Places) -> None:
    is_right = np.ones(len(block), dtype=np.bool_)
    is_right[doubtful] = False
    work.kept.add_block(block, digests(block), is_right)


def _gone(work: Work, known: Known, reader: BlockReader, state: State) -> Iterator[str]:
    """COPY text of the last copy's rows that do not stand in this one, read from its bytes once more."""
    if reader.declared.layout != known.copy.layout:
        raise NotAsBeforeError  # equal bytes under other headings are other rows
    before = Work(work.batch)
    rows = OneByOne(before)
    with spool.place(state, known.copy.sha256).open("rb") as stream:
        for line in known.gone():
            rows.take(reader.record(line_at(stream, line)))
            yield from rows.text(least=_AT_ONCE)
    yield from rows.text(least=1)
    if before.asides:
        raise NotAsBeforeError
    work.account.accepted_yen += known.copy.accepted_yen - before.account.accepted_yen


def raw_records(work: Work, places: dict[int, tuple[int, int]], state: State) -> dict[int, bytes]:
    """The bytes of records of the batch's copy by line number; `places` gives byte offset and length of each."""
    file = spool.place(state, work.batch.file_sha256)
    if work.batch.table.reader in (
        "excel",
        "postgres",
        "mariadb",
    ):  # their rows have no place in a file of the department
        records = open_reader(work.batch.table, file, work.batch.business_date).parts()
        return {each.line_no: each.raw for each in records if isinstance(each, Record) and each.line_no in places}
    found = {}
    with file.open("rb") as stream:
        for line_no, (offset, length) in places.items():
            stream.seek(offset)
            found[line_no] = stream.read(length)
    return found


class OneByOne:
    """Records that are looked at by themselves: accepted ones wait here as COPY text."""

    def __init__(self, work: Work) -> None:
        table = work.batch.table
        self._work, self._checks = work, RowCheck(table, governed(table.name.partition("__")[0]))
        work.converted, work.originals = self._checks.converted, self._checks.originals
        work.gaiji_seen = self._checks.gaiji_seen
        self._yen = [column.name for column in table.columns].index(table.yen) if table.yen else None
        # Only free text can hold what COPY would misread: the other types were matched.
        self._free = [at for at, column in enumerate(table.columns) if column.type == "text"]
        self._waiting: list[str] = []

    def take(self, record: Record) -> None:
        """Accept one record or set it aside."""
        found = self._checks.check(record)
        if isinstance(found, Aside):
            self._work.set_aside(found)
            return
        self._work.kept.add_record(record)
        self._work.account.accepted_rows += 1
        self._work.account.accepted_yen += int(found[self._yen] or 0) if self._yen is not None else 0
        self._waiting.append(self._line(found, record))

    def text(self, *, least: int) -> Iterator[str]:
        """What waits, when it is at least so many rows."""
        if len(self._waiting) >= least:
            yield "".join(self._waiting)
            self._waiting.clear()

    def _line(self, values: Values, record: Record) -> str:
        for at in self._free:
            text = values[at]
            if text and _SPECIAL.search(text):
                values[at] = text.translate(_ESCAPED)
        place = f"{record.line_no}\t{record.byte_offset}\t{len(record.raw)}\n"
        return "\t".join([NULL if value is None else value for value in values]) + "\t" + place


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
