"""CSV files (CSV): strict quotes, every column found by its name, and the bytes of every record kept.

Commas, quotes and line ends are single bytes that never occur inside a letter of the encodings we
agree on, so records are split as bytes and only fields are decoded.
"""

import csv
from collections import deque
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np

from receivables import standard
from receivables.contracts import Table
from receivables.ingest.blocks import Block, Mask
from receivables.ingest.chunks import Chunk, chunks
from receivables.ingest.encodings import encoding_guess, require_encoding
from receivables.ingest.fields import parser
from receivables.ingest.readers.separators import LONGEST_RECORD, Neat, neat_records, unquoted
from receivables.ingest.records import Declared, Line, Record
from receivables.ingest.rejection import BatchRejectedError, RowFaultError


class Delimited:
    """Reader of one CSV file with a header line."""

    def __init__(self, table: Table, file: Path) -> None:
        assert table.encoding
        self.declared = Declared()
        self._file = file
        self._encoding = table.encoding
        self._columns = table.columns
        self._key = {name: parser(table.column(name)) for name in table.key}
        own = [column.from_ or column.name for column in table.columns]
        self._agreed = list(standard.edition().group(table.layout).names if table.layout else table.header or own)
        self._find_columns(self._agreed)

    def parts(self) -> Iterator[Block | Record]:
        """Data records; HEADER names the first difference, a quote never closed spoils only its own line."""
        require_encoding(self._file, self._encoding)
        with self._file.open("rb") as stream:
            coming = _Coming(chunks(stream))
            while chunk := coming.next():
                yield from self._parts_of(chunk, coming)
        if not coming.has_any:
            self._check_header(None)

    def record(self, line: Line) -> Record:
        """The record that one line holds."""
        return self._record(line.raw, line)

    def _parts_of(self, chunk: Chunk, coming: "_Coming") -> Iterator[Block | Record]:
        done = coming.used_of_next  # lines that a record of the chunk before has taken
        coming.used_of_next = max(0, done - len(chunk))  # a record may run over the whole of this chunk
        neat, is_left = self._neat(chunk, max(done, int(chunk.first_line_no == 1)))
        for at in map(int, np.flatnonzero(is_left)):
            if at < done:
                continue
            line = chunk.line(at)
            if line.no == 1:
                self._check_header(line)
            elif line.raw.count(b'"') % 2:
                raw, used = self._closed(line, coming.following(chunk, at))
                yield self._record(raw, line)
                done = at + 1 + used
                coming.used_of_next = max(0, done - len(chunk))
            elif line.raw:
                yield self._record(line.raw, line)
        if len(neat.firsts):
            yield self._block(chunk, neat)

    def _neat(self, chunk: Chunk, start: int) -> tuple[Neat, Mask]:
        """Records with as many cells as agreed and nothing that needs a closer look, and the lines of all others."""
        found = neat_records(chunk, start, len(self._header), lambda at: self._is_row(chunk.line(at).raw))
        is_spoilt = chunk.has(b"\0")
        if len(self._columns) < len(self._header):  # the block's check sees the letters we take
            is_spoilt |= ~chunk.are_decodable(self._encoding)
        is_odd = np.concatenate(([0], np.cumsum(is_spoilt)))
        is_plain = is_odd[found.lasts + 1] == is_odd[found.firsts]
        neat = Neat(found.firsts[is_plain], found.lasts[is_plain], found.commas[is_plain])
        steps = np.zeros(len(chunk) + 1, dtype=np.int64)
        np.add.at(steps, neat.firsts, 1)
        np.add.at(steps, neat.lasts + 1, -1)
        return neat, np.cumsum(steps)[:-1] == 0

    def _block(self, chunk: Chunk, neat: Neat) -> Block:
        begins, stops, commas = chunk.begins[neat.firsts], chunk.stops[neat.lasts], neat.commas
        starts = [begins if place == 0 else commas[:, place - 1] + 1 for place in self._places]
        ends = [stops if place == len(self._header) - 1 else commas[:, place] for place in self._places]
        cells = [unquoted(chunk, *cell) for cell in zip(starts, ends, strict=True)]
        return Block(chunk, neat.firsts, neat.lasts, [start for start, _ in cells], [end for _, end in cells])

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
        if sorted(names) != sorted(self._agreed):
            raise BatchRejectedError(
                "HEADER",
                f"line 1: {header_difference(names, self._agreed)}",
                "agree on the new layout and change the contract, or have the old one sent",
            )
        self._find_columns(names)

    def _find_columns(self, header: list[str]) -> None:
        """Columns are found by their names, in whatever order the header gives them."""
        self._header = header
        self.declared.layout = ",".join(header)
        self._places = [header.index(column.from_ or column.name) for column in self._columns]
        self._names = dict(zip(self._places, (column.name for column in self._columns), strict=True))

    def _closed(self, first: Line, following: Iterator[Line]) -> tuple[bytes, int]:
        """The record that begins in `first` and how many of the following lines it uses: none if it never closes."""
        joined, end = first.raw, first.end
        for used, line in enumerate(islice(following, LONGEST_RECORD - 1), start=1):
            if self._is_row(line.raw):
                break  # two broken quotes, some rows apart, would make one record of all these rows
            joined, end = joined + end + line.raw, line.end
            if joined.count(b'"') % 2 == 0:
                parts = _split(joined)
                return (joined, used) if parts and len(parts) == len(self._header) else (first.raw, 0)
        return first.raw, 0

    def _is_row(self, raw: bytes) -> bool:
        """Whether a line inside an open quote is a row: as many fields as agreed, and a key in its place."""
        parts = _split(raw) or raw.split(b",")
        if len(parts) < len(self._header):
            return False
        texts = {self._names.get(place): self._decoded(parts[place]) for place in self._places}
        try:
            return all(parse(texts[name] or "") for name, parse in self._key.items())
        except RowFaultError:
            return False

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


class _Coming:
    """The chunks of a file, with a look ahead for records that run into the next one."""

    def __init__(self, found: Iterator[Chunk]) -> None:
        self._found = found
        self._ahead: deque[Chunk] = deque()
        self.used_of_next = 0  # lines of the next chunk that belong to a record already given
        self.has_any = False

    def next(self) -> Chunk | None:
        """The next chunk, None at the end."""
        chunk = self._ahead.popleft() if self._ahead else next(self._found, None)
        self.has_any |= chunk is not None and len(chunk) > 0
        return chunk

    def following(self, chunk: Chunk, at: int) -> Iterator[Line]:
        """The lines after line `at` of `chunk`, into the chunks that come."""
        for place in range(at + 1, len(chunk)):
            yield chunk.line(place)
        for number in count():
            if number == len(self._ahead):
                coming = next(self._found, None)
                if coming is None:
                    return
                self._ahead.append(coming)
            for place in range(len(self._ahead[number])):
                yield self._ahead[number].line(place)


def header_difference(found: list[str], agreed: list[str]) -> str:
    """The first difference between two headers, by agreed names and places only (項目名の相違)."""
    missing = [name for name in agreed if name not in found]
    if missing:
        return f"field {missing[0]} is missing from the header" + (
            f" (and {len(missing) - 1} more)" * (len(missing) > 1)
        )
    return f"the header has {len(found)} fields, agreed are {len(agreed)}"


def _split(raw: bytes) -> list[bytes] | None:
    """The fields of a record as bytes; None when its quotes do not close."""
    if b'"' not in raw:
        return raw.split(b",")
    try:
        found = list(csv.reader([raw.decode("latin-1")], strict=True))
    except csv.Error:
        return None
    return [field.encode("latin-1") for field in found[0]] if len(found) == 1 else None
