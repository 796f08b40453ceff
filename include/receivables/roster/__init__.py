"""The roster of approvers (承認者名簿): written by the administrator, read by everybody who must check.

One roster for all that people answer for: `duties` says what somebody may approve (職務): sending (campaign),
corrections of quarantined rows (correction), halted deliveries (delivery), single cases (case), who is who (identity),
explained differences of a migration (migration_accept), its report in one role (migration_sign:<role>).
The sender has no right to write it. Rows that are there already stay as they are, so that an end date set in the
warehouse is not undone by the file.
"""

import csv
import re
from datetime import date
from pathlib import Path

from receivables import db
from receivables.errors import InputRejectedError
from receivables.settings import State

FILE = Path(__file__).parent / "131121" / "approvers.csv"  # 世田谷区
DUTIES = ("campaign", "correction", "delivery", "case", "identity", "migration_accept", "migration_sign:<role>")
_DUTY = re.compile("|".join(DUTIES).replace("<role>", "[a-z_]+(:[a-z_]+)?"))
_LISTED = """
    select from campaign.approver
    where user_name = %s and %s = any(duties)
        and (clock_timestamp() at time zone 'Asia/Tokyo')::date between valid_from and coalesce(valid_to, 'infinity')
"""
Listed = tuple[str, str, date, date | None, list[str]]


def install(state: State, file: Path = FILE) -> int:
    """Add the approvers of `file` that are not on the roster yet; returns how many."""
    rows = _rows(file)
    with db.connect(state, doing="approvers") as connection:
        cursor = connection.cursor()
        cursor.executemany(
            "insert into campaign.approver (user_name, title_ja, valid_from, valid_to, duties)"
            " values (%s, %s, %s, %s, %s)"
            " on conflict do nothing",
            rows,
        )
        return cursor.rowcount


def users(file: Path = FILE) -> list[str]:
    """The user names of `file`, in its order."""
    return [row[0] for row in _rows(file)]


def has_duty(connection: db.Connection, user: str, duty: str) -> bool:
    """Whether `user` is on the roster with this duty today (Japan)."""
    return connection.execute(_LISTED, [user, duty]).fetchone() is not None


def _rows(file: Path) -> list[Listed]:
    found = []
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, strict=True), start=2):
            try:
                valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
                since, duties = date.fromisoformat(row["valid_from"]), row["duties"].split()
            except (KeyError, ValueError) as error:
                raise InputRejectedError(f"{file.name} line {number}: {error}") from None
            if not duties or not all(map(_DUTY.fullmatch, duties)):
                raise InputRejectedError(f"{file.name} line {number}: duties are some of {', '.join(DUTIES)}")
            found.append((row["user_name"], row["title_ja"], since, valid_to, duties))
    return found
