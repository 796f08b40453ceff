"""The brake on a delivery that looks unlike the last ones (分布の検査): amounts a thousandfold, a code turned round.

Every row may be right and the whole still wrong: yen became thousands of yen, code 1 now means what 2 meant. The bands
are configuration (`brake` of the contract's table), not law.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import log10

from receivables.contract_parts import Brake
from receivables.contracts import Table
from receivables.ingest.profile import BOUNDS, EMPTY, ZERO, Cell
from receivables.ingest.rejection import BatchRejectedError

ENOUGH = 100  # rows; fewer say nothing about a distribution
_QUANTILES = (10, 50, 90)  # per cent
_SHOWN = 3
Shares = Mapping[str, tuple[int, int]]  # class: rows, yen


def require_shape(table: Table, now: Sequence[Cell], before: Sequence[Cell]) -> None:
    """DISTRIBUTION when a column's mean, quantiles or shares lie outside the band around those accepted before."""
    known, found = _by_column(before), _by_column(now)
    odd = [
        f"{column}: {what}" for column, cells in found.items() if column in known
        for what in _oddities(cells, known[column], table.brake, is_yen=table.column(column).type == "yen")
    ]  # fmt: skip
    if odd:
        more = f" (and {len(odd) - _SHOWN} more)" if len(odd) > _SHOWN else ""
        raise BatchRejectedError(
            "DISTRIBUTION",
            "; ".join(odd[:_SHOWN]) + more + ", against the deliveries accepted last",
            "ask the department what changed; when it is right, `receivables ingest approve`",
        )


def _by_column(cells: Sequence[Cell]) -> dict[str, dict[str, tuple[int, int]]]:
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for cell in cells:
        found[cell.column][cell.cell] = (cell.rows, cell.yen)
    return found


def _oddities(now: Shares, before: Shares, brake: Brake, *, is_yen: bool) -> Iterator[str]:
    if min(_rows(now), _rows(before)) < ENOUGH:
        return
    if is_yen:
        yield from _odd_amounts(now, before, brake)
        now, before = _zero_or_not(now), _zero_or_not(before)
    for cell in sorted({*now, *before}):
        shares = [cells.get(cell, (0, 0))[0] * 1000 // _rows(cells) for cells in (now, before)]
        if abs(shares[0] - shares[1]) > brake.share_permille:
            named = {EMPTY: "empty", ZERO: "0"}.get(cell, cell)
            yield f"share of {named} {shares[0]} per mille, was {shares[1]}"


def _odd_amounts(now: Shares, before: Shares, brake: Brake) -> Iterator[str]:
    some, others = _amounts(now), _amounts(before)
    if min(_rows(some), _rows(others)) < ENOUGH:
        return
    mean, known = _mean(some), _mean(others)
    if not known <= mean * brake.mean_factor or not mean <= known * brake.mean_factor:
        yield f"mean {mean} yen, was {known}"
    for percent in _QUANTILES:
        amount, usual = _quantile(some, percent), _quantile(others, percent)
        if not usual <= amount * brake.quantile_factor or not amount <= usual * brake.quantile_factor:
            yield f"{percent} per cent lie below about {amount} yen, was {usual}"


def _rows(cells: Shares) -> int:
    return sum(rows for rows, _ in cells.values())


def _amounts(cells: Shares) -> Shares:
    return {cell: counted for cell, counted in cells.items() if cell not in (EMPTY, ZERO)}


def _zero_or_not(cells: Shares) -> Shares:
    found = {cell: counted for cell, counted in cells.items() if cell in (EMPTY, ZERO)}
    return {**found, "any amount": (_rows(_amounts(cells)), 0)}


def _mean(cells: Shares) -> int:
    return sum(yen for _, yen in cells.values()) // _rows(cells)


def _quantile(cells: Shares, percent: int) -> int:
    """The amount below which `percent` of the rows lie, even inside its class on a logarithmic scale; yen."""
    wanted = _rows(cells) * percent / 100
    seen = 0
    for bound in BOUNDS:
        rows = cells.get(str(bound), (0, 0))[0]
        if rows and seen + rows >= wanted:
            step = log10(_next(bound) / bound) * (wanted - seen) / rows
            return round(bound * 10**step)
        seen += rows
    return BOUNDS[-1]


def _next(bound: int) -> int:
    at = BOUNDS.index(bound) + 1
    return BOUNDS[at] if at < len(BOUNDS) else bound * 2
