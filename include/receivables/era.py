"""Japanese era dates (和暦).

Eras begin on the day they were proclaimed for; a date before its era's first day or after its last is
impossible (昭和64年1月8日), and is refused rather than moved. One exception, where a contract grants it: papers
printed before 平成 ended name days after its end (平成32年4月1日), and everybody knows which days are meant.

Days before 明治6年 are counted by the Gregorian calendar, as data systems do; people of the time counted by
the old one (旧暦, until 明治5年12月2日).
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple


class Era(NamedTuple):
    """One era: its kanji, letter, host digit, first day and last day (None: still running)."""

    kanji: str
    letter: str
    digit: str
    first: date
    last: date | None


ERAS = (
    Era("明治", "M", "1", date(1868, 1, 25), date(1912, 7, 29)),  # 明治元年1月1日 of the old calendar
    Era("大正", "T", "2", date(1912, 7, 30), date(1926, 12, 24)),
    Era("昭和", "S", "3", date(1926, 12, 25), date(1989, 1, 7)),
    Era("平成", "H", "4", date(1989, 1, 8), date(2019, 4, 30)),
    Era("令和", "R", "5", date(2019, 5, 1), None),
)
_FIRST_YEAR = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
_OVERRUN = "平成"  # its end was known before it came (2017-12-08), and bills for later days were printed
_BY_MARK = {mark: era for era in ERAS for mark in (era.kanji, era.letter, era.digit)}
_LONG = re.compile(r"(明治|大正|昭和|平成|令和)(元|\d{1,2})年(\d{1,2})月(\d{1,2})日")
_DOTTED = re.compile(r"([MTSHR])(元|\d{1,2})[./-](\d{1,2})[./-](\d{1,2})")
_PACKED = re.compile(r"([MTSHR1-5])(\d{2})(\d{2})(\d{2})")


class EraError(ValueError):
    """The text is no date of any era; the message does not repeat it."""


def wareki_to_date(text: str, *, may_overrun: bool = False) -> date:
    """The day that `text` names: 令和6年5月31日, R6.5.31, R060531 or 5060531 (和暦→西暦).

    `may_overrun`: 平成 may run on after its last day. Raises EraError when the form is unknown or the day lies
    outside its era.
    """
    era, year, found = _parts(text)
    is_over = era.last is not None and found > era.last
    if year == 0 or found < era.first or (is_over and not (may_overrun and era.kanji == _OVERRUN)):
        raise EraError(f"the day lies outside {era.kanji}")
    return found


def _parts(text: str) -> tuple[Era, int, date]:
    folded = unicodedata.normalize("NFKC", text).strip().replace(" ", "")
    match = _LONG.fullmatch(folded) or _DOTTED.fullmatch(folded) or _PACKED.fullmatch(folded)
    if match is None:
        raise EraError("not a 和暦 date such as 令和6年5月31日, R6.5.31 or 5060531")
    mark, written, month, day = match.groups()
    era, year = _BY_MARK[mark], 1 if written == "元" else int(written)
    try:
        return era, year, date(_FIRST_YEAR[era.kanji] + year - 1, int(month), int(day))
    except ValueError:
        raise EraError("no such day in the calendar") from None


def date_to_wareki(day: date) -> str:
    """`day` as staff write it: 令和6年5月31日 (元年 for the first year)."""
    era, year = _era_year(day)
    return f"{era.kanji}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def date_to_host_wareki(day: date) -> str:
    """`day` as the host files pack it: era digit and YYMMDD, 5060531."""
    era, year = _era_year(day)
    return f"{era.digit}{year:02d}{day:%m%d}"


def _era_year(day: date) -> tuple[Era, int]:
    for era in reversed(ERAS):
        if day >= era.first:
            return era, day.year - _FIRST_YEAR[era.kanji] + 1
    raise EraError("no era before 明治 is supported")
