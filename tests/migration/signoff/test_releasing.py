"""From answers to a release: what somebody answered is recorded, nothing else; files go once, unchanged."""

from typing import Any

import pytest

from receivables import db
from receivables.errors import InvariantBrokenError, NeedsApprovalError
from receivables.migration import signoff
from receivables.migration.signoff.releasing import REFUSE, SIGN
from tests.migration.signoff.conftest import FILE, FINAL, PASSED, Desk
from tests.migration.signoff.handmade import sha
from tests.migration.signoff.test_signing import EVERYBODY

pytestmark = pytest.mark.postgres


def answer(user: str | None, chosen: str = SIGN, reason: str = "") -> dict[str, Any]:
    by = {"id": user, "name": user} if user else None
    return {"chosen_options": [chosen], "params_input": {"reason": reason}, "responded_by_user": by}


@pytest.fixture
def rehearsal(desk: Desk) -> str:
    run_id = desk.rehearse()
    desk.reconcile(run_id)
    return run_id


@pytest.fixture
def production(desk: Desk) -> str:
    run_id = desk.rehearse(kind="production")
    desk.reconcile(run_id, PASSED, FINAL)
    return run_id


def test_every_role_of_a_production_run_is_asked_at_its_own_people(desk: Desk, production: str) -> None:
    asked = signoff.signers(production, state=desk.state)
    assert {each["role"]: each["assigned_users"] for each in asked} == {
        role: [{"id": user, "name": user}] for role, user in EVERYBODY.items()
    }
    assert all(production in each["subject"] for each in asked)


def test_a_role_that_nobody_holds_is_told_before_anybody_is_asked(desk: Desk, production: str) -> None:
    desk.run("update campaign.approver set valid_to = '2026-04-02' where user_name = 'vendor_lead'")
    with pytest.raises(NeedsApprovalError, match="vendor"):
        signoff.signers(production, state=desk.state)


def test_answers_become_signatures_in_the_order_of_the_questions(desk: Desk, production: str) -> None:
    answers = [answer(user) for user in EVERYBODY.values()]
    found = signoff.record_signatures(production, answers, state=desk.state)
    assert found["is_signed_off"]
    assert {each["role"]: each["user"] for each in found["signatures"]} == EVERYBODY
    assert signoff.record_signatures(production, answers, state=desk.state) == found  # the task may run again


def test_two_persons_asked_for_a_rehearsal(desk: Desk, rehearsal: str) -> None:
    asked = signoff.signers(rehearsal, state=desk.state)
    assert [each["role"] for each in asked] == [None, None]
    answers = [answer("chief_it"), answer("chief_receivables")]
    found = signoff.record_signatures(rehearsal, answers, state=desk.state)
    assert found["is_signed_off"]
    assert signoff.record_signatures(rehearsal, answers, state=desk.state) == found


def test_one_person_who_answers_twice_does_not_sign_off(desk: Desk, rehearsal: str) -> None:
    with pytest.raises(NeedsApprovalError, match="answered twice"):
        signoff.record_signatures(rehearsal, [answer("chief_it")] * 2, state=desk.state)
    assert not signoff.status(rehearsal, state=desk.state)["is_signed_off"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([answer("chief_it")], id="an answer is missing"),
        pytest.param([answer("chief_it"), None], id="a task was marked successful"),
        pytest.param([answer("chief_it"), {}], id="an empty answer"),
        pytest.param([answer("chief_it"), answer(None)], id="nobody's answer"),
        pytest.param([answer("chief_it"), answer("chief_receivables", "Approve")], id="another word"),
    ],
)
def test_without_everybodys_answer_nothing_is_recorded(desk: Desk, rehearsal: str, given: list[Any]) -> None:
    with pytest.raises(NeedsApprovalError):
        signoff.record_signatures(rehearsal, given, state=desk.state)
    assert desk.run("select * from migration.signoff") == []


def test_a_refusal_on_the_screen_is_kept_with_its_reason(desk: Desk, production: str) -> None:
    answers = [answer(user) for user in EVERYBODY.values()]
    answers[1] = answer("chief_receivables", REFUSE, "金額が合わない")
    found = signoff.record_signatures(production, answers, state=desk.state)
    assert (found["is_rejected"], found["signature_count"]) == (True, 1)
    assert desk.run("select user_name, reason from migration.signoff where decision = 'rejected'") == [
        ("chief_receivables", "金額が合わない")
    ]


def signed(desk: Desk, run_id: str) -> str:
    for user in ("sato", "suzuki"):
        signoff.sign(run_id, user=user, state=desk.state)
    return run_id


def test_signed_files_are_released_once_with_their_digests(desk: Desk, rehearsal: str) -> None:
    first = signoff.release(signed(desk, rehearsal), state=desk.state)
    again = signoff.release(rehearsal, state=desk.state)
    assert first["files"] == {FILE: sha("no resident\r\n")}
    assert first["released_at"] is not None
    assert again == first


def test_nothing_is_released_before_all_have_signed(desk: Desk, rehearsal: str) -> None:
    signoff.sign(rehearsal, user="sato", state=desk.state)
    with pytest.raises(NeedsApprovalError, match="1 of 2"):
        signoff.release(rehearsal, state=desk.state)
    with pytest.raises(db.DatabaseError, match="RM011"), db.connect(desk.state, "approver") as connection:
        connection.execute(
            "insert into migration.release (run_id, report_sha256, files)"
            " select run_id, report_sha256, '{}' from migration.run"
        )


def test_a_file_changed_after_signing_is_not_released(desk: Desk, rehearsal: str) -> None:
    signed(desk, rehearsal)
    desk.file(rehearsal).write_bytes(b"")
    with pytest.raises(InvariantBrokenError, match="file was changed"):
        signoff.release(rehearsal, state=desk.state)


def test_a_missing_file_is_not_released_either(desk: Desk, rehearsal: str) -> None:
    signed(desk, rehearsal)
    desk.file(rehearsal).unlink()
    with pytest.raises(InvariantBrokenError, match="file was changed"):
        signoff.release(rehearsal, state=desk.state)
