"""Records as they stand in a file: where each begins, its bytes, its fields (レコード)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, NamedTuple

from receivables.ingest.rejection import BatchRejectedError

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20
_END = re.compile(rb"\r\n|\n|\r")
_END_MARK = b"\x1a"  # hosts still close a file with Ctrl-Z


class Line(NamedTuple):
    """One physical line without its end: number from 1, first byte from 0."""

    no: int
    offset: int
    raw: bytes
    end: bytes


class Record(NamedTuple):
    """One record of a source.

    `fields` hold the contract's columns in order, None where the bytes do not decode. A record
    whose shape is wrong has no fields but `readings`: the ways it could be read, from which
    only its amount is guessed.
    """

    line_no: int
    byte_offset: int
    raw: bytes
    fields: list[str | None] | None
    reason_code: str | None = None
    field: str | None = None
    readings: tuple[list[str | None], ...] = ()


@dataclass(slots=True)
class Declared:
    """What the department says it sent (突合値); filled while the file is read."""

    rows: int | None = None
    yen: int | None = None
    business_date: date | None = None


def lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of `stream`, ended by CRLF, LF or CR alike; a last line without end and a final 0x1A are fine.

    Memory stays flat: a line longer than 1 MiB is refused as UNREADABLE.
    """
    number, offset, rest = 0, 0, b""
    while True:
        block = stream.read(BLOCK)
        rest += block
        # A CR at the very end may be half of a CRLF: leave it for the next block.
        limit = len(rest) - 1 if block and rest.endswith(b"\r") else len(rest)
        at = 0
        for end in _END.finditer(rest, 0, limit):
            number += 1
            yield Line(number, offset + at, rest[at : end.start()], end.group())
            at = end.end()
        offset, rest = offset + at, rest[at:]
        if len(rest) > LONGEST_LINE:
            raise BatchRejectedError(
                "UNREADABLE", f"line {number + 1} is longer than {LONGEST_LINE} bytes", "ask the department to resend"
            )
        if not block:
            break
    last = rest.rstrip(_END_MARK)
    if last:
        yield Line(number + 1, offset, last, b"")
