"""Envelopes that the post brought back (返戻): told by their 封緘番号, which shows through the window unopened."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from receivables import db
from receivables.campaigns.letters import is_seal
from receivables.errors import InputRejectedError
from receivables.settings import State

_ONE_DAY = timedelta(days=1)  # the moment of release is told in UTC
_CONTACT = """
    select l.contact_id, (h.released_at at time zone 'Asia/Tokyo')::date
    from campaign.handover_line as l inner join campaign.handover as h using (batch)
    where l.token = %s and h.channel = 'letter' and h.state <> 'made'
"""
_EVENT = """
    insert into campaign.contact_event (contact_id, channel, event, occurred_on, detail, source)
    values (%s, 'letter', 'undeliverable', %s, %s, %s) on conflict do nothing
"""
_FAILED = """
    update campaign.outbox set state = 'failed_perm', outcome = 'undeliverable', changed_at = clock_timestamp()
    where contact_id = %s and state in ('accepted', 'delivered')
"""


def came_back(tokens: Sequence[str], *, on: date, why: str, user: str, state: State) -> dict[str, Any]:
    """Enter envelopes that came back on a day, all or none; the address is not written to again until it changes.

    A 督促状 that came back was not served: its claims return to the lists, for an address that is new. Raises
    InputRejectedError for a number that is none, or of no letter that was handed over.
    """
    if not why.strip() or not user.strip():
        raise InputRejectedError("say why they came back, as the post wrote it, and who enters it (--why, --as)")
    with db.connect(state, "sender", doing="enter returned mail") as connection:
        for number, written in enumerate(tokens, start=1):
            token = written.replace("-", "").strip().upper()
            found = connection.execute(_CONTACT, [token]).fetchone() if is_seal(token) else None
            if found is None:
                raise InputRejectedError(
                    f"number {number} of {len(tokens)} is no 封緘番号 of a letter; nothing is entered"
                )
            released = date.fromisoformat(str(found[1]))
            if on < released - _ONE_DAY:
                raise InputRejectedError(f"number {number} of {len(tokens)} came back before it was handed over")
            connection.execute(_EVENT, [found[0], on, why, user])
            connection.execute(_FAILED, [found[0]])
    return {"came_back": len(tokens), "on": on}
