"""Quarantine round trip (隔離の往復): work list, correction file out and back in, two approvals, release or discard."""

from receivables.quarantine.approving import approve
from receivables.quarantine.exporting import export
from receivables.quarantine.proposing import import_file, propose_discard
from receivables.quarantine.releasing import release
from receivables.quarantine.worklist import work_list

__all__ = ["approve", "export", "import_file", "propose_discard", "release", "work_list"]
