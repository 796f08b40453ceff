"""No host clock decides anything (F39, F40): the business date is given, and days are counted in Tokyo.

The clock that lies is put under the program in a process of its own; PostgreSQL keeps the host's.
"""

import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from receivables import db
from receivables.settings import PROJECT

from .conftest import Desk
from .files import loan, put_loans
from .test_crashes import NIGHT, checksums, deliver, empty

LYING_CLOCK = """
import datetime, itertools, time, numpy, pandas, psycopg, pydantic, python_calamine  # built against the real classes
real, shift, back = time.time, float({shift}), float({back})
calls = itertools.count()
def lying():
    return real() + shift - back * next(calls)  # jumps back at every look
time.time = lying
time.time_ns = lambda: int(lying() * 1e9)
class Kind(type):
    def __instancecheck__(cls, one):
        return isinstance(one, cls.__mro__[1])
class Day(datetime.date, metaclass=Kind):
    @classmethod
    def today(cls):
        return datetime.datetime.fromtimestamp(lying()).date()
class Moment(datetime.datetime, metaclass=Kind):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(lying(), tz)
    utcnow = today = now
datetime.date, datetime.datetime = Day, Moment
"""
CLOCKS = {"right": (0, 0), "a day ahead": (86_400, 0), "a day behind": (-86_400, 0),
          "thirty years ahead": (30 * 365 * 86_400, 0), "jumping back": (0, 3_600)}  # fmt: skip


@pytest.mark.slow
def test_a_wrong_clock_changes_nothing(desk: Desk) -> None:
    deliver(desk)
    ends = {}
    for name, (shift, back) in CLOCKS.items():
        empty(desk)
        night = LYING_CLOCK.format(shift=shift, back=back) + NIGHT
        subprocess.run([sys.executable, "-c", night, str(desk.state.root), str(desk.drop)], check=True, timeout=120)
        ends[name] = checksums(desk)
        assert desk.ask("select distinct business_date::text from ops.load") == [("2026-06-19",)]
    assert len(ends) == 5
    assert all(end == ends["right"] for end in ends.values())


INSTANTS = {
    "2026-03-31T14:59:59Z": date(2026, 3, 31),
    "2026-03-31T15:00:00Z": date(2026, 4, 1),  # midnight in Tokyo: the fiscal year begins
    "2026-05-31T14:59:59Z": date(2026, 5, 31),
    "2026-05-31T15:00:00Z": date(2026, 6, 1),  # the books of the year before are closed
    "2025-12-31T15:00:00Z": date(2026, 1, 1),
    "2028-02-28T15:00:00Z": date(2028, 2, 29),
}


@pytest.mark.parametrize(("instant", "day"), INSTANTS.items())
def test_a_run_belongs_to_its_day_in_tokyo(instant: str, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT / "plugins"))
    import business_date

    at = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    contexts: list[dict[str, Any]] = [
        {"params": {}, "logical_date": at},
        {"params": {}, "logical_date": None, "dag_run": SimpleNamespace(run_after=at)},
        {"params": {"as_of": day.isoformat()}, "logical_date": at + timedelta(5)},
    ]
    for context in contexts:
        monkeypatch.setattr(business_date, "get_current_context", lambda context=context: context)
        assert business_date.as_of() == day


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_the_fiscal_year_turns_on_the_first_of_april_whatever_the_server_thinks(desk: Desk, zone: str) -> None:
    days = {"令和8年3月31日": 2025, "令和8年4月1日": 2026, "令和7年12月31日": 2025, "令和8年1月1日": 2025}
    rows = [loan(no, 返還期日=day) for no, day in enumerate(days, start=1)]
    put_loans(desk.drop, rows, yen=32_000)
    with db.connect(desk.state, autocommit=True) as connection:
        connection.execute(f"alter role etl set timezone = '{zone}'".encode())
        try:
            desk.take("scholarship")
        finally:
            connection.execute("alter role etl reset timezone")

    totals = "select fiscal_year, rows::int from ops.control_total where hop = 'load' and measure = 'assessed_yen'"
    assert desk.ask(f"{totals} order by 1") == [(2025, 3), (2026, 1)]


def test_nothing_in_sql_asks_the_clock_for_a_day() -> None:
    """Models and loads take the day as a parameter; only times of record (created_at …) come from the server."""
    files = [*Path(PROJECT, "dbt_project").rglob("*.sql"), *Path(PROJECT, "include/receivables/ingest").rglob("*.py")]
    words = ("current_date", "current_timestamp", "now()", "localtimestamp", "'today'")
    asked = [f"{file.name}: {word}" for file in files for word in words if word in file.read_text("utf-8").lower()]
    assert len(files) > 60
    assert asked == []
