"""The hand-made warehouse, and the departments' nights played on it."""

from collections.abc import Callable
from datetime import date

import pytest
from handmade import AS_OF, Handmade

from receivables import identity, ledger, publish, warehouse
from receivables.settings import State


@pytest.fixture(scope="session")
def handmade_state(new_state: Callable[[], State]) -> State:
    return new_state()


@pytest.fixture(scope="module")
def handmade(handmade_state: State) -> Handmade:
    """Empty raw tables; every module writes its own rows."""
    found = Handmade(handmade_state)
    found.make_tables()
    found.empty()
    return found


@pytest.fixture(scope="session")
def night(handmade_state: State) -> Callable[..., str]:
    """Play everything from prepare to publish; returns the published batch."""

    def play(world: Handmade, as_of: date = AS_OF) -> str:
        world.settle_ledger(as_of=as_of)
        warehouse.prepare(as_of=as_of, state=handmade_state)
        world.write_acts()
        ledger.record(as_of=as_of, state=handmade_state)
        identity.resolve(as_of=as_of, state=handmade_state)
        world.assess(as_of=as_of)
        warehouse.build_marts(as_of=as_of, state=handmade_state)
        return publish.publish(as_of=as_of, state=handmade_state)

    return play
