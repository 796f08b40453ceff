"""Relations that no source has yet (相続人・後見人・法人の代表者ほか), as a department tells them in a CSV file.

Columns, in this order: 種別 (code or name of `relation_kinds`), 債務者宛名番号, 関係者宛名番号, 開始日, 終了日 (empty:
still so), 文書番号. UTF-8 or CP932. All rows or none: a file with one bad row changes nothing. Numbers go to the vault
alone; the next night derives `identity.relation` from them.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from receivables import access, db, roster
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.identity.relation_kinds import relation_kinds
from receivables.settings import State

HEADER = ["種別", "債務者宛名番号", "関係者宛名番号", "開始日", "終了日", "文書番号"]
DUTY = "identity"
CENTRAL = "central"  # 債権管理担当
_SHOWN = 20
_DIGITS = 15
_FROM_THE_REGISTER = "household"
_KNOWN = """
    select addressee_no, died_on is not null from raw.register__persons
    where _known_to is null and addressee_no = any(%s)
"""
_KEEP = """
    insert into vault.relation_told as t
        (kind, from_no, to_no, valid_from, valid_to, document_no, owner_dept, told_by, batch_id)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (kind, from_no, to_no, valid_from) do update
    set valid_to = excluded.valid_to, document_no = excluded.document_no, owner_dept = excluded.owner_dept,
        told_by = excluded.told_by, batch_id = excluded.batch_id, told_at = default
    where (t.valid_to, t.document_no, t.owner_dept)
        is distinct from (excluded.valid_to, excluded.document_no, excluded.owner_dept)
    returning t.told_at
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One row of a file: `to_no` is a `kind` of `from_no`, from and to days that both count."""

    line: int
    kind: str
    from_no: str
    to_no: str
    valid_from: date
    valid_to: date | None
    document_no: str

    def kept(self) -> tuple[object, ...]:
        """The columns of vault.relation_told that the row fills."""
        return self.kind, self.from_no, self.to_no, self.valid_from, self.valid_to, self.document_no


def import_relations(file: Path, *, user: str, state: State, dept: str = CENTRAL) -> dict[str, object]:
    """Keep what `file` tells, for the next night; counts `rows`, `kept` (new or changed), and the `batch_id`.

    The same file again keeps nothing. `user` must have the duty 名寄せ (identity) on the roster, `dept` is the section
    that answers for the rows. Raises InputRejectedError that names line and column of what is wrong, never a value.
    """
    known_depts = {CENTRAL, "residents", *access.declaration().departments.values()}
    if dept not in known_depts:
        raise InputRejectedError(f"no section {dept!r}; there are: {', '.join(sorted(known_depts))}")
    content = _content(file)
    batch_id = f"relations-{hashlib.sha256(content).hexdigest()[:16]}"
    faults: list[str] = []
    rows = list(_rows(_text(content, file.name), faults))
    with db.connect(state, "etl", doing="import relations") as connection:
        _require_duty(state, user)
        faults += _doubts(connection, rows)
        if faults:
            shown = "; ".join(faults[:_SHOWN]) + (f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else "")
            raise InputRejectedError(f"{file.name}: nothing was kept: {shown}")
        kept = sum(connection.execute(_KEEP, [*each.kept(), dept, user, batch_id]).rowcount for each in rows)
    return {"batch_id": batch_id, "rows": len(rows), "kept": kept}


def _require_duty(state: State, user: str) -> None:
    with db.connect(state, "approver", doing="look at the roster") as connection:  # the loader has no need to read it
        if not roster.has_duty(connection, user, DUTY):
            raise NeedsApprovalError(
                f"{user!r} does not have the duty {DUTY} on the roster today; somebody who has must act"
            )


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputRejectedError(f"{file.name} cannot be read: {error.strerror}") from None


def _text(content: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputRejectedError(f"{name} is neither UTF-8 nor CP932; save it as one of them")


def _rows(text: str, faults: list[str]) -> Iterator[Told]:
    """The rows that can be read; what is wrong with the others goes to `faults`."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if next(lines, None) != HEADER:
            faults.append(f"line 1: the columns must be {', '.join(HEADER)}")
            return
        for cells in lines:
            if any(cells):
                found = _row(lines.line_num, [cell.strip() for cell in cells], faults)
                if found is not None:
                    yield found
    except csv.Error:
        faults.append(f"line {lines.line_num}: a quotation mark does not end")


def _row(line: int, cells: Sequence[str], faults: list[str]) -> Told | None:
    if len(cells) != len(HEADER):
        faults.append(f"line {line}: {len(cells)} columns, not {len(HEADER)}")
        return None
    kind, from_no, to_no, begins, ends, document_no = cells
    code, valid_from, valid_to = _code(kind), _day(begins), _day(ends)
    wrong = {
        "種別": code is None or code == _FROM_THE_REGISTER,
        "債務者宛名番号": not _is_number(from_no),
        "関係者宛名番号": not _is_number(to_no) or from_no == to_no,
        "開始日": valid_from is None,
        "終了日": bool(ends) and (valid_to is None or (valid_from is not None and valid_to < valid_from)),
        "文書番号": not document_no,
    }
    faults += [f"line {line}, {column}: {_WANTED[column]}" for column, is_wrong in wrong.items() if is_wrong]
    if any(wrong.values()) or code is None or valid_from is None:
        return None
    return Told(line, code, from_no, to_no, valid_from, valid_to, document_no)


_WANTED = {
    "種別": "one of " + ", ".join(
        f"{each.code} {each.title_ja}" for each in relation_kinds().values() if each.code != _FROM_THE_REGISTER
    ) + " (households come from the register)",
    "債務者宛名番号": f"{_DIGITS} digits",
    "関係者宛名番号": f"{_DIGITS} digits, and not the debtor",
    "開始日": "a day as YYYY-MM-DD",
    "終了日": "empty, or a day as YYYY-MM-DD that is not before 開始日",
    "文書番号": "the document behind it",
}  # fmt: skip


def _code(kind: str) -> str | None:
    return next((each.code for each in relation_kinds().values() if kind in (each.code, each.title_ja)), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-06-19") else None
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return len(text) == _DIGITS and text.isascii() and text.isdigit()


def _doubts(connection: db.Connection, rows: Sequence[Told]) -> list[str]:
    """What no single row shows: twice in the file, not in the register, an heir of somebody who lives."""
    numbers = sorted({number for each in rows for number in (each.from_no, each.to_no)})
    dead = {str(number): bool(died) for number, died in connection.execute(_KNOWN, [numbers]).fetchall()}
    found: list[str] = []
    first: dict[tuple[str, str, str, date], int] = {}
    for each in rows:
        before = first.setdefault((each.kind, each.from_no, each.to_no, each.valid_from), each.line)
        if before != each.line:
            found.append(f"line {each.line}: the same as line {before}")
        # A corporation has a 宛名番号 but is nobody of the residents' register.
        if each.from_no not in dead and each.kind != "corporate_officer":
            found.append(f"line {each.line}, 債務者宛名番号: nobody of the register has it")
        if each.to_no not in dead:
            found.append(f"line {each.line}, 関係者宛名番号: nobody of the register has it")
        if each.kind == "heir" and dead.get(each.from_no) is False:
            found.append(f"line {each.line}, 債務者宛名番号: the register knows of no death")
    return found
