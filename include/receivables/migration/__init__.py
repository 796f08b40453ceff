"""Migration to the national standard systems (標準準拠システムへの移行): stage, write, re-read, reconcile, sign.

The target is a versioned edition in data files with a receiver's profile. What checks a written
file shares no code with what wrote it beyond the loader of that specification.
"""

from receivables.migration.reconciling import differences, outcome, reconcile
from receivables.migration.rehearsal import rehearse, stage
from receivables.migration.returning import take_back
from receivables.migration.signoff import (
    approve,
    propose,
    questions,
    record_signatures,
    reject,
    release,
    report_text,
    sign,
    status,
)
from receivables.migration.writing import write

__all__ = [
    "approve", "differences", "outcome", "propose", "questions", "reconcile", "record_signatures", "rehearse", "reject",
    "release", "report_text", "sign", "stage", "status", "take_back", "write",
]  # fmt: skip
