"""Sending under fire: SMS by the city's simulator with faults, workers and database killed; writes bench/sending.json.

    python -m bench.step_sending --messages 100000 --rate 50 --kills 60 --database-kills 3

The carrier does not deduplicate, fails, hangs up and answers late; its ledger is the truth. Counted are messages it
accepted twice, messages it never accepted, those of unknown fate, and its busiest second.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from tests.campaigns.conftest import TABLES

from bench import crowd
from receivables import campaigns, database, db, server
from receivables.campaigns import playbook, selection
from receivables.campaigns.playbook import Gateway
from receivables.errors import EnvironmentFailureError
from receivables.settings import State

HERE = Path(__file__).parent
TARGETS = {"duplicates": 0, "lost": 0, "unknown_permille": 1.0, "wall_seconds": 2160, "busiest_second_ratio": 1.1}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is sent, how fast, and what is killed meanwhile."""

    messages: int = 100_000
    rate: int = 50  # messages a second
    kills: int = 60
    database_kills: int = 3
    workers: int = 6
    fault_permille: int = 50
    seed: int = 1


@dataclass(slots=True)
class Carrier:
    """The simulator's process and its ledger, read as it grows."""

    url: str
    file: Path
    accepted: Counter[str] = field(default_factory=Counter)
    attempts: list[float] = field(default_factory=list)
    _read: int = 0

    def look(self) -> int:
        """Read on; how many messages were accepted by now."""
        with self.file.open("rb") as ledger:
            ledger.seek(self._read)
            text = ledger.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if line:
                entry = json.loads(line)
                if entry["event"] == "attempt":
                    self.attempts.append(entry["at"])
                else:
                    self.accepted[entry["reference"]] += 1
        return len(self.accepted)

    def busiest_second(self) -> int:
        """The most calls that arrived in any one second."""
        window: deque[float] = deque()
        most = 0
        for at in sorted(self.attempts):
            window.append(at)
            while window[0] <= at - 1:
                window.popleft()
            most = max(most, len(window))
        return most


def main() -> int:
    """Send as the command line says; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="bench.step_sending")
    for name, default in Wanted.__dataclass_fields__.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default.default)
    parser.add_argument("--out", type=Path, default=HERE / "sending.json")
    wanted = vars(parser.parse_args())
    out = wanted.pop("out")
    folder = Path(tempfile.mkdtemp(prefix="sending-"))
    state = State(folder)
    try:
        server.ensure_running(state)
        database.initialise(state)
        found = send(Wanted(**wanted), state)
    finally:
        server.stop(state)
        shutil.rmtree(folder, ignore_errors=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    missed = [name for name, most in TARGETS.items() if found[name] > most]
    sys.stdout.write(json.dumps(found) + "\n" + (f"missed: {', '.join(missed)}\n" if missed else "every target met\n"))
    return 1 if missed else 0


def send(wanted: Wanted, state: State) -> dict[str, Any]:
    """A crowd, an approved list, workers that are killed again and again, and what the carrier's ledger says then."""
    run_id, parts = approved(wanted.messages, state)
    terms = Gateway(lookup=True, timeout_seconds=2, settle_seconds=2, parts_per_second=wanted.rate * parts,
                    cost_yen_per_part=12)  # fmt: skip
    with carrier(wanted, state) as one:
        began = time.monotonic()
        done = Battle(wanted, state, [str(state.root), run_id, one.url, terms.model_dump_json()], one).fight()
        wall = time.monotonic() - began
        one.look()
    return told(wanted, state, run_id, one, {"wall_seconds": round(wall, 1), **done})


def approved(people: int, state: State) -> tuple[str, int]:
    """The run of an approved list of `people`, nobody held out, and the parts of its message."""
    with db.connect(state) as connection:
        db.run_script(connection, TABLES)
        crowd.publish(connection)
        crowd.add(connection, people)
    everybody = playbook.playbook("sms_after_dunning").model_copy(update={"holdout_permille": 0})
    with patch.object(selection, "playbook", lambda _: everybody):
        run_id = campaigns.build("sms_after_dunning", as_of=crowd.AS_OF, maker="planner", state=state)
    for user in everybody.approvers:
        campaigns.approve(run_id, user=user, state=state)
    return run_id, int(campaigns.preview(run_id, state=state)["parts_per_message"])


@contextmanager
def carrier(wanted: Wanted, state: State) -> Iterator[Carrier]:
    """The city's simulator as a process of its own."""
    file, port = state.path("carrier", "ledger.jsonl"), server.free_port()
    options = {"--port": port, "--ledger": file, "--seed": wanted.seed, "--fault-permille": wanted.fault_permille,
               "--late-seconds": 2.5, "--delivery-seconds": 0}  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "receivables.city.gateway",
        *(str(part) for one in options.items() for part in one),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            one = Carrier(f"http://127.0.0.1:{port}", file)
            assert server.wait_until(lambda: answers(one.url), seconds=20)
            yield one
        finally:
            process.terminate()


def answers(url: str) -> bool:
    """True when the simulator listens."""
    try:
        return httpx.get(f"{url}/v1/ledger", trust_env=False).is_success
    except httpx.HTTPError:
        return False


@dataclass(slots=True)
class Battle:
    """Workers kept running, killed with -9 at even progress, until nothing is open."""

    wanted: Wanted
    state: State
    arguments: list[str]
    carrier: Carrier
    running: deque[subprocess.Popen[bytes]] = field(default_factory=deque)
    killed: int = 0
    databases_killed: int = 0
    restarted: int = 0

    def fight(self) -> dict[str, int]:
        """Send everything; how many workers and databases were killed."""
        try:
            while not self._is_over():
                self._round()
        finally:
            for each in self.running:
                each.kill()
                each.wait()
        return {"worker_kills": self.killed, "database_kills": self.databases_killed, "restarts": self.restarted}

    def _round(self) -> None:
        self._keep_running()
        sent = self.carrier.look()
        if self._is_due(sent, self.killed, self.wanted.kills):
            self.killed += self._kill()
        if self._is_due(sent, self.databases_killed, self.wanted.database_kills):
            self.databases_killed += kill_database(self.state)
        time.sleep(0.1)

    def _is_due(self, sent: int, done: int, of: int) -> bool:
        return done < of and sent >= self.wanted.messages * (done + 1) // (of + 1)

    def _kill(self) -> int:
        """Kill the worker that has run longest; 1 when it was still alive."""
        victim = self.running.popleft()
        is_alive = victim.poll() is None
        if is_alive:
            victim.send_signal(signal.SIGKILL)
        victim.wait()
        return int(is_alive)

    def _keep_running(self) -> None:
        """As a scheduler would: a worker that ended with an error, as when the database is gone, is started again."""
        ended = [each for each in self.running if each.poll() is not None]
        for each in ended:
            self.running.remove(each)
            self.restarted += each.returncode != 0
        while len(self.running) < self.wanted.workers:
            command = [sys.executable, "-m", "bench.step_sending_worker", *self.arguments]
            self.running.append(subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.DEVNULL))

    def _is_over(self) -> bool:
        """Everything was tried and nothing is open: the last worker has found nothing to do."""
        if not any(each.poll() == 0 for each in self.running):
            return False
        for each in self.running:
            each.wait()
        return is_settled(self.state)


def kill_database(state: State) -> int:
    """Kill PostgreSQL's first process with -9; whoever connects next starts it, and it recovers."""
    running = server.ensure_running(state)
    assert running is not None
    os.kill(int((Path(running.data) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    return 1


def is_settled(state: State) -> bool:
    """True when no message is queued or in flight; unknown when the database is just not there."""
    try:
        with db.connect(state, "sender") as connection:
            query = "select 1 from campaign.run where state = 'done'"
            return connection.execute(query).fetchone() is not None
    except (EnvironmentFailureError, db.DatabaseError):
        return False


def told(wanted: Wanted, state: State, run_id: str, one: Carrier, done: dict[str, Any]) -> dict[str, Any]:
    """The carrier's ledger beside the outbox."""
    with db.connect(state, "sender") as connection:
        rows = dict(connection.execute("select reference, state from campaign.outbox").fetchall())
        looked_up = connection.execute(
            "select count(*) from campaign.outbox_event where outcome like 'looked_up_%'"
        ).fetchone()
    assert looked_up is not None
    unknown = {each["reference"] for each in campaigns.unknown(run_id, state=state)}
    is_open = {reference for reference, at in rows.items() if at in ("ready", "sending", "unknown")}
    return {
        "what": "SMS through the city's simulator with faults, workers and database killed meanwhile",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
        "messages": len(rows), "rate_per_second": wanted.rate, "workers": wanted.workers,
        "fault_permille": wanted.fault_permille, "calls": len(one.attempts), "accepted": len(one.accepted),
        "duplicates": sum(count - 1 for count in one.accepted.values()),
        "lost": len(rows.keys() - one.accepted.keys() - unknown),
        "never_listed": sorted(Counter(rows[each] for each in one.accepted if rows.get(each) not in SENT).items()),
        "unknown": len(is_open), "unknown_listed": len(is_open & unknown),
        "unknown_permille": round(1000 * len(is_open) / len(rows), 3), "looked_up": looked_up[0],
        "busiest_second_ratio": round(one.busiest_second() / wanted.rate, 3), "targets": TARGETS, **done,
    }  # fmt: skip


SENT = ("accepted", "delivered", "failed_perm", "failed_temp")

if __name__ == "__main__":
    sys.exit(main())
