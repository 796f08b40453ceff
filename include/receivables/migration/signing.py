"""Signatures under a report (署名): two persons, the same digest, a verdict that may be signed."""

import hashlib
from pathlib import Path
from typing import Any

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError
from receivables.migration.report import keep_signatures, report_files
from receivables.migration.runs import Run, folder_of, run_of
from receivables.migration.spec import sha256_of
from receivables.settings import State

REQUIRED = 2
ROLE = "approver"


def sign(run_id: str, *, user: str, state: State) -> dict[str, Any]:
    """Sign the run's report as `user`; the run is accepted when two persons have signed this report.

    Raises NeedsApprovalError when this person signed already, InvariantBrokenError when the verdict
    is not PASS or EXPLAINED, or when report or file are not those that were reconciled.
    """
    if not user.strip():
        raise InputRejectedError("--as is empty: name the user who signs")
    with db.connect(state, ROLE, doing=f"sign {run_id}") as connection:
        run = run_of(connection, run_id)
        _refuse_unsound(connection, run, state)
        done = connection.execute(
            "insert into migration.signoff (run_id, user_name, report_sha256) values (%s, %s, %s)"
            " on conflict do nothing",
            [run_id, user, run.report_sha256],
        )
        rows = connection.execute(
            "select user_name, report_sha256, signed_at from migration.signoff where run_id = %s order by signed_at",
            [run_id],
        ).fetchall()
    valid = [{"user": str(name), "signed_at": str(at)} for name, digest, at in rows if digest == run.report_sha256]
    if done.rowcount == 0:
        raise NeedsApprovalError(
            f"run {run_id}: this user has signed already ({len(valid)} of {REQUIRED}); another person must sign"
        )
    keep_signatures(run_id, valid, state=state)
    return {
        "run_id": run_id, "verdict": run.verdict, "report_sha256": run.report_sha256,
        "signed_by": [each["user"] for each in valid], "signature_count": len(valid),
        "signatures_required": REQUIRED, "is_signed_off": len(valid) >= REQUIRED,
    }  # fmt: skip


def _refuse_unsound(connection: db.Connection, run: Run, state: State) -> None:
    """Only what was reconciled may be signed, and only when it came out even."""
    if run.verdict not in ("PASS", "EXPLAINED"):
        raise InvariantBrokenError(
            f"run {run.run_id}: the verdict is {run.verdict or 'missing'}; correct map or source and rehearse again"
        )
    model = report_files(run.run_id, state).model
    if not model.is_file() or sha256_of(model.read_bytes()) != run.report_sha256:
        raise InvariantBrokenError(
            f"run {run.run_id}: the report was changed; `receivables migration reconcile` it again"
        )
    written = connection.execute(
        "select file_name, sha256 from migration.file_manifest where run_id = %s", [run.run_id]
    ).fetchall()
    folder = folder_of(run.run_id, state)
    changed = [name for name, sha256 in written if _sha256(folder / str(name)) != sha256]
    if changed or not written:
        named = ", ".join(map(str, changed)) or "no file is known"
        raise InvariantBrokenError(
            f"run {run.run_id}: a file was changed after reconciliation ({named}); rehearse again"
        )


def _sha256(file: Path) -> str | None:
    if not file.is_file():
        return None
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
