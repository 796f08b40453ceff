"""One whole rehearsal (移行リハーサル): every group staged, written, read again, reconciled and reported."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from receivables import db
from receivables.migration.cleansing import measure
from receivables.migration.outside import keep_finance
from receivables.migration.plan import scope
from receivables.migration.progress import Say, silent
from receivables.migration.reconciling import reconcile
from receivables.migration.reporting import keep_changed
from receivables.migration.runs import run_of
from receivables.migration.spec import spec_of
from receivables.migration.staging import maps_for, stage_groups, with_claims
from receivables.migration.tables import ROLE
from receivables.migration.writing import write
from receivables.settings import State


def rehearse(
    *, edition: str, profile: str, snapshot: date, state: State, maps: Path | None = None,
    groups: Sequence[str] | None = None, sources: Sequence[str] | None = None, kind: str = "rehearsal",
    made_by: str | None = None, say: Say = silent,
) -> str:  # fmt: skip
    """One rehearsal; returns its run_id. By default every group of every source whose claims have yet to move.

    Stages the rows as of `snapshot`, writes the files, reads them again, reconciles and reports.
    `maps` replaces the project's own mapping folder, file by file. A failed reconciliation is a
    verdict and no error. Raises InputRejectedError for an unknown edition, profile, group, source or
    map, and when the published warehouse stands at another day than `snapshot`.
    """
    run_id = stage(
        edition=edition, profile=profile, snapshot=snapshot, state=state, maps=maps, groups=groups, sources=sources,
        kind=kind, made_by=made_by, say=say,
    )  # fmt: skip
    write(run_id, state=state, say=say)
    reconcile(run_id, state=state, say=say)
    return run_id


def stage(
    *, edition: str, profile: str, snapshot: date, state: State, maps: Path | None = None,
    groups: Sequence[str] | None = None, sources: Sequence[str] | None = None, kind: str = "rehearsal",
    made_by: str | None = None, say: Say = silent,
) -> str:  # fmt: skip
    """The first step alone: check specification and maps, stage every group; returns the new run_id.

    `made_by` may not sign the run's report.
    """
    is_all = sources is None
    chosen = scope(sources, groups)
    if is_all and kind != "production":  # a production run moves every claim or none
        there = with_claims(chosen.sources, state=state)
        for left_out in sorted(set(chosen.sources) - set(there)):
            say(f"{left_out}: 倉庫に債権が無いため、このリハーサルに含めない")
        chosen = scope(there or chosen.sources, groups)
    specs = [spec_of(edition, group, profile, snapshot) for group in chosen.groups]
    feeds = maps_for(specs, chosen, maps)
    run_id = stage_groups(
        specs, chosen, feeds, kind=kind, snapshot=snapshot, state=state, made_by=made_by, say=say
    )  # fmt: skip
    if groups is None and is_all:
        say("会計の統制値、意味の変わる項目、クレンジングの計測")
        with db.connect(state, ROLE, doing="measure what stands in the way") as connection:
            run = run_of(connection, run_id)
            keep_finance(connection, run)
            keep_changed(connection, run)
            measure(connection, run_id, snapshot)
    return run_id
