"""One real server and one small ward for the whole session.

Each fixture stands on the one before: `state` (an initialised warehouse), `ward` (2,000
residents' department systems), `loaded` (ingested), `published` (the whole night done).
Tests that change what is in these databases make a state of their own with `new_state`.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from receivables import database, server
from receivables.settings import State

AS_OF = date(2026, 6, 19)
RESIDENTS = 2_000
SEED = 1


@pytest.fixture(scope="session")
def new_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], State]]:
    """Makes further states with a server each; all are stopped when the session ends."""
    made: list[State] = []

    def make() -> State:
        fresh = State(tmp_path_factory.mktemp("state") / "st")
        made.append(fresh)
        server.ensure_running(fresh)
        database.initialise(fresh)
        return fresh

    yield make
    for one in made:
        server.stop(one)


@pytest.fixture(scope="session")
def state(new_state: Callable[[], State]) -> State:
    return new_state()


@pytest.fixture(scope="session")
def ward(state: State) -> Path:
    from receivables import city

    city.make(residents=RESIDENTS, seed=SEED, as_of=AS_OF, days=0, out=state.ward, state=state)
    return state.ward


@pytest.fixture(scope="session")
def loaded(state: State, ward: Path) -> State:
    from receivables import contracts, ingest

    for contract in contracts.all_contracts():
        ingest.ingest_source(contract.source, drop=ward, as_of=AS_OF, state=state)
    return state


@pytest.fixture(scope="session")
def published(loaded: State) -> State:
    from receivables import night

    night.warehouse_night(as_of=AS_OF, state=loaded)
    return loaded
