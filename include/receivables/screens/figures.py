"""Collection rates and the age of arrears (収納率・滞納の年齢), from the published marts."""

from itertools import groupby

from receivables import db
from receivables.screens import words
from receivables.screens.lookup import found
from receivables.screens.model import Ageing, Collection, RatePoint

_COLLECTION = """
    select claim_type, fiscal_year, collection_category, month, assessed_yen, written_off_yen, uncollected_yen,
        rate_numerator_yen, rate_denominator_yen, collection_rate
    from mart.agg_collection
    where fiscal_year > (select max(fiscal_year) from mart.agg_collection) - %(years)s
    order by claim_type, fiscal_year, collection_category desc, month
"""
_AGEING = """
    select claim_type, ageing_bucket, claim_count, outstanding_yen from mart.agg_ageing
    order by claim_type, ageing_bucket
"""
YEARS_SHOWN = 3


def collection(connection: db.Connection) -> tuple[Collection, ...]:
    """Claim type × year × 現年・滞繰 of the last three years, with their month-ends in order."""
    rows = found(connection, _COLLECTION, {"years": YEARS_SHOWN})
    grouped = groupby(rows, key=lambda row: (row["claim_type"], row["fiscal_year"], row["collection_category"]))
    made = []
    for (claim_type, year, category), months in grouped:
        kept = list(months)
        points = tuple(
            RatePoint(row["month"], row["rate_numerator_yen"], row["rate_denominator_yen"], row["collection_rate"])
            for row in kept
        )
        last = kept[-1]
        made.append(
            Collection(
                claim_type, words.claim_type_ja(claim_type), year, category, points,
                last["assessed_yen"], last["uncollected_yen"], last["written_off_yen"],
            )
        )  # fmt: skip
    return tuple(made)


def ageing(connection: db.Connection) -> tuple[Ageing, ...]:
    """Claim type × class of days overdue."""
    return tuple(
        Ageing(
            row["claim_type"],
            words.claim_type_ja(row["claim_type"]),
            row["ageing_bucket"],
            row["claim_count"],
            row["outstanding_yen"],
        )
        for row in found(connection, _AGEING)
    )
