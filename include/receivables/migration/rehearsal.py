"""One whole rehearsal (移行リハーサル)."""

from datetime import date
from pathlib import Path

from receivables.migration.mapping import map_of
from receivables.migration.reconciling import reconcile
from receivables.migration.spec import spec_of
from receivables.migration.staging import stage
from receivables.migration.writing import write
from receivables.settings import State

GROUP, SOURCE = "chotei_shuno", "nhi"


def rehearse(*, edition: str, profile: str, snapshot: date, state: State, maps: Path | None = None) -> str:
    """One rehearsal of 調定収納情報 for the health insurance premium; returns its run_id.

    Stages the rows as of `snapshot`, writes the file, reads it again, reconciles and reports.
    `maps` replaces the project's own mapping folder, file by file. A failed reconciliation is a
    verdict and no error. Raises InputRejectedError for an unknown edition, profile or map, and
    when the published warehouse stands at another day than `snapshot`.
    """
    spec = spec_of(edition, GROUP, profile)
    chosen = map_of(SOURCE, spec.group, maps)
    run_id = stage(spec, chosen, snapshot=snapshot, state=state)
    write(run_id, state=state)
    reconcile(run_id, state=state)
    return run_id
