"""Kinds of relation (関係の種別): what standing beside a debtor means, as data.

The rows are dbt_project/seeds/identity/relation_kinds.csv; `law.relation_kinds` is the same in the warehouse.
"""

import csv
from dataclasses import dataclass
from functools import cache

from receivables.errors import InputRejectedError
from receivables.settings import SEEDS

FILE = SEEDS / "identity" / "relation_kinds.csv"
UNCONFIRMED = "要確認"


@dataclass(frozen=True, slots=True)
class RelationKind:
    """One kind; the words of `reminder_goes` and `is_liable` are told in the seed's own description."""

    code: str
    title_ja: str
    reminder_goes: str  # no, yes, own_claim, instead
    debt_may_be_told: str  # no, yes
    is_liable: str  # no, share, whole
    article: str
    meaning_ja: str

    @property
    def is_confirmed(self) -> bool:
        """False while nobody has confirmed the article behind it (要確認)."""
        return UNCONFIRMED not in self.article


@cache
def relation_kinds() -> dict[str, RelationKind]:
    """Every kind by its code; raises InputRejectedError that names file and line of a row that is not whole."""
    found: dict[str, RelationKind] = {}
    with FILE.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, strict=True), start=2):
            if None in row or not all(row.values()) or row["code"] in found:
                raise InputRejectedError(f"{FILE.name} line {number}: a kind needs every column, once")
            found[row["code"]] = RelationKind(**row)
    return found
