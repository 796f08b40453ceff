"""Reasons not to contact that people enter (連絡停止の登録): one person's word stops, two people's ends it.

Bankruptcy, a lawyer's notice, an objection, a complaint, a family who tells of a death: no system tells of these in
time, whoever hears of it does. A hold counts from its commit on for every campaign, also for what is claimed already;
what lies with a printer or a phone centre is named, for nobody can call it back but they.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

from psycopg.rows import args_row, dict_row

from receivables import db, decisions
from receivables.campaigns.exclusions import all_exclusions, full_code, reason_ja
from receivables.errors import InputRejectedError
from receivables.settings import State

KIND = "hold_end"
# What a person can know and no figure tells. The others are reckoned, or, like X25, have a way of their own to end.
BY_HAND = ("X01", "X05", "X06", "X07", "X08", "X11", "X12", "X14", "X16", "X17", "X23")
CHANNELS = ("sms", "letter", "auto_call", "phone_centre")
_REVIEW_AFTER = timedelta(days=90)  # 要確認: the section's own rule; no law names a time
_WHO = """
    select debtor_id from identity.link
    where debtor_id = %(who)s or (source_code = 'register' and source_debtor_key = %(who)s)
    union
    select debtor_id from campaign.contact
    where debtor_id is not null and contact_id in (
        select %(who)s union select contact_id from campaign.handover_line where token = %(who)s
    )
"""
_TODAY = "(clock_timestamp() at time zone 'Asia/Tokyo')::date"
# What is judged by a night that readers still see must be stopped as well, though its day lies behind.
_SINCE = f"select least({_TODAY}, (select as_of from ops.published_batch where is_current)), {_TODAY}"  # noqa: S608
_ENTER = """
    insert into campaign.hold
        (debtor_id, exclusion_code, valid_from, valid_to, owner_dept, channel, why, entered_by, review_on)
    values (%(debtor_id)s, %(code)s, %(since)s, %(until)s, %(dept)s, %(channel)s, %(why)s, %(user)s, %(review_on)s)
    returning hold_id
"""
_OUTSIDE = """
    select h.batch, h.channel, l.token, h.expires_on
    from campaign.handover_line as l
    inner join campaign.handover as h using (batch)
    inner join campaign.contact as about using (contact_id)
    inner join identity.also_known_as(array[%(debtor_id)s]) as also on about.debtor_id = also.was
    where h.state = 'released' and (%(channel)s::text is null or h.channel = %(channel)s)
        and not exists (select from campaign.contact_event as e where e.contact_id = l.contact_id)
    order by h.batch, l.token
"""
_HOLDS = f"""
    select hold_id, debtor_id, exclusion_code, channel, valid_from, valid_to, review_on, owner_dept, entered_by, why,
        coalesce(review_on <= {_TODAY}, false) as is_due
    from campaign.hold
    where (valid_to is null or valid_to >= {_TODAY}) and (not %(is_due)s or review_on <= {_TODAY})
    order by review_on nulls last, hold_id
"""  # noqa: S608
_FACTS = """
    select debtor_id, exclusion_code, valid_to is null or valid_to >= current_date as is_open,
        md5(concat_ws('|', debtor_id, exclusion_code, valid_from, channel)) as facts
    from campaign.hold where hold_id = %s
"""


class _Days(NamedTuple):
    figures: date
    today: date


def enter(
    who: str, code: str, *, why: str, user: str, channel: str | None = None, since: date | None = None,
    until: date | None = None, review_on: date | None = None, state: State,
) -> dict[str, Any]:  # fmt: skip
    """Enter a reason not to contact and return it, with `outside`: what vendors hold of this debtor now.

    `who` is a debtor_id, a 宛名番号 of the register, a contact id, or the 封緘番号・受付番号 of a letter or list.
    `until` is the last day it holds (default: until two people end it), `review_on` when somebody must look again
    (default: 90 days on), `channel` the only channel it is about. Raises InputRejectedError that says what is wrong.
    """
    full = _checked(code, channel, why, user)
    with db.connect(state, "sender", doing=f"hold {full}") as connection:
        debtor = debtor_of(connection, who)
        with connection.cursor(row_factory=args_row(_Days)) as cursor:
            days = cursor.execute(_SINCE).fetchone()
        assert days is not None
        since, looked_at = since or days.figures, review_on or days.today + _REVIEW_AFTER
        if until is not None and until < since:
            raise InputRejectedError(f"--until {until} lies before the day from which it holds, {since}")
        held = {"debtor_id": debtor, "code": full[:3], "since": since, "until": until, "channel": channel, "why": why,
                "user": user, "review_on": looked_at, "dept": all_exclusions()[full].owner_dept}  # fmt: skip
        made = connection.execute(_ENTER, held).fetchone()
        assert made is not None
        outside = connection.cursor(row_factory=dict_row).execute(_OUTSIDE, held).fetchall()
    return {"hold_id": made[0], "debtor_id": debtor, "exclusion_code": full, "reason_ja": reason_ja(full),
            "channel": channel, "valid_from": since, "valid_to": until, "review_on": looked_at,
            "outside": outside}  # fmt: skip


def holds(*, is_due: bool = False, state: State) -> list[dict[str, Any]]:
    """The holds in force, those to be looked at first; `is_due` only those whose day of review has come."""
    with db.connect(state, "sender", doing="list holds") as connection:
        found = connection.cursor(row_factory=dict_row).execute(_HOLDS, {"is_due": is_due}).fetchall()
    return [{**each, "reason_ja": reason_ja(full_code(each["exclusion_code"]))} for each in found]


def propose_end(hold_id: int, *, why: str, user: str, state: State) -> str:
    """Say that a hold is over; the decision's id, for another person to confirm. The night that takes it up ends it.

    Raises InputRejectedError for a hold that is none, is over, or has a way of its own to end (人違いの疑い).
    """
    with db.connect(state, "sender", doing=f"end hold {hold_id}") as connection:
        found = connection.cursor(row_factory=dict_row).execute(_FACTS, [hold_id]).fetchone()
    if found is None or not found["is_open"]:
        raise InputRejectedError(f"no hold {hold_id} is in force; `receivables hold list` shows them")
    if found["exclusion_code"] == "X25":
        raise InputRejectedError(f"hold {hold_id} is a doubt about who it is: `receivables identity` answers it")
    return decisions.propose(
        KIND, str(hold_id), "end", reason=why, facts=found["facts"], evidence={"debtors": [found["debtor_id"]]},
        user=user, state=state,
    )  # fmt: skip


def debtor_of(connection: db.Connection, who: str) -> str:
    """The debtor who is known as `who`: an id, a 宛名番号, or the id or number of a contact with them."""
    found = [str(debtor) for (debtor,) in connection.execute(_WHO, {"who": who}).fetchall()]
    if len(found) != 1:
        raise InputRejectedError(
            # Not repeated: it may be somebody's 宛名番号.
            f"{'nobody' if not found else 'more than one debtor'} is known by what was given: a debtor_id, a 宛名番号,"
            " a contact id, or the 封緘番号・受付番号 of a letter or list"
        )
    return found[0]


def _checked(code: str, channel: str | None, why: str, user: str) -> str:
    """The seed's full code; InputRejectedError when something is missing or not to be entered by hand."""
    if code[:3] not in BY_HAND or full_code(code)[: len(code)] != code:
        named = "; ".join(f"{each} {reason_ja(full_code(each))}" for each in BY_HAND)
        raise InputRejectedError(f"{code!r} is no reason that people enter; there are: {named}")
    if channel is not None and channel not in CHANNELS:
        raise InputRejectedError(f"--channel {channel!r} is none of {', '.join(CHANNELS)}")
    if not why.strip() or not user.strip():
        raise InputRejectedError("a hold needs --why, what was heard and from whom, and --as, who heard it")
    return full_code(code)
