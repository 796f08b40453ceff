"""The specification a run obeys (移行仕様): a group of an edition and a receiver's file profile.

This is the only module that the writer and the independent reader share.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from receivables import standard
from receivables.errors import InputRejectedError
from receivables.standard import Group

PROFILES = Path(__file__).with_name("profiles")
NUMERIC = ("yen", "int", "year", "decimal")


class Profile(BaseModel):
    """The file conventions agreed with one receiver (受入先プロファイル)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    encoding: Literal["utf-8"]
    bom: bool
    newline: Literal["CRLF", "LF"]
    header: bool
    quoting: Literal["minimal", "all"]
    name_pattern: str = Field(pattern=r"^[A-Za-z0-9_{}.-]+$")
    empty_date: str
    empty_time: str
    empty_number: Literal["", "0"]
    empty_text: Literal[""]

    @property
    def line_end(self) -> str:
        """The characters that end a record (改行)."""
        return "\r\n" if self.newline == "CRLF" else "\n"

    def empty(self, item_type: str) -> str:
        """What stands in the file for an item without a value (空値)."""
        if item_type in NUMERIC:
            return self.empty_number
        return {"date": self.empty_date, "time": self.empty_time}.get(item_type, self.empty_text)


@dataclass(frozen=True, slots=True)
class Spec:
    """One group of one edition, with the profile of who receives it."""

    edition: str
    group: Group
    profile_name: str
    profile: Profile
    spec_sha256: str
    profile_sha256: str
    is_draft: bool

    @property
    def yen_columns(self) -> tuple[str, ...]:
        """The amount items (金額項目): the components of every reconciliation."""
        return tuple(item.column for item in self.group.items if item.type == "yen")

    def label(self, column: str) -> str:
        """The standard's own name of an item, for people (項目名)."""
        return self.group.item(column).name


def spec_of(edition: str, group_id: str, profile: str) -> Spec:
    """The specification of `group_id`; InputRejectedError names what is unknown and what there is."""
    found = standard.edition(edition)
    file = PROFILES / f"{profile}.yaml"
    known = sorted(each.stem for each in PROFILES.glob("*.yaml"))
    if profile not in known:
        raise InputRejectedError(f"no receiver profile {profile!r}; there are: {', '.join(known)}")
    return Spec(
        edition=edition,
        group=found.group(group_id),
        profile_name=profile,
        profile=read_profile(file),
        spec_sha256=found.sha256,
        profile_sha256=sha256_of(file.read_bytes()),
        is_draft="draft" in found.version,
    )


def read_profile(file: Path) -> Profile:
    """The profile in `file`; InputRejectedError names the file and every wrong key."""
    try:
        return Profile.model_validate(read_mapping(file))
    except ValidationError as error:
        raise InputRejectedError(explanation(file.name, error)) from None


class _Loader(yaml.SafeLoader):
    """YAML that refuses the same key twice instead of silently keeping the last one."""


def _mapping_without_repeats(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            line = key_node.start_mark.line + 1
            raise yaml.constructor.ConstructorError(problem=f"line {line}: key {key!r} is there twice")
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


def read_mapping(file: Path) -> dict[str, Any]:
    """The keys and values of a YAML file; InputRejectedError when it is none or repeats a key."""
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise InputRejectedError(f"{file.name}: {where}{getattr(error, 'problem', 'not YAML')}") from None
    except UnicodeDecodeError:
        raise InputRejectedError(f"{file.name} is not UTF-8; save it as UTF-8") from None
    if not isinstance(found, dict):
        raise InputRejectedError(f"{file.name}: expected keys and values")
    return found


def explanation(name: str, error: ValidationError) -> str:
    """What is wrong in a file, key by key, for the person who wrote it."""
    wrong = "; ".join(
        f"key {'.'.join(str(part) for part in each['loc']) or '(whole file)'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
    return f"{name}: {wrong}"


def sha256_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
