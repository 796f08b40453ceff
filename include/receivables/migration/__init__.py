"""Migration to the national standard systems (標準準拠システムへの移行): stage, write, re-read, reconcile, sign.

The target is a versioned edition in data files with a receiver's profile. What checks a written
file shares no code with what wrote it beyond the loader of that specification.
"""

from receivables.migration.reconciling import outcome, reconcile
from receivables.migration.rehearsal import rehearse
from receivables.migration.signing import sign

__all__ = ["outcome", "reconcile", "rehearse", "sign"]
