"""Households as units of assignment (世帯単位の割付): whoever lives together is asked together or not at all.

The household itself is not read: the database gives a hash of it, another one for each campaign's salt.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from psycopg.rows import args_row
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from receivables import db
from receivables.campaigns.candidates import Candidate
from receivables.campaigns.playbook import Playbook

_UNITS = "select debtor_id, household from campaign.household_units(%s, %s, %s) order by 1, 2"


def with_units(
    connection: db.Connection, found: Sequence[Candidate], playbook: Playbook, day: date
) -> Sequence[Candidate]:
    """The candidates with the key they are drawn by, as households stand on `day`; unchanged when drawn alone."""
    if playbook.experiment.unit != "household":
        return found
    known = sorted({each.debtor_id for each in found if each.debtor_id})
    with connection.cursor(row_factory=args_row(lambda debtor, household: (str(debtor), str(household)))) as cursor:
        units = units_of(cursor.execute(_UNITS, [known, day, playbook.holdout_salt]).fetchall())
    return [replace(each, unit_key=units.get(each.debtor_id or "")) for each in found]


def units_of(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Each debtor's unit from (debtor, household) pairs: those that share a debtor are one, by the least key."""
    told = sorted(set(pairs))
    debtors = {debtor: at for at, debtor in enumerate(sorted({debtor for debtor, _ in told}))}
    households = {household: at for at, household in enumerate(sorted({household for _, household in told}))}
    if not told:
        return {}
    size = len(debtors) + len(households)
    rows = [debtors[debtor] for debtor, _ in told]
    columns = [len(debtors) + households[household] for _, household in told]
    _, label = connected_components(coo_array(([1] * len(told), (rows, columns)), shape=(size, size)), directed=False)
    least: dict[int, str] = {}
    for household, at in households.items():
        least.setdefault(label[len(debtors) + at], household)
    return {debtor: least[label[at]] for debtor, at in debtors.items()}
