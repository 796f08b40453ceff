"""Planting faults into rows that were right, and keeping the truth about each.

A row has one fate: accepted, quarantined (one fault), duplicate, or excluded. Rows of the last
year are spared, so that a planted fault never makes somebody look unpaid who is asked to pay.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Generic, TypeVar

from receivables.city.bills import Bill, SeenReceipt

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


@dataclass(frozen=True, slots=True)
class Fault(Generic[C]):
    """One way to spoil a row, and what the pipeline must say about it."""

    fault_code: str
    reason_code: str
    spoil: Callable[[C], C]
    fate: Fate = Fate.QUARANTINED
    is_amount_readable: bool = True
    is_negated: bool = False  # the file itself then declares the negative amount
    is_pair: bool = False  # the spoilt row stands beside the right one, under the same key
    times: int = 1


def planted(
    rng: Random, rows: list[Row[C]], faults: list[Fault[C]], is_victim: Callable[[Row[C]], bool]
) -> list[Row[C]]:
    """`rows` with each of `faults` in it; the victims depend on the seed only, not on the day."""
    wanted = [fault for fault in faults for _ in range(fault.times)]
    victims = [at for at, row in enumerate(rows) if is_victim(row)]
    if len(victims) < len(wanted):
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
        amount_yen=-row.amount_yen if fault.is_negated else row.amount_yen,
        fate=fault.fate,
        fault_code=fault.fault_code,
        reason_code=fault.reason_code,
        is_amount_readable=fault.is_amount_readable,
    )
    if fault.fate is Fate.DUPLICATE:
        return [row, wrong]
    return [replace(wrong, content=row.content), wrong] if fault.is_pair else [wrong]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file, sheet or table that a department hands over on one day, with the truth of its rows."""

    source_code: str
    table_name: str
    file_name: str
    business_date: str
    fates: list[tuple[int, "Row[object]"]]  # (line number from 1, row)


def numbered(rows: list[Row[C]], first_line_no: int) -> list[tuple[int, Row[object]]]:
    """Rows with the line number a person would count in an editor."""
    return [(at, row) for at, row in enumerate(rows, start=first_line_no)]  # type: ignore[misc]
