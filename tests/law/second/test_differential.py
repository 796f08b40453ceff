"""Two implementations, one law: tens of thousands of generated cases, answered alike."""

from collections.abc import Callable

import pytest

from tests.law.second import charge_compare, interest_compare, prescription_compare
from tests.law.second.charge_compare import Difference

SEED = 20_260_619
COUNTS = [
    (charge_compare.differences, 20_000),
    (interest_compare.differences, 4_000),
    (prescription_compare.differences, 20_000),
]


@pytest.mark.parametrize(("differences", "count"), COUNTS, ids=["late_charge", "interest", "prescription"])
def test_both_implementations_agree(differences: Callable[[int, int], list[Difference]], count: int) -> None:
    found = differences(SEED, count)
    shortest = sorted(found, key=lambda one: len(one.case))[:5]
    assert not found, f"{len(found)} of {count} differ; seed {SEED}; the shortest:\n" + "\n".join(map(str, shortest))
