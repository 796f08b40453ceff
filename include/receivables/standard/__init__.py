"""The national standard's data groups (標準準拠システム データ要件), read from one file per edition.

Editions are data: a new one is a new file beside this module, never a change of code. What is
only known by analogy says so in `evidence`; what is not known (a length) is None, never guessed.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from receivables.errors import InputRejectedError

EDITIONS = Path(__file__).parent / "editions"
NEWEST = "0.1-draft"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a group (項目): its place, our column name, the standard's name, type and length."""

    no: int
    column: str
    name: str
    type: str  # code, date, decimal, flag, int, text, time, year, yen
    length: int | None  # None: not known yet, take it from the official list
    key: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One group of items that travels as one file (グループ)."""

    id: str
    interface_id: str | None
    name: str
    evidence: str
    items: tuple[Item, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The header of the group's file: every item's name, in order (項目名)."""
        return tuple(item.name for item in self.items)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell one row from another (主キー)."""
        return tuple(item.column for item in self.items if item.key)

    def item(self, column: str) -> Item:
        """The item of our column name, raising InputRejectedError when the group has none."""
        for found in self.items:
            if found.column == column:
                return found
        raise InputRejectedError(f"group {self.id} has no item with column {column!r}; see {self.name} in the edition")


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the standard (版): its file profile and its groups by id."""

    name: str
    version: str
    basis: str
    file_profile: dict[str, Any]
    groups: dict[str, Group]

    def group(self, group_id: str) -> Group:
        """The group `group_id` with its items, raising InputRejectedError when it is unknown or empty."""
        found = self.groups.get(group_id)
        if found is None:
            raise InputRejectedError(
                f"edition {self.name} has no group {group_id!r}; it has: {', '.join(sorted(self.groups))}"
            )
        if not found.items:
            raise InputRejectedError(f"edition {self.name} knows only the name of group {group_id!r}: no items yet")
        return found


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which only true and false are booleans: the files use `no` as a key."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def editions() -> list[str]:
    """Names of the editions at hand."""
    return sorted(file.stem for file in EDITIONS.glob("*.yaml"))


@cache
def edition(name: str = NEWEST) -> Edition:
    """The edition called `name`; InputRejectedError lists those there are when it is unknown."""
    file = EDITIONS / f"{name}.yaml"
    if name not in editions():
        raise InputRejectedError(f"no edition {name!r} of the standard; there are: {', '.join(editions())}")
    found = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # a SafeLoader
    groups = {group["id"]: _group(group, file) for group in found["groups"]}
    spec = found["spec"]
    return Edition(name, spec["version"], spec["basis"], found["file_profile_default"], groups)


def _group(found: dict[str, Any], file: Path) -> Group:
    try:
        items = tuple(Item(**item) for item in found["items"])
    except TypeError:
        raise InputRejectedError(
            f"{file.name}: group {found['id']}: an item lacks one of no, column, name, type, length, key"
        ) from None
    return Group(found["id"], found["interface_id"], found["name"], found["evidence"], items)
