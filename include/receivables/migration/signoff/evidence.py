"""Whether what was signed is still what lies there (証拠の確認): report, pages and files against their digests."""

from dataclasses import dataclass

from psycopg.rows import class_row

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.migration.runs import folder_of
from receivables.migration.signoff.report import report_files
from receivables.migration.spec import sha256_of
from receivables.settings import State

_RUN = """
    select run_id, kind, verdict, report_sha256, made_by, migration.is_production_edition(run_id) as is_final_edition
    from migration.run where run_id = %s
"""
_VIEWS = """
    select distinct on (file_name) file_name, sha256 from migration.report_view
    where run_id = %s order by file_name, view_id desc
"""
_FILES = "select file_name, sha256 from migration.file_manifest where run_id = %s order by file_name"


@dataclass(frozen=True, slots=True)
class SignedRun:
    """A run as far as signing needs to know it."""

    run_id: str
    kind: str
    verdict: str | None
    report_sha256: str | None
    made_by: str | None
    is_final_edition: bool  # C-110 passed for every group

    @property
    def is_production(self) -> bool:
        """Whether every role must sign (本番移行)."""
        return self.kind == "production"


def signed_run(connection: db.Connection, run_id: str) -> SignedRun:
    """The run `run_id`; InputRejectedError lists the latest ones when it is unknown."""
    with connection.cursor(row_factory=class_row(SignedRun)) as cursor:
        found = cursor.execute(_RUN, [run_id]).fetchone()
    if found is None:
        latest = connection.execute("select run_id from migration.run order by created_at desc limit 5").fetchall()
        shown = ", ".join(str(row[0]) for row in latest) or "none yet"
        raise InputRejectedError(f"no migration run {run_id!r}; the latest: {shown}")
    return found


def files_of(connection: db.Connection, run_id: str) -> dict[str, str]:
    """Every file of the run as it was written: name and SHA-256."""
    return {str(name): str(sha256) for name, sha256 in connection.execute(_FILES, [run_id]).fetchall()}


def changes(connection: db.Connection, run: SignedRun, state: State) -> list[str]:
    """What is not as it was reconciled, in words; empty when all digests hold."""
    report = report_files(run.run_id, state)
    found = []
    if not report.model.is_file() or sha256_of(report.model.read_bytes()) != run.report_sha256:
        found.append(f"the report was changed ({report.model.name})")
    for name, sha256 in connection.execute(_VIEWS, [run.run_id]).fetchall():
        view = report.model.with_name(str(name))
        if not view.is_file() or sha256_of(view.read_bytes()) != sha256:
            found.append(f"the report was changed ({view.name})")
    written = files_of(connection, run.run_id)
    folder = folder_of(run.run_id, state)
    for name, sha256 in written.items():
        file = folder / name
        if not file.is_file() or sha256_of(file.read_bytes()) != sha256:
            found.append(f"the file was changed after reconciliation ({name})")
    if not written:
        found.append("the file was changed after reconciliation (no file is in the manifest)")
    return found


def require_unchanged(connection: db.Connection, run: SignedRun, state: State) -> None:
    """InvariantBrokenError names what was changed since the run was reconciled."""
    found = changes(connection, run, state)
    if found:
        raise InvariantBrokenError(f"run {run.run_id}: {'; '.join(found)}; reconcile it again or rehearse anew")


def require_unsigned(connection: db.Connection, run_id: str) -> None:
    """InvariantBrokenError when somebody has signed or rejected the run: nothing of it is made again."""
    row = connection.execute("select count(*) from migration.signoff where run_id = %s", [run_id]).fetchone()
    if row != (0,):
        raise InvariantBrokenError(f"run {run_id} is signed: nothing of it changes any more; rehearse again")
