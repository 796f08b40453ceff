"""Windows to the microsecond (F61): a moment counts in Tokyo and by the database's clock, not by the worker's."""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables import campaigns
from receivables.calendar import is_holiday
from receivables.campaigns import windows
from receivables.campaigns.playbook import playbook

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
WINDOW = playbook("sms_after_dunning").send_window
JST = timezone(timedelta(hours=9))
TICK = timedelta(microseconds=1)
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def moment(day: date, clock: Any) -> datetime:
    return datetime.combine(day, clock, JST)


def closes(day: date = AS_OF) -> datetime:
    return moment(day, WINDOW.closes)


@settings(deadline=None)
@given(DAYS)
def test_the_window_opens_and_closes_to_the_microsecond_on_every_day_of_the_year(day: date) -> None:
    works = day.weekday() < 6 and not is_holiday(day) and (day.month, day.day) not in (
        (12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3),
    )  # fmt: skip
    opens = moment(day, WINDOW.opens)
    edges = {
        opens - TICK: False,
        opens: works,
        closes(day) - TICK: works,
        closes(day): False,
        closes(day) + TICK: False,
    }

    assert {at: windows.is_open(WINDOW, at) for at in edges} == edges


@settings(deadline=None)
@given(DAYS, st.times(), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_whatever_offset_it_is_written(day: date, clock: Any, minutes: int) -> None:
    """Japan has no summer time: the offset is nine hours on every day."""
    here = moment(day, clock)
    there = here.astimezone(timezone(timedelta(minutes=minutes)))

    assert windows.is_open(WINDOW, there) == windows.is_open(WINDOW, here)
    assert windows.business_day(there) == day
    assert here.astimezone(windows.TOKYO).utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("lead", [0.3, 1.2, 2.5])
def test_nothing_is_accepted_after_closing_with_workers_in_flight(lead: float, world: World, carrier: Start) -> None:
    for _ in range(150):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    terms = QUICK.model_copy(update={"parts_per_second": 100})
    start = closes() - timedelta(seconds=lead)
    told: list[dict[str, Any]] = []
    began = time.time()

    def work() -> None:
        now = start + timedelta(seconds=time.time() - began)
        told.append(campaigns.dispatch(run_id, state=world.state, gateway_url=gateway.url, terms=terms, now=now))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    outside = [each for each in gateway.sent() if float(each["at"]) - began >= lead]
    assert (outside, [each["stopped_because"] for each in told]) == ([], ["window_closed"] * 3)
    assert len(gateway.sent()) < 150
    world.publish(AS_OF + timedelta(days=1))
    rest = campaigns.dispatch(
        run_id, state=world.state, gateway_url=gateway.url, terms=QUICK,
        now=closes(AS_OF + timedelta(days=1)) - timedelta(hours=1),
    )  # fmt: skip
    assert (rest["waiting"], len(gateway.ledger()), set(gateway.ledger().values())) == (0, 150, {1})


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        (NOON, 12),
        ((closes() + timedelta(seconds=1)).isoformat(), 0),
        ((moment(AS_OF, WINDOW.opens) - timedelta(seconds=30)).isoformat(), 0),
    ],
)
def test_a_worker_whose_own_clock_jumps_goes_by_the_databases(
    now: str, sent: int, world: World, carrier: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(12):
        world.debtor()
    run_id, gateway = world.approved(), carrier(fault_permille=300, only_fault="error_after")
    real, jumps = time.time, itertools.cycle([0.0, 43_200.0, -43_200.0, 86_400.0 * 30])
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))

    done = campaigns.dispatch(
        run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(now), terms=QUICK
    )

    assert (len(gateway.ledger()), set(gateway.ledger().values()) - {1}) == (sent, set())
    assert done["stopped_because"] == (None if sent else "window_closed")


def test_without_a_given_moment_it_is_the_databases_that_counts(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    at = world.run("select clock_timestamp()")[0][0].astimezone(UTC)

    done = campaigns.dispatch(run_id, state=world.state, gateway_url=gateway.url, terms=QUICK)

    is_open = windows.is_open(WINDOW, at)
    assert done["stopped_because"] == ("stale_source" if is_open else "window_closed")  # the lists are of another day
    assert gateway.sent() == []
