"""Reports for people (帳票): one model, kept as JSON with its digest, drawn as a printable Japanese page.

The JSON is what people sign. The page is only a view of it: drawing it again never changes the digest.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["canonical_json", "digest", "page", "write_private"]


def canonical_json(model: Mapping[str, Any]) -> bytes:
    """The model as bytes: the same model gives the same bytes (sorted keys, UTF-8, LF)."""
    text = json.dumps(model, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return (text + "\n").encode()


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits, printed on the cover of a report (帳票のダイジェスト)."""
    return hashlib.sha256(content).hexdigest()


def page(template: Path, **given: Any) -> str:
    """The HTML page of `template` with every value escaped; a name the template misses is an error."""
    room = Environment(
        loader=FileSystemLoader(template.parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    room.filters["yen"] = _thousands
    return room.get_template(template.name).render(**given)


def write_private(file: Path, content: bytes) -> None:
    """Write `content` at once and for the owner alone: a reader sees the old file or the new one, never half."""
    draft = file.with_name(file.name + ".part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(file)


def _thousands(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
