"""The independent reader (独立再読込): what a stranger finds in the written file, byte by byte.

It shares nothing with the writer but the loader of the specification: own decoding, own RFC 4180
parser, own types. What it cannot accept becomes an issue; it never repairs.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from receivables.migration.delimited import MalformedError, records
from receivables.migration.spec import NUMERIC, Profile, Spec
from receivables.standard import Item

_BOM = b"\xef\xbb\xbf"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_ISSUES_KEPT = 1_000
_TEXTS_REMEMBERED = 20_000  # per item

_Judgement = tuple[str | None, tuple[str, str] | None]  # what a text holds, and the check it breaks


@dataclass(frozen=True, slots=True)
class Issue:
    """Something the reader could not accept; holds no value of any row."""

    check_id: str
    row_no: int | None
    item: str | None
    problem: str


@dataclass
class Reread:
    """What was found in a file: its bytes' digest, its rows by item and every issue."""

    sha256: str | None = None
    size: int = 0
    rows: list[tuple[int, list[str | None]]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def note(self, check_id: str, problem: str, row_no: int | None = None, item: str | None = None) -> None:
        """Keep an issue, as long as there are not so many that nobody would read them."""
        if len(self.issues) < _ISSUES_KEPT:
            self.issues.append(Issue(check_id, row_no, item, problem))


def reread(file: Path, spec: Spec) -> Reread:
    """Everything a stranger finds in `file` under the specification; never raises for what is in it."""
    found = Reread()
    if not file.is_file():
        found.note("C-100", f"file {file.name} is missing")
        return found
    content = file.read_bytes()
    found.sha256, found.size = hashlib.sha256(content).hexdigest(), len(content)
    text = _decoded(content, spec.profile, found)
    if text is not None:
        _take_rows(text, spec, found)
    return found


def _decoded(content: bytes, profile: Profile, found: Reread) -> str | None:
    has_bom = content.startswith(_BOM)
    if has_bom != profile.bom:
        found.note("C-100", "a BOM is there that the profile forbids" if has_bom else "the agreed BOM is missing")
    try:
        return content.removeprefix(_BOM).decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        found.note("C-100", f"not UTF-8 from byte {error.start} on")
        return None


def _take_rows(text: str, spec: Spec, found: Reread) -> None:
    ends: set[str] = set()
    judge = _Judge(spec, found)
    try:
        for number, (fields, quoted, end) in enumerate(records(text), start=1):
            ends.add(end)
            if number == 1 and spec.profile.header:
                _check_header(fields, spec, found)
                continue
            _check_shape(number, fields, quoted, spec, found)
            found.rows.append((number, judge.values(number, fields)))
    except MalformedError as error:
        found.note("C-100", str(error), error.record)
    _check_line_ends(ends, spec.profile, found)


def _check_header(fields: list[str], spec: Spec, found: Reread) -> None:
    if fields == list(spec.group.names):
        return
    wrong = [at for at, pair in enumerate(zip(fields, spec.group.names, strict=False), start=1) if pair[0] != pair[1]]
    where = f"column {wrong[0]} is not {spec.group.names[wrong[0] - 1]}" if wrong else f"{len(fields)} columns"
    found.note("C-001", f"the header is not the group's {len(spec.group.names)} items in order: {where}", 1)


def _check_shape(number: int, fields: list[str], quoted: list[bool], spec: Spec, found: Reread) -> None:
    if len(fields) != len(spec.group.items):
        found.note("C-001", f"{len(fields)} fields instead of {len(spec.group.items)}", number)
    has_quotes = any(quoted)
    if has_quotes and any("\r" in value or "\n" in value for value in fields):
        found.note("C-100", "a line break stands inside a field", number)
    if spec.profile.quoting == "all":
        if not all(quoted):
            found.note("C-100", "a field is not quoted although the profile quotes all", number)
    elif has_quotes and any(
        is_quoted and not set(value) & set('",\r\n') for value, is_quoted in zip(fields, quoted, strict=True)
    ):
        found.note("C-100", "a field is quoted without need", number)


def _check_line_ends(ends: set[str], profile: Profile, found: Reread) -> None:
    wanted = {"CRLF": "\r\n", "LF": "\n"}[profile.newline]
    if "" in ends:
        found.note("C-100", "the last record has no line end")
    if ends - {wanted, ""}:
        found.note("C-100", f"a line does not end in {profile.newline}")


class _Judge:
    """Takes the values of one file; what was said of a text is remembered per item, for files repeat themselves."""

    def __init__(self, spec: Spec, found: Reread) -> None:
        self.profile = spec.profile
        self.found = found
        self.items: list[tuple[Item, dict[str, _Judgement]]] = [(item, {}) for item in spec.group.items]

    def values(self, number: int, fields: list[str]) -> list[str | None]:
        """The record's values by item, typed and written plainly again; None where nothing acceptable is."""
        values: list[str | None] = []
        for at, (item, seen) in enumerate(self.items):
            text = fields[at] if at < len(fields) else ""
            judgement = seen.get(text)
            if judgement is None:
                judgement = _judgement(text, item, self.profile)
                if len(seen) < _TEXTS_REMEMBERED:
                    seen[text] = judgement
            value, problem = judgement
            if problem:
                self.found.note(problem[0], problem[1], number, item.name)
            values.append(value)
        return values


def _judgement(text: str, item: Item, profile: Profile) -> _Judgement:
    if text == "":
        return _nothing(item, profile)
    if (item.type == "date" and text == profile.empty_date) or (item.type == "time" and text == profile.empty_time):
        return None, None
    problem = _problem(text, item)
    return None if problem and problem[0] == "C-020" else text, problem


def _nothing(item: Item, profile: Profile) -> _Judgement:
    is_number = item.type in NUMERIC
    if item.key:  # a key item without a value means 該当なし; a number has no such value
        return (None, ("C-010", "a key item is empty")) if is_number else ("", None)
    agreed = {"date": profile.empty_date, "time": profile.empty_time}.get(item.type, "")
    if is_number:
        agreed = profile.empty_number
    return None, None if agreed == "" else ("C-020", "empty although the profile has a sentinel for it")


def _problem(text: str, item: Item) -> tuple[str, str] | None:
    """The check a value breaks and how, or None; the value itself is not repeated."""
    is_whole = _WHOLE.fullmatch(text) is not None
    if item.type in NUMERIC and not is_whole:
        return "C-020", "not a whole number in plain ASCII digits"
    if item.type == "yen" and text.startswith("-"):
        return "C-020", "a negative amount"
    if (test := _TESTS.get(item.type)) and not test(text):
        return "C-020", f"not a {item.type} as agreed"
    if item.length is None or item.type in ("date", "time"):
        return _suspicion(text, item)
    if len(text) > item.length or (item.type in ("code", "year") and len(text) != item.length):
        return "C-021", f"{len(text)} characters where the edition says {item.length}"
    return _suspicion(text, item)


def _suspicion(text: str, item: Item) -> tuple[str, str] | None:
    if item.type in NUMERIC:
        return None
    if text != text.strip(" \u3000\t\u00a0"):
        return "C-070", "a blank at an edge"
    if any(ord(each) < 32 or 0xE000 <= ord(each) <= 0xF8FF for each in text):
        return "C-070", "a control or private-use character"
    if _TWELVE_DIGITS.fullmatch(text) and _is_my_number_shaped(text):
        return "C-090", "has the shape and check digit of an individual number"
    return None


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_my_number_shaped(digits: str) -> bool:
    """個人番号の検査用数字 (平成26年総務省令第85号 第5条): weights 2…7, 2…6 from the right."""
    rest = sum(int(digit) * (at + 1 if at <= 6 else at - 5) for at, digit in enumerate(digits[-2::-1], start=1)) % 11
    return int(digits[-1]) == (0 if rest <= 1 else 11 - rest)


_TESTS: dict[str, Callable[[str], bool]] = {
    "date": _is_day,
    "time": lambda text: _CLOCK.fullmatch(text) is not None,
    "flag": lambda text: text in ("0", "1"),
}
