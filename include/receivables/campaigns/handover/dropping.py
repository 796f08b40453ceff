"""Who must be taken off what vendors already have (除外の連絡): paid, held or protected since the list was handed over.

What was given cannot be called back from here, so the vendor is told which numbers of the batch to leave out. The file
holds 受付番号・封緘番号 alone: why somebody is left out is none of the vendor's business.
"""

import csv
import io
from collections import defaultdict
from datetime import date
from typing import Any

from psycopg.rows import args_row, dict_row

from receivables import db
from receivables.campaigns.certificate import reasons_now
from receivables.campaigns.contacts import Contact, stored_contacts
from receivables.campaigns.handover.batches import place_of
from receivables.campaigns.letters.manifest import written
from receivables.campaigns.reading import published, read_candidates
from receivables.campaigns.runs import run_of
from receivables.settings import State

# What says nothing against a contact that is under way: the data are a day older, or the cap counts the contact itself.
_NO_MATTER = frozenset({"X00_stale_source", "X10_small", "X13_frequency", "X15_dunning_window", "X26_level"})
_OUTSIDE = """
    select h.batch, h.channel, h.run_id, l.contact_id, l.token, c.subject_key
    from campaign.handover as h
    inner join campaign.handover_line as l using (batch)
    inner join campaign.contact as c using (contact_id)
    where h.state = 'released' and h.expires_on >= %s
        and not exists (select from campaign.contact_event as e where e.contact_id = l.contact_id)
    order by h.batch, l.token
"""
_TOLD = """
    insert into campaign.handover_drop (contact_id, batch, codes, told_on) values (%s, %s, %s, %s)
    on conflict (contact_id) do nothing
"""
_ALL = """
    select d.batch, l.token, d.codes, d.told_on from campaign.handover_drop as d
    inner join campaign.handover_line as l using (contact_id)
    inner join campaign.handover as h on d.batch = h.batch
    where h.state = 'released' and h.expires_on >= %s order by d.batch, l.token
"""


def drops(day: date, *, state: State) -> list[dict[str, Any]]:
    """Look at every contact that lies with a vendor on `day` again, and write down whom to leave out, by batch.

    Judged by the published figures. Returns `batch`, `channel`, `file` for the vendor with all numbers told so far,
    `tokens` and `codes` by token. Safe to repeat; a number that was told stays told.
    """
    with db.connect(state, "sender", doing="look at what vendors have") as connection:
        rows = connection.cursor(row_factory=dict_row).execute(_OUTSIDE, [day]).fetchall()
        by_run: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for row in rows:
            by_run[row["run_id"]][row["subject_key"]] = row
        for run_id, lines in by_run.items():
            _judge(connection, run_id, lines, day, state)
        told = connection.cursor(row_factory=dict_row).execute(_ALL, [day]).fetchall()
    channels = {row["batch"]: row["channel"] for row in rows}
    by_batch: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for row in told:
        by_batch[row["batch"]][row["token"]] = row["codes"]
    return [_written(batch, channels, codes, state) for batch, codes in sorted(by_batch.items()) if batch in channels]


def told_before(connection: db.Connection, batch: str) -> dict[str, date]:
    """The numbers of a batch that the vendor was told to leave out, and since when."""
    query = """
        select l.token, d.told_on from campaign.handover_drop as d
        inner join campaign.handover_line as l using (contact_id) where d.batch = %s
    """
    with connection.cursor(row_factory=args_row(lambda token, on: (str(token), on))) as cursor:
        return dict(cursor.execute(query, [batch]).fetchall())


def _judge(connection: db.Connection, run_id: str, lines: dict[str, dict[str, Any]], day: date, state: State) -> None:
    run, now = run_of(connection, run_id), published(connection)
    rules, on = run.rules(), now["as_of"] if now else day
    contacts: dict[str, Contact] = stored_contacts(connection, run_id, list(lines))
    found = read_candidates(
        connection, rules, as_of=run.as_of, day=on, phone_key=state.secret("hmac_phone"),
        debtor_ids=sorted({str(each.debtor_id) for each in contacts.values()}),
    )  # fmt: skip
    by_subject = {each.subject_key: each for each in found.candidates}
    for key, contact in contacts.items():
        codes = set(reasons_now(contact, by_subject.get(key), rules, on)) - _NO_MATTER
        if codes:
            connection.execute(_TOLD, [lines[key]["contact_id"], lines[key]["batch"], sorted(codes), day])


def _written(batch: str, channels: dict[str, str], codes: dict[str, list[str]], state: State) -> dict[str, Any]:
    channel = channels[batch]
    file = place_of(f"{batch}.drop.csv", channel, state)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerows([["封緘番号" if channel == "letter" else "受付番号"], *([token] for token in sorted(codes))])
    written(file, text.getvalue().encode("cp932"))
    return {"batch": batch, "channel": channel, "file": str(file), "tokens": sorted(codes), "codes": codes}
