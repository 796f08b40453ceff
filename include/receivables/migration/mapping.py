"""Which source column fills which item (項目対応表): read from YAML and CSV, checked before any row moves."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from receivables.errors import InputRejectedError
from receivables.migration.code_tables import Code, codes_of
from receivables.migration.entities import Entity
from receivables.migration.spec import explanation, read_mapping, sha256_of
from receivables.standard import Group, Item

MUNICIPALITY = "131121"  # 世田谷区
MAPS = Path(__file__).with_name("maps") / MUNICIPALITY

_FITS = {  # kinds of source column that an item of this type takes as they are
    "yen": {"yen"}, "int": {"int", "year"}, "year": {"year"}, "date": {"date"}, "decimal": {"yen", "int"},
    "text": {"text"}, "code": {"text"}, "flag": {"text"}, "time": {"text"},
}  # fmt: skip
_NUMBERS = ("yen", "int", "year")
_TAKES = {
    "null_when_zero": _NUMBERS,
    "zero_pad": ("text", "int"),
    "empty_when_null": ("text",),
    "full_width_kana": ("text",),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Feed(_Strict):
    """Where one item's value comes from: a source column, changed or not, a constant, or nothing on purpose."""

    column: str | None = None
    constant: str | int | None = None
    nothing: bool = False  # 該当なし: a key item that this source has no value for
    transform: Literal["as_is", "zero_pad", "null_when_zero", "empty_when_null", "full_width_kana"] = "as_is"
    width: int | None = Field(default=None, ge=1, le=20)
    codes: str | None = Field(default=None, pattern=r"^[a-z_]+$")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if [self.column is not None, self.constant is not None, self.nothing].count(True) != 1:
            raise ValueError("give exactly one of column, constant and nothing")
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
    code_date: str | None = None
    extends: str | None = Field(default=None, pattern=r"^_[a-z_]+$")
    items: dict[str, Feed] = Field(min_length=1)
    exclusions: list[Exclusion] = []


class _SharedItems(_Strict):
    items: dict[str, Feed] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Map:
    """A checked map with its code tables."""

    sources: tuple[str, ...]  # whose rows it feeds
    group: str
    code_date: str | None
    items: dict[str, Feed]
    exclusions: tuple[Exclusion, ...]
    codes: dict[str, tuple[Code, ...]]
    files: tuple[Path, ...]
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """The map as it is kept with its run."""
        tables = {name: [code.as_dict() for code in table] for name, table in self.codes.items()}
        feeds = {column: feed.model_dump(exclude_none=True) for column, feed in self.items.items()}
        rules = [rule.model_dump(exclude_none=True) for rule in self.exclusions]
        return {
            "sources": self.sources, "code_date": self.code_date, "items": feeds, "codes": tables, "exclusions": rules
        }  # fmt: skip


ALL = "all"  # a map for every source that has none of its own


def maps_of(group: Group, entity: Entity, sources: Sequence[str], folder: Path | None = None) -> list[Map]:
    """The maps that feed `group`: a source's own where it has one, the common one for the others.

    Files in `folder` replace the project's own, one by one. Raises InputRejectedError that names the file and the key.
    """
    own = [name for name in sources if entity.is_levied and _Folder(name, folder).has(f"{group.id}.yaml")]
    others = tuple(name for name in sources if name not in own)
    found = [_map_of(name, (name,), group, entity, folder) for name in own]
    return [*found, _map_of(ALL, others, group, entity, folder)] if others else found


def _map_of(source: str, sources: tuple[str, ...], group: Group, entity: Entity, folder: Path | None) -> Map:
    chosen = _Folder(source, folder)
    file = chosen.file(f"{group.id}.yaml")
    try:
        found = _MapFile.model_validate(read_mapping(file))
        shared = _shared(chosen, found.extends)
    except ValidationError as error:
        raise InputRejectedError(explanation(file.name, error)) from None
    items = shared | found.items
    wrong = list(_mistakes(found, items, source, group, entity))
    if wrong:
        raise InputRejectedError(f"{file.name}: " + "; ".join(wrong))
    names = sorted({feed.codes for feed in items.values() if feed.codes})
    tables = {name: codes_of(chosen.file(f"codes/{name}.csv")) for name in names}
    digest = sha256_of(b"".join(each.read_bytes() for each in chosen.used))
    return Map(sources, group.id, found.code_date, items, tuple(found.exclusions), tables, tuple(chosen.used), digest)


def _shared(chosen: "_Folder", name: str | None) -> dict[str, Feed]:
    return {} if name is None else _SharedItems.model_validate(read_mapping(chosen.file(f"{name}.yaml"))).items


def require_use(folder: Path | None, maps: Iterable[Map]) -> None:
    """A folder of which no file was read is a mistake, not the project's own maps."""
    if folder and not any(file.is_relative_to(folder) for each in maps for file in each.files):
        names = sorted({file.relative_to(MAPS).as_posix() for file in MAPS.rglob("*.*")})
        raise InputRejectedError(f"--maps {folder.name!r} holds none of the files that are read: {', '.join(names)}")


class _Folder:
    """Looks in the user's folder first, at any of its usual depths, then in the project's own."""

    def __init__(self, source: str, folder: Path | None) -> None:
        if folder and not folder.is_dir():
            raise InputRejectedError(f"--maps {folder.name!r} is no folder")
        self.used: list[Path] = []
        self.source = source
        roots = [[folder / MUNICIPALITY, folder] if folder else [], [MAPS]]
        self.own = [[root / source for root in each] for each in roots] if source != ALL else [[], []]
        self.roots = roots

    def has(self, name: str) -> bool:
        """Whether this very source has the file."""
        return any((place / name).is_file() for part in self.own for place in part) or self._loose(name) is not None

    def file(self, name: str) -> Path:
        """The file that is read: the user's before the project's, the source's own before the common one."""
        theirs, ours = self.own
        loose = [file.parent] if (file := self._loose(name)) else []
        common = [root for part in self.roots for root in part]
        places = [*theirs, *loose, *ours, *common] if self.source != ALL else common
        is_map = not name.startswith("_") and name.endswith(".yaml")
        for place in places:
            candidate = place / name
            if candidate.is_file() and not (
                is_map and place in common and place not in loose and self._is_other(candidate)
            ):
                self.used.append(candidate)
                return candidate
        raise InputRejectedError(f"no map file {name} for {self.source}; see {MAPS.parent.name}/{MUNICIPALITY}")

    def _loose(self, name: str) -> Path | None:
        """A file of this source that lies in the user's folder without a folder of its own."""
        if self.source == ALL:
            return None
        files = [root / name for root in self.roots[0]]
        return next((file for file in files if file.is_file() and not self._is_other(file)), None)

    def _is_other(self, file: Path) -> bool:
        return file.suffix == ".yaml" and read_mapping(file).get("source") != self.source


def _mistakes(found: _MapFile, items: dict[str, Feed], source: str, group: Group, entity: Entity) -> Iterator[str]:
    columns = entity.columns
    if (found.group, found.source) != (group.id, source):
        yield f"keys group and source: must be {group.id} and {source}"
    if any(feed.codes for feed in items.values()) and columns.get(found.code_date or "") != "date":
        yield f"key code_date: {found.code_date!r} is not a date column of the source"
    known = {item.column: item for item in group.items}
    for name, feed in items.items():
        mistake = _misfit(feed, known[name], columns) if name in known else " no such item in the group"
        if mistake:
            yield f"key items.{name}.{mistake}"
    yield from (f"key items.{name}: a key item needs a source" for name in group.key if name not in items)
    yield from (
        f"key exclusions.{at}.when: {each.column!r} is not a source column"
        for at, rule in enumerate(found.exclusions)
        for each in rule.when
        if each.column not in columns
    )
    yield from (
        f"key exclusions.{at}.when: {each.column} is {columns[each.column]} and never equals {each.equals!r}"
        for at, rule in enumerate(found.exclusions)
        for each in rule.when
        if each.column in columns
        and each.equals is not None
        and isinstance(each.equals, int) != (columns[each.column] in _NUMBERS)
    )


def _misfit(feed: Feed, item: Item, columns: dict[str, str]) -> str | None:
    """What keeps a feed from filling an item, or None."""
    if feed.nothing:
        is_fit = item.key and item.type in ("date", "time")
        return None if is_fit else "nothing: only for a key item that is a date or time; leave other items out"
    if feed.constant is not None:
        wanted = int if item.type in ("yen", "int", "year") else str
        fits = isinstance(feed.constant, wanted) and item.type != "date"
        return None if fits else f"constant: an item of type {item.type} needs a {wanted.__name__} (quote text)"
    kind = columns.get(feed.column or "")
    if kind is None:
        return f"column: {feed.column!r} is not a source column; there are: {', '.join(columns)}"
    if kind not in _TAKES.get(feed.transform, (kind,)):
        return f"transform: {feed.transform} takes {' or '.join(_TAKES[feed.transform])}; {feed.column} is {kind}"
    if feed.transform == "full_width_kana" and item.charset != "kana":  # a name that were folded would be another's
        return "transform: full_width_kana is for readings (charset kana) alone"
    if feed.codes:
        kind = "text" if kind in ("text", "int", "year") else kind
    elif feed.transform == "zero_pad":
        kind = "text"
    return None if kind in _FITS[item.type] else f"column: {feed.column} is {kind}, the item is {item.type}"
