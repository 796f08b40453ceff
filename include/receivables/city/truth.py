"""What is true of the ward (正解): read by tests and people, never by the pipeline."""

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from receivables.city.bills import Bill, known
from receivables.city.channels import in_flight_yen
from receivables.city.papers import Department, Paper, Tally
from receivables.city.people import Person
from receivables.city.planting import Fate, Row
from receivables.city.waves import true_effects

PERSONS = ("source_code", "source_debtor_key", "person_id")
CLAIMS = (
    "claim_id", "source_code", "source_claim_key", "claim_type", "addressee_no", "person_id", "fiscal_year",
    "instalment_no", "due_date", "contract_date", "assessed_yen", "received_yen", "provisional_yen", "in_flight_yen",
    "written_off_yen", "refund_pending_yen", "outstanding_yen", "dunned_on", "exclusion_codes", "as_of",
)  # fmt: skip
FAULTS = ("source", "file", "line_no", "fault_code", "reason_code", "table_name", "amount_yen", "amount_readable")
ASIDES = ("source", "file", "line_no", "kind", "reason_code", "table_name", "amount_yen")
TOTALS = ("source", "fiscal_year", "rows", "yen", "table_name", "business_date")
EFFECTS = ("campaign", "segment", "channel", "true_uplift")
# Assumptions, not findings: what one message adds to the share who pay within 30 days.
TRUE_EFFECTS = (
    ("sms_after_dunning", "under_40", "sms", "0.09"),
    ("sms_after_dunning", "40_to_64", "sms", "0.06"),
    ("sms_after_dunning", "65_and_over", "sms", "0.02"),
)
Years = dict[int | None, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One block's rows of one paper on one day, with their fates."""

    department: Department
    paper: Paper[Any]
    day: date
    rows: list[Row[Any]]

    @property
    def key(self) -> tuple[str, str, date]:
        """Which file this is a part of."""
        return self.department.source, self.paper.table, self.day


@dataclass(slots=True)
class Account:
    """What became of the rows of one file, in one block or in all of them; line numbers count from 0 in a block."""

    tally: Tally = field(default_factory=Tally)
    lines: int = 0  # rows, and the lines between them
    fates: dict[str, int] = field(default_factory=lambda: {fate.value: 0 for fate in Fate})
    faults: list[tuple[Any, ...]] = field(default_factory=list)  # line, fault, reason, yen, readable
    asides: list[tuple[Any, ...]] = field(default_factory=list)  # line, kind, reason, yen
    years: Years = field(default_factory=dict)

    def add(self, other: "Account") -> None:
        """Put the account of the following block behind this one."""
        first = self.lines
        self.faults += [(first + line, *rest) for line, *rest in other.faults]
        self.asides += [(first + line, *rest) for line, *rest in other.asides]
        for fate, count in other.fates.items():
            self.fates[fate] += count
        for year, (rows, yen) in other.years.items():
            had = self.years.get(year, (0, 0))
            self.years[year] = (had[0] + rows, had[1] + yen)
        self.tally = self.tally + other.tally
        self.lines += other.lines


def effects(*, has_effects: bool) -> list[tuple[str, ...]]:
    """Every campaign's true effect: of the waves that were held, and of the messages that are yet to be sent."""
    return [*true_effects(has_effects=has_effects), *TRUE_EFFECTS]


def account_of(rows: list[Row[Any]], tally: Tally) -> Account:
    """The account of one block's rows of one file."""
    found = Account(tally)
    years: dict[int | None, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        line, found.lines = found.lines, found.lines + 1 + row.extra_lines
        found.fates[row.fate.value] += 1
        if row.fate is Fate.ACCEPTED:
            years[row.fiscal_year][0] += 1
            years[row.fiscal_year][1] += row.amount_yen
        elif row.fate is Fate.QUARANTINED:
            found.faults.append((line, row.fault_code, row.reason_code, row.amount_yen, int(row.is_amount_readable)))
        else:
            found.asides.append((line, row.fate.value, row.reason_code, row.amount_yen))
    found.years = {year: (count, yen) for year, (count, yen) in years.items()}
    return found


def write_rows(file: Path, rows: Iterable[tuple[Any, ...]], header: tuple[str, ...] | None = None) -> None:
    """Write a truth file, or one block's part of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        if header:
            writer.writerow(header)
        writer.writerows(rows)


def persons(people: list[Person], bills: list[Bill], day: date) -> list[tuple[Any, ...]]:
    """Who stands behind each number of each system, as the register is on `day`."""
    found = {("register", person.addressee_no): person.person_id for person in people if person.is_known(day)}
    for bill in bills:
        found[bill.source_code, bill.debtor.addressee_no] = bill.debtor.person_id
    return [(source, key, person_id) for (source, key), person_id in sorted(found.items())]


def claim_states(deliveries: list[Delivery], day: date, first_day: date) -> list[tuple[Any, ...]]:
    """The state each accepted claim must reach from the rows that are accepted on `day`."""
    received: dict[str, int] = defaultdict(int)
    provisional: dict[str, int] = defaultdict(int)
    claims: list[Bill] = []
    for delivery in deliveries:
        paper = delivery.paper
        for row in delivery.rows if paper.tells_claims or paper.tells_receipts else ():
            if row.fate is not Fate.ACCEPTED:
                continue
            for bill, seen in row.told():
                if paper.tells_claims:
                    claims.append(bill)
                if paper.tells_receipts and seen:
                    paid = provisional if seen.is_provisional and paper.tells_provisional else received
                    paid[bill.claim_id] += seen.receipt.principal_yen
    return [
        _state(bill, received[bill.claim_id], provisional[bill.claim_id], in_flight_yen(bill, day, first_day), day)
        for bill in claims
    ]


def _state(bill: Bill, received_yen: int, shown_yen: int, flying_yen: int, day: date) -> tuple[Any, ...]:
    provisional_yen = shown_yen + flying_yen  # 速報 of the department, and what only a channel tells
    written_off_yen = bill.written_off_by(day)
    refund_yen = max(received_yen - (bill.assessed_yen - written_off_yen), 0)
    outstanding_yen = bill.assessed_yen - received_yen + refund_yen - written_off_yen
    return (
        bill.claim_id, bill.source_code, bill.claim_key, bill.claim_type, bill.debtor.addressee_no,
        bill.debtor.person_id, bill.fiscal_year, bill.instalment_no, bill.due_date, bill.contract_date or "",
        bill.assessed_yen, received_yen, provisional_yen, flying_yen, written_off_yen, refund_yen, outstanding_yen,
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
        "X11": known(person.no_sms_from, day) is not None,
        "X14": person.has_guardian or person.age(day) < 18,
        "X17": person.language_code != "ja",
        "NOT_REGISTERED": not person.is_known(day),
    }
    return (code for code, holds in reasons.items() if holds)


def join(file: Path, parts: list[Path], header: tuple[str, ...]) -> None:
    """Put a truth file together from every block's part."""
    with file.open("wb") as whole:
        whole.write((",".join(header) + "\n").encode())
        for part in parts:
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, whole, 1 << 20)
