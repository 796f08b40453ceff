"""説明済みの差異: exact numbers, two persons, a limit; and never over broken evidence."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from receivables import db
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.migration import signoff
from receivables.migration.checks import Check
from receivables.migration.signoff.acceptance import evidence_of, facts_of
from receivables.migration.signoff.differing import Differing, keys_digest
from tests.migration.signoff.conftest import Desk
from tests.migration.signoff.handmade import differing

pytestmark = pytest.mark.postgres
SEEN = differing(rows=2, yen=600)


def failing(seen: Differing = SEEN, **more: Any) -> Check:
    return replace(Check(seen.check, seen.legs, "各行の値が一致", "FAIL", seen.rows, group=seen.group), **more)


def accept(desk: Desk, run_id: str, seen: Differing = SEEN, *, by: str | None = "chief_insurance", **limit: Any) -> str:
    made = signoff.propose(
        run_id, place=seen.place, reason_code="A03", reason="締め後の減免の反映", ticket="K-118", user="chief_tax",
        state=desk.state, **(limit or {"valid_runs": 1}),
    )  # fmt: skip
    if by:
        signoff.approve(made, user=by, state=desk.state)
    return made


def seen_and_accepted(desk: Desk, **limit: Any) -> str:
    """A run whose only difference two persons have accepted."""
    run_id = desk.rehearse()
    desk.reconcile(run_id, failing(), differences=(SEEN,))
    accept(desk, run_id, **limit)
    return run_id


def outcomes(desk: Desk, run_id: str) -> list[tuple[Any, ...]]:
    return desk.run("select outcome, rows, yen from migration.acceptance_test where run_id = %s", run_id)


def test_a_difference_that_two_persons_accepted_is_explained_with_who_and_why(desk: Desk) -> None:
    run_id = seen_and_accepted(desk)
    assert desk.verdict(run_id) == "FAIL"
    (found,) = desk.reconcile(run_id, failing(), differences=(SEEN,))

    assert (found.status, desk.verdict(run_id)) == ("EXPLAINED", "EXPLAINED")
    assert found.cause is not None
    assert all(word in found.cause for word in ("A03", "締め後の減免", "chief_tax", "chief_insurance", "K-118"))
    assert desk.run("select unexplained_rows, unexplained_yen from migration.run") == [(0, 0)]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(SEEN, rows=3), id="one row more"),
        pytest.param(replace(SEEN, rows=1), id="one row less"),
        pytest.param(replace(SEEN, yen=601), id="one yen more"),
        pytest.param(replace(SEEN, yen=599), id="one yen less"),
        pytest.param(replace(SEEN, keys_sha256=keys_digest(["k1", "k2"])), id="other keys"),
    ],
)
def test_a_difference_that_changed_is_void_and_both_numbers_are_kept(desk: Desk, changed: Differing) -> None:
    seen_and_accepted(desk)
    later = desk.rehearse()
    (found,) = desk.reconcile(later, failing(changed), differences=(changed,))

    assert (found.status, desk.verdict(later)) == ("FAIL", "FAIL")
    assert outcomes(desk, later) == [("void", changed.rows, changed.yen)]
    with db.connect(desk.state, "migrator") as connection:
        (line,) = signoff.acceptance_lines(connection, later)
    assert (line.differing, line.rows_now, line.yen_now, line.outcome) == (SEEN, changed.rows, changed.yen, "void")


def test_what_was_void_once_explains_nothing_later(desk: Desk) -> None:
    seen_and_accepted(desk, valid_runs=5)
    other = replace(SEEN, yen=601)
    desk.reconcile(desk.rehearse(), failing(other), differences=(other,))
    third = desk.rehearse()
    (found,) = desk.reconcile(third, failing(), differences=(SEEN,))

    assert found.status == "FAIL"
    assert outcomes(desk, third) == []


def test_a_difference_that_went_away_voids_its_acceptance(desk: Desk) -> None:
    seen_and_accepted(desk, valid_runs=5)
    later = desk.rehearse()
    desk.reconcile(later)

    assert desk.verdict(later) == "PASS"
    assert outcomes(desk, later) == [("void", 0, 0)]


def test_it_holds_for_so_many_further_runs_and_no_more(desk: Desk) -> None:
    seen_and_accepted(desk, valid_runs=1)
    second, third = desk.rehearse(), desk.rehearse()
    assert [desk.reconcile(each, failing(), differences=(SEEN,))[0].status for each in (second, third)] == [
        "EXPLAINED",
        "FAIL",
    ]
    assert outcomes(desk, third) == [("expired", 2, 600)]


@pytest.mark.parametrize(("snapshot", "status"), [("2026-09-30", "EXPLAINED"), ("2026-10-01", "FAIL")])
def test_it_holds_until_its_last_snapshot_day(desk: Desk, snapshot: str, status: str) -> None:
    seen_and_accepted(desk, valid_until=date(2026, 9, 30))
    later = desk.rehearse(snapshot=snapshot)

    assert desk.reconcile(later, failing(), differences=(SEEN,))[0].status == status


def test_runs_of_other_sources_neither_use_nor_void_it(desk: Desk) -> None:
    run_id = seen_and_accepted(desk)
    other = desk.rehearse(sources=("nursery",))
    assert desk.reconcile(other, failing(), differences=(SEEN,))[0].status == "FAIL"
    assert outcomes(desk, other) == []
    assert desk.reconcile(run_id, failing(), differences=(SEEN,))[0].status == "EXPLAINED"


def test_without_the_second_person_nothing_is_explained(desk: Desk) -> None:
    run_id = desk.rehearse()
    desk.reconcile(run_id, failing(), differences=(SEEN,))
    accept(desk, run_id, by=None)

    assert desk.reconcile(run_id, failing(), differences=(SEEN,))[0].status == "FAIL"
    assert outcomes(desk, run_id) == [("waiting", 2, 600)]


@pytest.mark.parametrize("user", ["chief_tax", "chief_it", "sato"])
def test_neither_the_proposer_nor_anybody_without_the_duty_may_confirm(desk: Desk, user: str) -> None:
    run_id = desk.rehearse()
    desk.reconcile(run_id, failing(), differences=(SEEN,))
    made = accept(desk, run_id, by=None)

    with pytest.raises(NeedsApprovalError):
        signoff.approve(made, user=user, state=desk.state)


def test_an_approver_who_left_the_roster_explains_nothing_any_more(desk: Desk) -> None:
    run_id = seen_and_accepted(desk)
    desk.run("update campaign.approver set valid_to = '2026-04-02' where user_name = 'chief_insurance'")

    assert desk.reconcile(run_id, failing(), differences=(SEEN,))[0].status == "FAIL"


def test_numbers_that_were_not_signed_explain_nothing(desk: Desk) -> None:
    """A row in the table alone is worth nothing: the numbers are bound into what two persons signed."""
    run_id = seen_and_accepted(desk)
    desk.run("alter table migration.acceptance disable trigger acceptance_is_fixed")
    desk.run("update migration.acceptance set yen = 601")
    desk.run("alter table migration.acceptance enable trigger acceptance_is_fixed")
    changed = replace(SEEN, yen=601)

    assert desk.reconcile(run_id, failing(changed), differences=(changed,))[0].status == "FAIL"
    assert outcomes(desk, run_id) == [("void", 2, 601)]


def test_one_accepted_difference_of_two_does_not_explain_the_check(desk: Desk) -> None:
    run_id = seen_and_accepted(desk)
    other = differing(rows=1, yen=40, component="tokusoku")
    (found,) = desk.reconcile(run_id, failing(difference=3), differences=(SEEN, other))

    assert found.status == "FAIL"
    assert desk.run("select unexplained_rows, unexplained_yen from migration.run") == [(1, 40)]


def test_a_check_that_counts_more_than_its_differences_stays_failed(desk: Desk) -> None:
    run_id = seen_and_accepted(desk)
    assert desk.reconcile(run_id, failing(difference=3), differences=(SEEN,))[0].status == "FAIL"


@pytest.mark.parametrize("check_id", ["C-100", "R-001", "R-002", "R-090"])
def test_broken_evidence_is_never_explained(desk: Desk, check_id: str) -> None:
    seen = differing(rows=2, yen=600, check=check_id)
    run_id = desk.rehearse()
    desk.reconcile(run_id, failing(seen), differences=(seen,))

    with pytest.raises(InputRejectedError, match="never explained"):
        accept(desk, run_id, seen)
    with pytest.raises(db.DatabaseError, match="23514"), db.connect(desk.state, "migrator", doing="x") as connection:
        connection.execute(
            "insert into migration.acceptance values ('x', %s, '[]', '', %s, 'W-G', '', 'x', 2, 600, 'x', 'A03', 'r',"
            " 't', 1, null, 'chief_tax')",
            [run_id, check_id],
        )


def test_broken_evidence_stays_failed_even_when_somebody_got_an_acceptance_into_the_table(desk: Desk) -> None:
    seen = differing(rows=2, yen=600, check="R-001")
    run_id = seen_and_accepted(desk)
    desk.run("alter table migration.acceptance disable trigger acceptance_is_fixed")
    desk.run("alter table migration.acceptance drop constraint acceptance_check_id_check")
    try:
        desk.run("update migration.acceptance set check_id = 'R-001'")
        given = desk.run("select to_jsonb(a) from migration.acceptance as a")[0][0]
        bound = {
            name.removesuffix("_id") if name in ("group_id", "check_id") else name: at for name, at in given.items()
        }
        with db.connect(desk.state, doing="forge") as connection:
            connection.execute("alter table decision.proposal disable trigger proposal_is_fixed")
            connection.execute("update decision.proposal set facts = %s", [facts_of(evidence_of(bound))])
            connection.execute("alter table decision.proposal enable trigger proposal_is_fixed")
        (found,) = desk.reconcile(run_id, failing(seen), differences=(seen,))
        assert outcomes(desk, run_id) == [("explained", 2, 600)]  # all else holds, and yet:
        assert (found.status, desk.verdict(run_id)) == ("FAIL", "FAIL")
    finally:
        desk.run("truncate migration.run cascade")
        desk.run(
            "alter table migration.acceptance add constraint acceptance_check_id_check"
            " check (check_id not in ('C-100', 'R-001', 'R-002', 'R-090'))"
        )
        desk.run("alter table migration.acceptance enable trigger acceptance_is_fixed")


def test_an_open_difference_fails_a_run_whose_checks_all_passed() -> None:
    passed = [Check("R-030", "W-G", "x", "PASS")]
    assert signoff.gate(passed, []).verdict == "PASS"
    assert signoff.gate(passed, [replace(SEEN, rows=0, yen=1)]) == signoff.Gate("FAIL", 0, 1)
    assert signoff.gate(passed, [replace(SEEN, rows=1, yen=0)]) == signoff.Gate("FAIL", 1, 0)
    assert signoff.gate([], []).verdict == "FAIL"


def test_what_several_checks_found_is_counted_once() -> None:
    """The same two rows miss 600 yen in R-030 and in R-020; another group's are others."""
    again = replace(SEEN, check="R-020", rows=1)
    other = replace(SEEN, group="shuno_rireki", rows=5, yen=7)
    assert signoff.gate([], [SEEN, again, other]) == signoff.Gate("FAIL", 7, 607)


def test_a_check_that_did_not_run_is_never_explained(desk: Desk) -> None:
    run_id = seen_and_accepted(desk)
    (found,) = desk.reconcile(run_id, failing(status="NOT RUN"), differences=(SEEN,))
    assert (found.status, desk.verdict(run_id)) == ("NOT RUN", "FAIL")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reason_code": "A99"}, "no reason code"),
        ({"ticket": " "}, "ticket"),
        ({"reason": ""}, "reason"),
        ({"valid_runs": None}, "limit"),
        ({"valid_runs": 11}, "0 to 10"),
        ({"place": ("chotei_shuno", "R-030", "W-G", "shuno", "amount")}, "has no difference"),
    ],
)
def test_an_acceptance_without_its_grounds_is_refused(desk: Desk, given: dict[str, Any], said: str) -> None:
    run_id = desk.rehearse()
    desk.reconcile(run_id, failing(), differences=(SEEN,))
    whole = {"place": SEEN.place, "reason_code": "A03", "reason": "減免", "ticket": "K-1", "valid_runs": 1} | given

    with pytest.raises(InputRejectedError, match=said):
        signoff.propose(run_id, user="chief_tax", state=desk.state, **whole)


@pytest.mark.parametrize("query", ["update migration.acceptance set rows = 1", "delete from migration.acceptance"])
def test_an_acceptance_is_never_changed(desk: Desk, query: str) -> None:
    seen_and_accepted(desk)
    with pytest.raises(db.DatabaseError, match="RC010"), db.connect(desk.state, doing="x") as connection:
        connection.execute(query.encode())


def test_the_digest_of_keys_knows_no_order_but_every_key() -> None:
    assert keys_digest(["k2", "k1"]) == keys_digest(["k1", "k2"]) != keys_digest(["k1", "k1", "k2"])
    assert keys_digest(["k1k2"]) != keys_digest(["k1", "k2"])
