"""One reader per kind of delivery: each streams records and fills in what the department declared."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Protocol

from receivables.charsets import is_host
from receivables.contracts import Table
from receivables.ingest.blocks import Block
from receivables.ingest.records import Declared, Line, Record


class Reader(Protocol):
    """Streams one landed file; `declared` is complete when it is exhausted."""

    declared: Declared

    def parts(self) -> Iterator[Block | Record]:
        """Every data record once, by itself or in a block. Raises BatchRejectedError when the file is not as agreed."""
        ...


class BlockReader(Reader, Protocol):
    """A reader that makes blocks, and records of their lines when asked."""

    def record(self, line: Line) -> Record:
        """The record that a line of a block holds."""
        ...


def open_reader(table: Table, file: Path, as_of: date) -> Reader:
    """The reader that the contract of `table` names, on a file landed for the business date `as_of`."""
    from receivables.ingest.readers.delimited import Delimited
    from receivables.ingest.readers.excel import Excel
    from receivables.ingest.readers.fixed_width import FixedWidth
    from receivables.ingest.readers.host import HostFile
    from receivables.ingest.readers.snapshot import Snapshot
    from receivables.ingest.readers.zengin import Zengin

    match table.reader:
        case "csv":
            return Delimited(table, file)
        case "fixed_width":
            return HostFile(table, file) if is_host(table.encoding) else FixedWidth(table, file)
        case "excel":
            return Excel(table, file)
        case "postgres" | "mariadb":
            return Snapshot(table, file)
        case "zengin":
            return Zengin(table, file, as_of)
