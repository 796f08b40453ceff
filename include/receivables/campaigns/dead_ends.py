"""Dead numbers (届かない電話番号): where our own messages and calls found that a number does not reach the person.

The last word counts, of two at one moment the worse. It is held against this person's number alone: another number, or
the same number in the hands of another person, is free.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from psycopg.rows import args_row

from receivables.campaigns.outcome_codes import dead_codes
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.points import Point
from receivables.db import Connection

CODE = "X28_unreachable"
_FOUND = """
    with asked as (
        select given.debtor_id, given.phone_hash, about.contact_id
        from unnest(%(debtor_ids)s::text[], %(hashes)s::text[]) as given (debtor_id, phone_hash)
        inner join identity.also_known_as(%(debtor_ids)s) as also using (debtor_id)
        inner join campaign.contact as about on about.phone_hash = given.phone_hash and about.debtor_id = also.was
        inner join campaign.run as made on about.run_id = made.run_id
        where about.arm = 'treat'
            -- The list itself must not push itself out when it is made again.
            and (made.campaign_name, made.as_of) <> (%(name)s, %(as_of)s)
    ),
    told as (
        select a.debtor_id, a.phone_hash, sent.changed_at as at, sent.state = 'failed_perm' as is_dead
        from asked as a inner join campaign.outbox as sent using (contact_id)
        where sent.channel = 'sms' and sent.state in ('failed_perm', 'delivered')
        union all
        select a.debtor_id, a.phone_hash,
            (e.occurred_on + coalesce(e.occurred_at, time '00:00')) at time zone 'Asia/Tokyo',
            e.channel || ' ' || split_part(e.detail, ' ', 1) = any(%(dead)s)
        from asked as a inner join campaign.contact_event as e using (contact_id)
        where e.channel in ('auto_call', 'phone_centre') and (
            e.event in ('contacted', 'third_party', 'refused', 'promised', 'complaint')
            or e.channel || ' ' || split_part(e.detail, ' ', 1) = any(%(dead)s)
        )
    ),
    last as (
        select distinct on (debtor_id, phone_hash) debtor_id, is_dead from told
        order by debtor_id, phone_hash, at desc, is_dead desc
    )
    select debtor_id from last where is_dead
"""


def found(
    connection: Connection, points: Mapping[str, Sequence[Point]], playbook: Playbook, as_of: date
) -> frozenset[str]:
    """Those debtors whose present number our own messages or calls found dead; none for letters, which see `points`."""
    pairs = [(debtor, point.phone.phone_hash) for debtor, each in points.items() for point in each]
    if playbook.channel == "letter" or not pairs:
        return frozenset()
    wanted = {
        "debtor_ids": [debtor for debtor, _ in pairs], "hashes": [phone_hash for _, phone_hash in pairs],
        "dead": dead_codes(), "name": playbook.name, "as_of": as_of,
    }  # fmt: skip
    with connection.cursor(row_factory=args_row(str)) as cursor:
        return frozenset(cursor.execute(_FOUND, wanted))
