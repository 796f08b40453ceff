"""Figures of an earlier day (時点の残高): what a published batch said, derived again from the ledger alone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg import sql
from psycopg.rows import class_row

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.settings import State

# One number for all rows, whatever their order: two states with the same digest are the same to the yen.
DIGEST = """
    coalesce(sum(hashtextextended(row(claim_id, claim_type, fiscal_year, due_date, assessed_yen, received_yen,
        written_off_yen, refund_pending_yen, outstanding_yen)::text, 0)::numeric), 0)
"""
LAW_DIGEST = """
    coalesce(sum(hashtextextended(row(claim_id, prescription_state, prescription_date_safe, prescription_date_alt,
        prescription_cause, standing, extinct_from, extinct_cause, held_by, held_until, delinquency_charge_yen)::text,
        0)::numeric), 0)
"""
_BATCH = """
    select published_batch, as_of, ledger_through, figures_digest, law_digest from ops.published_batch
    where {which} and ledger_through is not null order by published_at desc limit 1
"""
_CELLS = """
    select claim_type, fiscal_year, count(*)::integer as claims, sum(assessed_yen)::bigint as assessed_yen,
        sum(received_yen)::bigint as received_yen, sum(written_off_yen)::bigint as written_off_yen,
        sum(refund_pending_yen)::bigint as refund_pending_yen, sum(outstanding_yen)::bigint as outstanding_yen
    from ledger.balances_at(%s) group by claim_type, fiscal_year order by claim_type, fiscal_year
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """A published batch: the last ledger entry it rests on, and the digests of what it said."""

    published_batch: str
    as_of: date
    ledger_through: int
    figures_digest: Decimal
    law_digest: Decimal


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of claim and year (債権・年度別); amounts in yen."""

    claim_type: str
    fiscal_year: int
    claims: int
    assessed_yen: int
    received_yen: int
    written_off_yen: int
    refund_pending_yen: int
    outstanding_yen: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one batch as the ledger tells them; `is_as_published` compares every claim's yen."""

    published_batch: str
    as_of: date
    through: int
    is_as_published: bool
    cells: tuple[Cell, ...]


def figures(*, state: State, batch: str | None = None, as_of: date | None = None) -> Figures:
    """The figures of `batch`, or of the last batch published for `as_of` (基準日), from the ledger.

    Raises InputRejectedError when no such batch was published.
    """
    with db.connect(state, "etl", doing="read the ledger") as connection:
        one = published(connection, batch=batch, as_of=as_of)
        cells = connection.cursor(row_factory=class_row(Cell)).execute(_CELLS, [one.ledger_through]).fetchall()
        query = sql.SQL("select {} from ledger.balances_at(%s)").format(sql.SQL(DIGEST))
        again = connection.execute(query, [one.ledger_through]).fetchone()
        is_same = again is not None and again[0] == one.figures_digest
        return Figures(one.published_batch, one.as_of, one.ledger_through, is_same, tuple(cells))


def published(connection: db.Connection, *, batch: str | None = None, as_of: date | None = None) -> Batch:
    """The batch of that name, or the last one of that day; InputRejectedError tells which there are."""
    which, given = ("published_batch = %s", batch) if batch else ("as_of = %s", as_of)
    rows = connection.cursor(row_factory=class_row(Batch)).execute(_BATCH.format(which=which).encode(), [given])
    found = rows.fetchone()
    if found is None:
        raise InputRejectedError(
            f"no batch was published for {given}; the batches there are: {', '.join(_batches(connection))}"
        )
    return found


def verify(found: Figures) -> None:
    """InvariantBrokenError unless every claim's yen are what was published."""
    if not found.is_as_published:
        raise InvariantBrokenError(
            f"batch {found.published_batch}: the ledger up to entry {found.through} does not give the figures that "
            "were published; compare mart.fct_claims with ledger.balances_at of that entry"
        )


def _batches(connection: db.Connection) -> list[str]:
    rows = connection.execute("select published_batch from ops.published_batch order by published_at desc limit 10")
    return [str(name) for (name,) in rows.fetchall()] or ["none"]
