"""Row-level reconciliation (明細照合) of any two relations of one database: exact, and fast where days are equal.

`screen` says whether anything differs, `tree` where, `first_difference` names the first wrong row, `differences` all
of them, `transpositions` items that changed places, `digests` what a signature stands on. Whole numbers only, no
tolerance; NULL, '' and 0 are three things. Everything runs in the caller's transaction, best in one snapshot.
"""

from receivables.migration.comparison.canonical import Digests, check_agreement, digests
from receivables.migration.comparison.comparing import (
    Comparison,
    Example,
    ItemDifference,
    OneSided,
    differences,
)
from receivables.migration.comparison.first import Difference, DifferingValue, first_difference
from receivables.migration.comparison.pairing import repeated_rows
from receivables.migration.comparison.screening import Screened, screen
from receivables.migration.comparison.shape import Shape, Side
from receivables.migration.comparison.swaps import Transposition, cause_of, transpositions, wrong_columns
from receivables.migration.comparison.tallying import Tally, tallies
from receivables.migration.comparison.tie_out import Node, tree

__all__ = [
    "Comparison", "Difference", "DifferingValue", "Digests", "Example", "ItemDifference", "Node", "OneSided",
    "Screened", "Shape", "Side", "Tally", "Transposition", "cause_of", "check_agreement", "differences", "digests",
    "first_difference", "repeated_rows", "screen", "tallies", "transpositions", "tree", "wrong_columns",
]  # fmt: skip
