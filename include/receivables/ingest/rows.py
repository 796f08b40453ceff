"""One record against its contract (行の検査): accepted with typed values, set aside, or quarantined with a reason.

The first fault wins, in this order: the record's shape, NUL, undecodable bytes, 外字, an empty
field that may not be empty, digits, then each column in the contract's order, then sums; a row that is
not void must have a class.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from receivables.contracts import Table
from receivables.ingest import fields
from receivables.ingest.legal_basis import BasisCheck
from receivables.ingest.records import Record
from receivables.ingest.rejection import RowFaultError
from receivables.yen import parse_yen

_RANK = {"REQUIRED": 0, "CONTRACT_DATE": 0, "DIGITS": 1}
_PLAIN_AMOUNT = re.compile(r"([-△▲(])?\(?([0-9]{1,13})\)?-?")
_UNITS = str.maketrans("", "", ",、¥円 ")
_REPLACED = "\ufffd"  # somebody upstream has already lost a letter
Values = list[str | None]
Place = tuple[int, int, bytes]  # line, byte offset, the record itself
Conversion = tuple[str, str]  # column, reason code


class Aside(NamedTuple):
    """One row that is not accepted, where it stands and why; `guesses` when its amount cannot be read."""

    line_no: int
    byte_offset: int
    raw: bytes
    is_excluded: bool
    reason_code: str
    field: str | None
    amount_yen: int | None
    guesses: tuple[int, ...] = ()


class RowCheck:
    """The checks of one table, made once and applied to every record."""

    def __init__(self, table: Table, gaiji: Mapping[str, str] | None = None) -> None:
        """`gaiji`: what the 外字 of this source stand for; without it each is a fault."""
        names = [column.name for column in table.columns]
        self._names = names
        self._parsers = [fields.parser(column) for column in table.columns]
        self._yen = names.index(table.yen) if table.yen else None
        self._sums = [(names.index(total), [names.index(part) for part in parts], total)
                      for total, parts in table.sum_of.items()]  # fmt: skip
        self._units = [column.unit for column in table.columns]
        self._grouped = {at for at, column in enumerate(table.columns) if column.grouped}
        self._converting = [at for at, column in enumerate(table.columns) if column.era_overrun or column.serials]
        self._gaiji = str.maketrans(dict(gaiji or {}))
        self._free = frozenset(at for at, column in enumerate(table.columns) if column.type == "text")
        self.gaiji_seen: Counter[str] = Counter()  # rows by private-use character, accepted or not
        self.originals: list[Place] = []  # accepted rows that are loaded with other letters than their own
        self.converted: Counter[Conversion] = Counter()  # accepted rows whose text was read as another (換算)
        self._basis = BasisCheck(table)
        self._exclusions = [(names.index(rule.column), rule.equals, rule.reason) for rule in table.exclude]

    def check(self, record: Record) -> Values | Aside:
        """The typed values of an accepted record in contract order, else what it was set aside for."""
        if record.fields is None or record.reason_code:
            return self._aside(record, record.reason_code or "WIDTH", record.field)
        texts = self._without_known_gaiji([text or "" for text in record.fields])
        if fault := self._letters_fault(texts):
            return self._aside(record, *fault)
        try:
            values = [parse(text) for parse, text in zip(self._parsers, texts, strict=True)]
        except RowFaultError:
            return self._aside(record, *self._first_fault(texts))
        if name := self._broken_sum(values):
            return self._aside(record, "SUM_MISMATCH", name)
        for at, equals, reason in self._exclusions:
            if texts[at] == equals:
                return self._aside(record, reason, self._names[at], is_excluded=True)
        if name := self._basis.fault(values):
            return self._aside(record, "LEGAL_CLASS", name)
        self._note_conversions(record, texts, values)
        return values

    def _without_known_gaiji(self, texts: list[str]) -> list[str]:
        """外字 in free text replaced when all of the record's are known; counted either way."""
        found = {at: fields.gaiji_of(text) for at, text in enumerate(texts) if not text.isascii()}
        seen = set().union(*found.values())
        if not seen:
            return texts
        self.gaiji_seen.update(seen)
        is_known = all(ord(char) in self._gaiji for char in seen)
        is_free = all(at in self._free for at, chars in found.items() if chars)
        return [text.translate(self._gaiji) for text in texts] if is_known and is_free else texts

    def _broken_sum(self, values: Values) -> str | None:
        for total, parts, name in self._sums:
            if int(values[total] or 0) != sum(int(values[part] or 0) for part in parts):
                return name
        return None

    def _note_conversions(self, record: Record, texts: list[str], values: Values) -> None:
        mapped = [at for at, text in enumerate(record.fields or ()) if text and text != texts[at]]
        for at in mapped:
            self.converted[self._names[at], "GAIJI_MAPPED"] += 1
        if mapped:
            self.originals.append((record.line_no, record.byte_offset, record.raw))
        for at in self._converting:
            if values[at] and (reason := fields.conversion(texts[at])):
                self.converted[self._names[at], reason] += 1

    def _letters_fault(self, texts: list[str]) -> tuple[str, str] | None:
        joined = "".join(texts)
        if joined.isascii():
            return None
        if _REPLACED in joined:
            return "ENCODING", self._where(texts, lambda text: _REPLACED in text)
        if fields.has_gaiji(joined):
            return "GAIJI", self._where(texts, fields.has_gaiji)
        return None

    def _where(self, texts: list[str], is_hit: Callable[[str], bool]) -> str:
        return next(name for name, text in zip(self._names, texts, strict=True) if is_hit(text))

    def _first_fault(self, texts: list[str]) -> tuple[str, str]:
        found: list[tuple[int, int, str]] = []
        for at, (parse, text) in enumerate(zip(self._parsers, texts, strict=True)):
            try:
                parse(text)
            except RowFaultError as fault:
                found.append((_RANK.get(fault.reason_code, 2), at, fault.reason_code))
        _, at, reason = min(found)
        return reason, self._names[at]

    def _aside(self, record: Record, reason: str, field: str | None, *, is_excluded: bool = False) -> Aside:
        amount, guesses = self._amount(record)
        return Aside(
            record.line_no, record.byte_offset, record.raw, is_excluded, reason, field, amount, guesses
        )  # fmt: skip

    def _amount(self, record: Record) -> tuple[int | None, tuple[int, ...]]:
        """The amount the row states, or the amounts it may have stated."""
        if self._yen is None:
            return 0, ()
        if record.fields is not None:
            text = record.fields[self._yen]
            amount = self._plain(self._yen, text)
            return (amount, ()) if amount is not None else (None, self._guesses(record.fields, text))
        best = max((self._score(reading) for reading in record.readings), default=0)
        likely = [reading for reading in record.readings if self._score(reading) == best]
        amounts = {self._plain(self._yen, reading[self._yen]) for reading in likely} - {None}
        return None, tuple(sorted(amount for amount in amounts if amount is not None))

    def _guesses(self, texts: list[str | None], text: str | None) -> tuple[int, ...]:
        """From the parts of the sum first: they are surer than a damaged figure."""
        for total, parts, _ in self._sums:
            amount = self._sum(texts, parts)
            if total == self._yen and amount is not None:
                return (amount,)
        return _denoted(text or "")

    def _score(self, reading: Values) -> int:
        """How many columns of a reading are as agreed; a sum that holds says more than any column."""
        score = 0
        for parse, text in zip(self._parsers, reading, strict=True):
            try:
                score += text is not None and parse(text) is not None
            except RowFaultError:
                continue
        for total, parts, _ in self._sums:
            amount = self._sum(reading, parts)
            if amount is not None and self._sum(reading, [total]) == amount:
                score += len(self._names)
        return score

    def _sum(self, texts: Values, places: list[int]) -> int | None:
        """The yen of these cells together, None when one cannot be read."""
        amounts = [self._plain(at, texts[at]) for at in places]
        if None in amounts:
            return None
        return sum((amount or 0) * self._units[at] for amount, at in zip(amounts, places, strict=True))

    def _plain(self, at: int, text: str | None) -> int | None:
        try:
            return parse_yen(fields.ungrouped(text or "") if at in self._grouped else text or "")
        except ValueError:
            return None


def _denoted(text: str) -> tuple[int, ...]:
    """What a person would read in an amount not written as agreed: １２３, 1,234, ¥500, △500 (either sign)."""
    match = _PLAIN_AMOUNT.fullmatch(unicodedata.normalize("NFKC", text).translate(_UNITS))
    if match is None:
        return ()
    amount = int(match[2])
    return (amount, -amount) if match[1] else (amount,)
