"""The rate tables (割合の表) and how far they reach: a missing year is told before it is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from receivables.law.charging import RateTable
from receivables.law.late_damages import LegalRate

SEED_FOLDER = "dbt_project/seeds/law"


@dataclass(frozen=True, slots=True)
class RunningOut:
    """A rate table that ends soon or has ended: its last day, the days left from the day asked about, its seed."""

    table: str
    seed: str
    last_day: date
    days_left: int


@dataclass(frozen=True, slots=True)
class RateTables:
    """Every table of rates by the day."""

    late_charge_rates: RateTable
    refund_interest_rates: RateTable
    deferral_rates: RateTable
    legal_rates: tuple[LegalRate, ...]

    def last_days(self) -> Iterator[tuple[str, date]]:
        """Each table's name and the last day it reaches."""
        for name in RateTables.__slots__:
            yield name, getattr(self, name)[-1].effective_to

    def running_out(self, as_of: date, within_days: int) -> tuple[RunningOut, ...]:
        """The tables that do not reach `within_days` beyond `as_of`, the shortest first; negative once they ended."""
        short = [
            RunningOut(name, f"{SEED_FOLDER}/{name}.csv", last, (last - as_of).days)
            for name, last in self.last_days()
            if last < as_of + timedelta(days=within_days)
        ]
        return tuple(sorted(short, key=lambda each: (each.last_day, each.table)))
