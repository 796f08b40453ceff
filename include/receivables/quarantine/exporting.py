"""Correction files out (訂正票の出力): one workbook and one CSV per department, in the protected folder.

They hold persons' data: mode 0600, written by the role that may read the vault, and each export is on record.
"""

import csv
import hashlib
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from receivables import contracts, db
from receivables.errors import EnvironmentFailureError, InputRejectedError
from receivables.quarantine import sheet
from receivables.quarantine.decoding import Field, fields, whole
from receivables.quarantine.worklist import QuarantinedRow, open_rows, title_ja, what_to_do_ja
from receivables.settings import State

FOLDER = "corrections"
ROLE = "etl"  # the only login that reads the vault and the bytes in quarantine
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {"行ID": 34, "ファイル": 26, "理由": 24, "対処": 40, "項目": 24, "現在の値": 28, "訂正後の値": 28}


def export(*, user: str, owner_dept: str | None = None, state: State) -> dict[str, Any]:
    """Write the correction files of every department with open rows (or of `owner_dept`); where they lie."""
    if not user.strip():
        raise InputRejectedError("--as is empty: name the user who takes the rows out")
    with db.connect(state, ROLE, doing="export quarantine") as connection:
        rows = open_rows(connection)
    departments = sorted({row.owner_dept for row in rows if owner_dept in (None, row.owner_dept)})
    return {
        "exports": [_export([row for row in rows if row.owner_dept == dept], dept, user, state) for dept in departments]
    }


def _export(rows: Sequence[QuarantinedRow], owner_dept: str, user: str, state: State) -> dict[str, Any]:
    export_id = f"E-{owner_dept}-{secrets.token_hex(4)}"
    lines = list(_lines(rows, export_id, state))
    contents = {"xlsx": _workbook(lines), "csv": _csv(lines)}
    digests = {kind: hashlib.sha256(content).hexdigest() for kind, content in contents.items()}
    with db.connect(state, ROLE, doing="record the export") as connection:  # on record before anything is written
        connection.execute(
            "insert into correction.export (export_id, owner_dept, user_name, row_ids, file_sha256s)"
            " values (%s, %s, %s, %s, %s)",
            [export_id, owner_dept, user, [row.row_id for row in rows], list(digests.values())],
        )
    files = [
        {"path": str(_write(state.path(FOLDER, owner_dept, f"{export_id}.{kind}"), content)), "sha256": digests[kind]}
        for kind, content in contents.items()
    ]
    return {"export_id": export_id, "owner_dept": owner_dept, "rows": len(rows), "files": files}


def _lines(rows: Sequence[QuarantinedRow], export_id: str, state: State) -> Iterator[tuple[str, ...]]:
    decoded = fields(rows, state)
    key = state.secret(sheet.KEY)
    for row in rows:
        table = contracts.contract(row.source).table(row.table_name)
        place = (
            export_id, row.row_id, sheet.mark(key, export_id, row.row_id, row.raw_sha256), row.owner_dept, row.source,
            row.file_name, str(row.line_no), title_ja(row.reason_code), what_to_do_ja(row.reason_code),
        )  # fmt: skip
        found = decoded.get(row.row_id) or [Field("", False)] * len(table.columns)
        if not any(field.shown for field in found):
            yield (*place, sheet.WHOLE_RECORD, "（原本の行）", whole(row), "", "")
        for column, field in zip(table.columns, found, strict=True):
            is_wrong = column.name == row.field or not field.is_sound
            yield (*place, column.name, column.description, field.shown, "", "★" if is_wrong else "")


def _workbook(lines: Sequence[tuple[str, ...]]) -> bytes:
    """Every cell is text, so that neither a leading zero nor a formula is made of it; only the answers are unlocked."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet(sheet.SHEET)
        text, heading = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bg_color": "#DDE6F0"})
        answer = book.add_format({"num_format": "@", "locked": False, "bg_color": "#FFF8DC"})
        page.write_row(0, 0, sheet.HEADING, heading)
        for at, line in enumerate(lines, start=1):
            for place, value in enumerate(line):
                if place == sheet.CORRECTED:
                    page.write_blank(at, place, None, answer)
                else:
                    page.write_string(at, place, value, text)
        for place, name in enumerate(sheet.HEADING):
            page.set_column(place, place, _WIDTHS.get(name, 12))
        page.freeze_panes(1, 2)
        page.autofilter(0, 0, len(lines), len(sheet.HEADING) - 1)
        page.protect("", {"autofilter": True, "sort": True, "format_columns": True})
    return content.getvalue()


def _csv(lines: Sequence[tuple[str, ...]]) -> bytes:
    """UTF-8 with a mark, which Excel needs; a value that Excel would compute gets an apostrophe."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\r\n")
    writer.writerow(sheet.HEADING)
    for line in lines:
        writer.writerow(
            f"'{value}" if value.startswith(_FORMULA_STARTS) and len(value) > 1 else value for value in line
        )
    return content.getvalue().encode("utf-8-sig")


def _write(file: Path, content: bytes) -> Path:
    draft = file.with_suffix(f"{file.suffix}.draft")
    try:
        file.parent.chmod(0o700)
        file.parent.parent.chmod(0o700)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        draft.replace(file)
    except OSError as error:
        raise EnvironmentFailureError(
            f"the folder {file.parent} cannot be written: {os.strerror(error.errno or 0)}; make room or give access"
        ) from None
    return file
