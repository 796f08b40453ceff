"""A warehouse whose raw rows are written by hand: four departments, few rows, every case on purpose."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import sql

from receivables import access, db, identity, warehouse
from receivables.contracts import all_contracts
from receivables.identity.pseudonyms import debtor_id
from receivables.settings import State

AS_OF = date(2026, 6, 19)
_META = {
    "_batch_id": "text", "_line_no": "bigint", "_byte_offset": "bigint", "_known_from": "date",
    "_known_to": "date",
}  # fmt: skip
_YEARS = {  # which year a file tells of itself
    "resident_tax__claims": "levy_year", "resident_tax__receipts": "accounting_year", "nhi__claims": "premium_year",
    "welfare_refund__decisions": "fiscal_year",
    "welfare_loans__instalments": "extract(year from due_date - interval '3 months')::integer",
    "scholarship__instalments": "extract(year from due_date - interval '3 months')::integer",
}  # fmt: skip
_ASSESS = """
with paid as (
    select claims.claim_id, claims.received_yen, parts.component_code, parts.assessed_yen,
        sum(parts.assessed_yen) over (partition by claims.claim_id order by parts.component_code) as up_to_yen
    from intermediate.int_claims__balances as claims
    join intermediate.int_claim_components as parts using (claim_id)
),
parts as (
    select claim_id, jsonb_object_agg(component_code, jsonb_build_object('assessed_yen', assessed_yen,
        'paid_yen', greatest(least(received_yen - up_to_yen + assessed_yen, assessed_yen), 0))) as components
    from paid group by claim_id
)
insert into law.claim_assessments (
    claim_id, as_of, prescription_state, prescription_date_safe, prescription_date_alt, prescription_cause,
    prescription_rule_id, prescription_clock, needs_invocation, standing, extinct_from, extinct_cause,
    awaits_invocation, held_by, held_until, holds, delinquency_charge_yen, is_charge_known, charge_paid_yen,
    charge_segments, components, citations, missing
)
select
    claims.claim_id, %(as_of)s, coalesce(told.prescription_state, 'running'),
    case when told.prescription_state is null then claims.due_date + 1826 else told.prescription_date_safe end,
    told.prescription_date_alt, 'due', coalesce(told.prescription_rule_id, 'by hand'), '[]', false,
    coalesce(told.standing, 'stands'), told.extinct_from, told.extinct_cause, coalesce(told.awaits_invocation, false),
    told.held_by, told.held_until, '[]', 0, true, 0, '[]', coalesce(parts.components, '{}'), '[]',
    coalesce(told.missing, '[]')
from intermediate.int_claims__balances as claims
left join parts using (claim_id)
left join jsonb_to_recordset(%(told)s::jsonb) as told (
    claim_id text, prescription_state text, prescription_date_safe date, prescription_date_alt date,
    prescription_rule_id text, standing text, extinct_from date, extinct_cause text, awaits_invocation boolean,
    held_by text, held_until date, missing jsonb
) using (claim_id)
where
    claims.written_off_yen > 0 or claims.last_paid_on > claims.due_date
    or (claims.outstanding_yen > 0 and claims.due_date < %(as_of)s)
"""


@dataclass
class Handmade:
    """Writes raw rows as an ingest would; `business_date` is the day they are known from."""

    state: State
    lines: dict[str, int] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    vaults: dict[str, tuple[list[str], set[str]]] = field(default_factory=dict)  # keys, and columns about persons
    law: dict[str, dict[str, Any]] = field(default_factory=dict)
    acts: list[dict[str, Any]] = field(default_factory=list)

    def run(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with db.connect(self.state) as connection:
            done = connection.execute(query, arguments or None)
            return done.fetchall() if done.description else []

    def make_tables(self) -> None:
        """The raw and vault tables that ingest makes of the contracts, empty."""
        for contract in all_contracts():
            for table in contract.tables:
                kept = {each.name: each.postgres_type for each in table.columns if not each.pii}
                personal = {each.name: each.postgres_type for each in table.columns if each.pii}
                self.tables[table.name] = kept | _META
                self.vaults[table.name] = list(table.key), set(personal)
                self._make("raw", table.name, self.tables[table.name])
                self._make("vault", table.name, {name: kept[name] for name in table.key} | personal | _META)

    def _make(self, schema: str, name: str, columns: dict[str, str]) -> None:
        drawn = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()
        )
        with db.connect(self.state) as connection:
            table = sql.Identifier(schema, name)
            connection.execute(sql.SQL("drop table if exists {} cascade").format(table))
            connection.execute(sql.SQL("create table {} ({})").format(table, drawn))

    def empty(self) -> None:
        self.run("truncate " + ", ".join(f"raw.{name}, vault.{name}" for name in self.tables) + ", identity.link,"
                 " identity.contact_fact, identity.pair, identity.cluster, identity.matched_by, identity.pending,"
                 " identity.merge, identity.collected, identity.collected_batch, identity.sampled, vault.person_key,"
                 " vault.former_holder, identity.reused, decision.in_force, decision.approval, decision.proposal,"
                 " law.claim_assessments, ops.load"
                 " cascade")  # fmt: skip
        self.lines.clear()
        self.law.clear()
        self.acts.clear()

    def resolve_anew(self, as_of: date = AS_OF) -> dict[str, int]:
        """Resolve and read everybody: rows that a test changes in place came with no delivery to look at."""
        self.run("truncate identity.collected, identity.collected_batch")
        return identity.resolve(as_of=as_of, state=self.state)

    def debtor(self, number: str) -> str:
        """The pseudonym of this 宛名番号."""
        return debtor_id(number, key=self.state.secret("hmac_debtor"))

    def add(self, table: str, *, known_from: date = AS_OF, known_to: date | None = None, **given: Any) -> None:
        self.lines[table] = self.lines.get(table, 1) + 1
        meta = {
            "_batch_id": table, "_line_no": self.lines[table], "_byte_offset": 0,
            "_known_from": known_from, "_known_to": known_to,
        }  # fmt: skip
        keys, about_persons = self.vaults[table]
        personal = {name: given.pop(name) for name in about_persons & set(given)}
        row = {name: _blank(kind) for name, kind in self.tables[table].items()} | given
        self._insert(f"raw.{table}", row | meta)
        if personal:
            self._insert(f"vault.{table}", {name: row[name] for name in keys} | personal | meta)

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(row)
        self.run(f"insert into {table} ({names}) values ({', '.join(['%s'] * len(row))})", *row.values())

    def settle_ledger(self, *, as_of: date = AS_OF) -> None:
        """Write the ledger of loads as it would be: everything known on `as_of` was accepted and counted."""
        for contract in all_contracts():
            for table in contract.tables:
                batch_id = f"{table.name}-{as_of}"
                self.run(
                    "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
                    " file_bytes) values (%s, %s, %s, %s, 'loaded', 'by hand', %s, 1) on conflict do nothing",
                    batch_id, contract.source, table.name, as_of, batch_id,
                )  # fmt: skip
                self.run("delete from ops.control_total where batch_id = %s", batch_id)
                for measure in table.measures or ("rows",):
                    self.run(
                        f"""
                        insert into ops.control_total
                            (batch_id, source, table_name, hop, measure, fiscal_year, rows, yen)
                        select %s, %s, %s, 'load', %s, {_YEARS.get(table.name, "null::integer")}, count(*),
                            coalesce(sum({measure if table.measures else 0}), 0)
                        from raw.{table.name}
                        where _known_from <= %s and (_known_to is null or _known_to > %s)
                        group by 6
                        """,
                        batch_id, contract.source, table.name, measure, as_of, as_of,
                    )  # fmt: skip

    def judged(self, claim_id: str, **columns: Any) -> None:
        """What the law is to say of one claim; a state given without its safe date has none."""
        self.law[claim_id] = columns

    def assess(self, *, as_of: date = AS_OF) -> None:
        """Stand in for the law: what `judged` says, and every other claim runs on for five years."""
        told = json.dumps([{"claim_id": key, **columns} for key, columns in self.law.items()], default=str)
        with db.connect(self.state) as connection:
            bounds = connection.execute(
                "select pg_get_expr(c.relpartbound, c.oid) from pg_class as c"
                " join pg_inherits as i on i.inhrelid = c.oid where i.inhparent = 'law.claim_assessments'::regclass"
            ).fetchall()
            if not any(str(as_of) in str(bound) for (bound,) in bounds):
                connection.execute(f"create table law.claim_assessments_{as_of:%Y%m%d} partition of"
                                   f" law.claim_assessments for values in ('{as_of}')")  # fmt: skip
            connection.execute("delete from law.claim_assessments where as_of = %(as_of)s", {"as_of": as_of})
            connection.execute(_ASSESS, {"as_of": as_of, "told": told})

    def act(self, claim_id: str, event_type: str, event_date: date, **given: Any) -> None:
        """An act of case work, as the unioned events will hold it."""
        self.acts.append({"claim_id": claim_id, "event_type": event_type, "event_date": event_date, **given})

    def write_acts(self) -> None:
        """Stand in for the sources of case work: add the acts to the events that `prepare` has built."""
        for number, act in enumerate(self.acts, start=1):
            row = {"event_id": f"by hand:{number}", "source_code": act["claim_id"].split(":")[0],
                   "batch_id": "by hand", "line_no": number, **act}  # fmt: skip
            self.run(f"insert into intermediate.int_claim_events__unioned ({', '.join(row)})"
                     f" values ({', '.join(['%s'] * len(row))})", *row.values())  # fmt: skip

    def rebuild_marts(self, *, as_of: date = AS_OF) -> str:
        """What a night's `build_marts` leaves, without dbt: the published rows again, as a new batch."""
        with access.alone(self.state, "rebuild by hand") as connection:
            batch = warehouse._next_batch(connection, as_of)
            connection.execute("drop schema if exists mart_build cascade")
            connection.execute("create schema mart_build authorization dbt")
            for mart in map(sql.Identifier, access.declaration().marts):
                connection.execute(sql.SQL("create table mart_build.{0} as select * from mart.{0}").format(mart))
                connection.execute(sql.SQL("update mart_build.{} set published_batch = {}").format(mart, batch))
            connection.execute(sql.SQL("comment on schema mart_build is {}").format(sql.Literal(batch)))
        return batch

    def person(self, number: str, **given: Any) -> None:
        """A person of the register; alone in a household unless `household_no` says with whom."""
        self.add("register__persons", addressee_no=number, **{"household_no": number[-10:]} | given)

    def tax(self, notice_no: str, instalment: int = 1, **given: Any) -> str:
        """A resident tax instalment; returns its claim_id."""
        row = {"addressee_no": "1" * 15, "due_date": date(2025, 6, 30), "assessed_yen": 10_000, **given}
        number = f"{instalment:02}"
        self.add("resident_tax__claims", levy_year=2025, tax_year=2025, notice_no=notice_no, subject_code="01",
                 instalment_no=number, statutory_due_date=row["due_date"], **row)  # fmt: skip
        return f"resident_tax:2025-2025-{notice_no}-{number}"

    def tax_receipt(self, notice_no: str, receipt_no: str, instalment: int = 1, **given: Any) -> None:
        row = {"principal_yen": 10_000, "provisional_code": "0", "channel_code": "01", "accounting_year": 2025,
               "paid_on": date(2025, 7, 1), "received_on": date(2025, 7, 3), **given}  # fmt: skip
        self.add("resident_tax__receipts", levy_year=2025, tax_year=2025, notice_no=notice_no, subject_code="01",
                 instalment_no=f"{instalment:02}", receipt_no=receipt_no, **row)  # fmt: skip

    def tax_dunning(self, notice_no: str, issued_on: date, instalment: int = 1, seq: int = 1, **given: Any) -> None:
        self.add("resident_tax__dunnings", levy_year=2025, tax_year=2025, notice_no=notice_no, subject_code="01",
                 instalment_no=f"{instalment:02}", dunning_seq=seq, issued_on=issued_on, **given)  # fmt: skip

    def premium(self, notice_no: str, instalment: int = 1, **given: Any) -> str:
        """A health insurance premium instalment in three parts; returns its claim_id."""
        row = {"levy_year": 2025, "premium_year": 2025, "addressee_no": "1" * 15, "due_date": date(2025, 7, 31),
               "medical_yen": 6_000, "support_yen": 3_000, "care_yen": 1_000, **given}  # fmt: skip
        total = row["medical_yen"] + row["support_yen"] + row["care_yen"]
        number = f"{instalment:02}"
        self.add("nhi__claims", notice_no=notice_no, instalment_no=number, assessed_yen=total, status_code="0", **row)
        return f"nhi:{notice_no}-{number}"

    def premium_receipt(self, notice_no: str, receipt_no: str, instalment: int = 1, **given: Any) -> None:
        row = {"principal_yen": 10_000, "paid_on": date(2025, 7, 31), "received_on": date(2025, 8, 4),
               "provisional_code": "0", "channel_code": "01", **given}  # fmt: skip
        row["received_yen"] = row["principal_yen"] + row.get("delinquency_charge_yen", 0)
        self.add("nhi__receipts", notice_no=notice_no, instalment_no=f"{instalment:02}", receipt_no=receipt_no, **row)

    def refund(self, decision_no: str, split_seq: int = 1, **given: Any) -> str:
        """An instalment of a welfare refund; returns its claim_id."""
        row = {"article_code": "63", "error_code": "0", "basis_from": date(2020, 4, 1), "basis_to": date(2020, 9, 30),
               "addressee_no": "1" * 15, "fiscal_year": 2021, "decided_on": date(2021, 4, 20),
               "due_date": date(2021, 5, 20), "assessed_yen": 90_000, "status_code": "0", **given}  # fmt: skip
        self.add("welfare_refund__decisions", decision_no=decision_no, split_seq=split_seq, instalment_no=1,
                 notice_no=f"{split_seq}0{decision_no}", **row)  # fmt: skip
        return f"welfare_refund:{decision_no}-{split_seq}-01"

    def loan(self, loan_no: str, instalment: int = 1, **given: Any) -> str:
        """A repayment of a scholarship loan; returns its claim_id."""
        row = {"addressee_no": "1" * 15, "contract_date": date(2015, 4, 1), "due_date": date(2026, 3, 31),
               "assessed_yen": 15_000, **given}  # fmt: skip
        self.add("scholarship__instalments", loan_no=loan_no, instalment_no=instalment, **row)
        return f"scholarship:{loan_no}-{instalment:03}"


def _blank(kind: str) -> Any:
    return {"bigint": 0, "boolean": False}.get(kind)
