"""Roll-forward between two runs (R-080 繰越しの検証): what stood before, moved as the ledger tells, stands now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["assessed", "corrected", "received", "written_off", "carried"]
# How a movement changes what is still owed. 収納 and 欠損 lower it; what goes back (還付・充当) is negative 収納.
SIGNS: Mapping[Kind, int] = {"assessed": 1, "corrected": 1, "received": -1, "written_off": -1, "carried": 1}
KINDS_JA: Mapping[Kind, str] = {
    "assessed": "新規調定", "corrected": "更正・取消", "received": "収納", "written_off": "不納欠損",
    "carried": "現年から滞納繰越へ",
}  # fmt: skip


class Cell(NamedTuple):
    """The grain of the check: kind of claim, 相当年度 and 現年・滞納繰越."""

    claim_type: str
    fiscal_year: int
    collection_category: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Yen that moved in one cell; `yen` as the books write it (a receipt is positive), the sign is the kind's."""

    cell: Cell
    kind: Kind
    yen: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A cell that does not roll: `expected_yen` is before + movements, `difference_yen` is now − expected."""

    cell: Cell
    before_yen: int
    moved_yen: int
    now_yen: int

    @property
    def expected_yen(self) -> int:
        """What must stand now."""
        return self.before_yen + self.moved_yen

    @property
    def difference_yen(self) -> int:
        """By how much too much stands now."""
        return self.now_yen - self.expected_yen


def roll_forward(before: Mapping[Cell, int], now: Mapping[Cell, int], movements: Iterable[Movement]) -> list[Gap]:
    """The cells where Σ_n ≠ Σ_{n−1} + 新規調定 − 収納 − 欠損 ± 更正, in order; empty when everything rolls.

    Σ is 調定 − 収納 − 欠損 per cell, over-payments as negative yen, so that nothing is cut; a cell that is missing
    on one side holds zero there.
    """
    moved: dict[Cell, int] = defaultdict(int)
    for each in movements:
        moved[each.cell] += SIGNS[each.kind] * each.yen
    gaps = (
        Gap(cell, before.get(cell, 0), moved.get(cell, 0), now.get(cell, 0)) for cell in sorted({*before, *now, *moved})
    )
    return [gap for gap in gaps if gap.difference_yen]
