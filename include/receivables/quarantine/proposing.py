"""Returned corrections and discards become proposals (訂正・対象外の案の作成): nothing is released here.

A row that is still wrong is told by id, field and reason; it stays open and can be corrected again.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from receivables import db
from receivables.errors import InputRejectedError
from receivables.ingest import spool
from receivables.quarantine import checking, returned, sheet
from receivables.quarantine.checking import Fault
from receivables.quarantine.decoding import Field, fields
from receivables.quarantine.exporting import ROLE
from receivables.quarantine.proposals import ProposedRow, propose
from receivables.quarantine.worklist import QuarantinedRow, open_rows, title_ja
from receivables.settings import State


def import_file(file: Path, *, owner_dept: str, user: str, state: State) -> dict[str, Any]:
    """Read a returned correction file of `owner_dept`: the proposal made of its right rows, and what is still wrong."""
    _require_user(user)
    if not file.is_file():
        raise InputRejectedError(f"no file {file.name!r}; give the correction file that came back")
    copy = spool.copy_in(state, file, spool.look(file))
    with db.connect(state, ROLE, doing="import corrections") as connection:
        connection.execute("select pg_advisory_xact_lock(7131125)")
        _refuse_again(connection, file, copy.sha256)
        rows, faults = _checked(connection, returned.read(file), owner_dept, state)
        if not rows and not faults:
            raise InputRejectedError(f"{file.name}: no field was corrected; fill in 訂正後の値")
        reason = f"訂正票 {copy.sha256[:12]}"
        proposal_id = rows and propose(
            connection, kind="release", owner_dept=owner_dept, maker=user, reason=reason, rows=rows,
            file_name=copy.file_name, file_sha256=copy.sha256,
        )  # fmt: skip
        connection.execute(
            "insert into correction.returned_file (file_sha256, file_name, user_name, proposal_id, faults)"
            " values (%s, %s, %s, %s, %s)",
            [copy.sha256, copy.file_name, user, proposal_id or None, json.dumps([fault._asdict() for fault in faults])],
        )
    return {
        "proposal_id": proposal_id or None, "file_sha256": copy.sha256, "rows": len(rows),
        "faults": [{**fault._asdict(), "reason_ja": title_ja(fault.reason_code)} for fault in faults],
    }  # fmt: skip


def propose_discard(row_ids: Sequence[str], *, reason: str, user: str, state: State) -> dict[str, Any]:
    """Propose that rows of one department count as 対象外 for ever, with a reason."""
    _require_user(user)
    if not reason.strip():
        raise InputRejectedError("--reason is empty: say why these rows are to be left out (対象外とする理由)")
    with db.connect(state, ROLE, doing="propose a discard") as connection:
        known = {row.row_id: row for row in open_rows(connection)}
        unknown = [row_id for row_id in row_ids if row_id not in known]
        if unknown or not row_ids:
            raise InputRejectedError(
                f"{len(unknown)} of these rows do not wait; `receivables quarantine list` has the ids"
            )
        departments = {known[row_id].owner_dept for row_id in row_ids}
        if len(departments) > 1:
            raise InputRejectedError(f"the rows belong to {' and '.join(sorted(departments))}; propose each by itself")
        rows = [ProposedRow(row_id, known[row_id].raw_sha256, []) for row_id in dict.fromkeys(row_ids)]
        proposal_id = propose(
            connection, kind="discard", owner_dept=departments.pop(), maker=user, reason=reason, rows=rows
        )
    return {"proposal_id": proposal_id, "rows": len(rows)}


def _require_user(user: str) -> None:
    if not user.strip():
        raise InputRejectedError("--as is empty: name the user who proposes")


def _refuse_again(connection: db.Connection, file: Path, sha256: str) -> None:
    found = connection.execute(
        "select proposal_id from correction.returned_file where file_sha256 = %s", [sha256]
    ).fetchone()
    if found:
        raise InputRejectedError(
            f"{file.name}: DUPLICATE_FILE: imported already (proposal {found[0] or 'none'}); nothing to do"
        )


def _checked(
    connection: db.Connection, lines: Sequence[sheet.Line], owner_dept: str, state: State
) -> tuple[list[ProposedRow], list[Fault]]:  # fmt: skip
    known = {row.row_id: row for row in open_rows(connection)}
    by_row: dict[str, list[sheet.Line]] = {}
    for line in lines:
        by_row.setdefault(line.row_id, []).append(line)
    answered = {
        row_id: found for row_id, found in by_row.items() if any(one.corrected or one.is_formula for one in found)
    }
    decoded = fields([known[row_id] for row_id in answered if row_id in known], state)
    rows: list[ProposedRow] = []
    faults: list[Fault] = []
    taken: set[tuple[object, ...]] = set()
    for row_id, found in answered.items():
        row = known.get(row_id)
        fault = _line_fault(found, row, owner_dept, state)
        if fault is None:
            assert row is not None
            texts = _merged(decoded[row_id], found, row)
            fault = texts if isinstance(texts, Fault) else _row_fault(connection, row, texts, found[0].line_no, taken)
            if fault is None:
                rows.append(ProposedRow(row_id, row.raw_sha256, texts))  # type: ignore[arg-type]
        if fault:
            faults.append(fault)
    return rows, faults


def _line_fault(
    lines: Sequence[sheet.Line], row: QuarantinedRow | None, owner_dept: str, state: State
) -> Fault | None:  # fmt: skip
    """What is wrong with the lines of a row before its values are looked at."""
    first = lines[0]
    if row is None:
        return Fault("?", first.line_no, "NOT_OPEN", None)
    if row.owner_dept != owner_dept:
        return Fault(row.row_id, first.line_no, "OTHER_DEPARTMENT", None)
    key = state.secret(sheet.KEY)
    names = [column.name for column in checking.table_of(row).columns]
    for line in lines:
        if line.mark != sheet.mark(key, line.export_id, row.row_id, row.raw_sha256):
            return Fault(row.row_id, line.line_no, "CHANGED_ID", None)
        if line.is_formula:
            return Fault(row.row_id, line.line_no, "FORMULA", line.name if line.name in names else None)
        if line.corrected and line.name not in names:
            return Fault(row.row_id, line.line_no, "UNKNOWN_FIELD", None)
    named = [line.name for line in lines if line.corrected]
    return Fault(row.row_id, first.line_no, "UNKNOWN_FIELD", None) if len(set(named)) < len(named) else None


def _merged(decoded: Sequence[Field], lines: Sequence[sheet.Line], row: QuarantinedRow) -> list[str] | Fault:
    """Each field as corrected, else as it came; one that cannot be read must be corrected."""
    corrected = {line.name: "" if line.corrected == sheet.EMPTY else line.corrected for line in lines if line.corrected}
    table = checking.table_of(row)
    is_shapeless = not any(field.is_sound for field in decoded)  # then nobody knows of any field that it was empty
    texts = []
    for column, field in zip(table.columns, decoded, strict=True):
        if column.name not in corrected and not field.is_sound and (field.shown or column.required or is_shapeless):
            return Fault(row.row_id, lines[0].line_no, row.reason_code, column.name)
        texts.append(corrected.get(column.name, field.shown))
    return texts


def _row_fault(
    connection: db.Connection, row: QuarantinedRow, texts: Sequence[str], line_no: int, taken: set[tuple[object, ...]]
) -> Fault | None:  # fmt: skip
    typed = checking.values(row, texts)
    if isinstance(typed, tuple):
        return Fault(row.row_id, line_no, *typed)
    table = checking.table_of(row)
    key = checking.key_of(table, typed)
    if (table.name, key) in taken or checking.is_key_taken(connection, table, key):
        return Fault(row.row_id, line_no, "KEY_CONFLICT", table.key[0])
    taken.add((table.name, key))
    return None
