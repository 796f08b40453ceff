"""Per mille of every walked day, read from the seeds with a reader of this side's own; 0 says no rate is known."""

import csv
from pathlib import Path

import numpy as np

from tests.law.second.walked_calendar import DAYS, FIRST_YEAR, LAST, LAST_YEAR, MONTHS, YEARS

SEEDS = Path(__file__).resolve().parents[3] / "dbt_project" / "seeds" / "law"
NUMBER = {f"{YEARS[n]}-{MONTHS[n] % 12 + 1:02}-{DAYS[n]:02}": n for n in range(LAST + 1)}


def _rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str, outside: int) -> int:
    if FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        return NUMBER[text]
    return outside


def table(name: str, column: str) -> np.ndarray:
    """Per mille per day of one column of one seed file; of a file that is not there, none."""
    rates = np.zeros(LAST + 1, dtype=np.int64)
    for row in _rows(name) if (SEEDS / name).exists() else ():
        rates[_number(row["effective_from"], 0) : _number(row["effective_to"], LAST) + 1] = int(row[column])
    return rates


LOW = table("late_charge_rates.csv", "low_permille")
HIGH = table("late_charge_rates.csv", "high_permille")
REFUND = table("refund_interest_rates.csv", "permille")
LEGAL = table("legal_rates.csv", "permille")
DEFERRED = table("deferral_rates.csv", "permille")
