"""One value of each agreed type (項目の型): text as delivered in, text for PostgreSQL out.

Every function raises RowFaultError with the reason code; none repeats the value.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

from receivables.contracts import Column
from receivables.era import EraError, wareki_to_date
from receivables.ingest.rejection import RowFaultError
from receivables.yen import parse_yen

Parser = Callable[[str], str | None]
_NO_DATE = frozenset({"", "0", "0000000", "00000000", "0000-00-00", "9999999", "99999999", "9999-99-99"})
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_ERA_MARK = re.compile(r"(明治|大正|昭和|平成|令和|[MTSHR][0-9元]|[0-9]{7}$)")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)
_INT = re.compile(r"[0-9]{1,9}")
_TWELVE = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T00:00:00)?", re.ASCII)
_SERIAL = re.compile(r"[0-9]{5}")
_DAY_ZERO = date(1899, 12, 30)  # Excel counts a 29 February 1900, so that its day 1 is a day late
_FIRST_SERIAL, _LAST_SERIAL = 25_569, 73_050  # 1970 to 2099: anything else is no day of a claim
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+")
_GAIJI = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_FLAGS = {"0": "f", "1": "t", "false": "f", "true": "t", "f": "f", "t": "t"}


def parser(column: Column) -> Parser:
    """The function that reads values of `column`; None for an empty value that may be empty."""
    read = _reader(column)
    empty = _NO_DATE if column.type in ("date", "wareki", "partial_date") else frozenset({""})
    reason = column.empty_reason if column.required else None

    def parse(text: str) -> str | None:
        if text in empty:
            if reason:
                raise RowFaultError(reason)
            return None
        return read(text)

    return parse


def conversion(text: str) -> str | None:
    """Why an accepted date was read as another than the agreed 和暦 (換算): after its era's end, or Excel's own."""
    if _excel_date(text):
        return "EXCEL_DATE"
    try:
        _wareki(text)
    except RowFaultError:
        return "ERA_OVERRUN"
    return None


def ungrouped(text: str) -> str:
    """12,300 without its commas; anything else, such as 1,23, as it is."""
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def has_gaiji(text: str) -> bool:
    """Whether `text` holds a character only one vendor's font knows (外字: private use)."""
    return _GAIJI.search(text) is not None


def gaiji_of(text: str) -> set[str]:
    """The private-use characters of `text`."""
    return set(_GAIJI.findall(text))


def has_my_number(text: str) -> bool:
    """Whether `text` holds twelve digits that pass the check digit of a My Number (個人番号).

    番号法施行規則 第5条 (check digit). About one random number in eleven passes too: a person looks at the row.
    """
    if len(text) < 12:
        return False
    return any(_passes_check_digit(re.sub(r"\D", "", found)) for found in _TWELVE.findall(text))


def _passes_check_digit(twelve: str) -> bool:
    digits = [int(char) for char in twelve]
    total = sum(digit * (at + 1 if at <= 6 else at - 5) for at, digit in enumerate(reversed(digits[:11]), start=1))
    return digits[11] == (0 if total % 11 <= 1 else 11 - total % 11)


def _reader(column: Column) -> Callable[[str], str]:
    if column.type == "digits":
        return _digits_reader(column.length or 0)
    if column.type == "code":
        return _code_reader(frozenset(column.codes), column.reason)
    if column.serials:
        return _wareki_or_excel_date
    if column.era_overrun:
        return _overrun_wareki
    if column.grouped:
        return lambda text: _yen(ungrouped(text))
    if column.unit != 1:
        return lambda text: str(int(_yen(text)) * column.unit)
    readers: dict[str, Callable[[str], str]] = {
        "text": _text, "int": _int, "year": _year, "yen": _yen, "date": _date, "wareki": _wareki,
        "partial_date": _partial_date, "timestamp": _timestamp, "flag": _flag,
    }  # fmt: skip
    return readers[column.type]


def _digits_reader(length: int) -> Callable[[str], str]:
    pattern = re.compile(f"[0-9]{{{length}}}")

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise RowFaultError("DIGITS")
        return text

    return read


def _code_reader(codes: frozenset[str], reason: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in codes:
            raise RowFaultError(reason)
        return text

    return read


def _text(text: str) -> str:
    if has_my_number(text):
        raise RowFaultError("MY_NUMBER")
    return text


def _int(text: str) -> str:
    if not _INT.fullmatch(text):
        raise RowFaultError("DIGITS")
    return str(int(text))


def _year(text: str) -> str:
    if not _YEAR.fullmatch(text):
        raise RowFaultError("DIGITS")
    return text


def _yen(text: str) -> str:
    try:
        amount = parse_yen(text)
    except ValueError:
        raise RowFaultError("AMOUNT") from None
    if amount < 0:
        raise RowFaultError("NEGATIVE")
    return str(amount)


@lru_cache(16_384)
def _date(text: str) -> str:
    match = _DATE.fullmatch(text)
    try:
        if match:
            return date(*map(int, match.groups())).isoformat()
    except ValueError:
        pass
    raise RowFaultError("DATE")


def _wareki(text: str) -> str:
    return _wareki_date(text, may_overrun=False)


def _overrun_wareki(text: str) -> str:
    return _wareki_date(text, may_overrun=True)


@lru_cache(16_384)
def _wareki_date(text: str, *, may_overrun: bool) -> str:
    try:
        return wareki_to_date(text, may_overrun=may_overrun).isoformat()
    except EraError:
        # 令和0年 is an impossible 和暦; 2024/04/01 or 45000 is another kind of date.
        raise RowFaultError("ERA" if _ERA_MARK.match(text) else "DATE") from None


def _wareki_or_excel_date(text: str) -> str:
    return _excel_date(text) or _wareki(text)


@lru_cache(16_384)
def _excel_date(text: str) -> str | None:
    """The day that an Excel cell holds: a date (ISO, at midnight) or its number of days counted from 1899-12-30."""
    if match := _ISO.fullmatch(text):
        return _date(match[1])
    if _SERIAL.fullmatch(text) and _FIRST_SERIAL <= int(text) <= _LAST_SERIAL:
        return (_DAY_ZERO + timedelta(days=int(text))).isoformat()
    return None


def _partial_date(text: str) -> str:
    """A birth date whose month or day may be unknown (不詳: 00 or 99): never made up."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise RowFaultError("DATE")
    year, month, day = (part if part != "99" else "00" for part in match.groups())
    _date(f"{year}-{month if month != '00' else '01'}-{day if day != '00' else '01'}")
    return f"{year}-{month}-{day}"


def _timestamp(text: str) -> str:
    """A moment with its offset (ISO 8601): without one nobody knows when it was."""
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise RowFaultError("DATE")


def _flag(text: str) -> str:
    if text not in _FLAGS:
        raise RowFaultError("CODE")
    return _FLAGS[text]
