"""All case work (滞納整理) of a block: each department draws from random numbers of its own.

So nothing of the bills, people and payments hangs on it, and a department that is new changes no other's cases.
"""

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.cases import Office
from receivables.city.enforced_cases import work_on_enforced
from receivables.city.other_cases import SOURCES, work_on_others

_ENFORCED = ("resident_tax", "light_vehicle_tax", "nhi", "latter_stage", "ltci", "nursery", "welfare_refund")


def work_on_cases(block: Block, bills: dict[str, list[Bill]]) -> None:
    """Give the bills of every department their cases."""
    for source in _ENFORCED:
        work_on_enforced(Office(block, block.rng(f"cases:{source}")), bills[source])
    numbers = Office(block, block.rng("cases")).numbers  # the book counts through all sections
    for source in SOURCES:
        office = Office(block, block.rng(f"cases:{source}:others"))
        office.numbers = numbers
        work_on_others(office, bills[source])
