"""Two states for the screens: one night written by hand, and one in which nothing has happened yet."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn

from receivables import server
from receivables.screens.serving import application
from receivables.settings import State
from tests.screens import handmade


@pytest.fixture(scope="session")
def quiet_state(new_state: Callable[[], State]) -> State:
    return new_state()


@pytest.fixture(scope="session")
def night_state(new_state: Callable[[], State]) -> State:
    made = new_state()
    handmade.write(made)
    for name in ("data_docs/index.html", "migration/M0001.html"):
        file = made.reports / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("<!doctype html><html lang='ja'><title>帳票</title><p>帳票</p></html>", encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def served() -> Iterator[Callable[[State], str]]:
    """Serves the screens of a state on loopback; the address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def serve(state: State) -> str:
        port = server.free_port()
        app = uvicorn.Server(uvicorn.Config(application(state), host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=app.run, daemon=True)
        thread.start()
        running.append((app, thread))
        deadline = time.monotonic() + 20
        while not app.started and time.monotonic() < deadline:
            time.sleep(0.05)
        return f"http://127.0.0.1:{port}/"

    yield serve
    for app, thread in running:
        app.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def free_address() -> Callable[[], str]:
    """The address of a database server that is not there."""
    return lambda: f"host=127.0.0.1 port={server.free_port()} user=nobody"
