"""What a column probably is (項目の推定): its name by the glossary, its type by what the pipeline would accept."""

import csv
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import get_args

from receivables.contracts import Column, Type
from receivables.ingest.fields import parser
from receivables.ingest.rejection import RowFaultError

_MOST_CODES = 12
_ORDER: tuple[Type, ...] = ("flag", "wareki", "date", "year", "yen", "int")
_KEY_TYPES = ("digits", "int", "year", "code", "text")
_NO_KEYS = ("is_deleted", "remark_code", "channel_code")


@dataclass(frozen=True, slots=True)
class Guess:
    """One column of the draft; `why` is for people, `is_sure` false where they must decide."""

    name: str
    item: str
    type: str
    length: int | None
    is_required: bool
    is_pii: bool
    codes: tuple[str, ...]
    why: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    type: str
    is_pii: bool


def guesses(columns: dict[str, list[str]]) -> list[Guess]:
    """A guess for every column, in order."""
    taken: set[str] = set()
    return [_guess(item, values, at, taken) for at, (item, values) in enumerate(columns.items(), start=1)]


def candidate_key(found: list[Guess], columns: dict[str, list[str]]) -> tuple[str, ...]:
    """The smallest set of required columns that is different in every row; () when there is none of up to four."""
    able = [one for one in found if one.is_required and one.type in _KEY_TYPES and one.name not in _NO_KEYS]
    for size in (1, 2, 3, 4):
        for chosen in combinations(able, size):
            rows = list(zip(*(columns[one.item] for one in chosen), strict=True))
            if len(set(rows)) == len(rows):
                return tuple(one.name for one in chosen)
    return ()


def _guess(item: str, values: list[str], at: int, taken: set[str]) -> Guess:
    entry = _glossary().get(item)
    name = entry.name if entry and entry.name not in taken else f"c{at:02d}"
    taken.add(name)
    filled = [value for value in values if value]
    is_pii = bool(entry and entry.is_pii)
    kind, length, codes, why = _type(entry, filled, item)
    if entry is None and kind == "text":
        is_pii, why = True, "unknown text: kept apart as personal until somebody says it is not"
    is_required = bool(filled) and len(filled) == len(values) and not is_pii
    return Guess(name, item, kind, length, is_required, is_pii, codes, why, entry is not None and bool(filled))


def _type(entry: _Entry | None, filled: list[str], item: str) -> tuple[str, int | None, tuple[str, ...], str]:
    wanted = entry.type if entry else ""
    if not filled:
        return "text", None, (), "no value in the sample"
    if entry and entry.is_pii:
        return (wanted if _reads(wanted, filled) else "text"), None, (), "glossary: names or finds a person"
    if length := _digits(filled, wanted):
        return "digits", length, (), "digits of one length, leading zeros kept"
    if codes := _codes(filled, wanted):
        return "code", None, codes, f"{len(codes)} codes seen; ask for those that are not in the sample"
    order = [wanted, *_ORDER] if wanted in get_args(Type) and wanted not in ("code", "digits") else list(_ORDER)
    for kind in order:
        if (kind == wanted or _is_plausible(kind, item, wanted)) and _reads(kind, filled):
            return kind, None, (), f"every value reads as {kind}"
    return "text", None, (), "nothing stricter reads every value"


def _digits(filled: list[str], wanted: str) -> int:
    """The one length of a number that is a name (番号), 0 when it is none."""
    lengths = {len(value) for value in filled}
    if (
        wanted not in ("", "digits")
        or len(lengths) > 1
        or not all(value.isascii() and value.isdigit() for value in filled)
    ):
        return 0
    is_name = wanted == "digits" or (lengths != {1} and any(value[0] == "0" for value in filled))
    return lengths.pop() if is_name else 0


def _codes(filled: list[str], wanted: str) -> tuple[str, ...]:
    kinds = sorted(set(filled))
    is_short = len(kinds) <= _MOST_CODES and max(map(len, kinds)) <= 4
    is_guessed = wanted == "" and is_short and len(filled) >= 5 * len(kinds) and not {*kinds} <= {"0", "1"}
    return tuple(kinds) if (wanted == "code" and len(kinds) <= _MOST_CODES) or is_guessed else ()


def _is_plausible(kind: str, item: str, wanted: str) -> bool:
    """A number is yen only when the item says so; the rest is told by its form."""
    if kind == "yen":
        return item.endswith(("額", "料", "金", "円", "税")) and wanted in ("", "yen")
    if kind == "year":
        return item.endswith("年度")
    return True


def _reads(kind: str, filled: list[str]) -> bool:
    read = parser(Column.model_validate({"name": "c", "description": "c", "type": kind}))
    try:
        for value in filled:
            read(value)
    except RowFaultError:
        return False
    return True


@cache
def _glossary() -> dict[str, _Entry]:
    with Path(__file__).with_name("glossary.csv").open(encoding="utf-8", newline="") as lines:
        return {row["item"]: _Entry(row["name"], row["type"], row["pii"] == "1") for row in csv.DictReader(lines)}
