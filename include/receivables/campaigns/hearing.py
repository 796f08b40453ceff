"""What the desk hears (窓口・電話での申出): an answer to a letter, a call or an SMS, entered by who heard it.

It becomes a contact event like a vendor's result, with the user as its source, and stops what a vendor's would stop.
"""

from datetime import date, timedelta
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.errors import InputRejectedError
from receivables.settings import State

# What was said → the event it is, the reason that it becomes, where (None: on every channel; here: on this one).
SAID: dict[str, tuple[str, str | None, tuple[str | None, ...]]] = {
    "talked": ("contacted", None, ()),
    "promised": ("promised", None, ()),
    "refused": ("refused", "X11", ("here",)),
    "complaint": ("complaint", "X11", (None,)),
    "wrong_number": ("wrong_number", "X11", ("sms", "auto_call", "phone_centre")),
    "has_paid": ("contacted", "X01", (None,)),
    "in_need": ("contacted", "X16", (None,)),
}
SAID_JA = {
    "talked": "話をした", "promised": "納付の約束", "refused": "この手段での連絡の拒否", "complaint": "苦情",
    "wrong_number": "番号違い・人違い", "has_paid": "納付済みとの申出", "in_need": "生活困窮の相談",
}  # fmt: skip
_UNTIL_BOOKED = timedelta(days=14)  # 要確認: by then a payment at a counter is in the books of its section
_CONTACT = """
    select c.contact_id, c.debtor_id, b.channel,
        %(on)s <= (clock_timestamp() at time zone 'Asia/Tokyo')::date as is_past
    from campaign.contact as c
    inner join campaign.outbox as b using (contact_id)
    where b.state in ('accepted', 'delivered', 'unknown', 'failed_perm') and b.attempt > 0 and (
        c.contact_id = %(id)s or c.contact_id = (select contact_id from campaign.handover_line where token = %(id)s)
    )
"""
_EVENT = """
    insert into campaign.contact_event (contact_id, channel, event, occurred_on, promised_on, detail, source)
    values (%(contact_id)s, %(channel)s, %(event)s, %(on)s, %(promised_on)s, %(said)s, %(user)s) on conflict do nothing
"""
_HOLD = """
    insert into campaign.hold
        (debtor_id, exclusion_code, valid_from, valid_to, owner_dept, channel, why, entered_by, review_on)
    select %(debtor_id)s, %(code)s, %(on)s, %(until)s, 'central', %(where)s, %(why)s, %(user)s, %(review_on)s
    where not exists (
        select from campaign.hold where debtor_id = %(debtor_id)s and exclusion_code = %(code)s
            and channel is not distinct from %(where)s and (valid_to is null or valid_to >= %(on)s)
    )
"""


def heard(
    contact: str, said: str, *, on: date, why: str, user: str, promised_on: date | None = None, state: State
) -> dict[str, Any]:
    """Enter what somebody said on a day in answer to a contact (its id, 封緘番号 or 受付番号); what is stopped by it.

    `said` is one of SAID; only `promised` has a day. A payment that is told of holds back for 14 days, in which it must
    come into the books; a complaint and a need must be looked at at once. The same again changes nothing. Raises
    InputRejectedError for a contact that never left, a day that cannot be, or without who heard it and what.
    """
    if said not in SAID:
        raise InputRejectedError(f"{said!r} is none of {', '.join(SAID)}")
    if not why.strip() or not user.strip():
        raise InputRejectedError("say what was heard, and who heard it (--why, --as)")
    if (said == "promised") != (promised_on is not None) or (promised_on and promised_on < on):
        raise InputRejectedError("a promise, and nothing else, has a day on which it will be paid: --promised DATE")
    event, code, places = SAID[said]
    with db.connect(state, "sender", doing="enter what was heard") as connection:
        found = connection.cursor(row_factory=dict_row).execute(_CONTACT, {"id": contact, "on": on}).fetchone()
        if found is None:
            raise InputRejectedError(f"no contact {contact!r} was sent; give its id, 封緘番号 or 受付番号")
        if not found["is_past"]:
            raise InputRejectedError(f"--on {on} has not come yet")
        told = found | {"event": event, "on": on, "promised_on": promised_on, "said": said, "user": user, "why": why,
                        "code": code, "until": on + _UNTIL_BOOKED if said == "has_paid" else None,
                        "review_on": on if said in ("complaint", "in_need") else None}  # fmt: skip
        connection.execute(_EVENT, told)
        stopped = [found["channel"] if place == "here" else place for place in places]
        for where in stopped:
            connection.execute(_HOLD, told | {"where": where})
    return {"contact_id": found["contact_id"], "debtor_id": found["debtor_id"], "event": event, "code": code,
            "stopped": stopped, "until": told["until"]}  # fmt: skip
