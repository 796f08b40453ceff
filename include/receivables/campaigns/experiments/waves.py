"""Waves of vendors (委託先の催告の波) beside our own runs: drawn and measured in the mart agg_contact_effect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.experiments.intervals import Interval
from receivables.campaigns.experiments.pooling import Stratum, mantel_haenszel

_WAVES = """
    select e.campaign_code, e.channel, e.assigned_on, e.treat_count, e.control_count, e.treat_paid_count,
        e.control_paid_count, coalesce(told.owner_dept, '') as department
    from mart.agg_contact_effect as e
    left join (
        select campaign_code, min(owner_dept) as owner_dept from mart.fct_contacts group by campaign_code
    ) as told using (campaign_code)
    where e.horizon_days = %s and e.is_complete
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
    """The waves by campaign and channel, or by what `key` says; each wave and age band is a stratum."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_WAVES, [horizon_days]).fetchall()
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(key(row), []).append(row)
    return [made for _, found in sorted(grouped.items()) if (made := _together(found))]


def _together(rows: list[dict[str, Any]]) -> Waves | None:
    found = mantel_haenszel([
        Stratum(row["treat_paid_count"], row["treat_count"], row["control_paid_count"], row["control_count"])
        for row in rows
    ])  # fmt: skip
    if found is None:
        return None
    return Waves(
        "、".join(sorted({row["campaign_code"] for row in rows})), "、".join(sorted({row["channel"] for row in rows})),
        "、".join(sorted({row["department"] for row in rows})),
        min(row["assigned_on"] for row in rows), max(row["assigned_on"] for row in rows),
        sum(row["treat_count"] for row in rows), sum(row["control_count"] for row in rows),
        Interval(*(1000 * each for each in found)),
    )  # fmt: skip
