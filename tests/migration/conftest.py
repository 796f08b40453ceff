"""A hand-made warehouse of health insurance premiums, and the file of a rehearsal to tamper with."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from receivables import db, migration
from receivables.migration.mapping import MAPS
from receivables.settings import State

SNAPSHOT = date(2026, 6, 19)
_TABLES = """
create schema if not exists staging;
create schema if not exists intermediate;
create table staging.stg_nhi__claims (
    source_code text, source_claim_key text, claim_type text, source_debtor_key text, levy_year integer,
    fiscal_year integer, notice_no text, instalment_no integer, due_date date, assessed_yen bigint,
    written_off_yen bigint, written_off_on date, contract_date date, batch_id text, line_no bigint
);
create table staging.stg_nhi__claim_components (
    source_code text, source_claim_key text, component_code text, assessed_yen bigint
);
create table staging.stg_nhi__receipts (
    source_code text, source_receipt_key text, source_claim_key text, paid_on date, received_on date,
    accounting_year integer, principal_yen bigint, delinquency_charge_yen bigint, dunning_fee_yen bigint,
    received_yen bigint, channel_code text, is_provisional boolean, batch_id text, line_no bigint
);
create table staging.stg_nhi__events (
    source_code text, source_event_key text, source_claim_key text, event_type text, event_date date, issued_on date,
    arrived_on date, designated_deadline date, batch_id text, line_no bigint
);
create view intermediate.int_claims__unioned as
select source_code || ':' || source_claim_key as claim_id, c.* from staging.stg_nhi__claims as c;
create view intermediate.int_receipts__allocated as
select r.source_code || ':' || source_receipt_key as receipt_id, c.claim_id,
    case when c.claim_id is null then 'orphan' else 'allocated' end as allocation_state, r.*
from staging.stg_nhi__receipts as r left join intermediate.int_claims__unioned as c using (source_claim_key);
create view intermediate.int_claims__balances as
select c.*, received_yen, 0::bigint as given_back_yen,
    greatest(received_yen - (assessed_yen - written_off_yen), 0) as refund_pending_yen,
    assessed_yen - received_yen + greatest(received_yen - (assessed_yen - written_off_yen), 0) - written_off_yen
    as outstanding_yen
from intermediate.int_claims__unioned as c cross join lateral (
    select coalesce(sum(principal_yen), 0)::bigint as received_yen from intermediate.int_receipts__allocated as r
    where r.claim_id = c.claim_id and not is_provisional
) as paid;
grant usage on schema staging, intermediate to migrator;
grant select on all tables in schema staging, intermediate to migrator;
"""
_EMPTY = """
truncate staging.stg_nhi__claims, staging.stg_nhi__claim_components, staging.stg_nhi__receipts,
    staging.stg_nhi__events, migration.run, migration.run_group, migration.row_ledger, migration.file_manifest,
    migration.reread_issue, migration.recon_result,
    migration.recon_diff, migration.signoff, ops.published_batch cascade;
"""


@dataclass
class World:
    """The hand-made warehouse; every method writes as the administrator."""

    state: State
    connection: db.Connection
    people: int = 0
    receipts: int = 0

    def run(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        done = self.connection.execute(query, arguments or None)  # type: ignore[call-overload]
        return done.fetchall() if done.description else []

    def publish(self, as_of: date = SNAPSHOT) -> None:
        self.run("insert into ops.published_batch values ('p1', %s, default, true, 'mart_p1')", as_of)

    def premium(self, notice_no: str, instalment: int = 1, **given: Any) -> str:
        """One instalment in three parts; returns its key in the source."""
        self.people += 1
        row = {"medical": 6_000, "support": 3_000, "care": 1_000, "levy_year": 2025, "fiscal_year": 2025,
               "due_date": date(2025, 7, 31), "debtor": f"{self.people:015d}", "written_off": 0, "written_off_on": None,
               "claim_type": "nhi_premium", "key": f"{notice_no}-{instalment:02}"} | given  # fmt: skip
        total = given.get("assessed", row["medical"] + row["support"] + row["care"])
        self.run(
            "insert into staging.stg_nhi__claims values"
            " ('nhi', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, null, 'b1', 1)",
            row["key"], row["claim_type"], row["debtor"], row["levy_year"], row["fiscal_year"], notice_no, instalment,
            row["due_date"], total, row["written_off"], row["written_off_on"],
        )  # fmt: skip
        for part in ("medical", "support", "care"):
            self.run(
                "insert into staging.stg_nhi__claim_components values ('nhi', %s, %s, %s)", row["key"], part, row[part]
            )
        return str(row["key"])

    def receipt(self, key: str, principal: int, *, charge: int = 0, fee: int = 0, provisional: bool = False,
                paid_on: date = date(2025, 8, 1)) -> None:  # fmt: skip
        self.receipts += 1
        self.run(
            "insert into staging.stg_nhi__receipts values"
            " ('nhi', %s, %s, %s, %s, null, %s, %s, %s, %s, '01', %s, 'b1', 1)",
            f"r{self.receipts:06}", key, paid_on, paid_on, principal, charge, fee, principal + charge + fee,
            provisional,
        )  # fmt: skip

    def rehearse(self, *, profile: str = "standard_csv", maps: Path | None = None) -> dict[str, Any]:
        """One rehearsal; returns what reconcile says of it."""
        run_id = migration.rehearse(
            edition="0.1-draft", profile=profile, snapshot=SNAPSHOT, state=self.state, maps=maps,
            groups=["chotei_shuno"], sources=["nhi"],
        )  # fmt: skip
        return migration.outcome(run_id, state=self.state)

    def file(self, run_id: str) -> Path:
        return next((self.state.root / "migration" / run_id).glob("*.csv"))


@pytest.fixture(scope="session")
def handmade_state(new_state: Callable[[], State]) -> State:
    state = new_state()
    with db.connect(state) as connection:
        db.run_script(connection, _TABLES)
    return state


@pytest.fixture
def world(handmade_state: State) -> Iterator[World]:
    """An empty hand-made warehouse, published for the snapshot."""
    with db.connect(handmade_state, autocommit=True, doing="hand-made") as connection:
        made = World(handmade_state, connection)
        made.run(_EMPTY)
        made.publish()
        yield made


@pytest.fixture
def ordinary(world: World) -> World:
    """Claims of every ordinary kind: open, paid, part-paid with charge, announced, written off, over-paid."""
    world.premium("1000000001", 1)
    world.receipt(world.premium("1000000001", 2), 10_000)
    world.receipt(world.premium("1000000002", 1, medical=7_000), 4_000, charge=300)
    world.receipt(world.premium("1000000003", 1), 10_000, provisional=True, paid_on=date(2026, 6, 17))
    world.premium("1000000004", 1, levy_year=2019, fiscal_year=2019, due_date=date(2019, 7, 31), written_off=10_000,
                  written_off_on=date(2022, 3, 31))  # fmt: skip
    over = world.premium("1000000005", 1, levy_year=2026, fiscal_year=2026, due_date=date(2026, 6, 30))
    world.receipt(over, 10_500)
    world.receipt(world.premium("1000000006", 10, care=0), 9_000, fee=100)
    return world


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A copy of the project's maps to change."""
    return Path(shutil.copytree(MAPS, tmp_path / "maps"))


def check(found: dict[str, Any], check_id: str, legs: str) -> dict[str, Any]:
    """The one check of this id between these legs."""
    return next(each for each in found["checks"] if (each["id"], each["legs"]) == (check_id, legs))


def failing(found: dict[str, Any]) -> set[tuple[str, str]]:
    """Ids and legs of the checks that failed."""
    return {(each["id"], each["legs"]) for each in found["checks"] if each["status"] == "FAIL"}
