"""Fetching a day's files (受信) into the drop folder: a file appears there whole and verified, or not at all.

A download goes to a temporary name outside the drop folder. After a cut it begins anew: SFTP has no proof that the
first half is still the same file.
"""

import fnmatch
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from receivables.errors import EnvironmentFailureError
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.spool import HashingFile, is_safe
from receivables.ingest.transport.sftp import Address, ConnectionCutError, Remote, Session, session
from receivables.settings import State

CONNECTION_FILE = "sftp.json"
SETTLE_SECONDS = 1.0  # a file that changes within this time is still being written; servers keep whole seconds
ATTEMPTS = 3
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_HASH_FILE = 1_000


def fetch(source: str, patterns: Iterable[str], *, folder: Path, state: State) -> list[str]:
    """Fetch what matches `patterns` from the server that `folder`/sftp.json names; the names that are new there.

    Without that file nothing is done. Raises BatchRejectedError: UNREADABLE when the server cannot be trusted or
    reached, MISSING when a file is still being written, TRUNCATED for another size or SHA-256 than declared.
    """
    file = folder / CONNECTION_FILE
    if not file.exists():
        return []
    address = _address(file)
    wanted = sorted({unicodedata.normalize("NFC", pattern) for pattern in patterns})
    done: dict[str, bool] = {}
    for _ in range(ATTEMPTS):
        try:
            with session(address) as open_session:
                _take(open_session, wanted, done, source, folder, state)
            return [name for name, is_new in done.items() if is_new]
        except ConnectionCutError:
            continue
    raise BatchRejectedError(
        "UNREADABLE",
        f"the SFTP server of {source} does not answer or the line was cut",
        "look whether it can be reached",
    )


def _take(found: Session, wanted: list[str], done: dict[str, bool], source: str, folder: Path, state: State) -> None:
    listed = {remote.name: remote for remote in found.files()}
    ours = [remote for name, remote in sorted(listed.items()) if _is_wanted(name, wanted) and name not in done]
    if ours:
        time.sleep(SETTLE_SECONDS)
    for remote in ours:
        _require_settled(found, remote)
        declared = f"{remote.name}.sha256"
        sha256 = _declared(found, listed[declared]) if declared in listed else None
        with _draft(state) as (draft, stream):
            target = HashingFile(stream)
            found.read(remote.name, remote.size, partial(_write, target, state))
            _require_settled(found, remote)
            _require_whole(remote, target, sha256)
            stream.flush()
            done[remote.name] = _place(draft, target.sha256, remote.name, source, folder, state)


def _is_wanted(name: str, wanted: list[str]) -> bool:
    composed = unicodedata.normalize("NFC", name)
    return is_safe(name) and any(fnmatch.fnmatchcase(composed, pattern) for pattern in wanted)


def _require_settled(found: Session, remote: Remote) -> None:
    if found.look(remote.name) != remote:
        raise BatchRejectedError(
            "MISSING", f"file {remote.name} is still being written", "wait until the upload ends and run again"
        )


def _declared(found: Session, remote: Remote) -> str:
    """The SHA-256 that lies beside the file, as sha256sum writes it."""
    parts: list[bytes] = []
    found.read(remote.name, min(remote.size, _LONGEST_HASH_FILE), parts.append)
    match = _SHA256.match(b"".join(parts).decode("ascii", "replace").lower())
    if match is None:
        raise BatchRejectedError("TRUNCATED", f"{remote.name} holds no SHA-256", "have it written by sha256sum")
    return match[0]


def _require_whole(remote: Remote, target: HashingFile, sha256: str | None) -> None:
    if target.size != remote.size or sha256 not in (None, target.sha256):
        what = f"{target.size} of {remote.size} bytes came" if target.size != remote.size else "its SHA-256 differs"
        raise BatchRejectedError("TRUNCATED", f"file {remote.name}: {what}", "have the file uploaded again")


def _write(target: HashingFile, state: State, block: bytes) -> None:
    with _local(state.root):  # a full disk is no cut line
        target.write(block)


def _place(draft: Path, sha256: str, name: str, source: str, folder: Path, state: State) -> bool:
    """Put the whole file into the drop folder at once; a newer version replaces only what we fetched ourselves."""
    memory = state.path("fetched", source, hashlib.sha256(name.encode()).hexdigest())
    target = folder / name
    if target.is_symlink() or target.exists():
        here = _sha256(target)
        if here == sha256:
            memory.write_text(sha256)
            return False
        if not memory.exists() or memory.read_text() != here:
            raise BatchRejectedError(
                "TWO_VERSIONS", f"{name} lies in {folder.name}/ and differs on the server", "leave only the right one"
            )
    with _local(folder):
        descriptor, arriving = tempfile.mkstemp(dir=folder.parent)  # the same file system, and no delivery's folder
        try:
            with draft.open("rb") as whole, os.fdopen(descriptor, "wb") as stream:
                shutil.copyfileobj(whole, stream)
                stream.flush()
                os.fsync(stream.fileno())
            Path(arriving).chmod(0o640)
            Path(arriving).replace(target)
            memory.write_text(sha256)
        finally:
            Path(arriving).unlink(missing_ok=True)
    return True


def _sha256(file: Path) -> str:
    if file.is_symlink() or not file.is_file():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _draft(state: State) -> Iterator[tuple[Path, BinaryIO]]:
    with tempfile.NamedTemporaryFile(dir=state.path("fetched", "x").parent) as stream:
        yield Path(stream.name), stream  # type: ignore[misc]


@contextmanager
def _local(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFailureError(
            f"{folder} cannot be written: {os.strerror(error.errno or 0)}; make room or give access"
        ) from None


def _address(file: Path) -> Address:
    try:
        return Address.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        keys = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}))
        raise BatchRejectedError("UNREADABLE", f"{file.name}: key {keys} is missing or wrong", "correct it") from None
    except (ValueError, OSError):
        raise BatchRejectedError("UNREADABLE", f"{file.name} is no JSON", "write the address as JSON") from None
