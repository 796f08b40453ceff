"""The comparison as anybody would write it in Python, over lists of rows; it shares no code with the engine."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import sql

from receivables import db
from receivables.migration.comparison import Shape, Side
from receivables.standard import Item

Row = tuple[Any, ...]
TYPES = {"yen": "bigint", "int": "bigint", "year": "integer", "decimal": "numeric", "date": "date"}
NUMBERS = ("yen", "int", "year", "decimal")
NO_DAY = ("0000-00-00", "00000000", "00:00:00", "0001-01-01", "9999-12-31", "99999999", "infinity", "-infinity")


def shape_of(items: tuple[Item, ...], key: tuple[str, ...], segment: tuple[str, ...] = ()) -> Shape:
    return Shape(key, items, segment)


def sides(connection: db.Connection, shape: Shape, left: list[Row], right: list[Row]) -> tuple[Side, Side]:
    """Both tables with these rows; the right one has its columns in another order."""
    connection.rollback()  # gives back what the example before has locked
    names = [item.column for item in shape.items]
    made = []
    for name, rows in (("left_rows", left), ("right_rows", right)):
        order = list(range(len(names))) if name == "left_rows" else list(range(len(names)))[::-1]
        columns = [sql.SQL("{} {}").format(sql.Identifier(names[at]), sql.SQL(TYPES.get(shape.items[at].type, "text")))
                   for at in order]  # fmt: skip
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("create temp table {} ({})").format(sql.Identifier(name), sql.SQL(", ").join(columns))
        )
        with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(name))) as copy:
            for row in rows:
                copy.write_row([row[at] for at in order])
        made.append(Side(name, sql.Identifier(name)))
    return made[0], made[1]


def rank(value: Any) -> tuple[int, Any]:
    """The engine's order: text by its bytes, NULL last."""
    if value is None:
        return (1, 0)
    return (0, value.encode() if isinstance(value, str) else value)


@dataclass
class Found:
    """What differs: per item the keys, values and classes; the rows without partner; the keys in their order."""

    items: dict[str, list[tuple[Row, Any, Any, str]]]
    only_left: list[Row]
    only_right: list[Row]
    further_left: int
    further_right: int
    keys: list[Row]


def compare(shape: Shape, left: list[Row], right: list[Row]) -> Found:
    names = [item.column for item in shape.items]
    places = [names.index(name) for name in shape.key]

    def key(row: Row) -> Row:
        return tuple(row[at] for at in places)

    def ordered(rows: Counter[Row]) -> dict[Row, list[Row]]:
        by_key: dict[Row, list[Row]] = {}
        for row in sorted(rows.elements(), key=lambda row: [rank(v) for v in (*key(row), *_rest(row, places))]):
            by_key.setdefault(key(row), []).append(row)
        return by_key

    mine, theirs = Counter(left), Counter(right)
    a, b = ordered(mine - theirs), ordered(theirs - mine)
    found = Found({}, [], [], 0, 0, sorted(a.keys() | b.keys(), key=lambda one: [rank(value) for value in one]))
    there = {key(row) for row in left}, {key(row) for row in right}
    for one in found.keys:
        x, y = a.get(one, []), b.get(one, [])
        for at in range(min(len(x), len(y))):
            for item, p, q in zip(shape.items, x[at], y[at], strict=True):
                if p != q:
                    found.items.setdefault(item.column, []).append((one, p, q, kind(item.type, p, q)))
        found.only_left += [one] * max(0, len(x) - len(y))
        found.only_right += [one] * max(0, len(y) - len(x))
    found.further_left = sum(one in there[1] for one in found.only_left)
    found.further_right = sum(one in there[0] for one in found.only_right)
    return found


def _rest(row: Row, places: list[int]) -> list[Any]:
    return [value for at, value in enumerate(row) if at not in places]


def kind(item_type: str, a: Any, b: Any) -> str:
    """The class by the specification's words."""
    x, y = text(a), text(b)
    if x is None or y is None:
        known = x if y is None else y
        if known == "":
            return "null-vs-empty"
        if known == "0" and item_type in NUMBERS:
            return "null-vs-zero"
        return "date-sentinel" if item_type in ("date", "time") and known in NO_DAY else "null-vs-value"
    if item_type in ("date", "time"):
        return "date-sentinel" if x in NO_DAY or y in NO_DAY else "date"
    if item_type in NUMBERS:
        return "amount" if item_type == "yen" else "attribute"
    if _shape(x) == _shape(y):
        return "character"
    if _width(x) == _width(y):
        return "whitespace-or-width"
    return "character" if len(x) == len(y) and _is_odd(x) != _is_odd(y) else "attribute"


def text(value: Any) -> str | None:
    if value is None:
        return None
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _shape(value: str) -> str:
    selectors = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
    return unicodedata.normalize("NFC", "".join(one for one in value if ord(one) not in selectors))


def _width(value: str) -> str:
    return "".join(unicodedata.normalize("NFKC", value).split())


def _is_odd(value: str) -> bool:
    return any(0xE000 <= ord(one) <= 0xF8FF or ord(one) >= 0xF0000 or one in "\ufffd\u3013" for one in value)
