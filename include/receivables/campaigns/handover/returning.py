"""What vendors bring back (結果の受入): held against the batch that they were given, and taken whole or not at all.

Every result becomes one contact event. Who refuses, or whose number is somebody else's, is asked on that channel no
more; a complaint holds back every channel until somebody has looked.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, LiteralString

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns import letters
from receivables.campaigns.handover.batches import place_of
from receivables.campaigns.handover.dropping import told_before
from receivables.campaigns.outcome_codes import meaning
from receivables.errors import InputRejectedError
from receivables.settings import State

LIST_HEAD = ("受付番号", "架電日", "時刻", "結果コード", "詳細コード", "約束日")
_SHOWN = 5
_BATCH = """
    select h.batch, h.channel, h.state, h.run_id, h.expires_on, h.released_at, r.playbook
    from campaign.handover as h inner join campaign.run as r using (run_id) where h.batch = %s
"""
_LINES = """
    select l.token, l.contact_id, b.debtor_id from campaign.handover_line as l
    inner join campaign.outbox as b using (contact_id) where l.batch = %s
"""
_EVENT = """
    insert into campaign.contact_event
        (contact_id, channel, event, occurred_on, occurred_at, promised_on, detail, source)
    values (%(contact_id)s, %(channel)s, %(event)s, %(occurred_on)s, %(occurred_at)s, %(promised_on)s, %(detail)s,
        %(source)s)
    on conflict do nothing
"""
_WITHDRAWN = """
    update campaign.outbox set state = 'failed_perm', contact_date = null, accepted_at = null, outcome = 'withdrawn',
        changed_at = clock_timestamp()
    where contact_id = %s and state = 'accepted'
"""
# The printer may print it again: it counts as on its way until the order is over, see standing.expire.
_SPOILED = "update campaign.outbox set outcome = 'spoiled' where contact_id = %s and state = 'accepted'"
# One that came back from the post stays so, though the printer tells of every envelope each time.
_DELIVERED = """
    update campaign.outbox set state = 'delivered', contact_date = coalesce(contact_date, %s), outcome = %s,
        changed_at = clock_timestamp()
    where contact_id = %s and state = 'accepted'
"""
# Only when something was told of every contact: until then its silence is watched.
_RETURNED = """
    update campaign.handover as h set state = 'returned', returned_at = clock_timestamp()
    where h.batch = %s and not exists (
        select from campaign.handover_line as l where l.batch = h.batch and not exists (
            select from campaign.contact_event as e where e.contact_id = l.contact_id
        )
    )
"""
_UNSENT: dict[str, LiteralString] = {"withdrawn": _WITHDRAWN, "spoiled": _SPOILED}
_HOLD = """
    insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept, channel, why, review_on)
    select %(debtor_id)s, 'X11', %(day)s, 'central', %(channel)s, %(why)s, %(review_on)s
    where not exists (
        select from campaign.hold where debtor_id = %(debtor_id)s and exclusion_code = 'X11' and valid_to is null
            and channel is not distinct from %(channel)s
    )
"""
_ONE_DAY = timedelta(days=1)  # the moment of release is told in UTC
_REACHED = ("contacted", "third_party", "refused", "promised", "complaint")


@dataclass(frozen=True, slots=True)
class Event:
    """One result of one contact (連絡の結果)."""

    token: str
    event: str
    occurred_on: date
    occurred_at: time | None = None
    promised_on: date | None = None
    detail: str | None = None
    stops: tuple[str, ...] = ()  # channels on which nobody is to be asked any more


def take_back(batch: str, file: Path, *, today: date, state: State) -> dict[str, Any]:
    """Take a vendor's return for `batch`; counts by event. The same file again changes nothing.

    Raises InputRejectedError, with what differs and where, when a line does not belong to the batch: then nothing of
    the file is taken, and the vendor must be asked for it again.
    """
    content = file.read_bytes()
    with db.connect(state, "sender", doing=f"take back {batch}") as connection:
        made = connection.cursor(row_factory=dict_row).execute(_BATCH, [batch]).fetchone()
        if made is None or made["state"] == "made":
            raise InputRejectedError(f"no batch {batch!r} was released; `receivables campaign batches` lists them")
        lines = {
            str(token): (str(contact), str(debtor))
            for token, contact, debtor in connection.execute(_LINES, [batch]).fetchall()
        }
        read = _letter_events if made["channel"] == "letter" else _call_events
        events = list(read(made, content, lines, today, state))
        _store(connection, made, events, lines, hashlib.sha256(content).hexdigest())
        left_out = told_before(connection, batch)
        connection.execute(_RETURNED, [batch])
    late = sum(each.occurred_on > made["expires_on"] for each in events)
    despite = sorted({each.token for each in events if _is_despite(each, left_out)})
    counts = dict(Counter(each.event for each in events))
    return {"batch": batch, "events": counts, "after_expiry": late, "despite_drop": despite}


def _is_despite(event: Event, left_out: Mapping[str, date]) -> bool:
    """True when a vendor contacted somebody whom it had been told to leave out."""
    return event.event not in _UNSENT and event.occurred_on > left_out.get(event.token, date.max)


def _letter_events(
    made: Mapping[str, Any], content: bytes, lines: Mapping[str, object], today: date, state: State
) -> Iterator[Event]:
    folder = place_of(made["batch"], "letter", state)
    key = state.secret("hmac_letters")
    manifests = [letters.read_manifest(file.parent, key) for file in sorted(folder.rglob(letters.MANIFEST))]
    told = letters.read_return(content)
    everybody = {envelope.token for each in manifests for envelope in each.envelopes}
    if everybody != set(lines):
        raise InputRejectedError(
            f"{made['batch']}: its manifests in {folder} are missing or not those of the batch; bring the folder back"
        )
    for manifest in manifests:
        others = everybody - {envelope.token for envelope in manifest.envelopes}
        found = letters.reconcile(manifest, [line for line in told if line.fields[0] not in others], today=today)
        if not found.is_clean:
            shown = "; ".join(f"line {each.line_no} {each.code} {each.token}" for each in found.differences[:_SHOWN])
            raise InputRejectedError(
                f"{made['batch']}: the printer's return does not agree with what was ordered, nothing of it is taken:"
                f" {len(found.differences)} differences, {shown}"
            )
        for one in found.returned:
            yield Event(one.token, one.status, one.posted_on or today)


def _call_events(
    made: Mapping[str, Any], content: bytes, lines: Mapping[str, object], today: date, _: State
) -> Iterator[Event]:
    rows = list(csv.reader(io.StringIO(letters.return_text(content), newline="")))
    if not rows or tuple(rows[0]) != LIST_HEAD:
        raise InputRejectedError(f"{made['batch']}: the first line must be {','.join(LIST_HEAD)}")
    most = made["playbook"]["call_list"]["most_attempts"]
    seen: Counter[str] = Counter()
    found = []
    for number, row in enumerate(rows[1:], start=2):
        event = _call_event(row, made, lines, today)
        if isinstance(event, str):
            raise InputRejectedError(f"{made['batch']}, line {number}: {event}; nothing of the file is taken")
        seen[event.token] += 1
        if seen[event.token] > most:
            raise InputRejectedError(f"{made['batch']}, line {number}: called more often than the {most} times agreed")
        found.append(event)
    yield from found


def _call_event(row: Sequence[str], made: Mapping[str, Any], lines: Mapping[str, object], today: date) -> Event | str:
    """What a line says, or what is wrong with it."""
    if len(row) != len(LIST_HEAD):
        return f"{len(row)} fields, not {len(LIST_HEAD)}"
    token, day, at, code, detail, promised = (field.strip() for field in row)
    if token not in lines:
        return "this 受付番号 is not of this batch"
    means = meaning(made["channel"], code, detail)
    if means is None:
        return f"result code {code!r} is not in contact_outcomes"
    try:
        on, clock = date.fromisoformat(day), time.fromisoformat(at) if at else None
        until = date.fromisoformat(promised) if promised else None
    except ValueError:
        return "a date or time is none: 2026-06-19 and 14:30"
    if not made["released_at"].date() - _ONE_DAY <= on <= today:
        return "called before the list was handed over, or after today"
    event = "promised" if until and means["outcome"] == "contacted" else means["outcome"]
    if until and event != "promised":
        return "a promise without having spoken to the person"
    return Event(token, event, on, clock, until, f"{code} {detail}".strip(), tuple(means["stops_channels"].split()))


def _store(
    connection: db.Connection, made: Mapping[str, Any], events: Sequence[Event],
    lines: Mapping[str, tuple[str, str]], source: str,
) -> None:  # fmt: skip
    for each in events:
        contact_id, debtor_id = lines[each.token]
        connection.execute(_EVENT, {
            "contact_id": contact_id, "channel": made["channel"], "event": each.event, "source": source,
            "occurred_on": each.occurred_on, "occurred_at": each.occurred_at, "promised_on": each.promised_on,
            "detail": each.detail,
        })  # fmt: skip
        if each.event in _UNSENT:
            connection.execute(_UNSENT[each.event], [contact_id])
        elif each.event in (*_REACHED, "posted"):
            connection.execute(_DELIVERED, [each.occurred_on, each.event, contact_id])
        held = {"debtor_id": debtor_id, "day": each.occurred_on, "why": f"{made['batch']} {each.event} {each.detail}"}
        for channel in each.stops:
            connection.execute(_HOLD, held | {"channel": channel, "review_on": None})
        if each.event == "complaint":
            connection.execute(_HOLD, held | {"channel": None, "review_on": each.occurred_on})
