"""Migration to the national standard systems (標準準拠システムへの移行): stage, write, re-read, reconcile, sign.

The target is a versioned edition in data files with a receiver's profile. What checks a written
file shares no code with what wrote it beyond the loader of that specification.
"""

from receivables.migration.reconciling import outcome, reconcile
from receivables.migration.rehearsal import prepare, rehearse
from receivables.migration.returning import take_back
from receivables.migration.signoff import (
    approve,
    propose,
    record_signatures,
    reject,
    release,
    sign,
    signers,
    status,
)
from receivables.migration.writing import write

__all__ = [
    "approve", "outcome", "prepare", "propose", "reconcile", "record_signatures", "rehearse", "reject", "release",
    "sign", "signers", "status", "take_back", "write",
]  # fmt: skip
