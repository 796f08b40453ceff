"""What moved between two published batches (異動), out of the ledger alone: its entries up to each of two nights."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import args_row, class_row

from receivables import db
from receivables.calendar import book_closing, fiscal_year
from receivables.errors import InputRejectedError
from receivables.migration.control.rolling import Cell, Kind, Movement

_BATCH = """
    select published_batch, as_of, ledger_through as through from ops.published_batch
    where published_batch = %s and ledger_through is not null
"""
_BALANCES = """
    select claim_type, fiscal_year, case when fiscal_year < %(books)s then 'arrears' else 'current' end,
        sum(assessed_yen - received_yen - written_off_yen)::bigint
    from ledger.balances_at(%(through)s) group by 1, 2, 3
"""
# Every claim as it stood on both nights, side by side. Assessments and receipts of a claim that changed its cell
# (a year or kind told differently) leave the old cell whole and enter the new one.
_MOVED = """
    with standing as (
        select *, case when fiscal_year < %(books_before)s then 'arrears' else 'current' end as category
        from ledger.balances_at(%(before)s)
    ),
    stands as (
        select *, case when fiscal_year < %(books_now)s then 'arrears' else 'current' end as category
        from ledger.balances_at(%(now)s)
    ),
    told_anew as (
        select side.claim_type, side.fiscal_year, side.category, 'carried' as kind, side.yen
        from standing as a inner join stands as b using (claim_id)
        cross join lateral (values
            (a.claim_type, a.fiscal_year, a.category, -(a.assessed_yen - a.received_yen - a.written_off_yen)),
            (b.claim_type, b.fiscal_year, b.category, a.assessed_yen - a.received_yen - a.written_off_yen)
        ) as side (claim_type, fiscal_year, category, yen)
        where (a.claim_type, a.fiscal_year, a.category) <> (b.claim_type, b.fiscal_year, b.category)
    ),
    moved as (
        select coalesce(b.claim_type, a.claim_type) as claim_type,
            coalesce(b.fiscal_year, a.fiscal_year) as fiscal_year,
            coalesce(b.category, a.category) as category, part.kind, part.yen
        from standing as a full join stands as b using (claim_id)
        cross join lateral (values
            (case when a.claim_id is null then 'assessed' else 'corrected' end,
                coalesce(b.assessed_yen, 0) - coalesce(a.assessed_yen, 0)),
            ('received', coalesce(b.received_yen, 0) - coalesce(a.received_yen, 0)),
            ('written_off', coalesce(b.written_off_yen, 0) - coalesce(a.written_off_yen, 0))
        ) as part (kind, yen)
        where part.yen <> 0
    )
    select claim_type, fiscal_year, category, kind, sum(yen)::bigint from (
        select * from moved
        union all
        select * from told_anew
    ) as everything
    group by claim_type, fiscal_year, category, kind having sum(yen) <> 0
    order by claim_type, fiscal_year, category, kind
"""


@dataclass(frozen=True, slots=True)
class Night:
    """A published batch and the last entry of the ledger that it rests on."""

    published_batch: str
    as_of: date
    through: int

    @property
    def books(self) -> int:
        """The oldest accounting year whose books are open: claims of earlier years are 滞納繰越."""
        year = fiscal_year(self.as_of)
        return year if self.as_of > book_closing(year - 1) else year - 1


def night_of(connection: db.Connection, published_batch: str) -> Night:
    """The batch with its place in the ledger; InputRejectedError when it was not published or not recorded."""
    cursor = connection.cursor(row_factory=class_row(Night))
    found = cursor.execute(_BATCH, [published_batch]).fetchone()
    if found is None:
        raise InputRejectedError(
            f"batch {published_batch}: not published, or without a place in the ledger; see `receivables ledger`"
        )
    return found


def ledger_balances(connection: db.Connection, published_batch: str) -> dict[Cell, int]:
    """調定 − 収納 − 欠損 per cell as the ledger tells it of one batch: what a run of that batch must have staged."""
    night = night_of(connection, published_batch)
    rows: Any = connection.execute(_BALANCES, {"books": night.books, "through": night.through})
    return {Cell(claim_type, year, category): yen for claim_type, year, category, yen in rows}


def ledger_movements(connection: db.Connection, before_batch: str, now_batch: str) -> list[Movement]:
    """What moved between the nights of two batches: new and corrected assessments, receipts, write-offs, carry-overs.

    Late entries count in the night that learnt of them, not by the day they tell. Raises InputRejectedError when the
    batches stand the other way round.
    """
    before, now = night_of(connection, before_batch), night_of(connection, now_batch)
    if (before.as_of, before.through) > (now.as_of, now.through):
        raise InputRejectedError(f"batch {before_batch} ({before.as_of}) is later than {now_batch} ({now.as_of})")

    def movement(claim_type: str, year: int, category: str, kind: Kind, yen: int) -> Movement:
        return Movement(Cell(claim_type, year, category), kind, yen)

    cursor = connection.cursor(row_factory=args_row(movement))
    return cursor.execute(
        _MOVED,
        {"before": before.through, "now": now.through, "books_before": before.books, "books_now": now.books},
    ).fetchall()
