"""Disks that are full, time-outs, no connections left, deadlocks, workers that stand still (F44, F47, F48, F51).

Each is done to a running delivery on a real server; the end is that of a clean run once the cause is gone, and nobody
mends anything by hand.
"""

import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from receivables import db, ingest, server
from receivables.errors import EnvironmentFailureError
from receivables.ingest import ledger

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, put_nhi
from .test_crashes import checksums, deliver, empty

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LARGEST = (16 << 20) + 65_536  # above a segment of the server's log, so that only what is loaded meets the limit
MANY = 90_000


@pytest.fixture
def wanted(desk: Desk) -> dict[str, object]:
    """The checksums of a clean run of this delivery, on tables that are empty again."""
    deliver(desk)
    desk.take("nhi")
    found = checksums(desk)
    empty(desk)
    return found


@pytest.fixture
def failing(desk: Desk) -> Iterator[str]:
    """A trigger of the test's own that raises the code written in its table when a row is loaded."""
    desk.do(
        "create schema if not exists failing",
        "create table failing.code (sqlstate text)",
        "grant usage on schema failing to public",
        "grant select, delete on failing.code to public",
        "create function failing.fail() returns trigger language plpgsql as $$ declare found text; begin"
        " select sqlstate into found from failing.code; if found = 'sleep' then perform pg_sleep(20);"
        " elsif found is not null then raise exception 'made by a test' using errcode = found; end if;"
        " return new; end $$",
        "create trigger fail before insert on raw.nhi__claims for each row execute function failing.fail()",
    )
    yield "failing.code"
    desk.do("drop trigger fail on raw.nhi__claims", "drop schema failing cascade")


@contextmanager
def role_setting(desk: Desk, name: str, value: str) -> Iterator[None]:
    desk.do(f"alter role etl set {name} = '{value}'")
    try:
        yield
    finally:
        desk.do(f"alter role etl reset {name}")


@contextmanager
def files_no_larger_than(size: int, pid: int = 0) -> Iterator[None]:
    """The operating system refuses to let a file grow further, as a full disk does."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def postmaster(desk: Desk) -> int:
    running = server.ensure_running(desk.state)
    assert running is not None
    found = desk.ask("select pg_read_file('postmaster.pid')")
    data = str(found[0][0]).split("\n")[1]
    inside = int(str(found[0][0]).split("\n")[0])
    for entry in Path("/proc").glob("[0-9]*"):  # in a namespace of its own the server has another number than we see
        with suppress(OSError):
            status = (entry / "status").read_text()
            numbers = next(line for line in status.split("\n") if line.startswith("NSpid")).split()[1:]
            if int(numbers[-1]) == inside and data in (entry / "cmdline").read_text().split("\0"):
                return int(entry.name)
    raise AssertionError("the server's process is not to be found")


def test_a_full_disk_under_the_spool_leaves_nothing_half(desk: Desk) -> None:
    put_nhi(desk.drop, host_file([nhi_claim(no) for no in range(1, 1_001)], yen=12_000_000))

    with files_no_larger_than(100_000), pytest.raises(EnvironmentFailureError, match="make room"):
        desk.take("nhi")

    assert desk.is_untouched()
    assert not [file for file in desk.state.spool.iterdir() if file.is_file()], "a draft lies in the spool"
    assert desk.take("nhi")["claims"].state == "loaded"


def test_a_full_disk_under_the_database_loads_nothing_and_mends_itself(desk: Desk) -> None:
    """The server's own files are refused by the operating system while rows come in."""
    put_nhi(desk.drop, host_file([nhi_claim(no) for no in range(1, MANY + 1)], yen=12_000 * MANY))

    with files_no_larger_than(LARGEST, postmaster(desk)), pytest.raises(db.DatabaseError):
        desk.take("nhi")

    assert desk.is_untouched()
    taken = desk.take("nhi")["claims"]
    assert (taken.state, taken.accepted_rows) == ("loaded", MANY)


@pytest.mark.parametrize(("code", "words"), [("53100", "disk is full"), ("53200", "out of memory")])
def test_a_server_short_of_room_is_said_so(
    desk: Desk, wanted: dict[str, object], failing: str, code: str, words: str
) -> None:
    desk.do(f"insert into {failing} values ('{code}')")
    with pytest.raises(db.DatabaseError, match=words) as refused:
        desk.take("nhi")
    assert refused.value.exit_code == 5
    assert "made by a test" not in str(refused.value)
    assert desk.count("raw.nhi__claims") == desk.count("quarantine.row") == 0

    desk.do(f"delete from {failing}")
    desk.take("nhi")
    assert checksums(desk) == wanted


def test_a_statement_past_its_time_out_is_said_so(desk: Desk, wanted: dict[str, object], failing: str) -> None:
    desk.do(f"insert into {failing} values ('sleep')")
    with role_setting(desk, "statement_timeout", "500ms"), pytest.raises(db.DatabaseError, match="time-out"):
        desk.take("nhi")
    assert desk.count("raw.nhi__claims") == 0

    desk.do(f"delete from {failing}")
    desk.take("nhi")
    assert checksums(desk) == wanted


def test_who_holds_a_source_too_long_is_not_waited_for_for_ever(
    desk: Desk, wanted: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LOCK_WAIT", "300ms")
    with db.connect(desk.state, "etl") as other:
        ledger.lock(other, "nhi")
        began = time.monotonic()
        with pytest.raises(db.DatabaseError, match="held what this needs"):
            desk.take("nhi")
        assert time.monotonic() - began < 5
        desk.take("scholarship")  # the others go on

    empty(desk)
    desk.take("nhi")
    assert checksums(desk) == wanted


def test_too_many_connections_are_waited_for_a_little_and_then_said_so(
    desk: Desk, wanted: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    desk.do("alter role etl connection limit 0")
    try:
        began = time.monotonic()
        with pytest.raises(EnvironmentFailureError, match="connections left"):
            desk.take("nhi")
        assert 0.3 < time.monotonic() - began < 10
        mended = threading.Timer(0.1, desk.do, ["alter role etl connection limit -1"])
        mended.start()
        desk.take("nhi")  # the second or third try gets through
        mended.join()
    finally:
        desk.do("alter role etl connection limit -1")
    assert checksums(desk) == wanted


def test_a_deadlock_is_tried_again_and_counted(
    desk: Desk, wanted: dict[str, object], failing: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Another transaction holds what the loader needs second and then asks for what the loader has."""
    caplog.set_level(logging.WARNING)
    checked = checked_batches(desk)
    with role_setting(desk, "deadlock_timeout", "300ms"), db.connect(desk.state) as other:
        other.execute("set deadlock_timeout = '20s'")
        other.execute("lock table vault.nhi__claims in access exclusive mode")
        loader = threading.Thread(target=ingest.load, args=["nhi", checked], kwargs={"state": desk.state})
        loader.start()
        waiting = "select count(*) from pg_locks where not granted and relation = 'vault.nhi__claims'::regclass"
        while desk.ask(waiting) == [(0,)]:
            time.sleep(0.02)
        other.execute("lock table raw.nhi__claims in access exclusive mode")  # waits for the loader: a ring
        other.commit()
        loader.join(30)
    assert checksums(desk) == wanted
    assert [record.getMessage() for record in caplog.records if "40P01" in record.getMessage()] == [
        "load nhi: database error 40P01; it met with other work (deadlock); run it again (try 2 of 3 follows)"
    ]


def test_a_deadlock_again_and_again_is_given_up(desk: Desk, wanted: dict[str, object], failing: str,
                                                caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    desk.do(f"insert into {failing} values ('40P01')")
    with pytest.raises(db.DatabaseError, match="deadlock"):
        desk.take("nhi")
    assert sum("40P01" in record.getMessage() for record in caplog.records) == db.TRIES - 1
    desk.do(f"delete from {failing}")
    desk.take("nhi")
    assert checksums(desk) == wanted


def checked_batches(desk: Desk) -> list[str]:
    landed = ingest.land("nhi", drop=desk.drop, as_of=DAY, state=desk.state)
    return ingest.check("nhi", landed, state=desk.state)


LOADER = """
import sys
from pathlib import Path
from receivables import ingest
from receivables.ingest import ledger
from receivables.settings import State
ledger.IDLE = sys.argv[2]
ingest.load("nhi", sys.argv[3:], state=State(Path(sys.argv[1])))
"""


@contextmanager
def stopped_loader(desk: Desk, idle: str = "30min") -> Iterator[subprocess.Popen[bytes]]:
    """A loader of its own process that stands still (SIGSTOP) in the middle of its load, with its locks."""
    batches, held = checked_batches(desk), "vault.nhi__claims"
    with db.connect(desk.state) as other:
        other.execute(f"lock table {held} in access exclusive mode".encode())
        command = [sys.executable, "-c", LOADER, str(desk.state.root), idle, *batches]
        loader = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        waiting = f"select count(*) from pg_locks where not granted and relation = '{held}'::regclass"
        while desk.ask(waiting) == [(0,)]:
            time.sleep(0.02)
        os.kill(loader.pid, signal.SIGSTOP)
    try:
        yield loader
    finally:
        with suppress(ProcessLookupError):
            os.kill(loader.pid, signal.SIGCONT)
            loader.wait(60)


def test_a_worker_that_only_slept_and_its_successor_load_once(desk: Desk, wanted: dict[str, object]) -> None:
    with stopped_loader(desk) as old:
        second = threading.Thread(target=desk.take, args=["nhi"])
        second.start()
        time.sleep(0.5)
        assert second.is_alive(), "the second waits while the first holds the source"
        os.kill(old.pid, signal.SIGCONT)
        second.join(60)
        assert old.wait(60) == 0
    assert checksums(desk) == wanted


def test_a_worker_believed_dead_writes_nothing_after_its_successor(desk: Desk, wanted: dict[str, object]) -> None:
    """The server ends the session of a loader that stands still; its successor loads; then it wakes up."""
    with stopped_loader(desk, "1s") as old:
        began = time.monotonic()
        desk.take("nhi")
        assert time.monotonic() - began < 20
        assert checksums(desk) == wanted
        os.kill(old.pid, signal.SIGCONT)
        assert old.wait(60) != 0, "it must say that its session is gone"
    assert checksums(desk) == wanted
