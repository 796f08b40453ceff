"""What a section of the report is built of (報告書の部品): one shape for page and PDF."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Block = dict[str, Any]
Cell = str | dict[str, str]

VERDICTS = {"PASS": "合格 PASS", "EXPLAINED": "説明付き合格 EXPLAINED", "FAIL": "不合格 FAIL"}
LEG_NAMES = {"S": "移行元 S", "W": "再計算 W", "G": "移行表 G", "F": "ファイル F", "T": "新システム T", "L": "会計 L"}
STATUS_TONES = {"PASS": "good", "EXPLAINED": "note", "FAIL": "bad", "NOT RUN": "bad"}
NOT_COUNTED = "―"
TOGETHER = 2  # groups that are named in one line; more are counted
CAUSE_SHOWN = 240  # letters; the model has all


def heading(text: str) -> Block:
    """A heading inside a section."""
    return {"kind": "heading", "text": text}


def text(words: str) -> Block:
    """A paragraph."""
    return {"kind": "text", "text": words}


def note(words: str) -> Block:
    """A paragraph in small letters."""
    return {"kind": "note", "text": words}


def chart(svg: str, said: str) -> Block:
    """A drawing with what it shows, for those who do not see it."""
    return {"kind": "chart", "svg": svg, "text": said}


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, empty: str = "ありません。") -> Block:
    """A table, or `empty` as a paragraph when it has no row.

    A column is its title with a sign before: `#` numbers, `=` words that do not break, `~` digests and keys in small
    letters; other words share the width that is left, with a digit before the title as their weight.
    """
    found = [[each if isinstance(each, dict) else {"text": each, "tone": ""} for each in row] for row in rows]
    if not found:
        return text(empty)
    return {"kind": "table", "columns": [_column(each) for each in columns], "rows": found}


def number(value: int | None) -> str:
    """A whole number with its thousands apart; a dash for what was not counted."""
    return NOT_COUNTED if value is None else f"{value:,}"


def difference(value: int) -> Cell:
    """A difference: anything but nought stands out."""
    return {"text": f"{value:+,}", "tone": "bad"} if value else "0"


def status(value: str) -> Cell:
    """The status of a check or the verdict, in its colour and its word."""
    return {"text": value, "tone": STATUS_TONES.get(value, "")}


def strong(words: str) -> Cell:
    """A cell in bold."""
    return {"text": words, "tone": "strong"}


def shortened(words: str | None) -> str:
    """A cause as far as a table has room for it."""
    found = words or ""
    return found if len(found) <= CAUSE_SHOWN else found[:CAUSE_SHOWN] + "…（全文は report.json）"


def gathered(checks: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Checks with the groups that they speak of: what says the same of several groups is one line; in their order."""
    found: dict[tuple[Any, ...], tuple[Mapping[str, Any], list[str]]] = {}
    for each in checks:
        same = tuple(each[name] for name in ("id", "legs", "title", "status", "difference", "cause"))
        found.setdefault(same, (each, []))[1].append(each["group"] or "全体")
    return [(_together(groups), each) for each, groups in found.values()]


def _together(groups: Sequence[str]) -> str:
    return "、".join(groups) if len(groups) <= TOGETHER else f"{len(groups)} グループ"


def legs_in(lines: Iterable[Mapping[str, int]]) -> list[str]:
    """The legs that any line has, in the order of the way from source to finance."""
    found = {leg for line in lines for leg in line}
    return [leg for leg in LEG_NAMES if leg in found]


def _column(title: str) -> dict[str, Any]:
    kinds = {"#": "number", "=": "word", "~": "digest"}
    if title[:1] in kinds:
        return {"title": title[1:], "kind": kinds[title[0]], "weight": 1}
    if title[:1].isdigit():
        return {"title": title[1:], "kind": "text", "weight": int(title[0])}
    return {"title": title, "kind": "text", "weight": 1}
