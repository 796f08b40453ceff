"""Who pays that way already (既に利用している方): nobody is recommended a way to pay (勧奨) that he has."""

from collections.abc import Sequence
from datetime import date

from psycopg.rows import args_row

from receivables.campaigns.experiments.outcomes import outcome_of
from receivables.db import Connection

CODE = "X29_already"
# 納付チャネル区分 of the departments' own receipts, as law.channel_codes explains them; they go further back than the
# channels' notices, which began with this project.
BOOKED_AS = {"direct_debit": ("01",), "cashless": ("04", "05")}
# Whoever has a debit that failed has applied for it, so that counts; a cashless payment must have been made.
_WHO = """
    select claim.debtor_id
    from mart.fct_claims as claim
    inner join intermediate.int_payments__announced as told using (claim_id)
    where claim.debtor_id = any(%(debtor_ids)s) and told.channel = any(%(channels)s)
        and told.paid_on > %(day)s::date - interval '12 months' and told.paid_on <= %(day)s
        and (%(purpose)s = 'direct_debit' or told.state not in ('failed', 'cancelled'))
    union
    select claim.debtor_id
    from mart.fct_claims as claim
    inner join mart.fct_receipts as paid using (claim_id)
    where claim.debtor_id = any(%(debtor_ids)s) and paid.channel_code = any(%(codes)s)
        and paid.paid_on > %(day)s::date - interval '12 months' and paid.paid_on <= %(day)s
        and paid.received_yen > 0
"""


def who_pay_so(connection: Connection, purpose: str, debtor_ids: Sequence[str], day: date) -> frozenset[str]:
    """Those debtors who used, in the twelve months up to `day`, the way to pay that `purpose` recommends, on any claim.

    Empty for a purpose that recommends none.
    """
    channels = outcome_of(purpose).channels
    if not channels:
        return frozenset()
    wanted = {
        "debtor_ids": list(debtor_ids), "day": day, "purpose": purpose, "channels": list(channels),
        "codes": list(BOOKED_AS[purpose]),
    }  # fmt: skip
    with connection.cursor(row_factory=args_row(str)) as cursor:
        return frozenset(cursor.execute(_WHO, wanted))
