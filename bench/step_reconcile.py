"""Reconciliation of two tables row by row beside its limit and its peers, faults planted; writes bench/reconcile.json.

    python -m bench.step_reconcile --rows 6000000 --rounds 3

First every fault at `--detect-rows`, each way once: does it see the fault, does it name the rows and the columns? Then
whole days at `--rows`, in rounds: an equal one, one wrong yen, 200 faults, two columns swapped. Each answer is held
against what was planted; a wrong one is WRONG. Gates are on CPU (client and server) as a multiple of a bare scan.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.reconcile_days import FAULTS, SEED, Answer, Fault, break_, make, mend
from bench.reconcile_ways import SHAPE, Peer, Way, ways
from bench.whole_ward import cpu_seconds
from receivables import db, server
from receivables.settings import State

HERE = Path(__file__).parent
TOLERANCE = 1.15  # two runs of the same thing differ by so much
GATES = (("equal", "ours: screen", 6.0), ("200 faults", "ours: all", 15.0), ("one wrong yen", "ours: all", 15.0))
FIRST_SECONDS = 10.0  # told, never a failure: it needs an idle machine
DAYS = ("equal", "one wrong yen", "200 faults", "columns swapped")
LEAST_CPU = 0.01


@dataclass(slots=True)
class Result:
    """What one way made of one fault."""

    verdict: str = ""
    names_rows: bool | None = None
    names_columns: bool | None = None
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Suite:
    """The server, the ways, and what was found: by fault and way."""

    state: State
    postmaster: int
    connection: psycopg.Connection[Any]
    ways: list[Way]
    found: dict[str, dict[str, Result]] = field(default_factory=dict)

    def round(self, faults: list[Fault], *, is_kept: bool) -> None:
        """Every fault planted in turn, every way asked about it."""
        for fault in faults:
            truth = break_(self.connection, fault)
            for way in self.ways:
                if fault.is_whole and not way.does_whole:
                    continue
                result = self.found.setdefault(fault.name, {}).setdefault(way.name, Result())
                self._once(way, truth, result, is_kept=is_kept)
            mend(self.connection, fault, truth)
            say(f"  {fault.name}: " + "; ".join(f"{name} {told(one)}" for name, one in self.found[fault.name].items()))

    def _once(self, way: Way, truth: Answer, result: Result, *, is_kept: bool) -> None:
        if result.verdict.startswith(("WRONG", "failed", "not installed")) and result.cpu:
            return
        self.connection.execute("checkpoint")
        before, began = self._cpu(way), time.perf_counter()
        try:
            answer = way.work()
        except (RuntimeError, psycopg.Error) as fault:
            result.verdict = f"failed: {str(fault).splitlines()[0][:160]}"
            return
        wall = time.perf_counter() - began
        time.sleep(0.05)  # a server process that just ended is counted when its parent has seen it
        if is_kept:
            result.cpu.append(max(self._cpu(way) - before, LEAST_CPU))
            result.wall.append(wall)
        judge(way, answer, truth, result)

    def _cpu(self, way: Way) -> float:
        return cpu_seconds(self.postmaster) + (cpu_seconds(way.peer.pid) if way.peer else time.process_time())


def judge(way: Way, answer: Answer, truth: Answer, result: Result) -> None:
    """Hold an answer against what was planted."""
    if way.is_floor:
        result.verdict = "floor"
        return
    wrong = answer.differs != truth.differs
    if answer.keys is not None:
        expected = set(sorted(truth.keys or ())[:1]) if way.names_first else truth.keys
        result.names_rows = answer.keys == expected
        wrong |= not result.names_rows
    if answer.columns is not None and not way.names_first:
        result.names_columns = answer.columns == truth.columns
        wrong |= not result.names_columns
    result.verdict = "WRONG" if wrong else "right"


def told(result: Result) -> str:
    """One result in a few words."""
    seconds = f" {statistics.median(result.wall):.2f} s" if result.wall else ""
    return result.verdict + seconds


def main() -> int:
    """Measure as the command line says; 1 when a gate is passed by more than 15 % or ours is wrong."""
    parser = argparse.ArgumentParser(prog="bench.step_reconcile")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--detect-rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-rows", type=int, default=1_000_000, help="the peers' days: some load all rows")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path, default=HERE / "reconcile.json")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server must not outlive the suite
    folder = Path(tempfile.mkdtemp(prefix="reconcile-"))
    folder.chmod(0o755)
    state, peers = State(folder / "state"), [] if given.no_peers else Peer.all(folder)
    try:
        running = server.ensure_running(state)
        assert running is not None, "unset RECEIVABLES_DSN: the suite measures a server of its own"
        postmaster = int((Path(running.data) / "postmaster.pid").read_text().split()[0])
        with psycopg.connect(db.dsn(state, database="postgres"), autocommit=True) as connection:
            content = measure(given, state, postmaster, connection, peers)
    finally:
        for each in peers:
            each.stop()
        server.stop(state)
        shutil.rmtree(folder, ignore_errors=True)
    given.out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    say("\n" + table(content))
    say("failed: " + "; ".join(content["failed"]) if content["failed"] else "every gate met")
    return 1 if content["failed"] else 0


def measure(
    given: argparse.Namespace, state: State, postmaster: int, connection: psycopg.Connection[Any], peers: list[Peer]
) -> dict[str, Any]:  # fmt: skip
    """Both parts; what goes into the file."""
    every = ways(state, peers)
    loads = [os.getloadavg()[0]]
    say(f"seed {SEED}, {os.cpu_count()} cores, Python {platform.python_version()}, load average {loads[0]:.1f}")
    say(f"{given.detect_rows:,} rows, every fault")
    make(connection, given.detect_rows)
    detect = Suite(state, postmaster, connection, every)
    detect.round(list(FAULTS), is_kept=True)
    beside, timed = (Suite(state, postmaster, connection, some) for some in (every, [w for w in every if not w.peer]))
    days = [fault for fault in FAULTS if fault.name in DAYS]
    for suite, rows, rounds in ((beside, min(given.rows, given.peer_rows), 1), (timed, given.rows, given.rounds)):
        say(f"{rows:,} rows, whole days")
        make(connection, rows)
        for number in range(rounds):
            suite.round(days, is_kept=number > 0 or rounds == 1)
            loads.append(os.getloadavg()[0])
            say(f"round {number + 1} of {rounds}, load average {loads[-1]:.1f}")
    version = connection.execute("show server_version").fetchone()
    content = {
        "what": "two tables reconciled row by row: seconds and CPU beside a bare scan of both (count, sum)",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "postgresql": str(version[0]) if version else "?", "columns": len(SHAPE.items), "seed": SEED,
        "load_average": [round(load, 1) for load in loads], "rounds": given.rounds,
        "settings": {way.name: way.setting for way in every}, "detect_rows": given.detect_rows, "rows": given.rows,
        "peer_rows": min(given.rows, given.peer_rows),
        "faults": {name: {way: as_dict(one, each) for way, one in each.items()} for name, each in detect.found.items()},
        "days_beside_peers": {name: {way: as_dict(one, each) for way, one in each.items()}
                              for name, each in beside.found.items()},
        "days": {name: {way: as_dict(one, each) for way, one in each.items()} for name, each in timed.found.items()},
    }  # fmt: skip
    return content | {"failed": failures(content)}


def as_dict(result: Result, beside: dict[str, Result]) -> dict[str, object]:
    """One result beside the floor of its fault."""
    content: dict[str, object] = {
        "verdict": result.verdict, "names_rows": result.names_rows, "names_columns": result.names_columns,
    }  # fmt: skip
    if result.cpu:
        floor = statistics.median(beside["bare scan"].cpu)
        content |= {
            "seconds": round(statistics.median(result.wall), 2), "cpu_seconds": round(statistics.median(result.cpu), 2),
            "cpu_ratio": round(statistics.median(result.cpu) / floor, 2),
        }  # fmt: skip
    return content


def failures(content: dict[str, Any]) -> list[str]:
    """Gates that failed, and answers of ours that are not right."""
    days, found = content["days"], []
    for day, way, most in GATES:
        ratio = days[day][way].get("cpu_ratio")
        if ratio is None or ratio > most * TOLERANCE:
            found.append(f"{way} on '{day}' took {ratio} × the bare scan (at most {most})")
    for part in ("faults", "days_beside_peers", "days"):
        found += [f"{way} on '{fault}': {one['verdict']}" for fault, each in content[part].items()
                  for way, one in each.items() if way.startswith("ours") and one["verdict"] != "right"]  # fmt: skip
    seconds = days["one wrong yen"]["ours: first"].get("seconds", 0)
    say(f"first wrong row after {seconds} s (target {FIRST_SECONDS:.0f} s on six million rows and an idle machine)")
    return found


def table(content: dict[str, Any]) -> str:
    """Markdown for the documents: what each way sees, then what whole days cost."""
    names = list(content["settings"])
    lines = [f"| fault ({content['detect_rows']:,} rows) | " + " | ".join(names[1:]) + " |",
             "| --- |" + " --- |" * (len(names) - 1)]  # fmt: skip
    for fault, each in content["faults"].items():
        lines.append(f"| {fault} | " + " | ".join(_seen(each.get(name)) for name in names[1:]) + " |")
    for part, rows in (("days_beside_peers", content["peer_rows"]), ("days", content["rows"])):
        lines += ["", f"| day ({rows:,} rows) | way | verdict | seconds | CPU ratio |",
                  "| --- | --- | --- | ---: | ---: |"]  # fmt: skip
        lines += [f"| {day} | {way} | {one['verdict']} | {one.get('seconds', '')} | {one.get('cpu_ratio', '')} |"
                  for day, each in content[part].items() for way, one in each.items()]  # fmt: skip
    return "\n".join(lines)


def _seen(one: dict[str, Any] | None) -> str:
    if one is None:
        return "not run"
    named = [word for word, is_named in (("rows", one["names_rows"]), ("columns", one["names_columns"])) if is_named]
    return f"{one['verdict']}{' (' + ', '.join(named) + ')' if named else ''}"


def say(line: str) -> None:
    """One line for people."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
