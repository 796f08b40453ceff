"""An edition's folder (版のフォルダー): meta.yaml, groups/<id>.yaml, codes/<table>.csv, read and written.

Whatever is wrong is an InputRejectedError that names the file, the group and the key.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from receivables.errors import InputRejectedError
from receivables.standard.parts import Code, Group, Item, Meta

CODE_HEADER = ("code", "name", "valid_from", "valid_to", "evidence")
_CORE = ("no", "column", "name", "type", "length", "key")  # written for every item, known or not
_Model = TypeVar("_Model", bound=BaseModel)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which only true and false are booleans, for `no` is a key, and in which no key stands twice."""


class _Dumper(yaml.SafeDumper):
    """Writes what the loader reads."""


for _each in (_Loader, _Dumper):
    _each.yaml_implicit_resolvers = {
        first: [(tag, found) for tag, found in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    made = {loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
            for key, value in node.value}  # fmt: skip
    if len(made) < len(node.value):
        names = [key.value for key, _ in node.value]
        twice = next(name for name in names if names.count(name) > 1)
        raise yaml.constructor.ConstructorError(
            problem=f"key {twice!r} is there twice", problem_mark=node.start_mark
        )  # fmt: skip
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_meta(folder: Path) -> Meta:
    """What the edition in `folder` says of itself."""
    file = folder / "meta.yaml"
    meta = _checked(Meta, _yaml(file), _said(file))
    if meta.edition != folder.name:
        raise InputRejectedError(
            f"{_said(file)}: key edition: {meta.edition!r} is not the folder's name {folder.name!r}"
        )
    return meta


def read_group(folder: Path, group_id: str) -> Group:
    """One group of the edition in `folder`."""
    file = folder / "groups" / f"{group_id}.yaml"
    where = f"{_said(file)}: group {group_id}"
    group = _checked(Group, _yaml(file), where)
    if group.id != group_id:
        raise InputRejectedError(f"{where}: key id: {group.id!r} is not the file's name")
    for item in group.items:
        if item.code_table and not (folder / "codes" / f"{item.code_table}.csv").is_file():
            raise InputRejectedError(
                f"{where}: item {item.no} ({item.column}): key code_table: there is no codes/{item.code_table}.csv"
            )
    return group


def read_codes(folder: Path, table: str) -> tuple[Code, ...]:
    """One code table of the edition in `folder`; a code may stand twice only with another first day."""
    file = folder / "codes" / f"{table}.csv"
    rows = csv.DictReader(io.StringIO(_text(file)))
    if tuple(rows.fieldnames or ()) != CODE_HEADER:
        raise InputRejectedError(f"{_said(file)}: the first line must be {','.join(CODE_HEADER)}")
    codes = [_code(row, f"{_said(file)}: line {rows.line_num}") for row in rows]
    seen = {(code.code, code.valid_from) for code in codes}
    if len(seen) < len(codes):
        raise InputRejectedError(f"{_said(file)}: a code is there twice with the same valid_from; keep one")
    return tuple(codes)


def code_tables(folder: Path) -> list[str]:
    """The code tables of the edition in `folder`."""
    return sorted(file.stem for file in (folder / "codes").glob("*.csv"))


def sha256_of(folder: Path) -> str:
    """SHA-256 over every file of the edition: name, length and content in the order of the names.

    Line ends count as one, so that a checkout on another system says the same.
    """
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        if file.is_file():
            content = file.read_bytes().replace(b"\r\n", b"\n")
            name = file.relative_to(folder).as_posix().encode()
            found.update(b"%d:%b%d:%b" % (len(name), name, len(content), content))
    return found.hexdigest()


def write_edition(folder: Path, meta: Meta, groups: Iterable[Group], codes: Mapping[str, Iterable[Code]]) -> None:
    """Write a new edition at once: beside its place first, then under its name; an edition that is there is refused."""
    if folder.exists():
        raise InputRejectedError(
            f"edition {folder.name} is there already and is never edited; choose another --edition"
        )
    beside = folder.with_name(f".{folder.name}.new")
    (beside / "groups").mkdir(parents=True)
    (beside / "codes").mkdir()
    _write(beside / "meta.yaml", _dump(meta.model_dump(by_alias=True)))
    for group in groups:
        _write(beside / "groups" / f"{group.id}.yaml", group_text(group))
    for table, rows in codes.items():
        _write(beside / "codes" / f"{table}.csv", codes_text(rows))
    beside.rename(folder)


def group_text(group: Group) -> str:
    """A group as its file holds it: one line for each item, without what is not known."""
    head = {name: value for name, value in group.model_dump(exclude={"items"}).items()
            if value is not None or name != "official_id"}  # fmt: skip
    lines = [f"- {_dump(_known(item), flow=True)}" for item in group.items]
    return _dump(head) + ("items:\n" + "".join(lines) if lines else "items: []\n")


def codes_text(codes: Iterable[Code]) -> str:
    """A code table as its file holds it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CODE_HEADER)
    writer.writerows(
        [code.code, code.name, code.valid_from or "", code.valid_to or "", code.evidence] for code in codes
    )
    return out.getvalue()


def _known(item: Item) -> dict[str, Any]:
    found = item.model_dump() | {"assumed": list(item.assumed)}
    return {name: value for name, value in found.items() if name in _CORE or value not in (None, [])}


def _dump(value: Any, *, flow: bool = False) -> str:
    return str(
        yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6,
                  default_flow_style=flow, default_style=None)
    )  # fmt: skip


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _said(file: Path) -> str:
    """The file as people know it: edition/groups/name."""
    parts = file.parts[-3:] if file.parent.name in ("groups", "codes") else file.parts[-2:]
    return "/".join(parts)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputRejectedError(f"{_said(file)} is missing") from None
    except UnicodeDecodeError:
        raise InputRejectedError(f"{_said(file)} is not UTF-8; save it as UTF-8") from None


def _yaml(file: Path) -> Any:
    try:
        return yaml.load(_text(file), Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise InputRejectedError(f"{_said(file)}: {where}{getattr(error, 'problem', None) or 'not YAML'}") from None


def _code(row: dict[str, Any], where: str) -> Code:
    try:
        days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_to")}
    except (ValueError, TypeError):
        raise InputRejectedError(f"{where}: valid_from and valid_to must be YYYY-MM-DD or empty") from None
    return _checked(Code, row | days, where)


def _checked(model: type[_Model], found: Any, where: str) -> _Model:
    try:
        return model.model_validate(found)
    except ValidationError as error:
        told = "; ".join(_told(found, each) for each in error.errors(include_url=False, include_input=False))
        raise InputRejectedError(f"{where}: {told}") from None


def _told(found: Any, error: Any) -> str:
    """One mistake with its key; an item is named by its number and column besides its place."""
    loc = error["loc"]
    if len(loc) > 1 and loc[0] == "items":
        item = found["items"][loc[1]]
        name = f" ({item.get('column') or item.get('name')})" if isinstance(item, dict) else ""
        key = ".".join(str(part) for part in loc[2:])
        return f"item {loc[1] + 1}{name}: " + (f"key {key}: " if key else "") + str(error["msg"])
    return f"key {'.'.join(str(part) for part in loc)}: {error['msg']}" if loc else str(error["msg"])
