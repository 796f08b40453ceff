"""`python -m bench.law_cases`: generated charges and prescriptions, the product beside the second implementation.

Of every ten cases seven are charges (a twentieth of them late damages and refund interest) and three are
prescriptions. The answer is equality: any difference is printed as a command to run again, and the exit code is 1.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count as numbers

from tests.law.second import charge_compare, interest_compare, prescription_compare
from tests.law.second.charge_compare import Difference

SIDES = {
    "late charge": charge_compare.differences,
    "damages and refund interest": interest_compare.differences,
    "prescription": prescription_compare.differences,
}
SHARES = {"late charge": 665, "damages and refund interest": 35, "prescription": 300}  # of a thousand
CHUNK = 5_000  # cases made from one seed
TOLD = 5  # differences printed of each kind


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some cases of one kind, all from one seed."""

    kind: str
    seed: int
    cases: int


def chunks(cases: int, seed: int) -> Iterator[Chunk]:
    """The whole work in pieces; the seed of a piece follows from `seed` and its place."""
    seeds = numbers(seed * 1_000_000)
    for kind, share in SHARES.items():
        left = -(-cases * share // 1000)
        while left > 0:
            yield Chunk(kind, next(seeds), min(CHUNK, left))
            left -= CHUNK


def compare(chunk: Chunk) -> tuple[Chunk, list[Difference]]:
    """The differences of one piece."""
    return chunk, SIDES[chunk.kind](chunk.seed, chunk.cases)


def say(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(compared: Iterable[tuple[Chunk, list[Difference]]]) -> tuple[Counter[str], Counter[str]]:
    """Cases and differences by kind; the first differences of a kind are printed."""
    cases: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for chunk, differences in compared:
        cases[chunk.kind] += chunk.cases
        for one in differences[: max(0, TOLD - found[chunk.kind])]:
            say(f"{chunk.kind}: {one}")
        found[chunk.kind] += len(differences)
    return cases, found


def main() -> int:
    """Compare as the command line says; 1 when an answer differs."""
    parser = argparse.ArgumentParser(prog="bench.law_cases")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    began = time.monotonic()
    work = list(chunks(given.cases, given.seed))
    if given.processes == 1:
        cases, found = tell(map(compare, work))
    else:
        with ProcessPoolExecutor(given.processes) as pool:
            cases, found = tell(pool.map(compare, work))
    seconds = time.monotonic() - began
    for kind, compared in cases.items():
        say(f"{kind}: {compared:,} cases, {found[kind]:,} differences")
    say(f"seed={given.seed} seconds={seconds:.0f} cases={cases.total()} differences={found.total()}")
    return 1 if found.total() else 0


if __name__ == "__main__":
    sys.exit(main())
