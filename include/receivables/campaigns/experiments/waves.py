"""Waves of vendors (委託先の催告の波) beside our own runs: drawn and measured in the mart agg_contact_effect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.experiments.intervals import Interval
from receivables.campaigns.experiments.pooling import weight_of, weighted

_WAVES = """
    select e.campaign_code, e.channel, e.assigned_on, e.treat_count, e.control_count,
        e.uplift_permille::float8 as estimate, e.uplift_low_permille::float8 as low,
        e.uplift_high_permille::float8 as high,
        coalesce(told.owner_dept, '') as department
    from mart.agg_contact_effect as e
    left join (
        select campaign_code, min(owner_dept) as owner_dept from mart.fct_contacts group by campaign_code
    ) as told using (campaign_code)
    where e.horizon_days = %s and e.is_complete and e.uplift_permille is not null
    order by e.campaign_code, e.channel, e.assigned_on, e.segment
"""


@dataclass(frozen=True, slots=True)
class Waves:
    """All complete waves of one campaign on one channel, put together."""

    campaign: str
    channel: str
    department: str
    first_on: date
    last_on: date
    treat_count: int
    control_count: int
    uplift: Interval


def waves(
    connection: db.Connection,
    horizon_days: int,
    key: Callable[[dict[str, Any]], tuple[str, ...]] = lambda row: (row["campaign_code"], row["channel"]),
) -> list[Waves]:
    """The waves by campaign and channel, or by what `key` says; waves and age bands weigh by their people."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_WAVES, [horizon_days]).fetchall()
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(key(row), []).append(row)
    return [_together(found) for _, found in sorted(grouped.items())]


def _together(rows: list[dict[str, Any]]) -> Waves:
    found = weighted([
        (Interval(row["estimate"], row["low"], row["high"]), weight_of(row["treat_count"], row["control_count"]))
        for row in rows
    ])  # fmt: skip
    assert found is not None  # the mart tells an uplift only where both arms have people
    return Waves(
        "、".join(sorted({row["campaign_code"] for row in rows})), "、".join(sorted({row["channel"] for row in rows})),
        "、".join(sorted({row["department"] for row in rows})),
        min(row["assigned_on"] for row in rows), max(row["assigned_on"] for row in rows),
        sum(row["treat_count"] for row in rows), sum(row["control_count"] for row in rows), found,
    )  # fmt: skip
