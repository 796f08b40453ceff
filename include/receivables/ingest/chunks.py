"""A file in pieces that end at a line end (行単位の分割読込), and where every line of a piece begins and stops.

Memory stays flat: a line longer than 1 MiB is refused as UNREADABLE.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from receivables.ingest.encodings import undecodable_lines
from receivables.ingest.records import Line
from receivables.ingest.rejection import BatchRejectedError

PIECE = 2 << 20  # larger ones leave the processor's cache
LONGEST_LINE = 1 << 20
WIDEST = 400  # bytes; a record with a wider field is looked at by itself
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
_END = re.compile(rb"\r\n|\n|\r")
_END_MARK = b"\x1a"  # hosts still close a file with Ctrl-Z
_LF = ord("\n")
_CR = ord("\r")
_FIRST_LETTER = 32


@dataclass(frozen=True)
class Chunk:
    """Whole lines: line `i` is raw[begins[i]:stops[i]], and its end goes on to begins[i + 1]."""

    raw: bytes
    first_line_no: int
    offset: int  # of raw[0] in the file
    begins: Places
    stops: Places
    data: Bytes = field(repr=False)

    def __len__(self) -> int:
        return len(self.begins)

    @cached_property
    def padded(self) -> Bytes:
        """The bytes, and nothing behind them for as long as the widest field."""
        return np.concatenate((self.data, np.zeros(WIDEST, dtype=np.uint8)))

    @cached_property
    def has_controls(self) -> bool:
        """Whether a control byte stands anywhere but in the ends of lines, or a record may hold such an end."""
        ends = np.count_nonzero(self.data == _LF) + np.count_nonzero(self.data == _CR)
        return b'"' in self.raw or bool(np.count_nonzero(self.data < _FIRST_LETTER) > ends)

    def has(self, byte: bytes) -> NDArray[np.bool_]:
        """Whether each line holds `byte`."""
        return self.count(byte) > 0

    def count(self, byte: bytes) -> Places:
        """How often `byte`, which ends no line, is in each line."""
        if byte not in self.raw or not len(self):
            return np.zeros(len(self), dtype=np.int64)
        found = np.flatnonzero(self.data == ord(byte))
        return np.diff(np.searchsorted(found, self.begins), append=len(found))

    def are_decodable(self, encoding: str) -> NDArray[np.bool_]:
        """Whether each line decodes strictly."""
        found = np.ones(len(self), dtype=np.bool_)
        found[undecodable_lines(self.raw, self.begins, encoding)] = False
        return found

    def line(self, at: int, last: int | None = None) -> Line:
        """Line `at` of this chunk, counted from 0; with `last` all lines up to that one as one."""
        last = at if last is None else last
        begin, stop = int(self.begins[at]), int(self.stops[last])
        after = int(self.begins[last + 1]) if last + 1 < len(self.begins) else len(self.raw)
        end = self.raw[stop:after].rstrip(_END_MARK)
        return Line(self.first_line_no + at, self.offset + begin, self.raw[begin:stop], end)


def chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """The chunks of `stream`; CRLF, LF and CR end lines alike, a last line without end and a final 0x1A are fine."""
    line_no, offset, rest = 1, 0, b""
    while True:
        piece = stream.read(PIECE)
        rest += piece
        stop = _last_end(rest) if piece else len(rest)
        if stop:
            made = _chunk(rest[:stop], line_no, offset, is_last=not piece)
            yield made
            line_no, offset, rest = line_no + len(made), offset + stop, rest[stop:]
        if len(rest) > LONGEST_LINE:
            _refuse_long_line(line_no)
        if not piece:
            return


def lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of `stream` one by one."""
    for chunk in chunks(stream):
        for at in range(len(chunk)):
            yield chunk.line(at)


def _last_end(raw: bytes) -> int:
    """Where the last whole line stops; a CR at the very end may be half of a CRLF."""
    feed = raw.rfind(b"\n") + 1
    return max(feed, raw.rfind(b"\r", feed, max(feed, len(raw) - 1)) + 1)


def _chunk(raw: bytes, line_no: int, offset: int, *, is_last: bool) -> Chunk:
    data = np.frombuffer(raw, dtype=np.uint8)
    stops, afters = _line_ends(raw, data)
    begins = np.concatenate(([0], afters)).astype(np.int64)
    tail = raw[begins[-1] :].rstrip(_END_MARK) if is_last else b""
    if tail:
        stops = np.append(stops, begins[-1] + len(tail))
    begins = begins[: len(stops)]
    if len(stops) and int((stops - begins).max()) > LONGEST_LINE:
        _refuse_long_line(line_no + int((stops - begins).argmax()))
    return Chunk(raw, line_no, offset, begins, stops, data)


def _line_ends(raw: bytes, data: Bytes) -> tuple[Places, Places]:
    """Where lines stop, and where the next ones begin."""
    feeds = np.flatnonzero(data == _LF)
    has_return = (feeds > 0) & (data[feeds - 1] == _CR)
    if np.count_nonzero(data == _CR) != np.count_nonzero(has_return):
        found = [match.span() for match in _END.finditer(raw)]
        both = np.array(found, dtype=np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]
    return feeds - has_return, feeds + 1


def _refuse_long_line(line_no: int) -> None:
    raise BatchRejectedError(
        "UNREADABLE", f"line {line_no} is longer than {LONGEST_LINE} bytes", "ask the department to resend"
    )
