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

from psycopg.rows import args_row, dict_row

from receivables import db
from receivables.campaigns import freshness, reading
from receivables.campaigns.exclusions import full_code, in_force
from receivables.errors import InvariantBrokenError
from receivables.settings import State

_MADE = """
    insert into campaign.handover
        (batch, run_id, channel, contact_count, file_sha256, purpose, expires_on, published_batch)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_LINES = "insert into campaign.handover_line (contact_id, batch, token) values (%s, %s, %s)"
# A batch waits while nothing may leave; one that was recalled, or that waited until its facts were old, is void.
_WAITING = """
    select h.batch, h.file_sha256, h.purpose,
        r.state = 'cancelled' or h.expires_on < %(day)s or h.made_at < clock_timestamp() - interval '1 day'
            or h.published_batch is distinct from (select published_batch from ops.published_batch where is_current)
            as is_void,
        campaign.is_halted(h.run_id) or campaign.is_quiet(%(day)s) or stop.is_stopped as must_wait,
        array(
            select distinct split_part(claim_id, ':', 1)
            from campaign.handover_line as l inner join campaign.contact as c using (contact_id)
            cross join unnest(c.claim_ids) as claim_id where l.batch = h.batch
        ) as sources
    from campaign.handover as h
    inner join campaign.run as r using (run_id)
    cross join campaign.switch as stop
    where h.state = 'made' and h.channel = %(channel)s
    order by h.made_at
"""
_AGAINST = """
    select distinct unnest(campaign.reasons_against(box.debtor_id, box.channel, %(day)s))
    from campaign.handover_line as l inner join campaign.outbox as box using (contact_id)
    where l.batch = %(batch)s
"""
_RELEASED = """
    update campaign.handover set state = 'released', released_at = clock_timestamp() where batch = %s and state = 'made'
"""
_VOID = """
    with gone as (
        update campaign.handover set state = 'withdrawn' where batch = %(batch)s and state = 'made' returning batch
    )
    update campaign.outbox as box set state = 'failed_perm', contact_date = null, accepted_at = null,
        outcome = 'not_released', changed_at = clock_timestamp()
    from campaign.handover_line as l
    where l.batch = %(batch)s and l.contact_id = box.contact_id and box.state = 'accepted'
        and exists (select from gone)
"""
# A batch is committed with its contacts: what was claimed and is in none was given to nobody.
_SETTLE = """
    update campaign.outbox as box set state = 'ready', looked_up_at = clock_timestamp(), contact_date = null,
        outcome = 'in_no_batch', changed_at = clock_timestamp()
    where box.channel <> 'sms' and box.state in ('sending', 'unknown') and box.settle_at < clock_timestamp()
        and not exists (select from campaign.handover_line as l where l.contact_id = box.contact_id)
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
    rests_on: str | None  # the published batch whose claims and payments it was made from


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for a vendor: the number of each contact, why others cannot be written, the data's last day."""

    tokens: dict[str, str]
    refused: dict[str, tuple[str, ...]]
    expires_on: date


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
        batch.expires_on, batch.rests_on,
    ])  # fmt: skip
    rows = [(contact_id, batch.name, token) for contact_id, token in sorted(batch.tokens.items())]
    connection.cursor().executemany(_LINES, rows)


def settle(state: State) -> int:
    """Put back what a crash or a stop left claimed and in no batch, of every run; how many (照会)."""
    with db.connect(state, "sender", doing="settle what is in no batch") as connection:
        return connection.execute(_SETTLE).rowcount


def release(channel: str, state: State, *, day: date) -> list[str]:
    """Give every committed batch of `channel` that was not released to its vendor on `day`; the names of those.

    One waits while something it rests on was loaded that the published figures lack: its reader may be protected since.

    One that was recalled or is out of date, that a newer night has overtaken, or against one of whose contacts a reason
    has come up since is withdrawn instead, its contacts failed: a later list has them again. So is one whose files were
    changed after they were committed: the vendor never had them, for the rename is what gives them.

    Raises InvariantBrokenError, when all else is done, for such a change and for a committed batch whose files are
    gone, whatever came up since: then a person must look, for its contacts count as handed over.
    """
    released, changed, missing = [], [], []
    with db.connect(state, "sender", autocommit=True, doing="release batches") as connection:
        with connection.cursor(row_factory=dict_row) as cursor:
            waiting = cursor.execute(_WAITING, {"day": day, "channel": channel}).fetchall()
        behind = freshness.sources_behind(connection, day) if waiting else frozenset()
        for each in waiting:
            name = str(each["batch"])
            is_void = each["is_void"] or _is_against(connection, name, str(each["purpose"]), day)
            is_changed = _is_changed(name, channel, str(each["file_sha256"]), state)
            is_given = place_of(name, channel, state).exists()
            if not is_given and not _draft(channel, name, state).exists():
                missing.append(name)
            elif not is_given and (is_void or is_changed):
                changed += [name] if is_changed else []
                connection.execute(_VOID, {"batch": name})
                discard(channel, name, state)
            elif not each["must_wait"] and not behind & freshness.rests_on_all(each["sources"]):
                _give(name, channel, state)
                connection.execute(_RELEASED, [name])
                released.append(name)
    _tell(changed, missing)
    return released


def _tell(changed: list[str], missing: list[str]) -> None:
    faults = []
    if changed:
        faults.append(
            f"{', '.join(changed)}: the files were not as committed, were given to nobody and are thrown away; a later"
            " list has their contacts again. Find out who else writes to the state directory before anything is sent"
        )
    if missing:
        faults.append(
            f"{', '.join(missing)}: the files are missing; nobody knows whether the vendor has them: ask the vendor"
            " before the contacts (campaign.handover_line) are handled by hand"
        )
    if faults:
        raise InvariantBrokenError("; ".join(faults))


def published(state: State) -> str | None:
    """The published batch that readers see now: what a batch of letters rests on."""
    with db.connect(state, "sender", doing="see what is published") as connection:
        found = reading.published(connection)
    return str(found["published_batch"]) if found else None


def _is_against(connection: db.Connection, batch: str, purpose: str, day: date) -> bool:
    found = connection.execute(_AGAINST, {"batch": batch, "day": day}).fetchall()
    return bool(in_force({full_code(str(code)) for (code,) in found}, day, purpose))


def _is_changed(name: str, channel: str, sha256: str, state: State) -> bool:
    draft = _draft(channel, name, state)
    return draft.exists() and not place_of(name, channel, state).exists() and _sha256(draft) != sha256


def _give(name: str, channel: str, state: State) -> None:
    draft, place = _draft(channel, name, state), place_of(name, channel, state)
    if not place.exists():
        draft.replace(place)
        _to_disk(place.parent)


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
