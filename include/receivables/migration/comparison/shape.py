"""What is compared (照合の対象): two relations of one database with the same key and the same items.

Only types whose equality is exact are admitted: text, whole numbers, decimals and days. Text is always compared byte
for byte (`collate "C"`), whatever the column's own collation forgives.
"""

from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.comparison.asking import ask
from receivables.standard import Item

_KINDS = {20: "bigint", 21: "smallint", 23: "integer", 25: "text", 1043: "text", 1082: "date", 1700: "numeric"}
_WHOLE = ("bigint", "integer", "smallint")


@dataclass(frozen=True, slots=True)
class Side:
    """One side (照合の一方): W the warehouse, G what was staged, F the file re-read, T the new system."""

    name: str
    relation: sql.Composable  # a table, or a sub-select in parentheses; never a temporary table if it is large:
    # PostgreSQL's workers cannot read those

    @property
    def source(self) -> sql.Composed:
        """The relation as it stands after FROM; its alias is `s`."""
        return sql.SQL("{} as s").format(self.relation)


@dataclass(frozen=True, slots=True)
class Shape:
    """What both sides have: the key, the items, and the columns by which figures are told (g0, g1)."""

    key: tuple[str, ...]
    items: tuple[Item, ...]
    segment: tuple[str, ...] = ()

    @property
    def amounts(self) -> tuple[Item, ...]:
        """The amount items (金額項目): the components, in yen."""
        return tuple(item for item in self.items if item.type == "yen")


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is compared, and where it stands in our own tables."""

    name: str
    kind: str
    place: int
    item: Item | None  # None: a part of the key that is no item
    is_key: bool

    @property
    def value(self) -> sql.Composed:
        """The value as it is compared, from a side."""
        form = {"text": '{}::text collate "C"', "numeric": "trim_scale({})"}.get(self.kind, "{}")
        return sql.SQL(form).format(sql.Identifier("s", self.name))

    @property
    def kept(self) -> sql.Identifier:
        """The same value in a table of ours."""
        return sql.Identifier(f"c{self.place}")

    def of(self, side: str) -> sql.Identifier:
        """The same value of one side (`a` or `b`) in the table of pairs."""
        return sql.Identifier(f"{side}{self.place}")

    @property
    def type(self) -> str:
        """The standard's type of the item; text for a part of the key that is none."""
        return self.item.type if self.item else "text"

    @property
    def label(self) -> str:
        """The item by the standard's name and our column (項目名)."""
        return f"{self.item.name}[{self.name}]" if self.item else self.name


@dataclass(frozen=True, slots=True)
class Columns:
    """Every column of a comparison: the key first, then the items that are not in it."""

    all: tuple[Column, ...]
    segment: tuple[str, ...]

    @property
    def key(self) -> tuple[Column, ...]:
        """The key's columns, in its order."""
        return tuple(one for one in self.all if one.is_key)

    @property
    def amounts(self) -> tuple[Column, ...]:
        """The amount items."""
        return tuple(one for one in self.all if one.type == "yen")

    @property
    def segments(self) -> tuple[Column, ...]:
        """The columns of the segment, in its order."""
        return tuple(one for name in self.segment for one in self.all if one.name == name)


def columns_of(connection: db.Connection, a: Side, b: Side, shape: Shape) -> Columns:
    """The columns both sides have, InputRejectedError when a type differs, is not exact, or a name is unknown.

    A side that lacks a column is refused by the database (42703).
    """
    items = {item.column: item for item in shape.items}
    names = [*shape.key, *(name for name in items if name not in shape.key)]
    names += [name for name in shape.segment if name not in names]
    if not shape.key or len(set(shape.key)) != len(shape.key):
        raise InputRejectedError("a comparison needs a key of at least one column, each named once")
    ask(connection, sql.SQL("select set_config('datestyle', 'ISO, YMD', true)"))  # days as text are always the same
    kinds = [_kinds_of(connection, side, names) for side in (a, b)]
    found = []
    for place, name in enumerate(names):
        mine, theirs = kinds[0][place], kinds[1][place]
        if mine != theirs:
            raise InputRejectedError(
                f"column {name!r} is {mine} in {a.name} and {theirs} in {b.name}; cast one of them in its relation"
            )
        column = Column(name, mine, place, items.get(name), name in shape.key)
        if column.type == "yen" and mine not in _WHOLE:
            raise InputRejectedError(f"amount {name!r} is {mine}: yen are whole numbers; make it bigint")
        found.append(column)
    return Columns(tuple(found), shape.segment)


def _kinds_of(connection: db.Connection, side: Side, names: list[str]) -> list[str]:
    wanted = sql.SQL(", ").join(sql.Identifier("s", name) for name in names)
    described = ask(connection, sql.SQL("select {} from {} limit 0").format(wanted, side.source)).description
    assert described is not None
    for name, one in zip(names, described, strict=True):
        if one.type_code not in _KINDS:
            raise InputRejectedError(
                f"column {name!r} of {side.name} is of type {one.type_display}, which has no exact comparison here;"
                " cast it to text, bigint, numeric or date in its relation"
            )
    return [_KINDS[one.type_code] for one in described]


def listed(columns: tuple[Column, ...]) -> sql.Composed:
    """The values of `columns` under the names of our own tables."""
    return sql.SQL(", ").join(sql.SQL("{} as {}").format(one.value, one.kept) for one in columns)
