"""Makes the whole ward block by block, puts the parts together, and writes the truth."""

import shutil
from collections.abc import Callable
from datetime import date
from os import cpu_count
from pathlib import Path
from typing import Any

from receivables.city import case_truth, register, truth
from receivables.city.blocks import Block, Plan
from receivables.city.departments import DEPARTMENTS
from receivables.city.making import Key, Made, make_block, part, part_name
from receivables.city.papers import Department, Tally
from receivables.city.truth import Account
from receivables.errors import InputRejectedError
from receivables.processes import side_by_side
from receivables.settings import State

Notice = Callable[[str], None]
FEWEST_RESIDENTS = 200  # fewer would not hold every planted fault
MOST_RESIDENTS = 1_000_000
MOST_FAULTS_PERMILLE = 100
_OF_A_DAY = {"claims": truth.CLAIMS, "cases": case_truth.CASES, "plans": case_truth.PLANS}


def make(
    *,
    residents: int = 20_000,
    seed: int = 1,
    as_of: date = date(2026, 6, 19),
    days: int = 0,
    fault_permille: int = 0,
    has_effects: bool = True,
    out: Path,
    state: State,
    notice: Notice = lambda _: None,
) -> dict[str, Any]:
    """Make the synthetic ward in `out` as of `as_of` (基準日), the same bytes for the same seed.

    With `days` > 0 each following day's full copies are written beside the first day's, under
    their own dates; the register, being one database, then shows the last of these days.
    One fault of every kind is planted; `fault_permille` of the settled rows are spoilt besides.
    Without `has_effects` those who were asked (催告) in past waves pay like those who were not.
    Raises InputRejectedError for residents, days or faults that no ward can have.
    """
    if not FEWEST_RESIDENTS <= residents <= MOST_RESIDENTS or days < 0:
        raise InputRejectedError(
            f"the ward needs --residents of at least {FEWEST_RESIDENTS} (at most {MOST_RESIDENTS}), --days of 0 or more"
        )
    if not 0 <= fault_permille <= MOST_FAULTS_PERMILLE:
        raise InputRejectedError(f"--faults is per mille of the rows, 0 to {MOST_FAULTS_PERMILLE}")
    plan = Plan(residents, seed, as_of, days, fault_permille, out, has_effects)
    blocks = plan.blocks()
    shutil.rmtree(out / ".parts", ignore_errors=True)
    made = _made(plan, blocks, notice)
    accounts = {key: _whole(plan, blocks, key, made, notice) for key in made[0].accounts}
    _accompany(plan, accounts)
    notice("the register's database")
    people = _register(plan, blocks, made, state)
    notice("the truth")
    tables = [*((key, account) for key, account in accounts.items()), *people.items()]
    _write_truth(plan, blocks, tables)
    shutil.rmtree(out / ".parts")
    return {
        "out": str(out),
        "residents": residents,
        "seed": seed,
        "as_of": as_of.isoformat(),
        "days": days,
        "fault_permille": fault_permille,
        "database": register.database_name(out),
        "tables": [_summary(key, account) for key, account in tables],
    }


def _made(plan: Plan, blocks: list[Block], notice: Notice) -> list[Made]:
    """Every block, in order, made on as many processes as there are processors."""
    workers = min(cpu_count() or 1, len(blocks))
    if workers == 1:
        notice("people, bills, papers")
        return [make_block(plan, block) for block in blocks]
    found: dict[int, Made] = {}
    for number, made in side_by_side(make_block, [(plan, block) for block in blocks], processes=workers):
        found[number] = made
        notice(f"people, bills, papers: block {len(found)} of {len(blocks)}")
    return [found[number] for number in range(len(blocks))]


def _whole(plan: Plan, blocks: list[Block], key: Key, made: list[Made], notice: Notice) -> Account:
    """Put one file together; returns the account of the whole file."""
    source, table, day = key
    account = Account()
    for block in made:
        account.add(block.accounts[key])
    paper = next(paper for paper in _department(source).papers if paper.table == table)
    notice(f"{source}: {paper.file_name(day)}")
    drop = plan.out / source
    drop.mkdir(parents=True, exist_ok=True)
    parts = [part(plan, block, part_name(key)) for block in blocks]
    paper.form.put_together(parts, account.tally, day, drop / paper.file_name(day))
    for one in parts:
        one.unlink()
    return account


def _accompany(plan: Plan, accounts: dict[Key, Account]) -> None:
    for department in DEPARTMENTS:
        for day in plan.business_dates() if department.accompany else ():
            tallies: dict[str, Tally] = {
                paper.file_name(day): accounts[department.source, paper.table, day].tally for paper in department.papers
            }
            department.accompany(plan.out / department.source, day, tallies)  # type: ignore[misc]


def _register(plan: Plan, blocks: list[Block], made: list[Made], state: State) -> dict[Key, Account]:
    drop = plan.out / register.SOURCE
    register.make_register(state, drop, [part(plan, block, register.SOURCE) for block in blocks])
    account = Account()
    for block in made:
        account.add(block.register)
    numbers = [number for block in made for number in block.register_faults]
    at = register.positions(state, drop, numbers)
    account.faults = sorted((at[number] - 1, *rest) for number, (_, *rest) in zip(numbers, account.faults, strict=True))
    return {(register.SOURCE, "persons", plan.business_dates()[-1]): account}


def _write_truth(plan: Plan, blocks: list[Block], tables: list[tuple[Key, Account]]) -> None:
    folder = plan.out / "truth"
    shutil.rmtree(folder, ignore_errors=True)
    faults, asides, totals = [], [], []
    for key, account in tables:
        (source, table, day), file, first = key, *_file(key)
        name = f"{source}__{table}"
        faults += [(source, file, first + line, *codes, name, yen, readable)
                   for line, *codes, yen, readable in account.faults]  # fmt: skip
        asides += [(source, file, first + line, *codes, name, yen) for line, *codes, yen in account.asides]
        totals += [(source, "" if year is None else year, *counted, name, day.isoformat())
                   for year, counted in account.years.items()]  # fmt: skip
    truth.write_rows(folder / "faults.csv", faults, truth.FAULTS)
    truth.write_rows(folder / "set_aside.csv", asides, truth.ASIDES)
    truth.write_rows(folder / "totals.csv", sorted(totals, key=str), truth.TOTALS)
    truth.write_rows(folder / "effects.csv", truth.effects(has_effects=plan.has_effects), truth.EFFECTS)
    truth.join(folder / "persons.csv", [part(plan, block, "persons") for block in blocks], truth.PERSONS)
    for day in plan.business_dates():
        for subject, header in _OF_A_DAY.items():
            name = f"{subject}.csv" if day == plan.as_of else f"{subject}-{day:%Y%m%d}.csv"
            truth.join(folder / name, [part(plan, block, f"{subject}-{day:%Y%m%d}") for block in blocks], header)


def _department(source: str) -> Department:
    return next(department for department in DEPARTMENTS if department.source == source)


def _file(key: Key) -> tuple[str, int]:
    """The name of a file and the number of its first row's line."""
    source, table, day = key
    if source == register.SOURCE:
        return register.CONNECTION, 1
    paper = next(paper for paper in _department(source).papers if paper.table == table)
    return paper.file_name(day), paper.form.first_line_no


def _summary(key: Key, account: Account) -> dict[str, Any]:
    source, table, day = key
    return {
        "table_name": f"{source}__{table}",
        "business_date": day.isoformat(),
        "file": _file(key)[0],
        "rows": account.tally.rows,
        "yen": account.tally.yen,
        **account.fates,
    }
