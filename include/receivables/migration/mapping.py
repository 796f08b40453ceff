"""Which source column fills which item (項目対応表): read from YAML and CSV, checked before any row moves."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from receivables.errors import InputRejectedError
from receivables.migration.spec import explanation, read_mapping, sha256_of
from receivables.standard import Group, Item

MUNICIPALITY = "131121"  # 世田谷区
MAPS = Path(__file__).with_name("maps") / MUNICIPALITY

# What a map may take from the source row (sql/source_<source>.sql) and its kind.
COLUMNS = {
    "nhi": {
        "claim_type": "text", "levy_year": "year", "fiscal_year": "year", "notice_no": "text", "instalment_no": "int",
        "addressee_no": "text", "due_date": "date", "assessed_yen": "yen", "medical_yen": "yen", "support_yen": "yen",
        "care_yen": "yen", "written_off_yen": "yen", "written_off_on": "date", "received_principal_yen": "yen",
        "provisional_principal_yen": "yen", "received_charge_yen": "yen", "provisional_charge_yen": "yen",
        "received_fee_yen": "yen", "provisional_fee_yen": "yen", "received_total_yen": "yen",
        "last_received_on": "date", "last_paid_on": "date",
    },
}  # fmt: skip
_FITS = {  # kinds of source column that an item of this type takes as they are
    "yen": {"yen"}, "int": {"int", "year"}, "year": {"year"}, "date": {"date"}, "decimal": {"yen", "int"},
    "text": {"text"}, "code": {"text"}, "flag": {"text"}, "time": {"text"},
}  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Feed(_Strict):
    """Where one item's value comes from: a source column, changed or not, or a constant."""

    column: str | None = None
    constant: str | int | None = None
    transform: Literal["as_is", "zero_pad", "null_when_zero"] = "as_is"
    width: int | None = Field(default=None, ge=1, le=20)
    codes: str | None = Field(default=None, pattern=r"^[a-z_]+$")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give exactly one of column and constant")
        if (self.transform == "zero_pad") != (self.width is not None):
            raise ValueError("width belongs to transform zero_pad, which needs it")
        return self


class Condition(_Strict):
    """One test of a source column."""

    column: str
    equals: str | int | None = None
    is_null: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (self.equals is None) == (self.is_null is None):
            raise ValueError("give exactly one of equals and is_null")
        return self


class Exclusion(_Strict):
    """Rows that stay behind on purpose (対象外), all conditions holding."""

    reason: str = Field(pattern=r"^[A-Z][A-Z0-9_]{2,40}$")
    title: str
    when: list[Condition] = Field(min_length=1)


class _MapFile(_Strict):
    group: str
    source: str
    code_date: str
    items: dict[str, Feed] = Field(min_length=1)
    exclusions: list[Exclusion] = []


@dataclass(frozen=True, slots=True)
class Code:
    """One line of a code table (コード変換表): in force from `valid_from` to `valid_to`, both included."""

    source_code: str
    target_code: str
    target_name: str
    valid_from: date
    valid_to: date
    is_shared: bool  # another source code may become the same target code


@dataclass(frozen=True, slots=True)
class Map:
    """A checked map with its code tables."""

    source: str
    group: str
    code_date: str
    items: dict[str, Feed]
    exclusions: tuple[Exclusion, ...]
    codes: dict[str, tuple[Code, ...]]
    sha256: str

    def as_json(self) -> str:
        """The map as it is kept with its run."""
        tables = {name: [_listed(code) for code in table] for name, table in self.codes.items()}
        feeds = {column: feed.model_dump(exclude_none=True) for column, feed in self.items.items()}
        rules = [rule.model_dump(exclude_none=True) for rule in self.exclusions]
        return json.dumps(
            {"code_date": self.code_date, "items": feeds, "codes": tables, "exclusions": rules}, ensure_ascii=False
        )


def _listed(code: Code) -> dict[str, str | bool]:
    return {
        "source_code": code.source_code, "target_code": code.target_code, "target_name": code.target_name,
        "valid_from": code.valid_from.isoformat(), "valid_to": code.valid_to.isoformat(), "is_shared": code.is_shared,
    }  # fmt: skip


def map_of(source: str, group: Group, folder: Path | None = None) -> Map:
    """The map of `source` to `group`: files in `folder` replace the project's own, one by one.

    Raises InputRejectedError that names the file and the key.
    """
    chosen = _Folder(source, folder)
    file = chosen.file(f"{group.id}.yaml")
    try:
        found = _MapFile.model_validate(read_mapping(file))
    except ValidationError as error:
        raise InputRejectedError(explanation(file.name, error)) from None
    wrong = list(_mistakes(found, source, group))
    if wrong:
        raise InputRejectedError(f"{file.name}: " + "; ".join(wrong))
    names = sorted({feed.codes for feed in found.items.values() if feed.codes})
    tables = {name: _codes(chosen.file(f"codes/{name}.csv")) for name in names}
    chosen.require_use()
    digest = sha256_of(b"".join(each.read_bytes() for each in chosen.used))
    return Map(source, group.id, found.code_date, found.items, tuple(found.exclusions), tables, digest)


class _Folder:
    """Looks in the user's folder first, at any of its three usual depths, then in the project's own."""

    def __init__(self, source: str, folder: Path | None) -> None:
        self.used: list[Path] = []
        self.given = folder
        self.own = MAPS / source
        deep = (Path(MUNICIPALITY) / source, Path(source), Path())
        self.places = [folder / part for part in deep] if folder else []
        if folder and not folder.is_dir():
            raise InputRejectedError(f"--maps {folder.name!r} is no folder")

    def file(self, name: str) -> Path:
        found = next((place / name for place in self.places if (place / name).is_file()), self.own / name)
        if not found.is_file():
            raise InputRejectedError(f"no map file {name} for {self.own.name}; see {MAPS.parent.name}/{MUNICIPALITY}")
        self.used.append(found)
        return found

    def require_use(self) -> None:
        """A folder without any file that is read is a mistake, not the project's own map."""
        if self.given and all(file.is_relative_to(self.own) for file in self.used):
            names = ", ".join(str(file.relative_to(self.own)) for file in self.used)
            raise InputRejectedError(f"--maps {self.given.name!r} holds none of the files that are read: {names}")


def _mistakes(found: _MapFile, source: str, group: Group) -> Iterator[str]:
    columns = COLUMNS[source]
    if (found.group, found.source) != (group.id, source):
        yield f"keys group and source: must be {group.id} and {source}"
    if columns.get(found.code_date) != "date":
        yield f"key code_date: {found.code_date!r} is not a date column of the source"
    known = {item.column: item for item in group.items}
    for name, feed in found.items.items():
        mistake = _misfit(feed, known[name], columns) if name in known else " no such item in the group"
        if mistake:
            yield f"key items.{name}.{mistake}"
    yield from (f"key items.{name}: a key item needs a source" for name in group.key if name not in found.items)
    yield from (
        f"key exclusions.{at}.when: {each.column!r} is not a source column"
        for at, rule in enumerate(found.exclusions)
        for each in rule.when
        if each.column not in columns
    )


def _misfit(feed: Feed, item: Item, columns: dict[str, str]) -> str | None:
    """What keeps a feed from filling an item, or None."""
    if feed.constant is not None:
        wanted = int if item.type in ("yen", "int", "year") else str
        fits = isinstance(feed.constant, wanted) and item.type != "date"
        return None if fits else f"constant: an item of type {item.type} needs a {wanted.__name__} (quote text)"
    kind = columns.get(feed.column or "")
    if kind is None:
        return f"column: {feed.column!r} is not a source column; there are: {', '.join(columns)}"
    if feed.codes:
        kind = "text" if kind in ("text", "int", "year") else kind
    elif feed.transform == "zero_pad":
        kind = "text" if kind in ("text", "int") else kind
    return None if kind in _FITS[item.type] else f"column: {feed.column} is {kind}, the item is {item.type}"


def _codes(file: Path) -> tuple[Code, ...]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    try:
        table = tuple(
            Code(row["source_code"], row["target_code"], row["target_name"], date.fromisoformat(row["valid_from"]),
                 date.fromisoformat(row["valid_to"] or "9999-12-31"), {"yes": True, "no": False}[row["is_shared"]])
            for row in rows
        )  # fmt: skip
    except (KeyError, ValueError, TypeError):
        raise InputRejectedError(
            f"codes/{file.name}: needs source_code,target_code,target_name,valid_from,valid_to,is_shared with dates as"
            " YYYY-MM-DD and is_shared yes or no"
        ) from None
    ordered = sorted(table, key=lambda code: (code.source_code, code.valid_from))
    for before, after in pairwise(ordered):
        if before.source_code == after.source_code and after.valid_from <= before.valid_to:
            raise InputRejectedError(f"codes/{file.name}: code {before.source_code!r} has two targets on one day")
    return table
