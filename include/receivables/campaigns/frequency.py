"""How often somebody was contacted (連絡の頻度): by our own campaigns and by the sections' vendors, every channel."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from psycopg.rows import dict_row

from receivables.campaigns.playbook import Playbook
from receivables.db import Connection

# A call counts when somebody answered or listened, an SMS when it arrived: what nobody noticed bothers nobody. Several
# of a day by one channel are one contact. Letters that sections sent by themselves are not among these.
_CONTACTS = """
    with mine as (select debtor_id, was from identity.also_known_as(%(debtor_ids)s))
    select mine.debtor_id, sent.contact_date
    from campaign.outbox as sent
    inner join mine on sent.debtor_id = mine.was
    inner join campaign.run as made using (run_id)
    where sent.contact_date > %(earliest)s
        -- The list itself must not push itself out when it is made again; its references are unique for ever.
        and (made.campaign_name, made.as_of) <> (%(name)s, %(as_of)s)
    union all
    select debtor_id, attempted_on from (
        select mine.debtor_id, told.channel, told.attempted_on
        from mart.fct_contacts as told
        inner join mine on told.debtor_id = mine.was
        where told.attempted_on > %(earliest)s and told.attempted_on <= %(day)s
            and (told.outcome not in ('unreached', 'wrong_number') or told.result_code = 'delivered'
                or told.heard_seconds > 0)
        group by mine.debtor_id, told.channel, told.attempted_on
    ) as by_vendors
    order by 1, 2
"""


def contact_dates(
    connection: Connection, known: Sequence[str], playbook: Playbook, *, as_of: date, day: date
) -> dict[str, tuple[date, ...]]:
    """The days of every contact with these debtors that a cap of the playbook can still see on `day`, by debtor."""
    earliest = day - timedelta(days=max(cap.days for cap in playbook.caps))
    wanted = {"debtor_ids": list(known), "earliest": earliest, "day": day, "name": playbook.name, "as_of": as_of}
    found: dict[str, list[date]] = defaultdict(list)
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_CONTACTS, wanted):
            found[row["debtor_id"]].append(row["contact_date"])
    return {debtor: tuple(dates) for debtor, dates in found.items()}
