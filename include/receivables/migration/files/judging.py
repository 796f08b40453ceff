r"""What the text of an item holds, and which checks it breaks (項目検査): the independent reader's own types.

A value is given as PostgreSQL's COPY text: escaped, and \N where nothing acceptable is.
"""

import re
from collections.abc import Callable
from datetime import date

from receivables.migration.files.profile import NUMERIC
from receivables.standard import Item

NOTHING = "\\N"
MEIJI = date(1868, 1, 25)  # 明治元年1月1日 by the Gregorian calendar: no date of a claim is older
YEARS_AHEAD = 30
_TEXTS_REMEMBERED, _LONGEST_REMEMBERED = 20_000, 64  # per item; characters

Problem = tuple[str, str]  # the check it breaks, and how; the value itself is not repeated
Judgement = tuple[str, tuple[Problem, ...]]

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?")
_YEAR = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")  # what the column can hold; how long it must be says the length
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_PLAIN = re.compile(r"[!-\[\]-~]*")  # printable ASCII without blank and backslash: nothing of it needs a second look
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SELECTED = re.compile(f"(?<=[^{_SELECTORS}])[{_SELECTORS}]")
_STRAY_SELECTOR = re.compile(f"(?:^|[{_SELECTORS}])[{_SELECTORS}]")
# Controls, private use but plane 16 (the 行政事務標準文字 stand there), and what only a wrong decoding leaves.
_ODD = re.compile("[\0-\x1f\x7f-\x9f\ue000-\uf8ff\ufeff\ufffd-\uffff\U000f0000-\U000fffff]")
_BLANKS = " \u3000\t\u00a0"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


class Accepted(dict[str, str | None]):
    """Texts of one item as COPY text, None for those that have a problem; files repeat themselves, so it remembers."""

    def __init__(self, judge: Callable[[str], Judgement], *, is_forgetful: bool = False) -> None:
        super().__init__()
        self.judge, self.room = judge, 0 if is_forgetful else _TEXTS_REMEMBERED

    def __missing__(self, text: str) -> str | None:
        value, problems = self.judge(text)
        found = None if problems else value
        if len(self) < self.room and len(text) <= _LONGEST_REMEMBERED:
            self[text] = found
        return found


def judge_of(item: Item, empty: str, snapshot: date) -> Callable[[str], Judgement]:
    """The judge of one item's texts; `empty` is what the profile lets stand for nothing."""
    if item.type in NUMERIC:  # an agreed 0 cannot be told from a true 0, but for a year: the reconciliation counts it
        nothing = ("", empty) if item.type == "year" else ("",)
        return lambda text: _nothing(text, item, empty) if text in nothing else _number(text, item)
    latest = _years_after(snapshot)
    if item.type == "date":
        return lambda text: _nothing(text, item, empty) if text in ("", empty) else _day(text, latest)
    return lambda text: _nothing(text, item, empty) if text in ("", empty) else _text(text, item)


def _years_after(snapshot: date) -> date:
    try:
        return snapshot.replace(year=snapshot.year + YEARS_AHEAD)
    except ValueError:  # 29 February
        return snapshot.replace(year=snapshot.year + YEARS_AHEAD, day=28)


def _nothing(text: str, item: Item, empty: str) -> Judgement:
    """The text says that there is nothing, as agreed or not. In a key that is 該当なし, which no number can say."""
    if item.key and item.type in NUMERIC:
        return NOTHING, (("C-010", "a key item is empty"),)
    problems = () if text == empty else (("C-020", "empty although the profile has a sentinel for it"),)
    return "" if item.key and item.type != "date" else NOTHING, problems


def _number(text: str, item: Item) -> Judgement:
    if item.type == "decimal":
        if not _DECIMAL.fullmatch(text):
            return NOTHING, (("C-020", "not a decimal number in plain ASCII digits"),)
    elif not (_YEAR if item.type == "year" else _WHOLE).fullmatch(text):
        return NOTHING, (("C-020", "not a whole number in plain ASCII digits"),)
    if item.type == "yen" and text.startswith("-"):
        return NOTHING, (("C-020", "a negative amount"),)
    return text, _lengths(text, item)


def _day(text: str, latest: date) -> Judgement:
    if not _DAY.fullmatch(text):
        return NOTHING, (("C-020", "not a date as agreed"),)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return NOTHING, (("C-020", "not a date as agreed"), ("C-030", "a day that does not exist"))
    if MEIJI <= day <= latest:
        return text, ()
    return text, (("C-030", f"a day before {MEIJI} or more than {YEARS_AHEAD} years ahead"),)


def _text(text: str, item: Item) -> Judgement:
    if (item.type == "time" and not _CLOCK.fullmatch(text)) or (item.type == "flag" and text not in ("0", "1")):
        return NOTHING, (("C-020", f"not a {item.type} as agreed"),)
    problems = () if item.length is None or item.type == "time" else _lengths(text, item)
    if _PLAIN.fullmatch(text):
        return text, problems or (_number_of_a_person(text, item) if len(text) == 12 else ())
    problems = problems or _characters(text)
    return (NOTHING if "\0" in text else text.translate(_ESCAPES)), problems  # PostgreSQL has no NUL in text


def _lengths(text: str, item: Item) -> tuple[Problem, ...]:
    """C-021: in characters, a base with its selector (IVS) being one."""
    if item.length is None:
        return ()
    length = len(text) if text.isascii() else len(_SELECTED.sub("", text))
    if length > item.length or (item.type in ("code", "year") and length != item.length):
        return (("C-021", f"{length} characters where the edition says {item.length}"),)
    return ()


def _characters(text: str) -> tuple[Problem, ...]:
    """C-070: what stands in no name and no address."""
    if text[0] in _BLANKS or text[-1] in _BLANKS:
        return (("C-070", "a blank at an edge"),)
    if _ODD.search(text):
        return (("C-070", "a control or private-use character"),)
    if _STRAY_SELECTOR.search(text):
        return (("C-070", "a variation selector without a character before it"),)
    return ()


def _number_of_a_person(text: str, item: Item) -> tuple[Problem, ...]:
    """C-090: a code of declared length is digits by its nature; in any other text twelve of them may be a person's."""
    is_declared = item.type != "text" and item.length is not None
    if is_declared or not _TWELVE_DIGITS.fullmatch(text) or not _is_my_number_shaped(text):
        return ()
    return (("C-090", "has the shape and check digit of an individual number"),)


def _is_my_number_shaped(digits: str) -> bool:
    """個人番号の検査用数字 (平成26年総務省令第85号 第5条): weights 2…7, 2…6 from the right."""
    rest = sum(int(digit) * (at + 1 if at <= 6 else at - 5) for at, digit in enumerate(digits[-2::-1], start=1)) % 11
    return int(digits[-1]) == (0 if rest <= 1 else 11 - rest)
