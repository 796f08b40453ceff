"""CSV files (CSV): strict quotes, strict header, and the bytes of every record kept.

Commas, quotes and line ends are single bytes that never occur inside a letter of the encodings we
agree on, so records are split as bytes and only fields are decoded.
"""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from receivables import standard
from receivables.contracts import Table
from receivables.ingest.encodings import encoding_guess, require_encoding
from receivables.ingest.records import Declared, Line, Record, lines
from receivables.ingest.rejection import BatchRejectedError

LONGEST_RECORD = 50  # lines: a quote open for longer than this was never closed


class Delimited:
    """Reader of one CSV file with a header line."""

    def __init__(self, table: Table, file: Path) -> None:
        assert table.encoding
        self.declared = Declared()
        self._file = file
        self._encoding = table.encoding
        own = [column.from_ or column.name for column in table.columns]
        self._header = list(standard.edition().group(table.layout).names) if table.layout else own
        self._places = [self._header.index(name) for name in own]
        self._names = dict(zip(self._places, (column.name for column in table.columns), strict=True))

    def records(self) -> Iterator[Record]:
        """Data records; HEADER names the first difference, a quote never closed spoils only its own line."""
        require_encoding(self._file, self._encoding)
        with self._file.open("rb") as stream:
            found = lines(stream)
            self._check_header(next(found, None))
            for raw, line in self._assembled(found):
                yield self._record(raw, line)

    def _check_header(self, line: Line | None) -> None:
        if line is None:
            raise BatchRejectedError("EMPTY", "the file is empty", "have the file sent again")
        parts = _split(line.raw) or []
        try:
            names = [part.decode(self._encoding) for part in parts]
        except UnicodeDecodeError:
            looks = encoding_guess(line.raw, self._encoding)
            raise BatchRejectedError(
                "WRONG_ENCODING",
                f"line 1: the header is not {self._encoding}" + (f" but looks like {looks}" if looks else ""),
                f"have it sent in {self._encoding}",
            ) from None
        if names != self._header:
            raise BatchRejectedError(
                "HEADER",
                f"line 1: {header_difference(names, self._header)}",
                "agree on the new layout and change the contract, or have the old one sent",
            )

    def _assembled(self, found: Iterator[Line]) -> Iterator[tuple[bytes, Line]]:
        """Records with the line they begin at; a quoted field may hold line ends."""
        waiting: deque[Line] = deque()
        while True:
            first = waiting.popleft() if waiting else next(found, None)
            if first is None:
                return
            if first.raw.count(b'"') % 2 == 0:
                if first.raw:
                    yield first.raw, first
                continue
            joined, used = self._closed(first, waiting, found)
            yield joined, first
            for _ in range(used):
                waiting.popleft()

    def _closed(self, first: Line, waiting: deque[Line], found: Iterator[Line]) -> tuple[bytes, int]:
        """The record that begins in `first` and how many of the waiting lines it uses: none if it never closes."""
        joined, end = first.raw, first.end
        for used in range(1, LONGEST_RECORD):
            if len(waiting) < used:
                line = next(found, None)
                if line is None:
                    break
                waiting.append(line)
            joined, end = joined + end + waiting[used - 1].raw, waiting[used - 1].end
            if joined.count(b'"') % 2 == 0:
                parts = _split(joined)
                return (joined, used) if parts and len(parts) == len(self._header) else (first.raw, 0)
        return first.raw, 0

    def _record(self, raw: bytes, line: Line) -> Record:
        parts = _split(raw)
        if parts is None or len(parts) != len(self._header):
            return Record(
                line.no, line.offset, raw, None, "FIELD_COUNT", None, self._readings(parts or raw.split(b","))
            )
        fields = [self._decoded(parts[place]) for place in self._places]
        if b"\0" in raw:
            return Record(line.no, line.offset, raw, fields, "NUL", self._named(parts, b"\0"))
        undecodable = next((at for at, part in enumerate(parts) if self._decoded(part) is None), None)
        if undecodable is not None:
            return Record(line.no, line.offset, raw, fields, "ENCODING", self._name(undecodable))
        return Record(line.no, line.offset, raw, fields)

    def _named(self, parts: list[bytes], wanted: bytes) -> str | None:
        return next((self._name(at) for at, part in enumerate(parts) if wanted in part), None)

    def _name(self, place: int) -> str:
        return self._names.get(place, self._header[place])

    def _decoded(self, part: bytes) -> str | None:
        try:
            return part.decode(self._encoding).strip(" \u3000")
        except UnicodeDecodeError:
            return None

    def _readings(self, parts: list[bytes]) -> tuple[list[str | None], ...]:
        """The field that is missing or too many may be any: one reading for each."""
        missing = len(self._header) - len(parts)
        if missing >= 0:
            whole = [[*parts[:at], *[b"\xff"] * missing, *parts[at:]] for at in range(len(parts) + 1)]
        else:
            whole = [parts[:at] + parts[at - missing :] for at in range(len(self._header) + 1)]
        return tuple([self._decoded(row[place]) for place in self._places] for row in whole)


def header_difference(found: list[str], agreed: list[str]) -> str:
    """The first difference between two headers, by agreed names and places only (項目名の相違)."""
    missing = [name for name in agreed if name not in found]
    if missing:
        return f"field {missing[0]} is missing from the header" + (
            f" (and {len(missing) - 1} more)" * (len(missing) > 1)
        )
    if len(found) > len(agreed):
        return f"the header has {len(found)} fields, agreed are {len(agreed)}"
    at = next((at for at, (one, other) in enumerate(zip(found, agreed, strict=False)) if one != other), len(found))
    return f"field {at + 1} of the header should be {agreed[min(at, len(agreed) - 1)]}: the order has changed"


def _split(raw: bytes) -> list[bytes] | None:
    """The fields of a record as bytes; None when its quotes do not close."""
    if b'"' not in raw:
        return raw.split(b",")
    try:
        found = list(csv.reader([raw.decode("latin-1")], strict=True))
    except csv.Error:
        return None
    return [field.encode("latin-1") for field in found[0]] if len(found) == 1 else None
