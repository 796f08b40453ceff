"""Results of direct debits (口座振替結果, 全銀 120 bytes): header, data, trailer, and one end record.

Several blocks of header to trailer may come before the end. Kana are single bytes (JIS X 0201, as in
CP932); the header says the month and day of the withdrawal (引落日) and leaves the year to us.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from receivables.contracts import Table
from receivables.ingest.readers.framing import Fields, framed, readings
from receivables.ingest.readers.zengin_totals import BlockTotals
from receivables.ingest.records import Declared, Line, Record
from receivables.ingest.rejection import BatchRejectedError
from receivables.standard import zengin as layout

LONGEST_WAY = timedelta(days=60)  # from withdrawal to result: configuration, banks send it within days
_HIGHEST_ASCII = 0x7E
_KANA = range(0xA1, 0xE0)
_RESEND = "have the whole file sent again"
_EBCDIC_ONE = 0xF1


class Zengin:
    """Reader of one file of results."""

    def __init__(self, table: Table, file: Path, as_of: date) -> None:
        self.declared = Declared()
        self._file, self._as_of = file, as_of
        self._items = layout.items("data")
        self._columns = [str(column.from_) for column in table.columns]
        self._names = {str(column.from_): column.name for column in table.columns}
        self._header: dict[str, str | None] = {}
        self._block: BlockTotals | None = None
        self._has_ended = False

    def parts(self) -> Iterator[Record]:
        """Data records. TRUNCATED when trailer or end are missing, CONTROL_TOTAL when a trailer is not right."""
        for line in framed(self._file, layout.RECORD_BYTES):
            if not line.raw.strip(b"\0 \x1a"):
                continue
            if self._has_ended:
                self._refuse("CONTROL_TOTAL", line.no, "follows the end record")
            if self._block is None:
                self._between_blocks(line)
            elif _is(line, b"8"):
                self._close(line, self._block)
            elif _is(line, b"1") or _is(line, b"9"):
                self._refuse("TRUNCATED", line.no, "comes before the trailer of its block")
            else:
                yield self._data(line, self._block)
        if not self._has_ended:
            what = "the end record is missing" if self._header else "the file is empty"
            raise BatchRejectedError("TRUNCATED" if self._header else "EMPTY", what, _RESEND)

    def _between_blocks(self, line: Line) -> None:
        if _is(line, b"1"):
            self._open(line)
        elif not self._header:
            self._refuse_beginning(line)
        elif _is(line, b"9"):
            self._has_ended = True
        elif _is(line, b"2"):
            self._refuse("CONTROL_TOTAL", line.no, "follows the trailer")
        else:
            self._refuse("TRUNCATED", line.no, "is neither header nor end record")

    def _open(self, line: Line) -> None:
        found = {name: _text(line.raw[at.start : at.stop]) for name, at in layout.items("header").items()}
        if found["種別コード"] != layout.TYPE_CODE:
            self._refuse("HEADER", line.no, f"is no header of direct debits (種別コード {layout.TYPE_CODE})")
        if found["コード区分"] != "0":
            self._refuse("WRONG_ENCODING", line.no, "says that the file is not in JIS (コード区分 0)")
        withdrawn_on = withdrawal_date(found[layout.WITHDRAWN_ON] or "", self._as_of)
        self._header = {name: found[name] for name in layout.OF_HEADER}
        self._header[layout.WITHDRAWN_ON] = withdrawn_on.isoformat()
        self._block = BlockTotals()

    def _refuse_beginning(self, line: Line) -> None:
        if line.raw[0] == _EBCDIC_ONE:
            raise BatchRejectedError("WRONG_ENCODING", "the file is in EBCDIC", "have it sent in JIS (コード区分 0)")
        code = "HEADER" if line.end or len(line.raw) == layout.RECORD_BYTES else "TRUNCATED"
        self._refuse(code, line.no, f"is no header ({layout.RECORD_BYTES} bytes beginning with '1')")

    def _close(self, line: Line, block: BlockTotals) -> None:
        said = {name: line.raw[at.start : at.stop] for name, at in layout.items("trailer").items()}
        total = block.compared(said, where=f"record {line.no}, the trailer")
        declared = self.declared
        declared.rows = (declared.rows or 0) + total.rows
        declared.yen = (declared.yen or 0) + total.yen
        for item, rows, yen in ((layout.COLLECTED, *total.collected), (layout.UNCOLLECTED, *total.uncollected)):
            if name := self._names.get(item):
                before = declared.parts.get(name, (0, 0))
                declared.parts[name] = (before[0] + rows, before[1] + yen)
        self._block = None

    def _data(self, line: Line, block: BlockTotals) -> Record:
        raw = line.raw
        if not _is(line, b"2"):
            if not line.end and len(raw) == layout.RECORD_BYTES:
                self._refuse("TRUNCATED", line.no, "has no data区分: bytes were lost or gained before it")
            block.add(None, None)
            likely = tuple(self._in_order(one) for one in readings(raw, layout.RECORD_BYTES, self._fields))
            return Record(line.no, line.offset, raw, None, "WIDTH", None, likely)
        texts = self._fields(raw)
        named = dict(zip(self._items, texts, strict=True))
        block.add(named[layout.RESULT], named[layout.AMOUNT])
        fields = self._in_order(texts)
        if b"\0" in raw:
            return Record(line.no, line.offset, raw, fields, "NUL", self._field_at(raw.index(b"\0")))
        if None in texts:
            undecodable = list(self._items)[texts.index(None)]
            return Record(line.no, line.offset, raw, fields, "ENCODING", self._names.get(undecodable, undecodable))
        return Record(line.no, line.offset, raw, fields)

    def _fields(self, raw: bytes) -> Fields:
        return [_text(raw[at.start : at.stop]) for at in self._items.values()]

    def _in_order(self, texts: Fields) -> Fields:
        """The contract's columns: the record's items, its header's, and its yen by result."""
        named = dict(zip(self._items, texts, strict=True)) | self._header
        amount, result = named[layout.AMOUNT], named[layout.RESULT]
        is_known = amount is not None and result is not None
        named[layout.COLLECTED] = (amount if result == "0" else "0") if is_known else None
        named[layout.UNCOLLECTED] = ("0" if result == "0" else amount) if is_known else None
        return [named[name] for name in self._columns]

    def _field_at(self, place: int) -> str | None:
        return next((self._names.get(name, name) for name, at in self._items.items() if at.start <= place < at.stop),
                    None)  # fmt: skip

    def _refuse(self, code: str, no: int, what: str) -> None:
        raise BatchRejectedError(code, f"record {no} {what}", _RESEND)


def withdrawal_date(month_day: str, as_of: date) -> date:
    """The last day called `month_day` (MMDD) on or before `as_of`: a result of December may come in January.

    Raises BatchRejectedError: HEADER for no day at all, STALE for one more than LONGEST_WAY ago.
    """
    for year in (as_of.year, as_of.year - 1):
        try:
            found = date(year, int(month_day[:2]), int(month_day[2:]))
        except ValueError:
            continue
        if as_of - LONGEST_WAY <= found <= as_of:
            return found
    try:
        date(2000, int(month_day[:2]), int(month_day[2:]))  # 29 February exists in 2000
    except ValueError:
        raise BatchRejectedError("HEADER", f"the header's {layout.WITHDRAWN_ON} is no MMDD", _RESEND) from None
    raise BatchRejectedError(
        "STALE",
        f"the header's {layout.WITHDRAWN_ON} is not within {LONGEST_WAY.days} days before {as_of}",
        "have the results of the last withdrawal sent",
    )


def _is(line: Line, mark: bytes) -> bool:
    return len(line.raw) == layout.RECORD_BYTES and line.raw.startswith(mark)


def _text(part: bytes) -> str | None:
    """JIS X 0201: one byte a letter, kana half width; None where a byte is none of its letters."""
    if part.isascii():
        return part.decode("ascii").strip(" ")
    if all(byte <= _HIGHEST_ASCII or byte in _KANA for byte in part):
        return part.decode("cp932").strip(" ")
    return None
