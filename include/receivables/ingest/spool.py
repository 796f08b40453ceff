"""The spool (受領控え): content-addressed, read-only copies of everything that arrived, byte for byte.

Names of files are never used as paths: a copy is called by its SHA-256. What is parsed is the
copy, so a file replaced while it is read changes nothing.
"""

import fnmatch
import hashlib
import os
import stat
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from receivables.errors import EnvironmentFailureError
from receivables.ingest.rejection import BatchRejectedError
from receivables.settings import State

BLOCK = 1 << 20
LONGEST_NAME = 200  # bytes
Look = tuple[int, int, int]  # inode, size, time of the last change


class Copy(NamedTuple):
    """One file in the spool."""

    file_name: str
    sha256: str
    size: int


class HashingFile:
    """A file that knows the hash of what was written to it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> int:
        """Write and hash `block`."""
        self._hash.update(block)
        self.size += len(block)
        return self._stream.write(block)

    @property
    def sha256(self) -> str:
        """The SHA-256 of everything written so far."""
        return self._hash.hexdigest()


def place(state: State, sha256: str) -> Path:
    """Where the copy with that hash lies."""
    return state.spool / sha256[:2] / sha256


def matching(folder: Path, pattern: str) -> list[Path]:
    """The files in `folder` whose name matches, however their accents are composed (NFC or NFD)."""
    if not folder.is_dir():
        return []
    wanted = unicodedata.normalize("NFC", pattern)
    found = (
        entry for entry in folder.iterdir() if fnmatch.fnmatchcase(unicodedata.normalize("NFC", entry.name), wanted)
    )
    return sorted(found)


def look(file: Path) -> Look:
    """What changes when somebody still writes to `file`."""
    seen = file.lstat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def copy_in(state: State, file: Path, seen: Look) -> Copy:
    """Copy `file` into the spool.

    Raises BatchRejectedError: UNREADABLE for a link, a device or a name that is not printable, MISSING
    when the file is not as it was `seen` (an upload still runs).
    """
    name = safe_name(file)
    with _opened(file) as stream, receiving(state) as (target, keep):
        while block := stream.read(BLOCK):
            target.write(block)
        if look(file) != seen or os.fstat(stream.fileno()).st_ino != seen[0] or target.size != seen[1]:
            raise BatchRejectedError(
                "MISSING", f"file {name} is still being written", "wait until the upload ends and run again"
            )
        keep()
    return Copy(name, target.sha256, target.size)


@contextmanager
def receiving(state: State) -> Iterator[tuple[HashingFile, Callable[[], None]]]:
    """A new file of the spool: write to it, then call the second value to keep it under its hash."""
    descriptor, draft = tempfile.mkstemp(dir=state.spool)
    path = Path(draft)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            target = HashingFile(stream)

            def keep() -> None:
                stream.flush()
                os.fsync(stream.fileno())
                final = place(state, target.sha256)
                final.parent.mkdir(mode=0o700, exist_ok=True)
                path.chmod(0o400)
                path.replace(final)

            yield target, keep
    except OSError as error:
        raise EnvironmentFailureError(
            f"the spool {state.spool} cannot be written: {os.strerror(error.errno or 0)}; make room or give access"
        ) from None
    finally:
        path.unlink(missing_ok=True)


def safe_name(file: Path) -> str:
    """The file's name when it is safe to show and keep, else BatchRejectedError with the name escaped."""
    if not is_safe(file.name):
        raise BatchRejectedError(
            "UNREADABLE", f"file name '{escaped(file.name)}' is too long or has unprintable letters", "have it renamed"
        )
    return file.name


def is_safe(name: str) -> bool:
    """Whether `name` is short, of printable letters only, and cannot be taken for a path or an option."""
    is_short = len(name.encode(errors="surrogateescape")) <= LONGEST_NAME
    return is_short and name.isprintable() and not name.startswith(("-", ".")) and not set(name) & set("/\\:")


def escaped(name: str) -> str:
    """`name` with every unprintable letter as its code (制御文字の可視化), cut to LONGEST_NAME letters."""
    shown = "".join(char if char.isprintable() and char != "\\" else ascii(char)[1:-1] for char in name)
    return shown if len(shown) <= LONGEST_NAME else f"{shown[:LONGEST_NAME]}…"


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise BatchRejectedError("UNREADABLE", f"file {file.name} is a link or not readable", "place a file") from None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BatchRejectedError("UNREADABLE", f"{file.name} is no ordinary file", "place an ordinary file")
        yield stream
