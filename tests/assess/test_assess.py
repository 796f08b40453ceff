"""The law applied in bulk: what is charged, what acknowledges, and a recount of a ward's sample by the day."""

from datetime import date
from typing import Any

import pytest

from receivables import assess, database, db
from receivables.assess import Assessment, Claim, assessment
from receivables.assess.desk import COLUMNS, Desk, Found
from receivables.errors import InputRejectedError
from receivables.law.clock import Event
from receivables.law.late_charge import Payment
from receivables.rulebook import rulebook
from receivables.settings import State
from tests.conftest import AS_OF
from tests.law.test_late_charge import by_the_day


def row_of(acts: str, claim_type: str = "resident_tax") -> dict[str, object]:
    """The row that is stored of a claim with these acts (columns of ACT, in order)."""
    claim = Found("x:1", claim_type, 2025, date(2025, 6, 30), None, 100_000, 0, None, None, None, 0, 0, acts, None)
    return dict(zip(COLUMNS, Desk(rulebook(), AS_OF).row(claim), strict=True))


def judged(*payments: Payment, events: tuple[Event, ...] = (), as_of: date = AS_OF, **more: Any) -> Assessment:
    given: dict[str, Any] = {
        "claim_id": "x:1", "claim_type": "resident_tax", "fiscal_year": 2025, "due_date": date(2025, 6, 30),
        "contract_date": None, "assessed_yen": 100_000, "written_off_yen": 0,
    }  # fmt: skip
    return assessment(Claim(**(given | more)), as_of=as_of, payments=payments, events=events, rules=rulebook())


def test_what_was_paid_in_time_bears_nothing() -> None:
    found = judged(Payment(date(2025, 6, 30), 100_000))
    assert found.charge is not None
    assert found.charge.charge_yen == 0


def test_what_was_paid_late_is_charged_to_the_day_of_payment_and_no_further() -> None:
    payment = Payment(date(2025, 12, 31), 100_000)
    one, later = judged(payment), judged(payment, as_of=date(2026, 12, 31))
    assert one.charge is not None
    assert later.charge is not None
    assert one.charge.charge_yen == later.charge.charge_yen > 0
    assert one.charge.segments[-1].last == date(2025, 12, 31)


def test_over_payment_is_not_a_reason_to_fail() -> None:
    found = judged(Payment(date(2025, 12, 31), 150_000))
    assert found.charge is not None
    assert found.charge.charge_yen == judged(Payment(date(2025, 12, 31), 100_000)).charge.charge_yen  # type: ignore[union-attr]


def test_a_part_payment_after_the_due_date_acknowledges_the_claim() -> None:
    found = judged(Payment(date(2025, 12, 31), 40_000))
    assert str(found.standing.prescription.date_safe) == "2030-12-31"
    assert [entry.event for entry in found.standing.prescription.clock] == ["due", "acknowledged"]


def test_the_last_payment_acknowledges_nothing_more() -> None:
    found = judged(Payment(date(2025, 12, 31), 100_000))
    assert [entry.event for entry in found.standing.prescription.clock] == ["due"]


@pytest.mark.parametrize(
    "more",
    [
        {"claim_type": "scholarship_loan", "contract_date": date(2021, 4, 1)},
        {"claim_type": "nhi_premium", "fiscal_year": 2017, "due_date": date(2017, 6, 30)},
        {"written_off_yen": 100_000},
    ],
)
def test_loans_old_premiums_and_written_off_claims_bear_no_charge(more: dict[str, Any]) -> None:
    assert judged(**more).charge is None


def test_a_loan_without_its_contract_date_is_unknown() -> None:
    assert judged(claim_type="scholarship_loan").standing.prescription.missing == ("contract_date",)


def test_an_unknown_claim_type_is_refused_by_name() -> None:
    with pytest.raises(InputRejectedError, match=r"claim_types\.csv"):
        judged(claim_type="parking")


def rows(state: State, query: str, *values: object) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return [tuple(row) for row in connection.execute(query.encode(), values).fetchall()]


def test_every_claim_that_is_overdue_was_paid_late_or_is_written_off_is_judged_and_no_other(published: State) -> None:
    found = rows(
        published,
        """
        select
            count(*) filter (where is_worth and judged.claim_id is null),
            count(*) filter (where not is_worth and judged.claim_id is not null),
            count(judged.claim_id)
        from intermediate.int_claims__balances as claims
        left join law.claim_assessments as judged on judged.claim_id = claims.claim_id and judged.as_of = %s
        left join (
            select claim_id, max(paid_on) as paid_on from intermediate.int_receipts__allocated
            where not is_provisional and principal_yen <> 0 group by claim_id
        ) as paid on paid.claim_id = claims.claim_id
        cross join lateral (
            select (outstanding_yen > 0 and due_date < %s) or written_off_yen > 0
                or coalesce(paid.paid_on > due_date, false) as is_worth
        ) as why
        """,
        AS_OF, AS_OF,
    )  # fmt: skip
    assert found[0][:2] == (0, 0)
    assert found[0][2] > 1_000


def test_a_sample_of_the_ward_recounted_by_the_day(published: State) -> None:
    sample = rows(
        published,
        """
        select a.claim_id, b.claim_type, b.due_date, b.assessed_yen, a.delinquency_charge_yen
        from law.claim_assessments a join intermediate.int_claims__balances b using (claim_id)
        where a.as_of = %s and a.delinquency_charge_yen is not null and b.due_date < %s
            and not jsonb_path_exists(a.charge_segments, '$[*] ? (@.relief != null)')
        order by (a.delinquency_charge_yen > 0) desc, md5(a.claim_id) limit 150
        """,
        AS_OF, AS_OF,
    )  # fmt: skip
    assert sum(1 for row in sample if row[4]) > 100
    for claim_id, claim_type, due, assessed_yen, charge_yen in sample:
        paid = rows(
            published,
            "select paid_on, principal_yen from intermediate.int_receipts__allocated"
            " where claim_id = %s and not is_provisional and paid_on <= %s order by paid_on, receipt_id",
            claim_id, AS_OF,
        )  # fmt: skip
        payments, open_yen, until = [], assessed_yen, AS_OF
        for paid_on, yen in paid:
            if open_yen > 0:
                payments.append(Payment(paid_on, min(yen, open_yen)))
            open_yen -= yen
            if open_yen <= 0:
                until = min(until, paid_on)
        rule = rulebook().claim_type(claim_type).late_charge_rule
        assert rule is not None
        assert charge_yen == by_the_day(assessed_yen, due, until, rule, payments), claim_id


def test_assessing_again_writes_the_same(published: State) -> None:
    query = (
        "select md5(string_agg(to_jsonb(a)::text, '|' order by claim_id)) from law.claim_assessments a where as_of = %s"
    )
    before = rows(published, query, AS_OF)
    assess.assess(as_of=AS_OF, state=published)
    assert rows(published, query, AS_OF) == before


def test_a_charge_that_hangs_on_a_fact_nobody_told_is_not_known() -> None:
    deferral = '[["deferral", "2026-01-10", null, "2026-12-31", null, null, null, null, null, null, false, null]]'
    told = {acts: row_of(acts) for acts in (deferral, deferral.replace("null, false", '"disaster", false'))}
    assert [(row["delinquency_charge_yen"] is None, row["is_charge_known"]) for row in told.values()] == [
        (True, False), (False, True),
    ]  # fmt: skip
    free = row_of("[]", claim_type="school_lunch_fee")
    assert (free["delinquency_charge_yen"], free["is_charge_known"]) == (None, True)


def test_rows_of_before_the_column_call_no_unknown_charge_known(published: State) -> None:
    query = "select claim_id from law.claim_assessments where as_of = %s and not is_charge_known order by 1"
    before = rows(published, query, AS_OF)
    with db.connect(published) as connection:
        connection.execute("alter table law.claim_assessments drop column is_charge_known")
    database.initialise(published)
    assert set(before) <= set(rows(published, query, AS_OF))
    charged = (
        "select count(*) from law.claim_assessments where delinquency_charge_yen is not null and not is_charge_known"
    )
    assert rows(published, charged) == [(0,)]


def test_a_missing_rate_year_leaves_what_was_there(published: State) -> None:
    query = "select count(*) from law.claim_assessments"
    before = rows(published, query)
    with pytest.raises(InputRejectedError, match="late_charge_rates"):
        assess.assess(as_of=date(2027, 3, 1), state=published)
    assert rows(published, query) == before


def test_the_law_of_a_published_batch_is_found_again_from_the_ledger(published: State) -> None:
    [(batch,)] = rows(published, "select published_batch from ops.published_batch where is_current")
    assert assess.is_as_published(batch, state=published)
    with db.connect(published) as connection:
        connection.execute("update ops.published_batch set law_digest = law_digest + 1 where is_current")
    try:
        assert not assess.is_as_published(batch, state=published)
    finally:
        with db.connect(published) as connection:
            connection.execute("update ops.published_batch set law_digest = law_digest - 1 where is_current")
    assert rows(published, "select to_regclass('law.desk')") == [(None,)]
