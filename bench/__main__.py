"""`make bench`: every step beside its limit and its peers, results checked; writes bench/results.json and a chart."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import report
from bench.deliveries import FULL
from bench.peers import Peers
from bench.rounds import Step, run
from bench.step_checks import checks_step
from bench.step_clean import clean_step
from bench.step_load import load_step
from bench.step_night import night_step
from bench.step_sources import source_steps
from bench.step_warehouse import warehouse_steps
from bench.world import World, world

HERE = Path(__file__).parent
RESIDENTS = 20_000
STEPS = ("load", "clean", "checks", "night", "sources", "warehouse")
WHOLE_WARD = 918_246


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured: `scale` 1 is the whole ward."""

    scale: float = 0.1
    rounds: int = 5  # of the short steps; the long ones have two fewer, three at least
    has_peers: bool = True
    steps: tuple[str, ...] = STEPS
    residents: int = RESIDENTS
    out: Path = HERE


def main() -> int:
    """Measure as the command line says; 1 when a gate failed."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--scale", type=float, default=0.1, help="1 is 6 million instalments")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server must not outlive the suite
    return measure(Wanted(given.scale, given.rounds, not given.no_peers, tuple(given.steps.split(",")), out=given.out))


def measure(wanted: Wanted, change: Callable[[Step], None] = lambda step: None) -> int:
    """The suite; `change` may alter a step before it runs (tests plant a wrong answer)."""
    began, told, peers = time.monotonic(), [], Peers(wanted.has_peers)
    longer = max(3, wanted.rounds - 2) if wanted.rounds > 2 else wanted.rounds
    with world(int(FULL * wanted.scale)) as here:
        about = report.machine(here, wanted.scale)
        try:
            for make, rounds in _steps(wanted, here, peers, longer):
                for step in make():
                    change(step)
                    run(step, rounds, here.postmaster, here.settle)
                    told.append(report.tell(step))
        finally:
            peers.stop()
    wanted.out.mkdir(exist_ok=True)
    report.write(wanted.out, about | {"seconds": round(time.monotonic() - began)}, told)
    failed = report.failures(told)
    report.say("\n" + ("failed: " + "; ".join(failed) if failed else "every gate met"))
    return 1 if failed else 0


def _steps(
    wanted: Wanted, here: World, peers: Peers, longer: int
) -> list[tuple[Callable[[], list[Step]], int]]:  # fmt: skip
    every = {
        "load": (lambda: [load_step(here, peers)], wanted.rounds),
        "clean": (lambda: [clean_step(here, peers)], longer),
        "checks": (lambda: [checks_step(here)], longer),
        "night": (lambda: [night_step(here)], longer),
        "sources": (lambda: source_steps(here, wanted.residents), longer),
        "warehouse": (lambda: warehouse_steps(here, int(WHOLE_WARD * wanted.scale)), longer),
    }
    return [every[name] for name in STEPS if name in wanted.steps]


if __name__ == "__main__":
    sys.exit(main())
