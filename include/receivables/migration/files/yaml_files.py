"""YAML that people write: a key that is there twice is refused, and every mistake is named by file and key."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from receivables.errors import InputRejectedError


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
