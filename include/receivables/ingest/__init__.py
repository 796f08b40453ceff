"""Intake (取込): land, check, load what departments deliver, losing no row and no yen."""

from receivables.ingest.accounts import BatchResult, account, batches
from receivables.ingest.approving import approve
from receivables.ingest.documents import documents
from receivables.ingest.flow import ingest_source
from receivables.ingest.gaiji import inventory
from receivables.ingest.steps import check, land, load

__all__ = [
    "BatchResult",
    "account",
    "approve",
    "batches",
    "check",
    "documents",
    "ingest_source",
    "inventory",
    "land",
    "load",
]
