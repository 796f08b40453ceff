"""The print manifest (印刷指示): which file has which envelopes on which pages, signed; and the printer's job list.

It names envelopes by their seals and nobody by anything else. Signed with a key of the ward's own, so that what is held
against the printer's return is what was ordered.
"""

import csv
import hashlib
import hmac
import io
import json
import os
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from receivables.campaigns.letters.letter import Kind
from receivables.errors import InputRejectedError, InvariantBrokenError

NAME, JOB = "manifest.json", "job.csv"
_JOB_HEAD = ("印刷順", "ファイル", "先頭ページ", "枚数", "封緘番号")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Envelope(_Strict):
    """One envelope: its seal, the page of its file where it begins, how many sheets (one page each)."""

    token: str
    first_page: int
    sheets: int


class PrintFile(_Strict):
    """One PDF, and its envelopes in the order of printing."""

    name: str
    sha256: str
    size: int
    pages: int
    envelopes: tuple[Envelope, ...]


class Manifest(_Strict):
    """One batch as ordered: to be posted by `post_by_date`, to be deleted at the printer's after `expires_on`."""

    version: Literal[1] = 1
    batch: str
    kind: Kind
    issued_on: date
    post_by_date: date
    expires_on: date
    made_with: dict[str, str]  # hashes of font, texts, words and template: what a copy years later needs
    files: tuple[PrintFile, ...]

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """All envelopes, in the order of printing."""
        return tuple(envelope for file in self.files for envelope in file.envelopes)


def write_manifest(manifest: Manifest, folder: Path, key: str) -> None:
    """manifest.json and, for the printer's machines, job.csv beside the files (CP932, one line per envelope)."""
    content = manifest.model_dump(mode="json")
    signed = {**content, "signature": _signature(content, key)}
    written(folder / JOB, _job(manifest))
    written(folder / NAME, (json.dumps(signed, ensure_ascii=False, separators=(",", ":")) + "\n").encode())


def read_manifest(folder: Path, key: str) -> Manifest:
    """The manifest in `folder`. Raises InputRejectedError when it is none, InvariantBrokenError when it was changed."""
    file = folder / NAME
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        signature = str(content.pop("signature"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputRejectedError(
            f"{file}: no signed manifest; give the folder that letters were rendered into"
        ) from None
    if not hmac.compare_digest(signature, _signature(content, key)):
        raise InvariantBrokenError(f"{file}: the signature does not hold: the manifest was changed since it was made")
    try:
        return Manifest.model_validate(content)
    except ValidationError:
        raise InputRejectedError(
            f"{file}: signed, but not a manifest of this version; read it with that version"
        ) from None


def require_files(manifest: Manifest, folder: Path) -> None:
    """Hold every PDF to its hash. Raises InvariantBrokenError that names the first file that is not as it was made."""
    for each in manifest.files:
        file = folder / each.name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != each.sha256:
            raise InvariantBrokenError(f"{file}: missing or not as it was made; render the batch again")


def delete_expired(folder: Path, key: str, *, today: date) -> int:
    """Delete the pages of a batch after its last day (保存期限); how many files went. The manifest stays."""
    manifest = read_manifest(folder, key)
    files = [folder / each.name for each in manifest.files if (folder / each.name).exists()]
    if today <= manifest.expires_on:
        return 0
    for file in files:
        file.unlink()
    return len(files)


def written(file: Path, content: bytes) -> None:
    """Write a whole file or nothing, readable by its owner alone."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: PTH123
        out.write(content)
    draft.replace(file)


def _job(manifest: Manifest) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(_JOB_HEAD)
    envelopes = ((file.name, envelope) for file in manifest.files for envelope in file.envelopes)
    for number, (name, envelope) in enumerate(envelopes, start=1):
        lines.writerow((number, name, envelope.first_page, envelope.sheets, envelope.token))
    return text.getvalue().encode("cp932")


def _signature(content: dict[str, Any], key: str) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), f"manifest|{canonical}".encode(), hashlib.sha256).hexdigest()
