"""A hand-made warehouse of a few claims: the relations that the rooms around the migration read, written row by row."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from receivables import db
from receivables.settings import SEEDS, State

SNAPSHOT = date(2026, 6, 19)
_TABLES = """
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists mart;
create table staging.stg_arrears__cases (source_code text, event_type text, source_event_key text, system_code text);
create table staging.stg_claims_book__cases (like staging.stg_arrears__cases);
create table intermediate.int_claims__balances (
    claim_id text primary key, source_code text, source_claim_key text, notice_no text, claim_type text,
    legal_class text, owner_dept text, source_debtor_key text, levy_year integer, fiscal_year integer,
    instalment_no integer, due_date date, contract_date date, assessed_yen bigint, received_yen bigint,
    provisional_yen bigint default 0, refund_pending_yen bigint, written_off_yen bigint, written_off_on date,
    outstanding_yen bigint, last_paid_on date
);
create view intermediate.int_claims__unioned as select * from intermediate.int_claims__balances;
create table intermediate.int_receipts__allocated (
    receipt_id text, claim_id text, allocation_state text, source_code text, claim_type text, owner_dept text,
    paid_on date, received_on date, principal_yen bigint, delinquency_charge_yen bigint default 0,
    dunning_fee_yen bigint default 0, received_yen bigint, channel_code text, is_provisional boolean
);
create table intermediate.int_payments__announced (
    payment_id text, claim_id text, owner_dept text, paid_on date, paid_yen bigint, state text
);
create table intermediate.int_claim_events__unioned (
    event_id text, claim_id text, source_code text, event_type text, event_date date, issued_on date,
    returned_on date, channel_code text, amount_yen bigint
);
create table intermediate.int_cases__claimed (like intermediate.int_claim_events__unioned);
create table intermediate.int_collection__openings (
    claim_id text, claim_type text, fiscal_year integer, collection_category text, assessed_yen bigint
);
create table intermediate.int_collection__flows (
    claim_id text, fiscal_year integer, month_on date, received_yen bigint, written_off_yen bigint
);
create view mart.fct_claims as
select *, case when notice_no is not null then lpad(notice_no, 12, '0') || lpad(instalment_no::text, 2, '0') end
    as slip_no
from intermediate.int_claims__balances;
grant usage on schema staging, intermediate, mart, law, ops, ledger, identity to migrator;
"""
_GRANTS = """
grant select on all tables in schema staging, intermediate, mart, law, ops, ledger, identity to migrator;
"""
_SEEDS = {"law": ("migration/claim_targets", "migration/payment_channels", "migration/channel_codes",
                  "migration/finance_subjects", "law/claim_types"), "ops": ("ingest/system_codes",)}  # fmt: skip
_DATES = {"cut_over_on", "from_on", "effective_from", "effective_to"}
_EMPTY = """
truncate staging.stg_arrears__cases, staging.stg_claims_book__cases, intermediate.int_claims__balances,
    intermediate.int_receipts__allocated, intermediate.int_payments__announced,
    intermediate.int_claim_events__unioned, intermediate.int_cases__claimed, intermediate.int_collection__openings,
    intermediate.int_collection__flows, identity.link, law.claim_assessments, quarantine.row, migration.run,
    migration.defect_measurement, migration.finance_file, ops.published_batch cascade;
truncate ops.load cascade;
"""


@dataclass
class Ward:
    """The hand-made warehouse; every method writes as the administrator, in its own transaction."""

    state: State
    administrator: db.Connection
    people: int = 0
    things: int = 0

    def run(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        done = self.administrator.execute(query.encode(), values or None)
        return [tuple(row) for row in done.fetchall()] if done.description else []

    def insert(self, relation: str, **row: Any) -> None:
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        self.run(f"insert into {relation} ({names}) values ({marks})", *row.values())

    def publish(self, as_of: date = SNAPSHOT) -> None:
        self.run("truncate ops.published_batch")
        self.run("insert into ops.published_batch values (%s, %s, default, true, 'm')", f"{as_of:%Y%m%d}_01", as_of)

    def claim(self, claim_id: str | None = None, *, linked: bool = True, **given: Any) -> str:
        """One ordinary open instalment of 10,000 yen, whatever is given instead of it."""
        self.people += 1
        claim_id = claim_id or f"nhi:{self.people:010d}-01"
        row = {
            "source_code": "nhi", "source_claim_key": claim_id, "notice_no": f"{self.people:010d}",
            "claim_type": "nhi_premium", "legal_class": "enforced_public", "owner_dept": "insurance",
            "source_debtor_key": f"{self.people:015d}", "levy_year": 2025, "fiscal_year": 2025, "instalment_no": 1,
            "due_date": date(2025, 7, 31), "assessed_yen": 10_000, "received_yen": 0, "written_off_yen": 0,
        } | given  # fmt: skip
        settled = row["received_yen"] + row["written_off_yen"] - (row["assessed_yen"] or 0)
        row = {"refund_pending_yen": max(settled, 0), "outstanding_yen": max(-settled, 0)} | row
        self.insert("intermediate.int_claims__balances", claim_id=claim_id, **row)
        if linked and row["source_debtor_key"].strip():
            self.link(row["source_code"], row["source_debtor_key"])
        return claim_id

    def link(self, source: str, key: str, debtor: int | None = None) -> None:
        person = f"d{debtor or int(key):020x}"
        self.run("insert into identity.link values (%s, %s, %s, 'number', 1, 'b') on conflict do nothing",
                 source, key, person)  # fmt: skip

    def receipt(self, claim_id: str | None, yen: int = 1_000, **given: Any) -> str:
        self.things += 1
        row = {
            "receipt_id": f"nhi:r{self.things}", "claim_id": claim_id, "source_code": "nhi",
            "allocation_state": "orphan" if claim_id is None else "allocated", "claim_type": "nhi_premium",
            "owner_dept": "insurance", "paid_on": date(2026, 6, 1), "received_on": date(2026, 6, 2),
            "principal_yen": yen, "received_yen": yen, "channel_code": "03", "is_provisional": False,
        } | given  # fmt: skip
        self.insert("intermediate.int_receipts__allocated", **row)
        return str(row["receipt_id"])

    def letter(self, claim_id: str | None, event_type: str = "dunned", on: date | None = date(2025, 8, 20),
               **given: Any) -> str:  # fmt: skip
        self.things += 1
        row = {"event_id": f"nhi:{event_type}:{self.things}", "claim_id": claim_id, "source_code": "nhi",
               "event_type": event_type, "event_date": on, "issued_on": on} | given  # fmt: skip
        self.insert("intermediate.int_claim_events__unioned", **row)
        return str(row["event_id"])

    def act(self, event_type: str, claim_id: str | None, *, system: str = "03", yen: int = 500) -> str:
        """Case work of the arrears system on a claim of one system."""
        self.things += 1
        event_id = f"arrears:{event_type}:k{self.things}"
        self.insert("staging.stg_arrears__cases", source_code="arrears", event_type=event_type,
                    source_event_key=f"k{self.things}", system_code=system)  # fmt: skip
        self.insert("intermediate.int_cases__claimed", event_id=event_id, claim_id=claim_id, source_code="arrears",
                    event_type=event_type, event_date=date(2026, 1, 5), amount_yen=yen)  # fmt: skip
        return event_id

    def extinct(self, claim_id: str, on: date, as_of: date = SNAPSHOT) -> None:
        self.insert("law.claim_assessments", claim_id=claim_id, as_of=as_of, prescription_rule_id="r",
                    prescription_clock="[]", needs_invocation=False, standing="extinct", extinct_from=on,
                    awaits_invocation=False, holds="[]", is_charge_known=True, charge_paid_yen=0, charge_segments="[]",
                    components="{}", citations="[]", missing="[]")  # fmt: skip

    def delivery(self, on: date, *rows: bytes, table: str = "nhi__claims", state: str = "open") -> str:
        """One loaded copy of a table with rows that were set aside, each of 700 yen."""
        batch = f"{table}-{on:%Y%m%d}"
        self.run("insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
                 " file_bytes) values (%s, 'nhi', %s, %s, 'loaded', 'f', %s, 1)", batch, table, on, batch)  # fmt: skip
        for line, raw in enumerate(rows, start=1):
            self.run("insert into quarantine.row (batch_id, source, table_name, file_name, line_no, byte_offset, raw,"
                     " reason_code, amount_yen, owner_dept, state) values (%s, 'nhi', %s, 'f', %s, 0, %s, 'DATE', 700,"
                     " 'insurance', %s)", batch, table, line, raw, state)  # fmt: skip
        return batch

    def as_migrator(self, work: Callable[[db.Connection], Any]) -> Any:
        """What `work` returns when the migrator does it."""
        with db.connect(self.state, "migrator", doing="hand-made") as connection:
            return work(connection)


def _seed(connection: db.Connection, schema: str, name: str) -> None:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    columns = ", ".join(f"{each} {'date' if each in _DATES else 'text'}" for each in rows[0])
    table = f"{schema}.{name.split('/')[1]}"
    connection.execute(f"create table {table} ({columns})".encode())
    marks = ", ".join(["%s"] * len(rows[0]))
    for row in rows[1:]:
        connection.execute(f"insert into {table} values ({marks})".encode(), [cell or None for cell in row])


@pytest.fixture(scope="session")
def around_state(new_state: Callable[[], State]) -> State:
    state = new_state()
    with db.connect(state) as connection:
        db.run_script(connection, _TABLES)
        connection.execute("create table law.assessed_then partition of law.claim_assessments default")
        for schema, names in _SEEDS.items():
            for name in names:
                _seed(connection, schema, name)
        db.run_script(connection, _GRANTS)
    return state


@pytest.fixture
def hand(around_state: State) -> Iterator[Ward]:
    """An empty hand-made warehouse, published for the snapshot."""
    with db.connect(around_state, autocommit=True, doing="hand-made") as connection:
        made = Ward(around_state, connection)
        made.run(_EMPTY)
        made.publish()
        yield made
