"""What moves and what stays are one ledger: no yen and no claim between the two, each section sees its own."""

import csv
from datetime import date

import pytest

from receivables import db
from receivables.settings import SEEDS, State
from tests.conftest import AS_OF


def rows(state: State, query: str, role: str = "analyst") -> list[tuple[object, ...]]:
    with db.connect(state, role, doing="look at the bridge") as connection:
        return connection.execute(query.encode()).fetchall()


def targets() -> dict[str, dict[str, str]]:
    with (SEEDS / "migration" / "claim_targets.csv").open(encoding="utf-8", newline="") as lines:
        return {row["claim_type"]: row for row in csv.DictReader(lines)}


def test_both_sides_add_up_to_the_claims_of_each_section_and_kind(published: State) -> None:
    owed = rows(published, "select owner_dept, claim_type, count(*), sum(outstanding_yen) from mart.fct_claims"
                           " group by 1, 2 order by 1, 2")  # fmt: skip
    bridged = rows(published, "select owner_dept, claim_type, sum(claim_count), sum(outstanding_yen)"
                              " from mart.agg_bridge group by 1, 2 order by 1, 2")  # fmt: skip
    assert bridged == owed
    assert owed


def test_a_debtor_owes_on_both_sides_what_he_owes(published: State) -> None:
    assert (
        rows(
            published,
            """
        select debtor_id from mart.dim_debtors as debtors
        full join (
            select debtor_id, sum(outstanding_yen) as yen from mart.claims_bridge where debtor_id is not null
            group by debtor_id
        ) as bridged using (debtor_id)
        where debtors.outstanding_yen is distinct from bridged.yen
        """,
        )
        == []
    )
    on_both = rows(
        published,
        "select debtor_id from mart.claims_bridge where outstanding_yen > 0"
        " group by debtor_id having bool_or(leads = 'this_ledger') and bool_or(leads <> 'this_ledger')",
    )
    assert on_both  # the ward has people with a loan and a premium: the total must cross the bridge


def test_every_claim_lives_where_the_city_decided(published: State) -> None:
    found = rows(published, "select distinct claim_type, target, standard_system, state, leads from mart.claims_bridge")
    decided = targets()
    assert len(found) == len({row[0] for row in found})  # one place a kind on one day
    for claim_type, target, system, state, leads in found:
        row = decided[str(claim_type)]
        assert (target, system or "", state) == (row["target"], row["standard_system"], row["state"])
        cut_over = date.fromisoformat(row["cut_over_on"]) if row["cut_over_on"] else None
        is_over = cut_over <= AS_OF if cut_over else row["state"] == "done"
        expected = "standard_system" if is_over else "department_system"
        assert leads == ("this_ledger" if target == "stay" else expected)


@pytest.mark.parametrize(("role", "dept"), [("dept_tax_staff", "tax"), ("dept_youth_staff", "youth")])
def test_a_section_sees_its_own_claims_and_everybodys_figures(published: State, role: str, dept: str) -> None:
    assert rows(published, "select distinct owner_dept from mart.claims_bridge", role) == [(dept,)]
    every = rows(published, "select sum(claim_count) from mart.agg_bridge")
    assert rows(published, "select sum(claim_count) from mart.agg_bridge", role) == every


def test_screens_and_auditors_see_figures_and_no_claim(published: State) -> None:
    for role in ("screen", "auditor"):
        assert rows(published, "select count(*) > 0 from mart.agg_bridge", role) == [(True,)]
        with pytest.raises(db.DatabaseError):
            rows(published, "select count(*) from mart.claims_bridge", role)
