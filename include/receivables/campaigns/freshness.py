"""Freshness (元データの鮮度): how old the newest loaded delivery of every table of a source is.

One table that is late makes the whole source stale: claims without today's receipts are how
people who have paid come to be dunned. So does one that was loaded and is not in the published figures yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from psycopg.rows import class_row

from receivables.contracts import all_contracts, contract
from receivables.db import Connection

_NEWEST = """
    select distinct on (source, table_name)
        source, table_name, batch_id, business_date, holds_sending,
        batch_id in (
            select unnest(rests.batch_ids) from ops.batch_rests_on as rests
            inner join ops.published_batch as seen using (published_batch) where seen.is_current
        ) as is_published
    from ops.load
    where state = 'loaded' and business_date <= %s
    order by source, table_name, business_date desc, created_at desc, batch_id
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The newest loaded batch of one table."""

    source: str
    table_name: str
    batch_id: str
    business_date: date
    holds_sending: bool  # it was loaded, but a promise of its contract says that nobody be contacted on it
    is_published: bool  # the figures that readers see rest on it


@dataclass(frozen=True, slots=True)
class SourceState:
    """What of one source was loaded last, table by table."""

    deliveries: tuple[Delivery, ...]

    @property
    def business_date(self) -> date:
        """The date of the oldest of its newest deliveries."""
        return min(each.business_date for each in self.deliveries)

    @property
    def batch_ids(self) -> list[str]:
        """The batches it rests on."""
        return sorted(each.batch_id for each in self.deliveries)


def source_states(connection: Connection, day: date) -> dict[str, SourceState]:
    """What was loaded last of every source up to `day`, and is in the published figures.

    Not a source that lacks a table, that must wait, or of which anything was loaded since the figures were made: who
    paid, or who is protected, may stand in just that.
    """
    found: dict[str, dict[str, Delivery]] = defaultdict(dict)
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        for each in cursor.execute(_NEWEST, [day]):
            found[each.source][each.table_name] = each
    return {
        source: SourceState(tuple(tables[name] for name in sorted(tables)))
        for source, tables in found.items()
        if _tables_of(source) <= tables.keys()
        and all(each.is_published and not each.holds_sending for each in tables.values())
    }


def sources_behind(connection: Connection, day: date) -> frozenset[str]:
    """The sources of which something was loaded that is not in the published figures yet (公開前の取込あり)."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return frozenset(each.source for each in cursor.execute(_NEWEST, [day]) if not each.is_published)


def stale_sources(
    states: Mapping[str, SourceState], needed: Iterable[str], day: date, most_days: int
) -> frozenset[str]:
    """Those of `needed` of which some table is older than agreed, or was never loaded (鮮度不足)."""
    oldest = day - timedelta(days=most_days)
    return frozenset(name for name in needed if name not in states or states[name].business_date < oldest)


@cache
def rests_on(source: str) -> frozenset[str]:
    """All sources that must be fresh before a claim of `source` is written about (鮮度の依存先).

    The department itself, the register, and everybody who tells of its debtors: a channel that is silent hides who
    has just paid at a counter of its own, a silent arrears office whose collection is held.
    """
    channels = {channel.source for channel in all_contracts() if source in channel.announces}
    return frozenset({source, "register", *channels})


def rests_on_all(sources: Iterable[str]) -> frozenset[str]:
    """All that must be fresh before claims of these sources are written about; the register always."""
    return frozenset({"register"}.union(*map(rests_on, sources)))


@cache
def _tables_of(source: str) -> frozenset[str]:
    return frozenset(table.name for table in contract(source).tables)
