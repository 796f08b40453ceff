"""The ward in blocks (区画): groups of households that can be made one by one, or side by side, and never meet.

A block depends on the seed and its number only, so that neither the number of processes nor the
order in which they end changes a byte. Its numbers (宛名番号, 通知書番号, 収納番号) are its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

BLOCK_RESIDENTS = 10_000
_NUMBERS_PER_BLOCK = 100_000
_RECEIPTS_PER_BLOCK = 100_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the ward; `residents` of the register and the few who moved away owing money."""

    number: int
    residents: int
    seed: str
    as_of: date

    def rng(self, subject: str) -> Random:
        """The random numbers of one subject in this block."""
        return Random(f"{self.seed}:{subject}")

    def serials(self) -> Iterator[int]:
        """Serial numbers of papers that no other block uses (at most 100,000 in a block)."""
        first = self.number * _NUMBERS_PER_BLOCK + 1
        return iter(range(first, first + _NUMBERS_PER_BLOCK))

    def receipt_serials(self, *, is_second: bool = False) -> Iterator[int]:
        """Serial numbers of receipts that no other block uses; from the middle on for a system's second book."""
        half = _RECEIPTS_PER_BLOCK // 2
        first = self.number * _RECEIPTS_PER_BLOCK + 1 + (half if is_second else 0)
        return iter(range(first, first + half))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made: how many residents, from which seed, of which days, with how many faults.

    `fault_permille` of all settled rows are spoilt, besides one of every kind in the first block.
    """

    residents: int
    seed: int
    as_of: date
    days: int
    fault_permille: int
    out: Path
    has_effects: bool = True  # whether those who were asked (催告) pay more than those who were not

    def blocks(self) -> list[Block]:
        """The blocks in order; the last one takes what does not fill a block."""
        count = max(1, round(self.residents / BLOCK_RESIDENTS))
        first = self.residents - (count - 1) * BLOCK_RESIDENTS
        sizes = [first, *[BLOCK_RESIDENTS] * (count - 1)]
        return [
            Block(at, size, f"{self.seed}.{at}" if at else f"{self.seed}", self.as_of) for at, size in enumerate(sizes)
        ]

    def business_dates(self) -> list[date]:
        """`as_of` and the days that follow it."""
        return [self.as_of + timedelta(days=count) for count in range(self.days + 1)]
