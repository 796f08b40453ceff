"""Letters (書面): checked, laid out, set as PDF with slips and seals, ordered from a printer, and what came of it.

Flow: `Letter` values → `unprintable` (set those aside) → `render` → files, manifest.json and job.csv for the printer
→ his return → `reconcile`. No database: the caller reads names and addresses in the moment of printing and lets go of
them.
"""

from receivables.campaigns.letters.checking import REASONS, Refusal
from receivables.campaigns.letters.letter import Kind, Letter, LetterClaim, Recipient
from receivables.campaigns.letters.manifest import NAME as MANIFEST
from receivables.campaigns.letters.manifest import Manifest, delete_expired, read_manifest, require_files
from receivables.campaigns.letters.printing import Order, Place, render, unprintable
from receivables.campaigns.letters.returns import (
    Difference,
    Reconciliation,
    Returned,
    read_return,
    reconcile,
    return_text,
)
from receivables.campaigns.letters.seals import is_seal, seal
from receivables.campaigns.letters.slips import Slip, slip_number

__all__ = [
    "MANIFEST",
    "REASONS",
    "Difference",
    "Kind",
    "Letter",
    "LetterClaim",
    "Manifest",
    "Order",
    "Place",
    "Recipient",
    "Reconciliation",
    "Refusal",
    "Returned",
    "Slip",
    "delete_expired",
    "is_seal",
    "read_manifest",
    "read_return",
    "reconcile",
    "render",
    "require_files",
    "return_text",
    "seal",
    "slip_number",
    "unprintable",
]
