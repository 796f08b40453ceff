"""What asking adds, measured in the warehouse, against what is true of the ward; and nothing where nothing is true.

Two wards of 20,000, one whose treated debtors pay more by a known amount and one whose do not. Only what the measure
rests on is taken in and built: lists, taxes and premiums with their receipts.
"""

import csv
from collections.abc import Callable
from typing import NamedTuple

import pytest
from handmade import AS_OF

from receivables import access, city, db, ingest, warehouse
from receivables.ingest.tables import create_tables
from receivables.settings import State

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
RESIDENTS, SEED = 20_000, 1
SOURCES = ("contact_requests", "resident_tax", "nhi")
_MEASURED = """
    select {group}, sum(treat_count) + sum(control_count), min(effect.uplift_permille), min(effect.uplift_low_permille),
        min(effect.uplift_high_permille)
    from (
        select {group}, sum(treat_paid_count)::bigint as a, sum(treat_count)::bigint as b,
            sum(control_paid_count)::bigint as c, sum(control_count)::bigint as d,
            sum(treat_count) as treat_count, sum(control_count) as control_count
        from mart_build.agg_contact_effect
        where horizon_days = 30 and is_complete
        group by {group}
    ) as pooled
    cross join lateral ops.uplift(a, b, c, d) as effect
    group by {group}
"""


class Measured(NamedTuple):
    people: int
    uplift: float
    low: float
    high: float


def measured(state: State, group: str) -> dict[tuple[str, ...], Measured]:
    """Uplift in per mille with its interval, all waves and campaigns together, per value of the columns `group`."""
    width = len(group.split(","))
    with db.connect(state) as connection:
        rows = connection.execute(_MEASURED.format(group=group).encode()).fetchall()
    found = {}
    for row in rows:
        people, *figures = (float(str(each)) for each in row[width:])
        found[tuple(str(each) for each in row[:width])] = Measured(int(people), *figures)
    return found


def built(state: State, *, has_effects: bool) -> State:
    city.make(residents=RESIDENTS, seed=SEED, as_of=AS_OF, has_effects=has_effects, out=state.ward, state=state)
    create_tables(state)
    for source in SOURCES:
        ingest.ingest_source(source, drop=state.ward, as_of=AS_OF, state=state)
    with access.alone(state, "measure") as connection:
        access.apply(connection)
        variables = {"as_of": AS_OF.isoformat(), "published_batch": "measured"}
        warehouse._build(
            ["+agg_contact_effect"], exclude=["test_type:data", "test_type:unit"], variables=variables, state=state
        )
    return state


@pytest.fixture(scope="module")
def moved(new_state: Callable[[], State]) -> State:
    return built(new_state(), has_effects=True)


def test_the_true_uplift_lies_in_the_interval_of_every_channel_and_segment(moved: State) -> None:
    with (moved.ward / "truth/effects.csv").open(encoding="utf-8", newline="") as lines:
        true = {
            (row["channel"], row["segment"]): 1000 * float(row["true_uplift"])
            for row in csv.DictReader(lines)
            if row["campaign"] in ("tax_after_dunning", "nhi_after_dunning")
        }
    found = measured(moved, "channel, segment")
    assert found.keys() == true.keys()
    assert len(true) == 9
    outside = {key: found[key] for key, uplift in true.items() if not found[key].low <= uplift <= found[key].high}
    assert outside == {}


def test_there_are_enough_people_to_tell_an_effect_from_none(moved: State) -> None:
    for channel in ("phone_centre", "sms"):
        found = measured(moved, "channel")[channel,]
        assert found.people > 800
        assert found.low > 0, channel


def test_where_asking_moves_nobody_about_nothing_is_measured(new_state: Callable[[], State]) -> None:
    idle = built(new_state(), has_effects=False)
    with (idle.ward / "truth/effects.csv").open(encoding="utf-8", newline="") as lines:
        assert {row["true_uplift"] for row in csv.DictReader(lines) if row["campaign"] != "sms_after_dunning"} == {
            "0.00"
        }
    for key, found in (measured(idle, "channel, segment") | measured(idle, "channel")).items():
        assert found.low <= 0 <= found.high, key
    (everybody,) = measured(idle, "horizon_days").values()
    assert abs(everybody.uplift) < 35
