"""The embedded server: made once, found again, started for root and for nobody."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from receivables import database, db, server
from receivables.errors import EnvironmentFailureError
from receivables.settings import State

pytestmark = pytest.mark.postgres


def test_it_listens_on_loopback_only(state: State) -> None:
    running = server.ensure_running(state)
    assert running is not None
    assert running.host == "127.0.0.1"
    with db.connect(state) as connection:
        row = connection.execute("select current_setting('listen_addresses')").fetchone()
    assert row == ("127.0.0.1",)


def test_starting_twice_is_starting_once(state: State) -> None:
    assert server.ensure_running(state) == server.ensure_running(state)


def test_it_keeps_its_data_and_port_over_a_restart(tmp_path: Path) -> None:
    state = State(tmp_path / "st")
    first = server.ensure_running(state)
    database.initialise(state)
    with db.connect(state) as connection:
        connection.execute("create table ops.kept as select 1 as one")
    assert server.stop(state)
    assert not server.stop(state)
    assert server.ensure_running(state) == first
    with db.connect(state) as connection:
        assert connection.execute("select one from ops.kept").fetchone() == (1,)
    server.stop(state)


def test_a_wrong_password_is_refused(state: State) -> None:
    wrong = db.dsn(state, "analyst").replace(state.secret("pg_analyst"), "guess")
    done = subprocess.run(
        [sys.executable, "-c", "import psycopg, sys; psycopg.connect(sys.argv[1])", wrong],
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user always runs it as himself")
def test_as_root_without_user_namespaces_it_runs_as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEIVABLES_PG_RUN_AS", "nobody")
    state = State(tmp_path / "st")
    running = server.ensure_running(state)
    assert running is not None
    assert running.run_as == "nobody"
    with db.connect(state, database="postgres") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    server.stop(state)
    shutil.rmtree(Path(running.data).parent)


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")), reason="no system PostgreSQL here")
def test_a_system_postgresql_is_used_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEIVABLES_PG", "system")
    state = State(tmp_path / "st")
    running = server.ensure_running(state)
    assert running is not None
    assert running.binaries.startswith("/usr/lib/postgresql")
    database.initialise(state)
    server.stop(state)


def test_a_named_server_is_used_instead(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEIVABLES_DSN", db.dsn(state, database="postgres"))
    other = State(tmp_path / "other")
    assert server.ensure_running(other) is None
    with db.connect(other, database="postgres") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not (other.root / "server.json").exists()


def test_errors_hold_no_values(state: State) -> None:
    twice = "create temp table t (phone text primary key); insert into t values ('090-0000-0000'), ('090-0000-0000')"
    with pytest.raises(db.DatabaseError) as refused, db.connect(state, doing="store a phone") as connection:
        connection.execute(twice.encode())
    assert "090-0000-0000" not in str(refused.value)
    assert "t_pkey" in str(refused.value)


def test_no_server_is_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEIVABLES_DSN", f"host=127.0.0.1 port={server.free_port()} user=x password=y")
    with pytest.raises(EnvironmentFailureError, match="no connection"), db.connect(State(tmp_path), doing="try"):
        pass
