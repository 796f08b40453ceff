"""Recording (記帳): what a night learnt of claims and events, as new entries; what it unlearnt, as withdrawals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from psycopg import sql
from psycopg.rows import args_row

from receivables import access, db
from receivables.settings import State

_PLACE = ("batch_id", "line_no")  # where it was read: a copy sent again moves it, which changes nothing
CLAIM_COLUMNS = (
    "claim_id", "source_code", "claim_type", "legal_class", "class_rule_id", "owner_dept", "fiscal_year",
    "instalment_no", "due_date", "contract_date", "assessed_yen",
)  # fmt: skip
EVENT_COLUMNS = (
    "event_id", "claim_id", "source_code", "event_type", "component_code", "event_date", "effective_on", "until_on",
    "issued_on", "arrived_on", "returned_on", "designated_deadline", "channel_code", "ground_code", "is_immediate",
    "document_no", "amount_yen",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Book:
    """One table of the ledger and where a night's state of it stands."""

    table: str
    key: str
    columns: tuple[str, ...]
    at: str  # the function of the entries standing at some entry
    known: str  # what the night built


_BOOKS = (
    _Book("claims", "claim_id", CLAIM_COLUMNS, "claims_at", "int_claims__unioned"),
    _Book("claim_events", "event_id", EVENT_COLUMNS, "events_at", "int_claim_events__unioned"),
)
# One pass over what stands and what the night found: equal rows cancel, the rest is taken back or entered.
_ENTER = """
    with known as (
        select {columns}, {place}, hashtextextended(row({columns})::text, 0) as digest from {known}
    ),
    changed as (
        select
            standing.entry_no as withdraws, coalesce(known.{key}, standing.{key}) as key,
            coalesce(known.digest, standing.digest) as entry_digest, known.*
        from known full join ledger.{at}(%(before)s) as standing
            on known.{key} = standing.{key} and known.digest = standing.digest
        where known.{key} is null or standing.{key} is null
    ),
    entered as (
        insert into ledger.{table} (withdraws, {key}, {others}, {place}, digest, recorded_on)
        select withdraws, key, {others}, {place}, entry_digest, %(as_of)s from changed
        returning withdraws
    )
    select count(*) filter (where withdraws is null), count(withdraws) from entered
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """One night's entries (記帳結果): `through` is the last entry its figures rest on."""

    as_of: date
    through: int
    recorded: int
    withdrawn: int


def record(*, as_of: date, state: State) -> Recording:
    """Append what `prepare` of `as_of` found new and withdraw what it no longer found.

    Asked again it appends nothing. A night repeated for an earlier day withdraws what only later days know, and
    the next night enters it again: each recording reproduces what its own night knew.
    """
    with access.alone(state, "record the ledger") as connection, connection.transaction():
        connection.execute("set local work_mem = '256MB'")
        before = _last_entry(connection)
        entered = [_enter(connection, book, as_of, before) for book in _BOOKS]
        recorded, withdrawn = (sum(counts) for counts in zip(*entered, strict=True))
        through = _last_entry(connection)
        connection.execute(
            "insert into ledger.recording (as_of, through, recorded, withdrawn) values (%s, %s, %s, %s)",
            [as_of, through, recorded, withdrawn],
        )
        return Recording(as_of, through, recorded, withdrawn)


def _last_entry(connection: db.Connection) -> int:
    (last,) = connection.cursor(row_factory=args_row(int)).execute("select last_value from ledger.entry_no").fetchall()
    return last


def _enter(connection: db.Connection, book: _Book, as_of: date, before: int) -> tuple[int, int]:
    """Entries recorded and withdrawn in one book."""
    others = [column for column in book.columns if column != book.key]
    query = sql.SQL(_ENTER).format(
        table=sql.Identifier(book.table),
        key=sql.Identifier(book.key),
        at=sql.Identifier(book.at),
        known=sql.Identifier("intermediate", book.known),
        columns=_list(book.columns),
        others=_list(others),
        place=_list(_PLACE),
    )
    counting = connection.cursor(row_factory=args_row(lambda recorded, withdrawn: (int(recorded), int(withdrawn))))
    (counts,) = counting.execute(query, {"as_of": as_of, "before": before}).fetchall()
    connection.execute(sql.SQL("analyze ledger.{}").format(sql.Identifier(book.table)))
    return counts


def _list(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
