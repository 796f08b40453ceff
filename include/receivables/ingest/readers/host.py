"""Files straight from a host computer (ホストの生ファイル): EBCDIC and JEF, no line ends, packed and zoned amounts.

The records are those of `fixed_width`: header, data, trailer, told apart by their first byte.
"""

from collections.abc import Iterator
from pathlib import Path

from receivables.contract_parts import Place, Storage
from receivables.contracts import Table
from receivables.era import EraError, wareki_to_date
from receivables.ingest.readers.framing import unended
from receivables.ingest.readers.numerals import packed, zoned
from receivables.ingest.records import Declared, Line, Record
from receivables.ingest.rejection import BatchRejectedError

_RESEND = "have the whole file sent again"


class HostFile:
    """Reader of one host file in a host's own encoding."""

    def __init__(self, table: Table, file: Path) -> None:
        assert table.encoding
        assert table.record_bytes
        assert table.records
        self.declared = Declared()
        self._file, self._encoding, self._width = file, table.encoding, table.record_bytes
        self._layout = table.records
        self._marks = {kind: mark.encode(table.encoding) for kind, mark in
                       (("header", table.records.header.mark), ("data", table.records.data.mark),
                        ("trailer", table.records.trailer.mark))}  # fmt: skip
        self._columns = [(column.name, column.at, column.storage) for column in table.columns if column.at]
        self._has_trailer = False

    def parts(self) -> Iterator[Record]:
        """Data records. TRUNCATED when bytes or the trailer are missing, HEADER or WRONG_ENCODING for another file."""
        line = None
        for line in unended(self._file, self._width):
            if line.no > 1 and line.raw.startswith(self._marks["data"]) and not self._has_trailer:
                yield self._record(line)
            else:
                self._read_other(line)
        if line is None:
            self._refuse("EMPTY", "the file is empty")
        if not self._has_trailer:
            self._refuse("TRUNCATED", "the trailer record is missing")

    def _read_other(self, line: Line) -> None:
        if self._has_trailer:
            self._refuse("CONTROL_TOTAL", f"record {line.no} follows the trailer")
        if line.no == 1:
            self._read_header(line)
        elif line.raw.startswith(self._marks["trailer"]):
            self._read_trailer(line)
        elif line.raw.startswith(self._marks["header"]):
            self._refuse("HEADER", f"record {line.no} is a second header")
        else:
            self._refuse("TRUNCATED", f"record {line.no} has no mark: bytes were lost or gained before it")

    def _read_header(self, line: Line) -> None:
        if line.raw.startswith(self._layout.header.mark.encode("ascii")):
            self._refuse("WRONG_ENCODING", "the file looks like ASCII or CP932: somebody converted it on the way")
        if not line.raw.startswith(self._marks["header"]):
            self._refuse("HEADER", f"record 1 is no header of {self._width} bytes")
        try:
            text = _cut(line.raw, self._layout.header.date).decode(self._encoding)
            self.declared.business_date = wareki_to_date(text)
        except (EraError, UnicodeDecodeError):
            self._refuse("HEADER", "record 1: field date of the header is no 和暦 date")

    def _read_trailer(self, line: Line) -> None:
        trailer = self._layout.trailer
        try:
            found = [zoned(raw) if trailer.storage != "packed" else packed(raw)
                     for raw in (_cut(line.raw, at) for at in (trailer.rows, trailer.yen))]  # fmt: skip
            self.declared.rows, self.declared.yen = (int(number) for number in found)
        except ValueError:
            self._refuse("CONTROL_TOTAL", f"record {line.no}: fields rows and yen of the trailer are no numbers")
        self._has_trailer = True

    def _record(self, line: Line) -> Record:
        """One data record; the first column that cannot be read gives the reason."""
        fields: list[str | None] = []
        reason: tuple[str, str] | None = None
        for name, at, storage in self._columns:
            text, code = self._field(_cut(line.raw, at), storage)
            fields.append(text)
            if code and reason is None:
                reason = code, name
        return Record(line.no, line.offset, line.raw, fields, *(reason or (None, None)))

    def _field(self, part: bytes, storage: Storage | None) -> tuple[str | None, str | None]:
        """The text of a field, or why there is none."""
        if storage in ("packed", "zoned"):
            try:
                return (packed(part) if storage == "packed" else zoned(part)), None
            except ValueError:
                return None, "AMOUNT"
        try:
            text = part.decode("jef-kanji" if storage == "kanji" else self._encoding).strip(" \u3000")
        except UnicodeDecodeError:
            return None, "ENCODING"
        return text, "NUL" if "\0" in text else None

    def _refuse(self, code: str, what: str) -> None:
        raise BatchRejectedError(code, what, _RESEND)


def _cut(raw: bytes, place: Place) -> bytes:
    return raw[place[0] - 1 : place[0] - 1 + place[1]]
