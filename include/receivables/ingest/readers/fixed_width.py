"""Host files (固定長): records of so many bytes, with a header and a trailer that counts rows and yen.

Widths count bytes, not letters: one kanji is two bytes in CP932. A record that lost or gained a
byte is set aside alone, because CR LF still ends it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from receivables.contract_parts import Place
from receivables.contracts import Table
from receivables.era import EraError, wareki_to_date
from receivables.ingest.blocks import Block, Mask
from receivables.ingest.chunks import Chunk, chunks
from receivables.ingest.encodings import require_encoding
from receivables.ingest.readers.framing import readings
from receivables.ingest.records import Declared, Line, Record
from receivables.ingest.rejection import BatchRejectedError

_NUMBER = re.compile(rb"\s*([0-9]{1,15})\s*")


class FixedWidth:
    """Reader of one host file."""

    def __init__(self, table: Table, file: Path) -> None:
        assert table.encoding
        assert table.record_bytes
        assert table.records
        self.declared = Declared()
        self._file = file
        self._encoding = table.encoding
        self._width = table.record_bytes
        self._layout = table.records
        self._marks = {kind: mark.encode() for kind, mark in
                       (("header", table.records.header.mark), ("data", table.records.data.mark),
                        ("trailer", table.records.trailer.mark))}  # fmt: skip
        self._columns = [(column.name, *_span(column.at)) for column in table.columns if column.at]
        self._trailer_no = 0

    def parts(self) -> Iterator[Block | Record]:
        """Data records; TRUNCATED when the trailer is missing, HEADER when the first record is no header."""
        require_encoding(self._file, self._encoding)
        with self._file.open("rb") as stream:
            for chunk in chunks(stream):
                yield from self._parts_of(chunk)
        if self.declared.business_date is None:
            self._read_header(None)
        if not self._trailer_no:
            raise BatchRejectedError("TRUNCATED", "the trailer record is missing", "have the whole file sent again")

    def record(self, line: Line) -> Record:
        """One data record by itself, with what is wrong with its shape or bytes."""
        raw = line.raw
        if len(raw) != self._width or not raw.startswith(self._marks["data"]):
            return Record(line.no, line.offset, raw, None, "WIDTH", None, readings(raw, self._width, self._fields))
        fields = self._fields(raw)
        if b"\0" in raw:
            at = raw.index(b"\0")
            hit = next((name for name, start, end in self._columns if start <= at < end), None)
            return Record(line.no, line.offset, raw, fields, "NUL", hit)
        if None in fields:
            return Record(line.no, line.offset, raw, fields, "ENCODING", self._columns[fields.index(None)][0])
        return Record(line.no, line.offset, raw, fields)

    def _parts_of(self, chunk: Chunk) -> Iterator[Block | Record]:
        is_data = self._are_data(chunk)
        for at in np.flatnonzero(~is_data):
            if record := self._other(chunk.line(int(at))):
                yield record
        found = np.flatnonzero(is_data)
        numbers = chunk.first_line_no + found
        if self._trailer_no and (late := numbers[numbers > self._trailer_no]).size:
            self._refuse_after_trailer(int(late[0]))
        if len(found):
            starts = chunk.begins[found]
            yield Block(chunk, found, found, [starts + start for _, start, _ in self._columns],
                        [starts + end for _, _, end in self._columns])  # fmt: skip

    def _are_data(self, chunk: Chunk) -> Mask:
        found: Mask = (chunk.stops - chunk.begins == self._width) & ~chunk.has(b"\0")
        for at, byte in enumerate(self._marks["data"]):
            found &= chunk.data.take(chunk.begins + at, mode="clip") == byte
        if chunk.first_line_no == 1:
            found[:1] = False  # the first line must be the header, whatever it looks like
        return found

    def _other(self, line: Line) -> Record | None:
        """Header, trailer or a record whose shape is wrong; nothing for a blank line."""
        if line.no == 1:
            self._read_header(line)
            return None
        if not line.raw:
            return None
        if self._trailer_no:
            self._refuse_after_trailer(line.no)
        if self._is(line, "header"):
            raise BatchRejectedError("HEADER", f"line {line.no}: a second header", "send one file per day")
        if self._is(line, "trailer"):
            self._read_trailer(line)
            return None
        return self.record(line)

    def _refuse_after_trailer(self, line_no: int) -> None:
        raise BatchRejectedError(
            "CONTROL_TOTAL", f"line {line_no}: records follow the trailer", "have the file sent again"
        )

    def _is(self, line: Line, kind: str) -> bool:
        return len(line.raw) == self._width and line.raw.startswith(self._marks[kind])

    def _read_header(self, line: Line | None) -> None:
        if line is None:
            raise BatchRejectedError("EMPTY", "the file is empty", "have the file sent again")
        if not self._is(line, "header"):
            code = "HEADER" if line.end else "TRUNCATED"
            raise BatchRejectedError(
                code,
                f"line 1: no header record ({self._width} bytes beginning with {self._layout.header.mark!r})",
                "compare the file's layout with the contract and have it sent again",
            )
        start, end = _span(self._layout.header.date)
        try:
            self.declared.business_date = wareki_to_date(line.raw[start:end].decode("ascii"))
        except (EraError, UnicodeDecodeError):
            raise BatchRejectedError(
                "HEADER", "line 1: field date of the header is no 和暦 date", "have the file sent again"
            ) from None

    def _read_trailer(self, line: Line) -> None:
        trailer = self._layout.trailer
        numbers = [_NUMBER.fullmatch(line.raw[slice(*_span(at))]) for at in (trailer.rows, trailer.yen)]
        if not all(numbers):
            raise BatchRejectedError(
                "CONTROL_TOTAL", f"line {line.no}: fields rows and yen of the trailer are no numbers", "have it resent"
            )
        self.declared.rows, self.declared.yen = (int(found[1]) for found in numbers if found)
        self._trailer_no = line.no

    def _fields(self, raw: bytes) -> list[str | None]:
        """Most columns are ASCII: only those that are not go through the codec."""
        text = raw.decode("latin-1")  # one letter a byte
        found: list[str | None] = []
        for _, start, end in self._columns:
            part = text[start:end]
            found.append(part.strip(" ") if part.isascii() else _decoded(raw[start:end], self._encoding))
        return found


def _span(place: Place | None) -> tuple[int, int]:
    assert place is not None
    return place[0] - 1, place[0] - 1 + place[1]


def _decoded(part: bytes, encoding: str) -> str | None:
    try:
        return part.decode(encoding).strip(" \u3000")
    except UnicodeDecodeError:
        return None
