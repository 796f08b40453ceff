"""A hand-made warehouse: debtors as the marts would show them, and a carrier as its own process."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from receivables import campaigns, contracts, db, server
from receivables.campaigns.freshness import rests_on
from receivables.campaigns.playbook import Gateway
from receivables.settings import State

AS_OF = date(2026, 6, 19)  # a Friday
NOON = "2026-06-19T12:00:00+09:00"
SOURCES = sorted(rests_on("resident_tax") | rests_on("nhi"))
QUICK = Gateway(lookup=True, timeout_seconds=0.4, settle_seconds=0.8, parts_per_second=500, cost_yen_per_part=12)

TABLES = """
drop view if exists mart.fct_delinquencies, mart.dim_debtors, mart.fct_receipts, mart.fct_claims, mart.fct_contacts,
    mart.wl_instalment_plans cascade;
drop table if exists mart.fct_delinquencies, mart.dim_debtors, mart.fct_receipts, mart.fct_claims, mart.fct_contacts,
    mart.wl_instalment_plans, vault.register__persons cascade;
create table mart.fct_delinquencies (
    claim_id text, source_code text, claim_type text, owner_dept text, debtor_id text, due_date date,
    outstanding_yen bigint, provisional_yen bigint, prescription_state text, prescription_date_safe date,
    dunned_on date, dunning_deadline date, standing text, held_by text, legal_class text, fiscal_year integer,
    instalment_no integer, charge_open_yen bigint, is_charge_known boolean, slip_no text, as_of date
);
create table mart.fct_claims (
    claim_id text, source_code text, claim_type text, owner_dept text, debtor_id text, due_date date, last_paid_on date,
    outstanding_yen bigint, received_yen bigint, prescription_state text, prescription_date_safe date, standing text
);
create table mart.dim_debtors (debtor_id text, contact_block boolean);
create table mart.fct_receipts (
    receipt_id text, claim_id text, paid_on date, received_yen bigint, is_provisional boolean, channel_code text
);
create index on mart.fct_receipts (claim_id);
create table mart.fct_contacts (
    channel text, debtor_id text, attempted_at timestamptz, attempted_on date, outcome text, promised_on date,
    promised_yen bigint, campaign_code text, owner_dept text, result_code text, heard_seconds integer
);
create table mart.wl_instalment_plans (debtor_id text, plan_state text, recorded_broken_on date);
create schema if not exists intermediate;
create table if not exists intermediate.int_payments__announced (
    claim_id text, channel text, state text, paid_on date, paid_yen bigint
);
grant usage on schema intermediate to sender;
grant select on intermediate.int_payments__announced to sender;
create table vault.register__persons (
    addressee_no text, phone text, _known_from date, _known_to date, person_name text, postal_code text, address text,
    address_detail text, person_kana text
);
grant usage on schema mart, ops, identity to sender;
grant select on all tables in schema mart to sender;
grant select on ops.load, ops.published_batch, ops.batch_rests_on to sender;
"""
_EMPTY = """
truncate campaign.run, campaign.contact, campaign.approval, campaign.hold, campaign.outbox, campaign.outbox_event,
    campaign.certificate, campaign.delivery_receipt, campaign.receipt_cursor, campaign.pacer, campaign.effect,
    campaign.approver, campaign.halt, campaign.week, campaign.inbound_load, campaign.handover,
    campaign.handover_line, campaign.handover_drop, campaign.contact_event, campaign.cohort, campaign.shift,
    campaign.shift_reason, campaign.quiet,
    mart.fct_delinquencies, mart.dim_debtors, mart.fct_receipts, mart.fct_claims,
    mart.fct_contacts, mart.wl_instalment_plans, intermediate.int_payments__announced, vault.register__persons,
    identity.link, identity.contact_fact, identity.channel_stop, identity.contact_point, identity.merge,
    ops.published_batch, ops.batch_rests_on, quarantine.row, ops.load cascade;
update campaign.switch set is_stopped = false;
truncate campaign.switch_event;
"""


@dataclass
class World:
    """The hand-made warehouse; every method writes as the administrator."""

    state: State
    connection: db.Connection
    people: int = 0
    claims: int = 0
    numbers: dict[str, str] = field(default_factory=dict)

    def run(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        try:
            done = self.connection.execute(query, arguments)  # type: ignore[call-overload]
        except psycopg.Error as error:
            raise db.DatabaseError(error, "hand-made") from None
        return done.fetchall() if done.description else []

    def publish(self, as_of: date = AS_OF) -> None:
        self.run("update ops.published_batch set is_current = false")
        self.run(
            "insert into ops.published_batch values (%s, %s, default, true, 'x')"
            " on conflict (published_batch) do update set is_current = true", f"p{as_of}", as_of,
        )  # fmt: skip
        for source in SOURCES:
            self.load(source, as_of)

    def load(self, source: str, day: date, *, is_published: bool = True) -> None:
        """The day's deliveries of a source, in the published figures unless they came after."""
        for table in contracts.contract(source).tables:
            self.run(
                "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
                " file_bytes) values (%s, %s, %s, %s, 'loaded', 'f', %s, 1)",
                f"{table.name}-{day}", source, table.name, day, f"{table.name}-{day}",
            )  # fmt: skip
        if is_published:
            self.run(
                "insert into ops.batch_rests_on select published_batch, array(select batch_id from ops.load)"
                " from ops.published_batch where is_current"
                " on conflict (published_batch) do update set batch_ids = excluded.batch_ids"
            )

    def load_again(self, source: str, day: date = AS_OF) -> None:
        """Another delivery of the day, loaded after the figures that readers see were made."""
        self.run(
            "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
            " file_bytes) select batch_id || '-again', source, table_name, business_date, 'loaded', 'f',"
            " batch_id || '-again', 1 from ops.load where source = %s and business_date = %s", source, day,
        )  # fmt: skip

    def debtor(self, *, phone: str | None = "", fact: str | None = None, **claim: Any) -> str:
        """One ordinary debtor who would be reminded, unless `claim`, `phone` or `fact` says otherwise."""
        self.people += 1
        debtor_id, number = f"d{self.people:020x}", f"{self.people:015d}"
        phone = f"090{10_000_001 + self.people * 7:08d}" if phone == "" else phone
        self.run(
            "insert into vault.register__persons values (%s, %s, %s, null, '区民　太郎', '1540017',"
            " '世田谷区世田谷四丁目21番27号', null, 'クミン　タロウ')", number, phone, AS_OF,
        )  # fmt: skip
        self.run(
            "insert into identity.link select source, %s, %s, 'addressee_no', 1, 'register-1'"
            " from unnest(array['resident_tax', 'register']) as source", number, debtor_id,
        )  # fmt: skip
        self.run("insert into mart.dim_debtors values (%s, %s)", debtor_id, fact is not None)
        self.claim(debtor_id, **claim)
        if fact:
            self.fact(debtor_id, fact)
        self.numbers[debtor_id] = phone or ""
        return debtor_id

    def claim(self, debtor_id: str | None, **given: Any) -> str:
        self.claims += 1
        claim_id = given.pop("claim_id", None) or f"resident_tax:{debtor_id or self.people}-{self.claims}"
        row = {
            "claim_id": claim_id, "source_code": "resident_tax", "claim_type": "resident_tax", "owner_dept": "tax",
            "debtor_id": debtor_id, "due_date": date(2026, 1, 31), "outstanding_yen": 25_000, "provisional_yen": 0,
            "prescription_state": "running", "prescription_date_safe": date(2031, 1, 31),
            "dunned_on": date(2026, 2, 20), "dunning_deadline": date(2026, 3, 2), "legal_class": "enforced_public",
            "fiscal_year": 2025, "instalment_no": 4, "charge_open_yen": 0, "is_charge_known": True, "as_of": AS_OF,
            "slip_no": f"01{self.people:010d}{self.claims % 100:02d}", **given,
        }  # fmt: skip
        columns = ", ".join(row)
        self.run(
            f"insert into mart.fct_delinquencies ({columns}) values ({', '.join(['%s'] * len(row))})", *row.values()
        )
        return claim_id

    def fact(self, debtor_id: str, code: str, *, valid_from: date = AS_OF - timedelta(days=30)) -> None:
        self.run(
            "insert into identity.contact_fact values (%s, %s, %s, null, 'residents', 'b')", debtor_id, code, valid_from
        )

    def stop(self, debtor_id: str, channel: str, *, stopped_on: date = AS_OF) -> None:
        self.run("insert into identity.channel_stop values (%s, %s, %s, 'b')", debtor_id, channel, stopped_on)

    def quarantine(self, table: str, raw: bytes, *, day: date = AS_OF) -> None:
        self.run(
            "insert into quarantine.row (batch_id, source, table_name, file_name, line_no, byte_offset, raw,"
            " reason_code, owner_dept) select %s, %s, %s, 'f', count(*) + 1, 0, %s, 'AMOUNT', 'tax'"
            " from quarantine.row",
            f"{table}-{day}", table.partition("__")[0], table, raw,
        )  # fmt: skip

    def build(self, as_of: date = AS_OF, name: str = "sms_after_dunning") -> str:
        return campaigns.build(name, as_of=as_of, maker="planner", state=self.state)

    def approved(self, name: str = "sms_after_dunning", as_of: date = AS_OF) -> str:
        run_id = self.build(as_of, name)
        for user in ("chief_tax", "chief_insurance"):
            campaigns.approve(run_id, user=user, state=self.state)
        return run_id

    def contact(self, debtor_id: str) -> tuple[str, list[str]]:
        """Arm and codes of the newest run."""
        rows = self.run(
            "select arm, exclusion_codes from campaign.contact join campaign.run using (run_id)"
            " where debtor_id = %s order by built_at desc limit 1",
            debtor_id,
        )
        return rows[0][0], rows[0][1]

    def message(self, debtor_id: str) -> tuple[str, list[str]]:
        rows = self.run("select state, suppressed_codes from campaign.outbox where debtor_id = %s", debtor_id)
        return (rows[0][0], rows[0][1]) if rows else ("none", [])


@dataclass
class CarrierProcess:
    url: str
    ledger_file: Path
    process: subprocess.Popen[bytes]

    def ledger(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}/v1/ledger", timeout=5) as reply:
            found: dict[str, int] = json.load(reply)["accepted"]
            return found

    def sent(self) -> list[dict[str, str]]:
        return (
            [json.loads(line) for line in self.ledger_file.read_text().splitlines()]
            if self.ledger_file.exists()
            else []
        )


@pytest.fixture(scope="session")
def campaign_state(new_state: Callable[[], State]) -> State:
    state = new_state()
    with db.connect(state) as connection:
        db.run_script(connection, TABLES)
    return state


@pytest.fixture
def world(campaign_state: State, no_holdout: None) -> Iterator[World]:
    with db.connect(campaign_state, autocommit=True) as connection:
        db.run_script(connection, _EMPTY)
        shutil.rmtree(campaign_state.root / "outgoing", ignore_errors=True)
        made = World(campaign_state, connection)
        made.publish()
        yield made


@pytest.fixture
def no_holdout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody eligible is treated, so that a test may speak of one person."""
    from receivables.campaigns import playbook

    real = playbook.playbook

    def without(name: str) -> campaigns.Playbook:
        return real(name).model_copy(update={"holdout_permille": 0})

    monkeypatch.setattr("receivables.campaigns.selection.playbook", without)


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[Callable[..., CarrierProcess]]:
    """Starts the tests' own carrier, which tells when and what it was sent."""
    yield from _carriers(tmp_path, [str(Path(__file__).with_name("carrier.py"))])


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Callable[..., CarrierProcess]]:
    """Starts the city's gateway simulator, as `make run` does."""
    yield from _carriers(tmp_path, ["-m", "receivables.city.gateway"])


def _carriers(folder: Path, program: list[str]) -> Iterator[Callable[..., CarrierProcess]]:
    started: list[CarrierProcess] = []

    def start(**options: object) -> CarrierProcess:
        port, ledger = server.free_port(), folder / f"ledger{len(started)}.jsonl"
        extra = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        command = [sys.executable, *program, "--port", str(port), "--ledger", str(ledger), *extra]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        one = CarrierProcess(f"http://127.0.0.1:{port}", ledger, process)
        started.append(one)
        assert server.wait_until(lambda: _answers(one), seconds=10)
        return one

    yield start
    for one in started:
        one.process.terminate()
        one.process.wait()


def _answers(one: CarrierProcess) -> bool:
    try:
        one.ledger()
    except OSError:
        return False
    return True
