"""What a receiver wants of the files (受入先プロファイル), and what that makes of one group (グループ仕様).

This is the only module of the package that the writer and the independent reader share.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from receivables.errors import InputRejectedError
from receivables.migration.files.yaml_files import explanation, read_mapping
from receivables.standard import Group, Item

NUMERIC = ("yen", "int", "year", "decimal")
_PLACES = {"interface_id", "group_id", "yyyymmddhh24miss", "seq"}
_STAMP = re.compile(r"[0-9]{14}")

Empty = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=20)]
Zero = Literal["", "0"]  # another number would be read as an amount
Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_{}][A-Za-z0-9_{}.-]*$", max_length=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class GroupWish(_Strict):
    """Where one group's file differs from the receiver's other files; what is None is as for the others."""

    items: list[str] | None = Field(default=None, min_length=1)  # columns in the file's order
    name_pattern: Pattern | None = None
    max_rows_per_file: int | None = Field(default=None, ge=1)
    empty_date: Empty | None = None
    empty_time: Empty | None = None
    empty_number: Zero | None = None
    empty_text: Empty | None = None
    empty: dict[str, Empty] = {}  # by column


class Profile(_Strict):
    """The file conventions agreed with one receiver (受入先プロファイル)."""

    description: str
    encoding: Literal["utf-8", "cp932", "euc_jp", "utf-16-le"]
    bom: bool
    newline: Literal["CRLF", "LF"]
    header: bool
    quoting: Literal["minimal", "all"]
    delimiter: Literal[",", "\t", ";", "|"] = ","
    name_pattern: Pattern
    max_rows_per_file: int | None = Field(default=None, ge=1)  # None: one file
    empty_date: Empty
    empty_time: Empty
    empty_number: Zero
    empty_text: Empty
    groups: dict[str, GroupWish] = {}

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.bom and not self.encoding.startswith("utf"):
            raise ValueError(f"encoding {self.encoding} has no BOM")
        _require_places(self.name_pattern)
        if not {"interface_id", "group_id"} & _places(self.name_pattern):
            raise ValueError("name_pattern needs {interface_id} or {group_id}, or two groups have one name")
        own = [wish.name_pattern for wish in self.groups.values() if wish.name_pattern]
        for pattern in own:
            _require_places(pattern)
        shared = [name for name, count in Counter(own).items() if count > 1 and not {"group_id"} & _places(name)]
        if shared:
            raise ValueError(f"two groups have the name_pattern {shared[0]}")
        return self

    @property
    def line_end(self) -> str:
        """The characters that end a record (改行)."""
        return "\r\n" if self.newline == "CRLF" else "\n"

    def empty(self, item_type: str) -> str:
        """What stands in the file for an item without a value (空値), where the item has no wish of its own."""
        if item_type in NUMERIC:
            return self.empty_number
        return {"date": self.empty_date, "time": self.empty_time}.get(item_type, self.empty_text)

    def of_group(self, group_id: str) -> "Profile":
        """The profile as it is for one group: that group's wishes stand in the general place."""
        wish = self.groups.get(group_id)
        if wish is None:
            return self.model_copy(update={"groups": {}})
        general = wish.model_dump(exclude={"items", "empty"}, exclude_none=True)
        return self.model_copy(update=general | {"groups": {group_id: wish}})


def read_profile(file: Path) -> Profile:
    """The profile in `file`; InputRejectedError names the file and every wrong key."""
    try:
        return Profile.model_validate(read_mapping(file))
    except ValidationError as error:
        raise InputRejectedError(explanation(file.name, error)) from None


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """One group's files: its items in the files' order, the profile as it is for the group, and the snapshot's day."""

    group: Group
    profile: Profile
    snapshot: date
    empties: tuple[str, ...]  # by item: what stands for nothing

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the files' order."""
        return tuple(item.column for item in self.group.items)

    @property
    def yen_at(self) -> tuple[int, ...]:
        """The places of the amount items (金額項目), from 0."""
        return tuple(at for at, item in enumerate(self.group.items) if item.type == "yen")

    def file_name(self, stamp: str, number: int) -> str:
        """The name of the file `number` (1, 2, …); `stamp` is yyyymmddhh24miss, a parameter and never the clock."""
        if not _STAMP.fullmatch(stamp):
            raise InputRejectedError(f"{stamp!r} is no time stamp; give 14 digits yyyymmddhh24miss")
        return self._named(stamp, str(number))

    @property
    def file_pattern(self) -> re.Pattern[str]:
        """Whatever name a file of this group can have; groups `stamp` and `seq` where the pattern has them."""
        marked = self._named("\0stamp\0", "\0seq\0")
        drawn = re.escape(marked)
        for mark, shape in (("stamp", "[0-9]{14}"), ("seq", "[1-9][0-9]*")):
            drawn = drawn.replace(re.escape(f"\0{mark}\0"), f"(?P<{mark}>{shape})", 1)
            drawn = drawn.replace(re.escape(f"\0{mark}\0"), f"(?P={mark})")
        return re.compile(drawn)

    def _named(self, stamp: str, number: str) -> str:
        return self.profile.name_pattern.format(
            interface_id=self.group.interface_id or self.group.id, group_id=self.group.id, yyyymmddhh24miss=stamp,
            seq=number,
        )  # fmt: skip


def group_spec(group: Group, profile: Profile, snapshot: date) -> GroupSpec:
    """What the receiver's profile makes of one group.

    Raises InputRejectedError for an unknown or repeated item, a key item left out, an item that cannot hold what
    stands for nothing, or names the encoding does not have.
    """
    wish = profile.groups.get(group.id, GroupWish())
    wrong = list(_mistakes(group, wish))
    if wrong:
        raise InputRejectedError(f"profile {profile.description}: group {group.id}: " + "; ".join(wrong))
    chosen = tuple(group.item(column) for column in wish.items) if wish.items else group.items
    applied = profile.of_group(group.id)
    if applied.max_rows_per_file and "seq" not in _places(applied.name_pattern):
        raise InputRejectedError(f"group {group.id}: several files need {{seq}} in name_pattern")
    empties = tuple(wish.empty.get(item.column, applied.empty(item.type)) for item in chosen)
    _require_encodable(chosen, empties, applied)
    return GroupSpec(group.model_copy(update={"items": chosen}), applied, snapshot, empties)


def _mistakes(group: Group, wish: GroupWish) -> Iterator[str]:
    known = {item.column: item for item in group.items}
    items = wish.items or list(known)
    yield from (f"no item {name!r}" for name in dict.fromkeys([*items, *wish.empty]) if name not in known)
    yield from (f"item {name} is there twice" for name, count in Counter(items).items() if count > 1)
    yield from (
        f"key item {name} is left out; without it two rows become one" for name in group.key if name not in items
    )
    yield from (
        f"empty.{name}: an empty number is '' or '0'"
        for name, text in wish.empty.items()
        if name in known and known[name].type in NUMERIC and text not in ("", "0")
    )


def _require_encodable(items: tuple[Item, ...], empties: tuple[str, ...], profile: Profile) -> None:
    for text in (*(item.name for item in items), *empties):
        try:
            is_same = text.encode(profile.encoding).decode(profile.encoding) == text
        except UnicodeEncodeError:
            is_same = False
        if not is_same:
            raise InputRejectedError(f"{text!r} cannot be written in {profile.encoding}; change the profile")


def _places(pattern: str) -> set[str]:
    return {place for _, place, _, _ in Formatter().parse(pattern) if place is not None}


def _require_places(pattern: str) -> None:
    """Only the four places, each plain: `{seq}`."""
    unknown = _places(pattern) - _PLACES
    if unknown or any(spec or how for _, _, spec, how in Formatter().parse(pattern)):
        raise ValueError(f"name_pattern knows {', '.join(sorted(_PLACES))}, each in braces")
