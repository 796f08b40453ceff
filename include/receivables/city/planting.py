"""Planting faults into rows that were right, and keeping the truth about each.

A row has one fate: accepted, quarantined (one fault), duplicate, or excluded. Rows of the last
year are spared, so that a planted fault never makes somebody look unpaid who is asked to pay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle, islice
from random import Random
from typing import Generic, TypeVar

from receivables.city.bills import Bill, SeenReceipt

Act = tuple[object, ...]  # an act of case work, as the truth tells it
C = TypeVar("C")  # what a row is made of: bytes, text, cells


class Fate(StrEnum):
    """What must become of a row."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    EXCLUDED = "excluded"


@dataclass(slots=True)
class Row(Generic[C]):
    """One physical row. `amount_yen` is what the department's own control total counts for it."""

    content: C
    amount_yen: int
    fiscal_year: int | None
    bill: Bill | None = None
    seen: SeenReceipt | None = None
    fate: Fate = Fate.ACCEPTED
    fault_code: str = ""
    reason_code: str = ""
    is_amount_readable: bool = True
    extra_lines: int = 0  # lines of the file that belong to the row, or follow it, and are no rows
    also: tuple[tuple[Bill, SeenReceipt | None], ...] = ()  # further instalments on the same row, with their payments

    def told(self) -> Iterator[tuple[Bill, SeenReceipt | None]]:
        """Every instalment that the row tells of, and its payment if it shows one."""
        if self.bill is not None:
            yield self.bill, self.seen
        yield from self.also

    is_spare: bool = False  # for papers that say so themselves: nothing depends on this row
    acts: tuple[Act, ...] = ()  # case work (滞納整理) that the row tells of


@dataclass(frozen=True, slots=True)
class Fault(Generic[C]):
    """One way to spoil a row, and what the pipeline must say about it."""

    fault_code: str
    reason_code: str
    spoil: Callable[[C], C]
    fate: Fate = Fate.QUARANTINED
    is_amount_readable: bool = True
    is_negated: bool = False  # the file itself then declares the negative amount
    divisor: int = 1  # the file itself then declares the amount divided by it (千円 for 円)
    is_pair: bool = False  # the spoilt row stands beside the right one, under the same key
    is_one_line: bool = False  # the spoilt row has no line breaks in its cells
    times: int = 1


def planted(
    rng: Random,
    rows: list[Row[C]],
    faults: list[Fault[C]],
    is_victim: Callable[[Row[C]], bool],
    *,
    of_each: bool = True,
    permille: int = 0,
) -> list[Row[C]]:
    """`rows` with each of `faults` in it, and as many more as `permille` of the possible victims.

    The victims depend on the seed only, not on the day.
    """
    victims = [at for at, row in enumerate(rows) if is_victim(row)]
    wanted = [fault for fault in faults for _ in range(fault.times)] if of_each else []
    wanted += islice(cycle(faults), len(victims) * permille // 1000)
    wanted = wanted[: len(victims)]
    chosen = dict(zip(rng.sample(victims, len(wanted)), wanted, strict=True))
    found: list[Row[C]] = []
    for at, row in enumerate(rows):
        fault = chosen.get(at)
        found.extend([row] if fault is None else _spoilt(row, fault))
    return found


def duplicated(times: int) -> Fault[C]:
    """The same row a second time (完全重複): the first counts, the second is set aside."""
    return Fault("F32", "DUPLICATE_ROW", _same, Fate.DUPLICATE, times=times)


def _same(content: C) -> C:
    return content


def _spoilt(row: Row[C], fault: Fault[C]) -> list[Row[C]]:
    wrong = replace(
        row,
        content=fault.spoil(row.content),
        amount_yen=(-row.amount_yen if fault.is_negated else row.amount_yen) // fault.divisor,
        fate=fault.fate,
        fault_code=fault.fault_code,
        reason_code=fault.reason_code,
        is_amount_readable=fault.is_amount_readable,
        extra_lines=0 if fault.is_one_line else row.extra_lines,
    )
    if fault.fate is Fate.DUPLICATE:
        return [row, wrong]
    return [replace(wrong, content=row.content), wrong] if fault.is_pair else [wrong]
