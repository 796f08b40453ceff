"""The national standard's data groups (標準準拠システム データ要件), one folder per edition.

Editions are data: a new one is a new folder beside this module, never a change of code, and one that is
released is never edited. What is only known by analogy says so in `evidence`; what is not known (a length)
is None, never guessed. A group is read when it is asked for, as contracts and DAG files ask for one or two.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.standard import folder as folders
from receivables.standard.parts import Code, Group, Item, Meta

__all__ = ["EDITIONS", "NEWEST", "Code", "Doubt", "Edition", "Group", "Item", "Meta", "edition", "editions", "read"]

EDITIONS = Path(__file__).parent / "editions"
NEWEST = "0.1-draft"


class Doubt(NamedTuple):
    """What blocks a production run (本番を止める未確認事項): an item, or with no item a whole group."""

    group_id: str
    group_name: str
    column: str | None
    item_name: str | None
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The item or group as people know it, with the reasons: 調定収納情報/通知書番号（桁数が未確認）."""
        named = f"{self.group_name}/{self.item_name}" if self.item_name else self.group_name
        return f"{named}（{'・'.join(self.reasons)}）"


class _Groups(Mapping[str, Group]):
    """The groups of an edition by id, each read and checked when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids = sorted(file.stem for file in (folder / "groups").glob("*.yaml"))
        self._read: dict[str, Group] = {}

    def __getitem__(self, group_id: str) -> Group:
        if group_id not in self._read:
            if group_id not in self._ids:
                raise KeyError(group_id)
            self._read[group_id] = folders.read_group(self._folder, group_id)
        return self._read[group_id]

    def __contains__(self, group_id: object) -> bool:
        return group_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


@dataclass(frozen=True, eq=False)
class Edition:
    """One edition of the standard (版): what it says of itself, its groups by id and its code tables."""

    name: str
    folder: Path
    meta: Meta
    groups: Mapping[str, Group]

    @property
    def version(self) -> str:
        """The version as the documents call it (第x.y版)."""
        return self.meta.version

    @property
    def basis(self) -> str:
        """The document the edition follows (根拠)."""
        return self.meta.basis

    @property
    def file_profile(self) -> dict[str, Any]:
        """The file conventions where a receiver says nothing else (既定のファイル仕様)."""
        return self.meta.file_profile_default

    @property
    def code_tables(self) -> list[str]:
        """Names of the code tables (コード表)."""
        return folders.code_tables(self.folder)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 over all files of the edition.

        Raises InvariantBrokenError when a released edition is not the one that was released.
        """
        found = folders.sha256_of(self.folder)
        if self.meta.status == "released" and _released(self.folder.parent).get(self.name) != found:
            raise InvariantBrokenError(
                f"edition {self.name} is released, but its files are {found[:16]}…, not what editions/released.csv"
                " has for it; restore the folder, or bring the change in as a new edition"
            )
        return found

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

    def in_load_order(self) -> list[Group]:
        """Every group, parents before their children (投入順序); those without a place come last."""
        return sorted(self.groups.values(), key=lambda one: (one.load_order is None, one.load_order or 0, one.id))

    @cache  # noqa: B019 - editions live as long as the process
    def codes(self, table: str) -> tuple[Code, ...]:
        """The codes of a table (コード表), raising InputRejectedError when the edition has none of that name."""
        return folders.read_codes(self.folder, table)

    def unverified(self, *group_ids: str) -> tuple[Doubt, ...]:
        """What blocks a production run of `group_ids`, or of every group when none is named (未確認事項)."""
        chosen = [self.groups[each] for each in group_ids] if group_ids else self.in_load_order()
        return tuple(doubt for group in chosen for doubt in _doubts(group))


def editions() -> list[str]:
    """Names of the editions at hand."""
    return sorted(file.parent.name for file in EDITIONS.glob("[!.]*/meta.yaml"))


@cache
def edition(name: str = NEWEST) -> Edition:
    """The edition called `name`; InputRejectedError lists those there are when it is unknown."""
    if name not in editions():
        raise InputRejectedError(f"no edition {name!r} of the standard; there are: {', '.join(editions())}")
    return read(EDITIONS / name)


def read(folder: Path) -> Edition:
    """The edition in `folder`, wherever it lies."""
    return Edition(folder.name, folder, folders.read_meta(folder), _Groups(folder))


def _doubts(group: Group) -> Iterator[Doubt]:
    if not group.items:
        yield Doubt(group.id, group.name, None, None, ("名称のみ確認",))
    for item in group.items:
        if reasons := group.doubts(item):
            yield Doubt(group.id, group.name, item.column, item.name, reasons)


def _released(editions_folder: Path) -> dict[str, str]:
    """SHA-256 of every released edition by name."""
    with (editions_folder / "released.csv").open(encoding="utf-8", newline="") as lines:
        return {row["edition"]: row["sha256"] for row in csv.DictReader(lines)}
