"""Messages of unknown fate (送信結果不明): every one is listed, with what was tried and who must do what.

Ids only: whoever asks the carrier needs the reference, and nobody needs a name or a number.
"""

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from receivables import db, four_eyes
from receivables.campaigns.outbox import MOST_ATTEMPTS
from receivables.errors import InputRejectedError
from receivables.settings import State

FOUND = ("accepted", "never")
REFUSED = {
    "RC001": "there is no such message; `receivables campaign unknown` lists them",
    "RC002": "it waits for no person: dispatch its run again, and the carrier is asked",
    "RC004": "the maker of the list may not judge; another person must",
    "RC005": "this user is not a valid approver; the roster is campaign.approver (承認者名簿), with the duty",
    "RC009": "the carrier's own receipt tells of it: `receivables campaign dispatch` of its run takes it in",
    "RC006": "this person has judged it already; another person must too",
}

_LIST = """
    select box.run_id, box.contact_id, box.channel, box.reference, box.state, box.attempt, box.outcome,
        (
            select max(claimed.at) from campaign.outbox_event as claimed
            where claimed.contact_id = box.contact_id and claimed.to_state = 'sending'
        ) as since,
        array(
            select concat_ws(' ', to_char(done.at at time zone 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI:SS'),
                done.to_state, done.outcome)
            from campaign.outbox_event as done
            where done.contact_id = box.contact_id and done.from_state is not null
            order by done.outbox_event_id
        ) as tried,
        case when box.state = 'ready' then 'not_taken' when box.settle_at is null then 'people' else 'dispatch' end
            as next_step
    from campaign.outbox as box
    where (%(run_id)s::text is null or box.run_id = %(run_id)s) and (
        box.state = 'unknown'
        or (box.state = 'sending' and box.settle_at < clock_timestamp())
        or (box.state = 'ready' and box.attempt >= %(most)s)
    )
    order by since, box.contact_id
"""


def unknown(run_id: str | None = None, *, state: State) -> list[dict[str, Any]]:
    """Every message, of one run or of all, of which nobody knows whether the carrier has it; the oldest first.

    `next_step` says who acts: `dispatch` again finds out, `people` must (`receivables campaign settle`), or the
    carrier never took it (`not_taken`) in as many attempts as are made.
    """
    with (
        db.connect(state, "sender", doing="list what is unknown") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(_LIST, {"run_id": run_id, "most": MOST_ATTEMPTS}).fetchall()


def judge(contact_id: str, *, found: str, user: str, why: str, state: State) -> dict[str, Any]:
    """One person's word on a message that waits for people: `accepted` by the carrier, or `never`.

    Two must say the same, neither the maker of the list; then an accepted one is done and one never accepted is
    queued again. Raises NeedsApprovalError with the reason when it may not be judged so.
    """
    if found not in FOUND or not why.strip():
        raise InputRejectedError(f"a verdict is one of {', '.join(FOUND)}, with a reason: --found accepted --why TEXT")
    with (
        four_eyes.refusals(f"judge {contact_id} as {user}", REFUSED),
        db.connect(state, "approver", doing=f"judge {contact_id}") as connection,
    ):
        return {
            "contact_id": contact_id,
            "found": found,
            "is_settled": _judge(connection, contact_id, found, user, why),
        }


def take_statement(file: Path, *, user: str, state: State) -> dict[str, Any]:
    """What the carrier's own list (CSV: reference,status) says of messages that wait for people; all rows or none.

    status is `accepted` or `never`; rows about other messages change nothing and are counted.
    """
    content = file.read_bytes()
    said = _statement(file.name, content)
    digest = hashlib.sha256(content).hexdigest()
    waiting = {row["reference"]: row["contact_id"] for row in unknown(state=state) if row["next_step"] == "people"}
    about = sorted(waiting.keys() & said.keys())
    with (
        four_eyes.refusals(f"{file.name} as {user}", REFUSED),
        db.connect(state, "approver", doing=f"statement {file.name}") as connection,
    ):
        for reference in about:
            _judge(connection, waiting[reference], said[reference], user, f"statement {file.name}", digest)
    return {"statement_sha256": digest, "settled": len(about), "ignored": len(said) - len(about)}


def _judge(
    connection: db.Connection, contact_id: str, found: str, user: str, why: str, statement: str | None = None
) -> bool:
    query = "select campaign.judge(%s, %s, %s, %s, %s)"
    return connection.execute(query, [contact_id, found, user, why, statement]).fetchone() == (True,)


def _statement(name: str, content: bytes) -> dict[str, str]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        listed = [(str(row["reference"]), str(row["status"])) for row in rows]
    except (UnicodeDecodeError, csv.Error, KeyError):
        raise InputRejectedError(f"{name}: not a CSV in UTF-8 with the columns reference and status") from None
    said: dict[str, str] = {}
    for number, (reference, status) in enumerate(listed, start=2):
        if status not in FOUND or said.setdefault(reference, status) != status:
            raise InputRejectedError(
                f"{name} line {number}: status must be one of {', '.join(FOUND)}, once a reference"
            )
    return said
