"""Exclusions (除外理由): why a person is not contacted, as dated data with reason and owner.

The rows are dbt_project/seeds/campaign/exclusions.csv; they are added to and never edited.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from receivables.campaigns.purposes import PURPOSES
from receivables.errors import InputRejectedError
from receivables.settings import SEEDS

FILE = SEEDS / "campaign" / "exclusions.csv"
UNKNOWN_REASON = "X23_contact_block"
_PREFIX = 3  # facts carry X05; the seed says X05_welfare


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One reason not to contact."""

    code: str
    reason_ja: str
    scope: str
    owner_dept: str
    effective_from: date
    effective_to: date | None
    not_for: frozenset[str] = frozenset()  # purposes (連絡の目的) that it does not stop

    def is_in_force(self, day: date) -> bool:
        """True when the rule applies on `day` (適用期間)."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


@cache
def all_exclusions(file: Path = FILE) -> dict[str, Exclusion]:
    """Every exclusion by its code; raises InputRejectedError that names file, line and field."""
    found: dict[str, Exclusion] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, strict=True), start=2):
            try:
                one = _exclusion(row)
            except (KeyError, ValueError) as error:
                raise InputRejectedError(f"{file.name} line {number}: {error}") from None
            if one.code in found:
                raise InputRejectedError(f"{file.name} line {number}: {one.code} is there twice")
            found[one.code] = one
    return found


def full_code(code: str) -> str:
    """The seed's code for what a fact carries (X05 → X05_welfare); unknown reasons still stop a contact."""
    for known in all_exclusions():
        if known[:_PREFIX] == code[:_PREFIX]:
            return known
    return UNKNOWN_REASON


def in_force(codes: set[str], day: date, purpose: str) -> tuple[str, ...]:
    """Those of `codes` whose rule applies on `day` and stops a contact for `purpose`, in order."""
    rules = {code: all_exclusions()[code] for code in codes}
    return tuple(sorted(code for code, rule in rules.items() if rule.is_in_force(day) and purpose not in rule.not_for))


def reason_ja(code: str) -> str:
    """The Japanese reason of `code`."""
    found = all_exclusions().get(code)
    return found.reason_ja if found else code


def _exclusion(row: dict[str, str]) -> Exclusion:
    if not row["exclusion_code"] or not row["reason_ja"] or not row["owner_dept"] or not row["basis"]:
        raise ValueError("exclusion_code, reason_ja, owner_dept and basis must be filled in")
    return Exclusion(
        code=row["exclusion_code"],
        reason_ja=row["reason_ja"],
        scope=row["scope"],
        owner_dept=row["owner_dept"],
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_to=date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
        not_for=_purposes(row["not_for"]),
    )


def _purposes(text: str) -> frozenset[str]:
    found = frozenset(text.split())
    if not found <= PURPOSES.keys():
        raise ValueError(f"not_for names no purpose: {' '.join(sorted(found - PURPOSES.keys()))}")
    return found
