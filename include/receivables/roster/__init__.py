"""The roster of approvers (承認者名簿): written by the administrator, read by everybody who must check.

The sender has no right to write it. Rows that are there already stay as they are, so that
an end date set in the warehouse is not undone by the file.
"""

import csv
from datetime import date
from pathlib import Path

from receivables import db
from receivables.campaigns.playbook import FOLDER
from receivables.errors import InputRejectedError
from receivables.settings import State


def install(state: State, file: Path = FOLDER / "approvers.csv") -> int:
    """Add the approvers of `file` that are not on the roster yet; returns how many."""
    rows = _rows(file)
    with db.connect(state, doing="approvers") as connection:
        cursor = connection.cursor()
        cursor.executemany(
            "insert into campaign.approver (user_name, title_ja, valid_from, valid_to) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            rows,
        )
        return cursor.rowcount


def _rows(file: Path) -> list[tuple[str, str, date, date | None]]:
    found = []
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, strict=True), start=2):
            try:
                valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
                found.append((row["user_name"], row["title_ja"], date.fromisoformat(row["valid_from"]), valid_to))
            except (KeyError, ValueError) as error:
                raise InputRejectedError(f"{file.name} line {number}: {error}") from None
    return found
