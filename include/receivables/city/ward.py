"""Makes the whole ward: people, bills, four departments' deliveries, and the truth."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from receivables.city.loan_book import deliver_loans
from receivables.city.loans import loan_bills
from receivables.city.nhi import nhi_bills
from receivables.city.nhi_files import deliver_nhi
from receivables.city.people import population
from receivables.city.planting import Delivery, Fate
from receivables.city.register import database_name, deliver_register
from receivables.city.tax import tax_bills
from receivables.city.tax_files import deliver_tax
from receivables.city.truth import write_truth
from receivables.errors import InputRejectedError
from receivables.settings import State

Notice = Callable[[str], None]
FEWEST_RESIDENTS = 200  # fewer would not hold every planted fault


def make(
    *,
    residents: int = 20_000,
    seed: int = 1,
    as_of: date = date(2026, 6, 19),
    days: int = 0,
    out: Path,
    state: State,
    notice: Notice = lambda _: None,
) -> dict[str, Any]:
    """Make the synthetic ward in `out` as of `as_of` (基準日), the same bytes for the same seed.

    With `days` > 0 each following day's full copies are written beside the first day's, under
    their own dates; the register, being one database, then shows the last of these days.
    Raises InputRejectedError for fewer than 200 residents or a negative number of days.
    """
    if residents < FEWEST_RESIDENTS or days < 0:
        raise InputRejectedError(f"the ward needs --residents of at least {FEWEST_RESIDENTS} and --days of 0 or more")
    notice("people")
    people = population(residents=residents, seed=seed, as_of=as_of)
    notice("resident tax, health insurance, loans: bills and how they were paid")
    tax = tax_bills(people, seed=seed, until=as_of)
    nhi = nhi_bills(people, seed=seed, until=as_of)
    loans = loan_bills(people, seed=seed, until=as_of)
    bills = [*tax, *nhi, *loans]
    deliveries: list[Delivery] = []
    for day in (as_of + timedelta(days=count) for count in range(days + 1)):
        notice(f"department files of {day}")
        deliveries += deliver_tax(tax, day=day, as_of=as_of, seed=seed, drop=out / "resident_tax")
        deliveries += deliver_nhi(nhi, day=day, as_of=as_of, seed=seed, drop=out / "nhi")
        deliveries += deliver_loans(loans, day=day, as_of=as_of, seed=seed, drop=out / "scholarship")
    notice("the register's database")
    deliveries += deliver_register(
        people,
        debtors={bill.debtor.addressee_no for bill in bills},
        days=days, as_of=as_of, seed=seed, drop=out / "register", state=state,
    )  # fmt: skip
    notice("the truth")
    write_truth(out / "truth", people=people, bills=bills, deliveries=deliveries, as_of=as_of)
    return {
        "out": str(out),
        "residents": residents,
        "seed": seed,
        "as_of": as_of.isoformat(),
        "days": days,
        "database": database_name(out),
        "tables": [_summary(delivery) for delivery in deliveries],
    }


def _summary(delivery: Delivery) -> dict[str, Any]:
    rows = [row for _, row in delivery.fates]
    count = {fate.value: sum(row.fate is fate for row in rows) for fate in Fate}
    return {
        "table_name": delivery.table_name,
        "business_date": delivery.business_date,
        "file": delivery.file_name,
        "rows": len(rows),
        "yen": sum(row.amount_yen for row in rows),
        **count,
    }
