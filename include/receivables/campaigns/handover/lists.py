"""Lists of people to call (架電リスト): the fields the vendor needs and no other, with script, rules and expiry.

A dialler gets numbers alone. The phone centre gets the name's reading, to ask for the person. No amount, no kind of
claim, no address: what is told once the person is known, the section's own desk looks up under 受付番号.
"""

import csv
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from psycopg.rows import args_row

from receivables import db
from receivables.campaigns.handover.batches import Written
from receivables.campaigns.letters.manifest import written
from receivables.campaigns.outbox import Message
from receivables.campaigns.runs import Run
from receivables.campaigns.terms import ListTerms
from receivables.settings import State

LIST, SCRIPT, MANIFEST = "list.csv", "script.json", "manifest.json"
_FIELDS = {
    "auto_call": ("受付番号", "電話番号"),
    "phone_centre": ("受付番号", "電話番号", "氏名カナ"),
}
_READINGS = "select debtor_id, person_kana from campaign.readings_of(%s)"
_DEBTORS = "select contact_id, debtor_id from campaign.outbox where contact_id = any(%s)"


def request_no(reference: str, key: str) -> str:
    """受付番号: what the vendor knows of a contact, a keyed hash of its reference in ten digits and a check digit."""
    digest = hmac.new(key.encode(), f"request|{reference}".encode(), hashlib.sha256).digest()
    digits = f"{int.from_bytes(digest[:8]) % 10**12:012d}"
    return digits + str(9 - int(digits) % 9)


def write_list(
    connection: db.Connection,
    messages: Sequence[Message],
    run: Run,
    *,
    day: date,
    batch: str,
    folder: Path,
    state: State,
) -> Written:
    """Write list, script and signed manifest of claimed contacts into `folder`, each under its 受付番号."""
    rules, key = run.rules(), state.secret("hmac_letters")
    assert rules.call_list is not None
    tokens = {each.contact_id: request_no(each.reference, key) for each in messages}
    fields = _FIELDS[rules.channel]
    names = _readings(connection, list(tokens)) if "氏名カナ" in fields else {}
    rows = sorted(
        (tokens[each.contact_id], "0" + each.number.removeprefix("+81"), names.get(each.contact_id, ""))[: len(fields)]
        for each in messages
    )
    with (folder / LIST).open("w", encoding="cp932", errors="replace", newline="") as file:
        lines = csv.writer(file, lineterminator="\r\n")
        lines.writerow(fields)
        lines.writerows(rows)
    written(folder / SCRIPT, run.template_text.encode())
    _write_manifest(folder, batch, rules.channel, rules.call_list, day=day, count=len(rows), key=key)
    return Written(tokens, {}, expires_on(rules.call_list, day))


def expires_on(terms: ListTerms, day: date) -> date:
    """The last day on which the list may be called."""
    return day + timedelta(days=terms.expires_after_days)


def _write_manifest(
    folder: Path, batch: str, channel: str, terms: ListTerms, *, day: date, count: int, key: str
) -> None:
    told = {
        "version": 1, "batch": batch, "channel": channel, "issued_on": day.isoformat(),
        "expires_on": expires_on(terms, day).isoformat(), "contacts": count,
        "redial": {"after_hours": terms.redial_after_hours, "most_attempts": terms.most_attempts},
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (LIST, SCRIPT)},
    }  # fmt: skip
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    signature = hmac.new(key.encode(), f"list|{canonical}".encode(), hashlib.sha256).hexdigest()
    written(folder / MANIFEST, json.dumps({**told, "signature": signature}, ensure_ascii=False).encode())


def _readings(connection: db.Connection, contact_ids: list[str]) -> dict[str, str]:
    pairs = args_row(lambda one, other: (str(one), str(other or "")))
    with connection.cursor(row_factory=pairs) as cursor:
        debtors = dict(cursor.execute(_DEBTORS, [contact_ids]).fetchall())
        readings = dict(cursor.execute(_READINGS, [sorted(set(debtors.values()))]).fetchall())
    return {contact: readings.get(debtor, "") for contact, debtor in debtors.items()}
