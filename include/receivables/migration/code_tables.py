"""Source codes and what they become (コード変換表): read from CSV, in force by day."""

import csv
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from receivables.errors import InputRejectedError


@dataclass(frozen=True, slots=True)
class Code:
    """One line of a code table (コード変換表): in force from `valid_from` to `valid_to`, both included."""

    source_code: str
    target_code: str
    target_name: str
    valid_from: date
    valid_to: date
    is_shared: bool  # another source code may become the same target code

    def as_dict(self) -> dict[str, str | bool]:
        """The line as it is kept with a run."""
        return {
            "source_code": self.source_code, "target_code": self.target_code, "target_name": self.target_name,
            "valid_from": self.valid_from.isoformat(), "valid_to": self.valid_to.isoformat(),
            "is_shared": self.is_shared,
        }  # fmt: skip


def codes_of(file: Path) -> tuple[Code, ...]:
    """The code table in `file`; InputRejectedError for a wrong line, or two targets of one code on one day."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    try:
        table = tuple(
            Code(row["source_code"], row["target_code"], row["target_name"], date.fromisoformat(row["valid_from"]),
                 date.fromisoformat(row["valid_to"] or "9999-12-31"), {"yes": True, "no": False}[row["is_shared"]])
            for row in rows
        )  # fmt: skip
    except (KeyError, ValueError, TypeError):
        raise InputRejectedError(
            f"codes/{file.name}: needs source_code,target_code,target_name,valid_from,valid_to,is_shared with dates as"
            " YYYY-MM-DD and is_shared yes or no"
        ) from None
    ordered = sorted(table, key=lambda code: (code.source_code, code.valid_from))
    for before, after in pairwise(ordered):
        if before.source_code == after.source_code and after.valid_from <= before.valid_to:
            raise InputRejectedError(f"codes/{file.name}: code {before.source_code!r} has two targets on one day")
    return table
