"""Whom a changed meaning touches (影響): persons, claims and yen of the snapshot, per entry and kind of claim."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg.rows import args_row

from receivables import db
from receivables.migration.control.published import require_published
from receivables.migration.semantics.register import Entry, register

_TOUCHED = """
    with touched as ({touches})
    select claims.claim_type,
        count(distinct coalesce(link.debtor_id, claims.source_code || ':' || claims.source_debtor_key)) as persons,
        count(*) as claims, coalesce(sum(claims.outstanding_yen), 0)::bigint as yen
    from intermediate.int_claims__balances as claims
    left join identity.link as link using (source_code, source_debtor_key)
    left join law.claim_targets as targets on claims.claim_type = targets.claim_type
    where claims.claim_id in (select claim_id from touched)
        and (%(is_all)s or claims.claim_type = any(%(types)s) or (%(is_moving)s and targets.target <> 'stay'))
    group by grouping sets ((claims.claim_type), ())
    order by claims.claim_type nulls first
"""


@dataclass(frozen=True, slots=True)
class Touched:
    """Persons, claims and outstanding yen that one entry touches in one kind of claim; None: in all of them.

    A person with two kinds of claim counts in both, so persons of the kinds do not add up to the whole.
    """

    claim_type: str | None
    persons: int
    claims: int
    yen: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One entry with whom it touches; no `touched` where the warehouse cannot count it."""

    entry: Entry
    total: Touched | None
    by_claim_type: tuple[Touched, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`: the entry without its query, and the counts."""
        told = self.entry.model_dump(mode="json", exclude={"touches"})
        total = asdict(self.total) if self.total else None
        return told | {"affected": total, "by_claim_type": [asdict(each) for each in self.by_claim_type]}


def affected(connection: db.Connection, as_of: date) -> list[Effect]:
    """Every entry of the register with whom it touches on `as_of` (基準日), in the order of the register.

    `connection` is the migrator's. Raises InputRejectedError when the published warehouse stands at another day.
    """
    require_published(connection, as_of)
    return [_effect(connection, entry, as_of) for entry in register()]


def _effect(connection: db.Connection, entry: Entry, as_of: date) -> Effect:
    if entry.touches is None:
        return Effect(entry, None, ())
    kinds = entry.claim_types
    cursor = connection.cursor(row_factory=args_row(Touched))
    total, *parts = cursor.execute(
        _TOUCHED.format(touches=entry.touches).encode(),
        {"as_of": as_of, "is_all": kinds == "all", "is_moving": kinds == "moving",
         "types": [] if isinstance(kinds, str) else list(kinds)},
    ).fetchall()  # fmt: skip
    return Effect(entry, total, tuple(parts))
