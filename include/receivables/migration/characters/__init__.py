"""Characters of a migration (文字): what the target takes, what came, what was decided, and how it can be undone.

No stored name is ever normalised (NFC, NFKC) here: a character that the target does not take is an error until two
people have decided what it is.
"""

from receivables.migration.characters.candidates import Candidate, candidates
from receivables.migration.characters.decisions import approve, in_force, propose, waiting, withdraw
from receivables.migration.characters.folding import folding
from receivables.migration.characters.governed import Ruling, Use, applied, governed, undone
from receivables.migration.characters.identification import identification
from receivables.migration.characters.inventory import Staged, inventory
from receivables.migration.characters.repertoire import CHARSETS, Kind, Problem, length, problem, problems
from receivables.migration.characters.replacing import resolve, restore

__all__ = [
    "CHARSETS", "Candidate", "Kind", "Problem", "Ruling", "Staged", "Use", "applied", "approve", "candidates",
    "folding", "governed", "identification", "in_force", "inventory", "length", "problem", "problems", "propose",
    "resolve", "restore", "undone", "waiting", "withdraw",
]  # fmt: skip
