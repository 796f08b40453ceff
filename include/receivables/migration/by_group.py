"""The groups of a large run side by side, those of a small one in turn: starting processes costs seconds (並行処理)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from receivables.migration.runs import RunGroup
from receivables.processes import side_by_side

LARGE = 200_000  # staged rows
HANDS = 2

Result = TypeVar("Result")


def each_group(
    work: Callable[..., Result], groups: Sequence[RunGroup], *given: Any
) -> Iterator[tuple[RunGroup, Result]]:
    """Do `work(group, *given)` for every group, of a large run the largest first; each with its result, as they end.

    `work` is a function of a module and opens its own connection: what a group did stays when a later one fails.
    """
    if sum(group.staged_rows or 0 for group in groups) < LARGE:
        yield from ((group, work(group, *given)) for group in groups)
        return
    ordered = sorted(groups, key=lambda group: -(group.staged_rows or 0))
    for number, result in side_by_side(work, [(group, *given) for group in ordered], processes=HANDS):
        yield ordered[number], result
