"""A ledger fed by hand: what a night's `prepare` would have built stands in `intermediate`, a few rows of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from psycopg import sql

from receivables import access, db, ledger
from receivables.ledger.recording import CLAIM_COLUMNS, EVENT_COLUMNS, Recording
from receivables.settings import State

FIRST_NIGHT = date(2026, 6, 1)
_KINDS = {
    "fiscal_year": "integer", "instalment_no": "integer", "assessed_yen": "bigint", "amount_yen": "bigint",
    "is_immediate": "boolean", "due_date": "date", "contract_date": "date", "event_date": "date",
    "effective_on": "date", "until_on": "date", "issued_on": "date", "arrived_on": "date", "returned_on": "date",
    "designated_deadline": "date", "line_no": "bigint",
}  # fmt: skip
Row = dict[str, Any]


def claim(claim_id: str, yen: int = 10_000, **more: Any) -> Row:
    given = {"source_code": "tax", "claim_type": "resident_tax", "fiscal_year": 2025, "due_date": date(2025, 6, 30)}
    return {"claim_id": claim_id, "assessed_yen": yen, **given, **more}


def event(event_id: str, claim_id: str | None, kind: str = "paid", yen: int | None = 1_000, **more: Any) -> Row:
    component = "principal" if yen is not None else None
    given = {"event_date": date(2025, 7, 1), "component_code": component, "amount_yen": yen}
    return {"event_id": event_id, "claim_id": claim_id, "event_type": kind, **given, **more}


@dataclass
class Book:
    """The nights of one ledger; each tells everything it knows, as a full copy does."""

    state: State
    night: date = FIRST_NIGHT
    through: list[int] = field(default_factory=list)

    def run(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with db.connect(self.state) as connection:
            done = connection.execute(query.encode(), values or None)
            return [tuple(row) for row in done.fetchall()] if done.description else []

    def tell(self, claims: list[Row], events: list[Row]) -> Recording:
        self._build("int_claims__unioned", CLAIM_COLUMNS, claims)
        self._build("int_claim_events__unioned", EVENT_COLUMNS, events)
        done = ledger.record(as_of=self.night, state=self.state)
        self.night += timedelta(days=1)
        self.through.append(done.through)
        return done

    def balances(self, night: int = -1) -> dict[str, tuple[int, int, int]]:
        """Per claim what was received, is pending to be given back and is owed, as one night knew it."""
        found = self.run(
            "select claim_id, received_yen, refund_pending_yen, outstanding_yen from ledger.balances_at(%s)",
            self.through[night],
        )
        return {claim_id: (received, pending, owed) for claim_id, received, pending, owed in found}

    def events(self, night: int = -1) -> list[tuple[Any, ...]]:
        return self.run(
            "select event_id, claim_id, event_type, amount_yen from ledger.events_at(%s) order by event_id",
            self.through[night],
        )

    def _build(self, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
        names = (*columns, "batch_id", "line_no")
        drawn = ", ".join(f"{name} {_KINDS.get(name, 'text')}" for name in names)
        with access.alone(self.state, "build by hand") as connection:
            connection.execute(f"drop table if exists intermediate.{table} cascade".encode())
            connection.execute(f"create table intermediate.{table} ({drawn})".encode())
            for line_no, row in enumerate(rows, start=1):
                full = {name: row.get(name) for name in names} | {
                    "batch_id": "b",
                    "line_no": row.get("line_no", line_no),
                }
                values = sql.SQL(", ").join(sql.Literal(full[name]) for name in names)
                connection.execute(
                    sql.SQL("insert into intermediate.{} values ({})").format(sql.Identifier(table), values)
                )


@pytest.fixture(scope="session")
def ledger_state(new_state: Callable[[], State]) -> State:
    return new_state()


@pytest.fixture
def book(ledger_state: State) -> Book:
    """An emptied ledger: the next test's first night withdraws whatever the last one left."""
    found = Book(ledger_state)
    found.tell([], [])
    found.night = FIRST_NIGHT
    found.through.clear()
    return found
