"""`make bench-ward`: a whole ward (918,246 residents) made, taken in and built, step by step; writes bench/ward.json.

Each step is a process of its own. Measured are its wall time, the CPU of the step and of PostgreSQL
together, and the greatest memory that both held at one time (proportional set size, so that shared
pages count once). The targets are issue-set: making ≤ 15 minutes, intake ≤ 6 minutes, memory ≤ 4 GiB.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from receivables import assess, city, database, identity, ingest, ledger, night, publish, server, warehouse
from receivables.settings import State

HERE = Path(__file__).parent
AS_OF = date(2026, 6, 19)
TARGETS = {"city_seconds": 900, "intake_seconds": 360, "memory_mib": 4096}
_TICKS = os.sysconf("SC_CLK_TCK")
STEPS: dict[str, Callable[[State], object]] = {
    "intake": lambda state: night.intake(as_of=AS_OF, drop=state.ward, state=state, notice=say),
    "prepare": lambda state: warehouse.prepare(as_of=AS_OF, state=state),
    "record": lambda state: ledger.record(as_of=AS_OF, state=state),
    "resolve": lambda state: identity.resolve(as_of=AS_OF, state=state),
    "assess": lambda state: assess.assess(as_of=AS_OF, state=state),
    "marts": lambda state: warehouse.build_marts(as_of=AS_OF, state=state),
    "publish": lambda state: publish.publish(as_of=AS_OF, state=state),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step's cost: seconds of wall time and of CPU (client and server), peak memory in MiB."""

    step: str
    wall_seconds: float
    cpu_seconds: float
    peak_mib: int


def main() -> None:
    """Measure every step, or do the one that `--step` names."""
    parser = argparse.ArgumentParser(prog="bench.whole_ward")
    parser.add_argument("--residents", type=int, default=918_246)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--state", type=Path, help="keep the ward here (default: a folder that is removed)")
    given = parser.parse_args()
    if given.step:
        do(given.step, State(given.state), given.residents)
        return
    folder = given.state or Path(tempfile.mkdtemp(prefix="ward-"))
    state = State(folder)
    try:
        server.ensure_running(state)
        database.initialise(state)
        steps = [measured(step, state, given.residents) for step in ("city", *STEPS)]
        write(steps, state, given.residents)
    finally:
        if not given.state:
            server.stop(state)
            shutil.rmtree(folder, ignore_errors=True)


def do(step: str, state: State, residents: int) -> None:
    """One step, in the process that is measured."""
    if step == "city":
        city.make(residents=residents, as_of=AS_OF, out=state.ward, state=state)
    else:
        STEPS[step](state)


def say(text: str) -> None:
    """Progress of the step that runs."""
    sys.stdout.write(f"    {text}\n")
    sys.stdout.flush()


def measured(step: str, state: State, residents: int) -> Step:
    """Run one step in a process of its own and watch it and the server."""
    running = server.ensure_running(state)
    assert running is not None
    postmaster = int((Path(running.data) / "postmaster.pid").read_text().split()[0])
    server_before, began = cpu_seconds(postmaster), time.monotonic()
    command = [sys.executable, "-m", "bench.whole_ward", "--step", step, "--state", str(state.root)]
    with subprocess.Popen([*command, "--residents", str(residents)], cwd=HERE.parent) as process:
        peak, ended = [0], threading.Event()
        watcher = threading.Thread(target=watch, args=([process.pid, postmaster], peak, ended))
        watcher.start()
        usage = os.wait4(process.pid, 0)  # with the children that the step has waited for
        process.returncode = os.waitstatus_to_exitcode(usage[1])
        ended.set()
        watcher.join()
    if process.returncode:
        sys.exit(f"step {step} failed")
    wall = time.monotonic() - began
    cpu = usage[2].ru_utime + usage[2].ru_stime + cpu_seconds(postmaster) - server_before
    found = Step(step, round(wall, 1), round(cpu, 1), peak[0])
    sys.stdout.write(
        f"{step:14} {found.wall_seconds:8.1f} s wall {found.cpu_seconds:8.1f} s CPU {found.peak_mib:6} MiB\n"
    )
    sys.stdout.flush()
    return found


def cpu_seconds(parent: int) -> float:
    """CPU of a process, of its living children and of those it has buried."""
    total = 0.0
    for at, pid in enumerate(family(parent)):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile: its parent has its time
        total += sum(int(ticks) for ticks in fields[11 : 15 if at == 0 else 13]) / _TICKS
    return total


def family(parent: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield parent
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def watch(parents: list[int], peak: list[int], ended: threading.Event) -> None:
    """Keep the greatest memory of both families at one time, in MiB."""
    while not ended.wait(0.5):
        held = sum(proportional_kib(pid) for parent in parents for pid in family(parent))
        peak[0] = max(peak[0], held // 1024)


def proportional_kib(pid: int) -> int:
    """Memory of a process, shared pages counted by share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def write(steps: list[Step], state: State, residents: int) -> None:
    """bench/ward.json: the figures beside their targets."""
    wall = {step.step: step.wall_seconds for step in steps}
    batches = ingest.batches(as_of=AS_OF, state=state)
    found = {
        "what": "a whole ward made, taken in and built, each step in a process of its own",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
        "residents": residents,
        "rows": sum(batch.declared_rows or 0 for batch in batches),
        "unexplained_rows": sum(abs(batch.unexplained_rows) for batch in batches),
        "unexplained_yen": sum(abs(batch.unexplained_yen) for batch in batches),
        "city_seconds": wall["city"],
        "intake_seconds": wall["intake"],
        "night_seconds": round(sum(wall[step] for step in STEPS), 1),
        "memory_mib": max(step.peak_mib for step in steps),
        "targets": TARGETS,
        "steps": [asdict(step) for step in steps],
    }
    (HERE / "ward.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    missed = [name for name, most in TARGETS.items() if float(str(found[name])) > most]
    sys.stdout.write(
        f"{residents} residents: " + (f"targets missed: {', '.join(missed)}\n" if missed else "all targets met\n")
    )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
