"""Case work day by day: each night's full copies are taken in, what is new adds to what was known, nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from receivables import city, contracts, db, ingest
from receivables.settings import State
from tests.conftest import AS_OF

pytestmark = pytest.mark.postgres
DAYS = (0, 3, 7)
SOURCES = ("arrears", "claims_book")


@pytest.fixture(scope="module")
def week(new_state: Callable[[], State]) -> State:
    state = new_state()
    city.make(residents=3_000, seed=1, as_of=AS_OF, days=DAYS[-1], out=state.ward, state=state)
    return state


@pytest.mark.parametrize("source", SOURCES)
def test_every_night_is_taken_in_and_adds_to_the_last(week: State, source: str) -> None:
    tables = [table.name for table in contracts.contract(source).tables]
    known: list[dict[str, int]] = []
    for count in DAYS:
        day = AS_OF + timedelta(days=count)
        ingest.ingest_source(source, drop=week.ward, as_of=day, state=week)
        batches = [batch for batch in ingest.account(as_of=day, state=week)["batches"] if batch["table_name"] in tables]
        assert {batch["state"] for batch in batches} <= {"loaded", "duplicate"}, [one["reason"] for one in batches]
        known.append({name: rows(week, name) for name in tables})
    for before, after in pairwise(known):
        assert all(before[name] <= after[name] for name in tables)
    assert sum(known[-1].values()) > sum(known[0].values())


def rows(state: State, table: str) -> int:
    with db.connect(state) as connection:
        found = connection.execute(f"select count(*) from raw.{table} where _known_to is null".encode()).fetchone()
    assert found
    return int(found[0])
