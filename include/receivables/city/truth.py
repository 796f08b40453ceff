"""What is true of the ward (正解): read by tests and people, never by the pipeline."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from receivables.city.bills import Bill, known
from receivables.city.people import Person
from receivables.city.planting import Delivery, Fate

_CLAIM_TABLES = ("resident_tax__claims", "nhi__claims", "scholarship__instalments")
_RECEIPT_TABLES = ("resident_tax__receipts", "nhi__receipts", "scholarship__instalments")
_CLAIM_HEADER = (
    "claim_id", "source_code", "source_claim_key", "claim_type", "addressee_no", "person_id", "fiscal_year",
    "instalment_no", "due_date", "contract_date", "assessed_yen", "received_yen", "provisional_yen",
    "written_off_yen", "refund_pending_yen", "outstanding_yen", "dunned_on", "exclusion_codes", "as_of",
)  # fmt: skip
# Assumptions, not findings: what one message adds to the share who pay within 30 days.
_EFFECTS = (
    ("sms_after_dunning", "under_40", "sms", "0.09"),
    ("sms_after_dunning", "40_to_64", "sms", "0.06"),
    ("sms_after_dunning", "65_and_over", "sms", "0.02"),
)


def write_truth(
    folder: Path, *, people: list[Person], bills: list[Bill], deliveries: list[Delivery], as_of: date
) -> dict[str, int]:
    """Write every truth file; returns the row counts by file."""
    folder.mkdir(parents=True, exist_ok=True)
    faults = [row for delivery in deliveries for row in _faults(delivery)]
    asides = [row for delivery in deliveries for row in _set_asides(delivery)]
    days = sorted({delivery.business_date for delivery in deliveries})
    tables = {
        "persons.csv": (("source_code", "source_debtor_key", "person_id"), _persons(people, bills)),
        "faults.csv": (
            ("source", "file", "line_no", "fault_code", "reason_code", "table_name", "amount_yen", "amount_readable"),
            faults,
        ),
        "set_aside.csv": (("source", "file", "line_no", "kind", "reason_code", "table_name", "amount_yen"), asides),
        "totals.csv": (("source", "fiscal_year", "rows", "yen", "table_name", "business_date"), _totals(deliveries)),
        "effects.csv": (("campaign", "segment", "channel", "true_uplift"), list(_EFFECTS)),
    }
    for day in days:
        name = "claims.csv" if day == as_of.isoformat() else f"claims-{day.replace('-', '')}.csv"
        tables[name] = (_CLAIM_HEADER, claim_states(deliveries, date.fromisoformat(day)))
    for name, (header, rows) in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    return {name: len(rows) for name, (_, rows) in tables.items()}


def _persons(people: list[Person], bills: list[Bill]) -> list[tuple[Any, ...]]:
    found = {("register", person.addressee_no): person.person_id for person in people if person.is_registered}
    for bill in bills:
        found[bill.source_code, bill.debtor.addressee_no] = bill.debtor.person_id
    return [(source, key, person_id) for (source, key), person_id in sorted(found.items())]


def _faults(delivery: Delivery) -> Iterable[tuple[Any, ...]]:
    for line_no, row in delivery.fates:
        if row.fate is Fate.QUARANTINED:
            yield (
                delivery.source_code, delivery.file_name, line_no, row.fault_code, row.reason_code,
                delivery.table_name, row.amount_yen, int(row.is_amount_readable),
            )  # fmt: skip


def _set_asides(delivery: Delivery) -> Iterable[tuple[Any, ...]]:
    for line_no, row in delivery.fates:
        if row.fate in (Fate.DUPLICATE, Fate.EXCLUDED):
            yield (
                delivery.source_code, delivery.file_name, line_no, row.fate.value, row.reason_code,
                delivery.table_name, row.amount_yen,
            )  # fmt: skip


def _totals(deliveries: list[Delivery]) -> list[tuple[Any, ...]]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for delivery in deliveries:
        for _, row in delivery.fates:
            if row.fate is Fate.ACCEPTED:
                year = "" if row.fiscal_year is None else str(row.fiscal_year)
                total = found[delivery.source_code, delivery.table_name, delivery.business_date, year]
                total[0] += 1
                total[1] += row.amount_yen
    return [(source, year, rows, yen, table, day) for (source, table, day, year), (rows, yen) in sorted(found.items())]


def claim_states(deliveries: list[Delivery], day: date) -> list[tuple[Any, ...]]:
    """The state each accepted claim must reach from the rows that are accepted on `day`."""
    received: dict[str, int] = defaultdict(int)
    provisional: dict[str, int] = defaultdict(int)
    claims: list[Bill] = []
    for delivery in deliveries:
        if delivery.business_date != day.isoformat():
            continue
        for _, row in delivery.fates:
            if row.fate is not Fate.ACCEPTED or row.bill is None:
                continue
            if delivery.table_name in _CLAIM_TABLES:
                claims.append(row.bill)
            if delivery.table_name in _RECEIPT_TABLES and row.seen:
                # A workbook has no column that could say 速報.
                is_provisional = row.seen.is_provisional and delivery.table_name != "scholarship__instalments"
                paid = provisional if is_provisional else received
                paid[row.bill.claim_id] += row.seen.receipt.principal_yen
    return [_state(bill, received[bill.claim_id], provisional[bill.claim_id], day) for bill in claims]


def _state(bill: Bill, received_yen: int, provisional_yen: int, day: date) -> tuple[Any, ...]:
    written_off_yen = bill.written_off_by(day)
    refund_yen = max(received_yen - (bill.assessed_yen - written_off_yen), 0)
    outstanding_yen = bill.assessed_yen - received_yen + refund_yen - written_off_yen
    return (
        bill.claim_id, bill.source_code, bill.claim_key, bill.claim_type, bill.debtor.addressee_no,
        bill.debtor.person_id, bill.fiscal_year, bill.instalment_no, bill.due_date, bill.contract_date or "",
        bill.assessed_yen, received_yen, provisional_yen, written_off_yen, refund_yen, outstanding_yen,
        known(bill.dunned_on, day) or "", " ".join(_exclusions(bill, outstanding_yen - provisional_yen, day)), day,
    )  # fmt: skip


def _exclusions(bill: Bill, rest_yen: int, day: date) -> Iterable[str]:
    """Why nobody may be reminded of this claim (domain note 4.3), as far as the ward's own facts tell."""
    person = bill.debtor
    reasons = {
        "X01": rest_yen <= 0,
        "X02": bill.remark_code == "分納",
        "X03": bill.remark_code == "猶予",
        "X05": person.is_on_welfare,
        "X07": known(person.died_on, day) is not None,
        "X08": person.is_protected,
        "X14": person.has_guardian or person.age(day) < 18,
        "X17": person.language_code != "ja",
        "NOT_REGISTERED": not person.is_registered,
    }
    return (code for code, holds in reasons.items() if holds)
