"""Batches (引渡し単位): a folder that is written whole, committed in the database, then released by one rename.

What is committed is what was handed over. A crash before the commit leaves a draft that nobody gets; a crash after it
leaves a batch that is released when anybody looks again. So no contact is ever in two released batches.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from psycopg.rows import args_row

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.settings import State

_MADE = """
    insert into campaign.handover (batch, run_id, channel, contact_count, file_sha256, purpose, expires_on)
    values (%s, %s, %s, %s, %s, %s, %s)
"""
_LINES = "insert into campaign.handover_line (contact_id, batch, token) values (%s, %s, %s)"
_WAITING = "select batch, channel, file_sha256 from campaign.handover where state = 'made' and channel = %s"
_RELEASED = """
    update campaign.handover set state = 'released', released_at = clock_timestamp() where batch = %s and state = 'made'
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as it is written."""

    name: str
    run_id: str
    channel: str
    purpose: str
    expires_on: date
    tokens: Mapping[str, str]  # contact_id → what the vendor knows of it


def place_of(batch: str, channel: str, state: State) -> Path:
    """The released folder of a batch, from which the vendor's transfer takes it."""
    return state.path("outgoing", channel, "x").parent / batch


def begin(channel: str, name: str, state: State) -> Path:
    """An empty draft folder, at which no vendor looks; what a crash left of it before is thrown away."""
    folder = _draft(channel, name, state)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def discard(channel: str, name: str, state: State) -> None:
    """Throw a draft away: it holds names and numbers that nobody is to get."""
    shutil.rmtree(_draft(channel, name, state), ignore_errors=True)


def sweep(channel: str, state: State) -> None:
    """Throw away every draft that was never committed; call it when nobody else hands over."""
    with (
        db.connect(state, "sender", doing="sweep drafts") as connection,
        connection.cursor(row_factory=args_row(str)) as cursor,
    ):
        made = set(cursor.execute("select batch from campaign.handover where channel = %s", [channel]))
    for draft in state.path("outgoing", "x").parent.glob(f".{channel}-*"):
        if draft.name.removeprefix(f".{channel}-") not in made:
            shutil.rmtree(draft, ignore_errors=True)


def commit(connection: db.Connection, batch: Batch, state: State) -> None:
    """Enter the batch and its contacts in the caller's transaction; its files are on the disk before."""
    folder = _draft(batch.channel, batch.name, state)
    for file in [*folder.rglob("*"), folder]:
        _to_disk(file)
    connection.execute(_MADE, [
        batch.name, batch.run_id, batch.channel, len(batch.tokens), _sha256(folder), batch.purpose,
        batch.expires_on,
    ])  # fmt: skip
    rows = [(contact_id, batch.name, token) for contact_id, token in sorted(batch.tokens.items())]
    connection.cursor().executemany(_LINES, rows)


def release(channel: str, state: State) -> list[str]:
    """Give every committed batch of `channel` that was not released to its vendor; the names of those.

    Raises InvariantBrokenError when a committed batch's files are gone or changed: then a person must look, for its
    contacts count as handed over.
    """
    with db.connect(state, "sender", autocommit=True, doing="release batches") as connection:
        with connection.cursor(row_factory=args_row(lambda *row: tuple(map(str, row)))) as cursor:
            waiting = cursor.execute(_WAITING, [channel]).fetchall()
        for name, _, sha256 in waiting:
            draft, place = _draft(channel, name, state), place_of(name, channel, state)
            if not place.exists():
                if not draft.exists() or _sha256(draft) != sha256:
                    raise InvariantBrokenError(
                        f"{name}: its files are missing or not as committed in {draft.parent}; the vendor got nothing:"
                        " have the contacts of campaign.handover_line handled by hand"
                    )
                draft.replace(place)
                _to_disk(place.parent)
            connection.execute(_RELEASED, [name])
    return [name for name, _, _ in waiting]


def _draft(channel: str, name: str, state: State) -> Path:
    return state.path("outgoing", f".{channel}-{name}")


def _sha256(folder: Path) -> str:
    """The hash over every file of a batch, names and contents."""
    digest = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest.update(f"{file.relative_to(folder)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
