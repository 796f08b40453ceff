"""Makes one block of the ward and leaves its parts of every file; runs in a process of its own."""

from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from receivables.city import case_truth, register, truth
from receivables.city.bills import Bill
from receivables.city.blocks import Block, Plan
from receivables.city.case_work import work_on_cases
from receivables.city.changes import live_on
from receivables.city.departments import DEPARTMENTS
from receivables.city.papers import settled_by, tally_of
from receivables.city.people import population
from receivables.city.planting import Fate, planted
from receivables.city.truth import Account, Delivery
from receivables.city.waves import hold_waves

Key = tuple[str, str, date]  # source, table, business date


@dataclass(frozen=True, slots=True)
class Made:
    """What one block has become: the account of its part of every file. The rows lie in the part files."""

    accounts: dict[Key, Account]
    register: Account
    register_faults: list[str]  # the numbers of the spoilt rows, in the order of `register.faults`


def part(plan: Plan, block: Block, name: str) -> Path:
    """Where a block leaves its part of the file called `name`."""
    return plan.out / ".parts" / f"{block.number:04d}" / name


def part_name(key: Key) -> str:
    """The name of a part of one department's file."""
    source, table, day = key
    return f"{source}-{table}-{day:%Y%m%d}"


def make_block(plan: Plan, block: Block) -> Made:
    """People, bills and rows of one block, written down as parts."""
    part(plan, block, "").mkdir(parents=True, exist_ok=True)
    people, last_day = population(block), plan.business_dates()[-1]
    bills = {department.source: department.bills(block, people) for department in DEPARTMENTS}
    hold_waves(block, bills, has_effects=plan.has_effects)
    work_on_cases(block, bills)
    everything = list(chain.from_iterable(bills.values()))
    rows = register.register_rows(
        block, people, {bill.debtor.addressee_no for bill in everything},
        of_each=block.number == 0, permille=plan.fault_permille,
    )  # fmt: skip
    if plan.days:
        settled = {row.content[0] or "" for row in rows if row.fate is Fate.ACCEPTED}
        newcomers = live_on(block, people, settled, plan.days)
        rows = register.rows_on(last_day, rows, people, newcomers)
        people = people + newcomers
    accounts: dict[Key, Account] = {}
    for day in plan.business_dates():
        deliveries = _deliveries(plan, block, bills, day)
        for delivery in deliveries:
            tally = tally_of(delivery.rows)
            accounts[delivery.key] = truth.account_of(delivery.rows, tally)
            delivery.paper.form.write_part(delivery.rows, part(plan, block, part_name(delivery.key)))
        truth.write_rows(part(plan, block, f"claims-{day:%Y%m%d}"), truth.claim_states(deliveries, day, plan.as_of))
        truth.write_rows(part(plan, block, f"cases-{day:%Y%m%d}"), case_truth.acts(deliveries))
        truth.write_rows(part(plan, block, f"plans-{day:%Y%m%d}"), case_truth.plans(everything, day))
    truth.write_rows(part(plan, block, "persons"), truth.persons(people, everything, last_day))
    register.write_part(rows, part(plan, block, register.SOURCE))
    spoilt = [row.content[0] or "" for row in rows if row.fate is Fate.QUARANTINED]
    return Made(accounts, truth.account_of(rows, tally_of(rows)), spoilt)


def _deliveries(plan: Plan, block: Block, bills: dict[str, list[Bill]], day: date) -> list[Delivery]:
    found = []
    settled = settled_by(plan.as_of)
    everything = list(chain.from_iterable(bills.values()))
    for department in DEPARTMENTS:
        theirs = everything if department.is_over_all else bills[department.source]
        for paper in department.papers:
            rows = planted(
                block.rng(f"faults:{department.source}:{paper.table}"),
                paper.rows(theirs, day, block),
                paper.faults(),
                lambda row, paper=paper: paper.is_victim(row, settled),  # type: ignore[misc]
                of_each=block.number == 0,
                permille=plan.fault_permille,
            )
            found.append(Delivery(department, paper, day, rows))
    return found
