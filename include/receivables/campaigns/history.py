"""Everything said to one person (連絡の経過): our own campaigns, the sections' vendors, and what stops the next one.

For the desk that is asked "did you send me this?", and for whoever decides whether to write again. Ids, days and
outcomes; no name, number or address.
"""

from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.exclusions import full_code, reason_ja
from receivables.campaigns.holding import debtor_of
from receivables.settings import State

# Under every id by which the debtor was known: what was sent to an id that is one with another now counts here.
_CONTACTS = """
    select about.contact_id, made.campaign_name, made.purpose, made.channel, made.as_of, about.arm,
        about.exclusion_codes as codes, about.claim_types, about.outstanding_yen, sent.state, sent.outcome,
        sent.suppressed_codes, sent.contact_date, line.token,
        array(
            select e.occurred_on::text || ' ' || e.event from campaign.contact_event as e
            where e.contact_id = about.contact_id order by e.occurred_on, e.contact_event_id
        ) as events
    from campaign.contact as about
    inner join campaign.run as made using (run_id)
    left join campaign.outbox as sent using (contact_id)
    left join campaign.handover_line as line using (contact_id)
    where about.debtor_id = any(%(ids)s) and made.state in ('approved', 'sending', 'done', 'cancelled')
    order by made.as_of desc, made.built_at desc, about.contact_id
"""
_BY_VENDORS = """
    select channel, campaign_code, owner_dept, attempted_at, outcome, promised_on
    from mart.fct_contacts where debtor_id = any(%(ids)s) order by attempted_at desc
"""
_AGAINST = """
    select exclusion_code as code, null::text as channel, valid_from, valid_to, owner_dept, null::text as why
    from identity.contact_fact where debtor_id = any(%(ids)s) and valid_to is null
    union all
    select exclusion_code, channel, valid_from, valid_to, owner_dept, why from campaign.hold
    where debtor_id = any(%(ids)s)
        and (valid_to is null or valid_to >= (clock_timestamp() at time zone 'Asia/Tokyo')::date)
    union all
    select 'X11', channel, stopped_on, null, null, null from identity.channel_stop where debtor_id = any(%(ids)s)
    order by 1, 2, 3
"""


def history(who: str, *, state: State) -> dict[str, Any]:
    """What was said to the person `who` (named as for a hold), newest first, and what stands against writing again.

    `contacts` of our own campaigns with arm, state and events, also those held out or excluded, and why; `by_vendors`
    of the sections' own; `against`: the reasons in force. Raises InputRejectedError when nobody is known so.
    """
    with db.connect(state, "sender", doing="look up what was said to somebody") as connection:
        debtor = debtor_of(connection, who)
        known = connection.execute("select was from identity.also_known_as(array[%s])", [debtor]).fetchall()
        wanted = {"ids": [str(each) for (each,) in known]}
        cursor = connection.cursor(row_factory=dict_row)
        contacts = cursor.execute(_CONTACTS, wanted).fetchall()
        by_vendors = cursor.execute(_BY_VENDORS, wanted).fetchall()
        against = cursor.execute(_AGAINST, wanted).fetchall()
    return {
        "debtor_id": debtor,
        "contacts": [{**each, "reasons_ja": _words([*each["codes"], *(each["suppressed_codes"] or ())])}
                     for each in contacts],
        "by_vendors": by_vendors,
        "against": [{**each, "reason_ja": reason_ja(full_code(each["code"]))} for each in against],
    }  # fmt: skip


def _words(codes: list[str]) -> list[str]:
    return [reason_ja(code) for code in codes]
