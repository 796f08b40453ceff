"""One real night through Airflow, shared by the tests of this folder."""

from collections.abc import Callable, Iterator

import pytest

from receivables import server
from receivables.local import demo
from receivables.local.airflow_api import AirflowApi
from receivables.settings import State
from tests.conftest import AS_OF, RESIDENTS, SEED


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[State, AirflowApi, list[str]]]:
    """State, logged-in API and what was told, after one night of 2,000 residents; the campaign waits."""
    state = State(tmp_path_factory.mktemp("night") / "st")
    told: list[str] = []
    notice: Callable[[str], None] = told.append
    try:
        api = demo.start(state, residents=RESIDENTS, seed=SEED, as_of=AS_OF, port=server.free_port(), notice=notice)
        demo.run_night(api, state, as_of=AS_OF, notice=notice)
        yield state, api, told
    finally:
        demo.stop(state)
