"""Cut lines, killed servers, any order: after a retry the end is that of a clean run, checksum by checksum."""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from receivables import db, ingest, server
from receivables.errors import ReceivablesError
from receivables.settings import State

from .conftest import Desk
from .files import CLAIM_ITEMS, DAY, csv_bytes, host_file, loan, nhi_claim, put_loans, put_nhi, put_tax, tax_claim
from .proxy import Proxy, proxy_before

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
POINTS = 8
KILLS = 3


def deliver(desk: Desk) -> None:
    """Three departments' deliveries, with a row for each fate."""
    rows = [*(nhi_claim(no) for no in range(1, 40)), nhi_claim(3), nhi_claim(50, due_date=b"4310501"),
            nhi_claim(51, status=b"9")]  # fmt: skip
    put_nhi(desk.drop, host_file(rows, yen=12_000 * len(rows)))
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, [tax_claim(1), tax_claim(2, 納期限="x")]), count=2, yen=60_000)
    put_loans(desk.drop, [loan(1), loan(2, 契約日=None)], yen=16_000)


def kept_tables(desk: Desk) -> list[str]:
    query = "select schemaname || '.' || tablename from pg_tables where schemaname in ('raw', 'vault') order by 1"
    return [str(name) for (name,) in desk.ask(query)]


def checksums(desk: Desk) -> dict[str, object]:
    """Of every table that intake fills, without the times of day."""
    tables = kept_tables(desk)
    queries = {name: f"select * from {name}" for name in tables} | {
        "loads": "select batch_id, state, declared_rows, declared_yen, accepted_rows, accepted_yen, quarantined_rows,"
        " quarantined_yen, duplicate_rows, excluded_rows, reason_code from ops.load where state <> 'duplicate'",
        "totals": "select batch_id, hop, measure, fiscal_year, rows, yen from ops.control_total",
        "quarantine": "select batch_id, line_no, byte_offset, raw, reason_code, field, amount_yen, state"
        " from quarantine.row",
        "aside": "select batch_id, line_no, reason_code from ops.set_aside_row",
    }
    return {
        name: desk.ask(f"select count(*), md5(string_agg(one::text, '|' order by one::text)) from ({query}) as one")[0]
        for name, query in queries.items()
    }


def empty(desk: Desk) -> None:
    held = [f"landing.{name}" for (name,) in desk.ask("select tablename from pg_tables where schemaname = 'landing'")]
    desk.do(f"truncate ops.load, {', '.join(kept_tables(desk))} cascade", *(f"drop table {name}" for name in held))


@pytest.fixture
def proxy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    known = server.ensure_running(desk.state)
    assert known is not None
    with proxy_before(known.port) as found:
        yield found


def through(proxy: Proxy, state: State) -> str:
    return f"host=127.0.0.1 port={proxy.port} user=postgres password={state.secret('pg_postgres')}"


@pytest.mark.parametrize("is_answer_lost", [False, True], ids=["message lost", "answer lost"])
def test_a_line_cut_anywhere_is_healed_by_trying_again(
    desk: Desk, proxy: Proxy, is_answer_lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(desk)
    with monkeypatch.context() as behind_proxy:
        behind_proxy.setenv("RECEIVABLES_DSN", through(proxy, desk.state))
        desk.take("nhi")
    messages, clean = proxy.sent, checksums(desk)
    assert messages > POINTS
    broken = 0
    for cut_at in sorted({1 + messages * point // POINTS for point in range(POINTS)} | {messages - 1}):
        empty(desk)
        proxy.arm(cut_at, is_answer_lost=is_answer_lost)
        with monkeypatch.context() as behind_proxy:
            behind_proxy.setenv("RECEIVABLES_DSN", through(proxy, desk.state))
            try:
                desk.take("nhi")
            except ReceivablesError:
                broken += 1
        desk.take("nhi")
        assert checksums(desk) == clean, f"cut at message {cut_at} of {messages}"
    assert broken > POINTS // 2


NIGHT = """
import sys
from datetime import date
from pathlib import Path
from receivables import ingest
from receivables.ingest import checking, expectations, landing
from receivables.settings import State
expectations.validate = lambda *_, **__: None
checking.documents = lambda **_: None
landing.SETTLE_SECONDS = 0
print("ready", flush=True)
ingest.ingest_source("nhi", drop=Path(sys.argv[2]), as_of=date(2026, 6, 19), state=State(Path(sys.argv[1])))
"""


def test_a_loader_killed_at_any_moment_is_followed_by_a_clean_one(desk: Desk) -> None:
    deliver(desk)
    desk.take("nhi")
    clean, whole, rng = checksums(desk), warm(desk), random.Random(3)
    for number in range(KILLS):
        empty(desk)
        command = [sys.executable, "-c", NIGHT, str(desk.state.root), str(desk.drop)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as loader:
            assert loader.stdout is not None
            loader.stdout.readline()
            time.sleep((number + rng.random()) / KILLS * whole)
            os.killpg(loader.pid, signal.SIGKILL)
        desk.take("nhi")
        assert checksums(desk) == clean


def warm(desk: Desk) -> float:
    """Seconds that the next take will take: the first one also warms caches, and says too much."""
    empty(desk)
    began = time.monotonic()
    desk.take("nhi")
    return time.monotonic() - began


def end_server(state: State) -> None:
    with suppress(ReceivablesError):  # it may be on its way down already
        server.kill(state)


def test_a_server_killed_at_any_moment_loses_nothing(desk: Desk) -> None:
    deliver(desk)
    desk.take("nhi")
    clean, whole, rng = checksums(desk), warm(desk), random.Random(5)
    interrupted = 0
    for number in range(KILLS):
        empty(desk)
        killer = threading.Timer((number + rng.random()) / KILLS * whole, end_server, [desk.state])
        killer.start()
        try:
            desk.take("nhi")
        except ReceivablesError:
            interrupted += 1
        killer.join()
        server.ensure_running(desk.state)
        desk.take("nhi")
        assert checksums(desk) == clean
    assert interrupted


def test_order_repetition_and_retries_change_nothing(desk: Desk) -> None:
    deliver(desk)
    sources = ("nhi", "resident_tax", "scholarship")
    for source in sources:
        desk.take(source)
    clean = checksums(desk)
    rng = random.Random(11)
    for order in itertools.permutations(sources):
        empty(desk)
        again = [*order, *rng.sample(sources, 2)]
        rng.shuffle(again)
        for source in again:
            if rng.random() < 0.5:  # a task that ended before its last step and is run again from the first
                ingest.check(source, ingest.land(source, drop=desk.drop, as_of=DAY, state=desk.state), state=desk.state)
            desk.take(source)
        assert checksums(desk) == clean, again


def test_two_loaders_of_one_source_at_once(desk: Desk) -> None:
    deliver(desk)
    desk.take("nhi")
    clean = checksums(desk)
    empty(desk)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            desk.take("nhi")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert checksums(desk) == clean
    with db.connect(desk.state) as connection:
        left = connection.execute("select count(*) from pg_tables where schemaname = 'landing'").fetchone()
    assert left == (0,)


def test_the_file_replaced_while_it_is_read_is_one_version_or_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file: Path = put_nhi(desk.drop, host_file([nhi_claim(no) for no in range(1, 40)], yen=12_000 * 39))
    other = host_file([nhi_claim(no, yen=9_000) for no in range(1, 40)], yen=9_000 * 39)
    from receivables.ingest import spool

    real = spool.HashingFile.write

    def replacing(self: spool.HashingFile, block: bytes) -> int:
        file.write_bytes(other)
        return real(self, block)

    monkeypatch.setattr(spool, "BLOCK", 1_000)
    with monkeypatch.context() as while_read:
        while_read.setattr(spool.HashingFile, "write", replacing)
        assert desk.take("nhi")["claims"].state in ("missing", "rejected")
    assert desk.count("raw.nhi__claims") == 0

    claims = desk.take("nhi")["claims"]
    assert (claims.state, claims.accepted_yen) == ("loaded", 9_000 * 39)
