"""Contenders side by side: rounds ABCABC, each result checked, CPU of client and server together."""

import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.whole_ward import cpu_seconds
from receivables.errors import ReceivablesError

Answer = tuple[object, ...]
LEAST_CPU = 0.005  # seconds; the clock of /proc ticks every hundredth


@dataclass(slots=True)
class Contender:
    """One way to do a step's work, and what is known of it so far."""

    name: str
    work: Callable[[], object]  # the timed part
    answer: Callable[[], Answer]  # what came of it, looked at after the clock has stopped
    key: Answer  # what must come of it
    rows: int
    setting: str = ""
    before: Callable[[], object] = lambda: None  # makes room, not timed
    process: Callable[[], int] = os.getpid  # whose CPU and memory count beside the server's
    fixed_seconds: float = 0.0  # process start and imports, once
    is_absent: bool = False
    verdict: str = "right"
    wall: list[float] = field(default_factory=list)  # seconds per round, the first one dropped
    cpu: list[float] = field(default_factory=list)  # seconds per round, client and server
    peak_mib: int = 0  # of the client

    @property
    def is_right(self) -> bool:
        """Whether every round gave the answer and there are figures."""
        return self.verdict == "right" and bool(self.cpu)


@dataclass(frozen=True, slots=True)
class Gate:
    """The most that `ours` may cost against `limit`: a factor of the CPU per row, or only told of the wall time."""

    ours: str
    limit: str
    most: float
    is_wall: bool = False  # told, never a failure: it needs an idle machine
    is_whole: bool = False  # of the whole work, not per row


@dataclass(slots=True)
class Step:
    """One step of the suite: its contenders and gates."""

    name: str
    what: str
    limit: str
    contenders: list[Contender]
    gates: list[Gate]

    def named(self, name: str) -> Contender:
        """The contender called `name`."""
        return next(one for one in self.contenders if one.name == name)


def run(step: Step, rounds: int, postmaster: int, settle: Callable[[], object] = lambda: None) -> None:
    """Run every contender in turn `rounds` times and keep what all but the first round cost."""
    for contender in step.contenders:
        if contender.is_absent:
            contender.verdict = "not installed"
    for round_no in range(rounds):
        for contender in step.contenders:
            if contender.verdict == "right":
                settle()
                _once(contender, postmaster, is_kept=round_no > 0)
        sys.stdout.write(f"  {step.name}: round {round_no + 1} of {rounds}, load average {os.getloadavg()[0]:.1f}\n")
        sys.stdout.flush()


def _once(contender: Contender, postmaster: int, *, is_kept: bool) -> None:
    try:
        contender.before()
        pid = contender.process()
        _forget_peak(pid)
        before, began = _cpu(pid, postmaster), time.perf_counter()
        contender.work()
        wall = time.perf_counter() - began
        time.sleep(0.03)  # a server process that just ended is counted when its parent has seen it
        cpu = _cpu(pid, postmaster) - before
        contender.peak_mib = max(contender.peak_mib, _peak_mib(pid))
        found = contender.answer()
    except (psycopg.Error, ReceivablesError, RuntimeError, AssertionError, OSError) as fault:
        contender.verdict = (
            f"failed: {str(fault).strip().splitlines()[0][:200] if str(fault) else type(fault).__name__}"
        )
        return
    if found != contender.key:
        contender.verdict = f"WRONG: {found}, right is {contender.key}"
        contender.wall.clear()
        contender.cpu.clear()
    elif is_kept:
        contender.wall.append(wall)
        contender.cpu.append(max(cpu, LEAST_CPU))


def ratio(
    ours: Contender, limit: Contender, *, is_wall: bool = False, is_whole: bool = False
) -> tuple[float, float, float]:
    """Ratio of medians per row, and the least and greatest ratio of one round."""
    mine, theirs = (ours.wall, limit.wall) if is_wall else (ours.cpu, limit.cpu)
    scale = 1.0 if is_whole else limit.rows / ours.rows
    pairs = [scale * one / other for one, other in zip(mine, theirs, strict=False)]
    return scale * statistics.median(mine) / statistics.median(theirs), min(pairs), max(pairs)


def _cpu(pid: int, postmaster: int) -> float:
    mine = time.process_time() if pid == os.getpid() else cpu_seconds(pid)
    return mine + cpu_seconds(postmaster)


def _forget_peak(pid: int) -> None:
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_mib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)
