"""署名: by role, one person once, the same report, never a failed run; and nothing of a signed run changes."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError
from receivables.migration import signoff
from receivables.migration.checks import Check
from receivables.migration.signoff.report import report_files
from receivables.migration.signoff.roles import configured, required
from tests.migration.signoff.conftest import FINAL, PASSED, Desk
from tests.migration.signoff.handmade import sha

pytestmark = pytest.mark.postgres
EVERYBODY = {
    "owner:insurance": "chief_insurance", "credit": "chief_receivables", "accounting": "chief_accounting",
    "vendor": "vendor_lead", "it": "chief_it",
}  # fmt: skip
KEYS = ("run_id", "verdict", "report_sha256", "signed_by", "signature_count", "signatures_required", "is_signed_off")


@pytest.fixture
def rehearsal(desk: Desk) -> str:
    run_id = desk.rehearse()
    desk.reconcile(run_id)
    return run_id


@pytest.fixture
def production(desk: Desk) -> str:
    run_id = desk.rehearse(kind="production", made_by="planner")
    desk.reconcile(run_id, PASSED, FINAL)
    return run_id


def sign(desk: Desk, run_id: str, user: str, role: str | None = None) -> dict[str, Any]:
    return signoff.sign(run_id, user=user, role=role, state=desk.state)


# ---------- a rehearsal


def test_two_persons_sign_off_a_rehearsal_whoever_they_are(desk: Desk, rehearsal: str) -> None:
    first, second = sign(desk, rehearsal, "sato"), sign(desk, rehearsal, "suzuki")

    assert (first["signature_count"], first["is_signed_off"]) == (1, False)
    assert {key: second[key] for key in KEYS} == {
        "run_id": rehearsal, "verdict": "PASS", "report_sha256": first["report_sha256"],
        "signed_by": ["sato", "suzuki"], "signature_count": 2, "signatures_required": 2, "is_signed_off": True,
    }  # fmt: skip
    assert [each["role"] for each in second["signatures"]] == [None, None]
    assert "suzuki" in report_files(rehearsal, desk.state).html.read_text()


def test_the_role_of_who_signs_a_rehearsal_is_recorded_when_the_roster_knows_it(desk: Desk, rehearsal: str) -> None:
    found = [sign(desk, rehearsal, user) for user in ("chief_receivables", "sato")][-1]
    assert {each["user"]: each["role"] for each in found["signatures"]} == {"chief_receivables": "credit", "sato": None}


@pytest.mark.parametrize("again", ["chief_tax", "Chief_Tax", " chief_tax ", "ｃｈｉｅｆ_tax"])
def test_one_person_does_not_count_twice(desk: Desk, rehearsal: str, again: str) -> None:
    sign(desk, rehearsal, "chief_tax")
    with pytest.raises(NeedsApprovalError, match="1 of 2"):
        sign(desk, rehearsal, again)


def test_nobody_cannot_sign(desk: Desk, rehearsal: str) -> None:
    with pytest.raises(InputRejectedError, match="--as is empty"):
        sign(desk, rehearsal, " ")


def test_who_made_the_run_cannot_sign_it(desk: Desk) -> None:
    run_id = desk.rehearse(made_by="Planner")
    desk.reconcile(run_id)
    with pytest.raises(NeedsApprovalError, match="who made a run"):
        sign(desk, run_id, "planner")


def test_a_failed_run_cannot_be_signed(desk: Desk) -> None:
    run_id = desk.rehearse()
    desk.reconcile(run_id, Check("C-100", "F", "ファイルの形式", "FAIL"))
    with pytest.raises(InvariantBrokenError, match="the verdict is FAIL"):
        sign(desk, run_id, "chief_tax")


def test_an_unknown_run_names_the_latest(desk: Desk, rehearsal: str) -> None:
    with pytest.raises(InputRejectedError, match=rehearsal):
        sign(desk, "M1", "chief_tax")


# ---------- a production run


def test_a_production_run_is_signed_by_every_role(desk: Desk, production: str) -> None:
    found = [sign(desk, production, user) for user in EVERYBODY.values()]

    assert [each["is_signed_off"] for each in found] == [False] * 4 + [True]
    assert [each["signatures_required"] for each in found] == [5] * 5
    assert {each["role"]: each["user"] for each in found[-1]["signatures"]} == EVERYBODY
    assert found[0]["roles_missing"] == ["credit", "accounting", "vendor", "it"]


def test_somebody_without_a_role_cannot_sign_a_production_run(desk: Desk, production: str) -> None:
    for user in ("sato", "chief_tax", "chief_childcare"):  # nobody, an approver, an owner of claims that do not move
        with pytest.raises(NeedsApprovalError, match="none of them"):
            sign(desk, production, user)


def test_a_role_is_signed_by_its_own_people_and_once(desk: Desk, production: str) -> None:
    with pytest.raises(NeedsApprovalError, match="not on the roster"):
        sign(desk, production, "chief_it", "vendor")
    sign(desk, production, "chief_it")
    desk.run("insert into campaign.approver values ('deputy_it', 'x', '2026-04-01', null, '{migration_sign:it}')")
    with pytest.raises(NeedsApprovalError, match="it has signed already"):
        sign(desk, production, "deputy_it")


def test_one_person_who_holds_two_roles_signs_in_one_alone(desk: Desk, production: str) -> None:
    desk.run(
        "insert into campaign.approver values ('both', 'x', '2026-04-01', null,"
        " '{migration_sign:credit,migration_sign:accounting}')"
    )
    assert sign(desk, production, "both", "accounting")["signatures"][0]["role"] == "accounting"
    with pytest.raises(NeedsApprovalError, match="this user has signed already"):
        sign(desk, production, "both", "credit")


def test_a_role_that_the_run_does_not_need_is_named(desk: Desk, production: str) -> None:
    with pytest.raises(InputRejectedError, match="owner:insurance, credit"):
        sign(desk, production, "chief_childcare", "owner:childcare")


@pytest.mark.parametrize("status", ["FAIL", "NOT RUN", "EXPLAINED", None])
def test_a_draft_edition_is_never_signed_for_production(desk: Desk, status: str | None) -> None:
    run_id = desk.rehearse(kind="production")
    desk.reconcile(run_id, PASSED, FINAL)
    desk.run("update migration.recon_result set status = %s where check_id = 'C-110'", status or "PASS")
    if status is None:
        desk.run("delete from migration.recon_result where check_id = 'C-110'")
    with pytest.raises(InvariantBrokenError, match="draft"):
        sign(desk, run_id, "chief_it")


def test_an_expired_entry_of_the_roster_gives_no_role(desk: Desk, production: str) -> None:
    desk.run("update campaign.approver set valid_to = '2026-04-02' where user_name = 'chief_it'")
    with pytest.raises(NeedsApprovalError, match="none of them"):
        sign(desk, production, "chief_it")


def test_owner_departments_follow_from_the_claims_that_move() -> None:
    assert [role.name for role in required(["nhi_premium", "nursery_fee"])] == [
        "owner:insurance", "owner:childcare", "credit", "accounting", "vendor", "it",
    ]  # fmt: skip
    assert len({role.name for role in configured()}) == len(configured())
    with pytest.raises(InputRejectedError, match="no owner department"):
        required(["parking_fee"])
    with pytest.raises(InputRejectedError, match="owner:youth"):
        required(["scholarship_loan"])


# ---------- a refusal


def test_a_refusal_is_kept_with_its_reason_and_ends_the_run(desk: Desk, rehearsal: str) -> None:
    sign(desk, rehearsal, "sato")
    found = signoff.reject(rehearsal, user="chief_it", reason="督促の取消を直す", state=desk.state)

    assert (found["is_rejected"], found["is_signed_off"], found["signature_count"]) == (True, False, 1)
    assert "督促の取消を直す" in report_files(rehearsal, desk.state).html.read_text()
    with pytest.raises(NeedsApprovalError, match="rejected"):
        sign(desk, rehearsal, "suzuki")
    with pytest.raises(NeedsApprovalError, match="rejected"):
        signoff.release(rehearsal, state=desk.state)


def test_a_failed_run_may_be_rejected_but_not_without_a_reason(desk: Desk) -> None:
    run_id = desk.rehearse()
    desk.reconcile(run_id, Check("C-100", "F", "ファイルの形式", "FAIL"))
    with pytest.raises(InputRejectedError, match="--reason"):
        signoff.reject(run_id, user="sato", reason=" ", state=desk.state)
    assert signoff.reject(run_id, user="sato", reason="作り直す", state=desk.state)["is_rejected"]


# ---------- what was signed is what lies there


def test_a_file_changed_after_reconciliation_is_not_signed(desk: Desk, rehearsal: str) -> None:
    sign(desk, rehearsal, "sato")
    desk.file(rehearsal).write_bytes(b"no residenT\r\n")
    with pytest.raises(InvariantBrokenError, match="file was changed"):
        sign(desk, rehearsal, "suzuki")
    assert any("file was changed" in each for each in signoff.status(rehearsal, state=desk.state)["changes"])


@pytest.mark.parametrize("name", ["report.json", "report.html", "report.pdf"])
def test_a_report_changed_after_reconciliation_is_not_signed(desk: Desk, rehearsal: str, name: str) -> None:
    sign(desk, rehearsal, "sato")
    file = report_files(rehearsal, desk.state).model.with_name(name)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(InvariantBrokenError, match="report was changed"):
        sign(desk, rehearsal, "suzuki")
    assert signoff.status(rehearsal, state=desk.state)["changes"] == [f"the report was changed ({name})"]


def test_an_edited_page_is_drawn_again_but_never_an_edited_model(desk: Desk, rehearsal: str) -> None:
    sign(desk, rehearsal, "sato")
    files = report_files(rehearsal, desk.state)
    before = files.html.read_bytes(), files.pdf.read_bytes()
    files.html.write_text("x")
    files.pdf.unlink()
    signoff.redraw(rehearsal, state=desk.state)
    assert (files.html.read_bytes(), files.pdf.read_bytes()) == before
    files.model.write_text("{}")
    with pytest.raises(InvariantBrokenError, match=r"report\.json"):
        signoff.redraw(rehearsal, state=desk.state)


def test_the_digest_on_the_cover_is_that_of_the_json(desk: Desk, rehearsal: str) -> None:
    files = report_files(rehearsal, desk.state)
    digest = hashlib.sha256(files.model.read_bytes()).hexdigest()
    assert [(digest,)] == desk.run("select report_sha256 from migration.run")
    assert digest in files.html.read_text()


@pytest.mark.parametrize("role", ["migrator", "postgres"])
@pytest.mark.parametrize(
    "query",
    [
        "update migration.run set verdict = 'PASS'",
        "update migration.run_group set maps = '{}'",
        "update migration.row_ledger set target_key = 'x'",
        "delete from migration.row_ledger",
        "update migration.file_manifest set rows = 2",
        "delete from migration.recon_result",
        "update migration.recon_result set run_id = run_id",
        "delete from migration.recon_diff",
        "delete from migration.differing",
        "delete from migration.signer",
        "insert into migration.recon_result (run_id, position, check_id, legs, grain, title_ja, status, difference)"
        " select run_id, 99, 'X', 'x', 'x', 'x', 'PASS', 0 from migration.run",
        "insert into migration.signer select run_id, 'x', 'x', 99 from migration.run",
    ],
)
def test_nothing_of_a_signed_run_changes_for_anybody(desk: Desk, rehearsal: str, role: str, query: str) -> None:
    desk.run(
        "insert into migration.row_ledger values (%s, 'g', 'claim', 'nhi', 'k', 'staged', null, 't', '{}')", rehearsal
    )
    desk.run(
        "insert into migration.recon_diff values (%s, 'g', 'R-030', 'W-G', 'k', null, 'a', 'b', 'amount')", rehearsal
    )
    desk.run("insert into migration.differing values (%s, 'g', 'R', 'W-G', '', 'x', 1, 1, %s)", rehearsal, sha("x"))
    with db.connect(desk.state, role, doing="before") as connection:
        connection.execute(query.encode())  # it is the signature that forbids it
        connection.rollback()
    sign(desk, rehearsal, "sato")

    with pytest.raises(db.DatabaseError, match="RM010"), db.connect(desk.state, role, doing="edit") as connection:
        connection.execute(query.encode())


def test_rows_of_another_run_do_not_become_the_signed_ones(desk: Desk, rehearsal: str) -> None:
    other = desk.rehearse()
    desk.reconcile(other)
    sign(desk, rehearsal, "sato")
    query = "update migration.recon_result set run_id = %s, position = 99 where run_id = %s"
    with pytest.raises(db.DatabaseError, match="RM010"), db.connect(desk.state, "migrator", doing="x") as connection:
        connection.execute(query, [rehearsal, other])
    desk.reconcile(other)  # its own rows are free


def test_a_signed_run_is_not_reconciled_again(desk: Desk, rehearsal: str) -> None:
    sign(desk, rehearsal, "sato")
    with db.connect(desk.state, "migrator") as connection, pytest.raises(InvariantBrokenError, match="is signed"):
        signoff.require_unsigned(connection, rehearsal)
    with pytest.raises(db.DatabaseError, match="RM010"):
        desk.reconcile(rehearsal)


@pytest.mark.parametrize("query", ["update migration.signoff set role = 'it'", "delete from migration.signoff"])
def test_a_signature_is_never_taken_back(desk: Desk, rehearsal: str, query: str) -> None:
    sign(desk, rehearsal, "sato")
    with pytest.raises(db.DatabaseError, match="RC010"), db.connect(desk.state, doing="x") as connection:
        connection.execute(query.encode())


def test_a_signature_written_past_the_program_does_not_count(desk: Desk, rehearsal: str) -> None:
    sign(desk, rehearsal, "sato")
    desk.run(
        "insert into migration.signoff (run_id, user_name, report_sha256, signature)"
        " select run_id, 'suzuki', report_sha256, 'forged' from migration.run"
    )
    found = signoff.status(rehearsal, state=desk.state)
    assert (found["signature_count"], found["is_signed_off"]) == (1, False)


@pytest.mark.parametrize(
    ("columns", "values", "code"),
    [
        ("user_name", "'x'", "RM002"),  # of another report
        ("user_name, report_sha256", "'X', (select report_sha256 from migration.run)", "RM009"),
        ("user_name, report_sha256, role", "'x', (select report_sha256 from migration.run), 'it'", "RM007"),
        (
            "user_name, report_sha256, signed_at",
            "'x', (select report_sha256 from migration.run), '2026-01-01'",
            "RM008",
        ),
    ],
)
def test_the_database_refuses_it_too(desk: Desk, rehearsal: str, columns: str, values: str, code: str) -> None:
    query = f"insert into migration.signoff (run_id, signature, {columns}) values (%s, 's', {values})"
    if "report_sha256" not in columns:
        query = query.replace("signature, ", "signature, report_sha256, ").replace("'s', ", "'s', 'y', ")
    with pytest.raises(db.DatabaseError, match=code), db.connect(desk.state, "approver") as connection:
        connection.execute(query.encode(), [rehearsal])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("verdict = 'FAIL'", "RM001"),
        ("verdict = null", "RM001"),
        ("kind = 'production'", "RM006"),
        ("made_by = 'X'", "RM004"),
    ],
)
def test_the_database_refuses_an_unsound_run(desk: Desk, rehearsal: str, change: str, code: str) -> None:
    desk.run(f"update migration.run set {change}")
    with pytest.raises(db.DatabaseError, match=code), db.connect(desk.state, "approver") as connection:
        connection.execute(
            "insert into migration.signoff (run_id, user_name, report_sha256, signature)"
            " select run_id, 'x', report_sha256, 's' from migration.run"
        )


@pytest.mark.parametrize("role", ["migrator", "screen", "etl"])
def test_others_cannot_sign_at_all(desk: Desk, rehearsal: str, role: str) -> None:
    with pytest.raises(db.DatabaseError, match="42501"), db.connect(desk.state, role) as connection:
        connection.execute(
            "insert into migration.signoff (run_id, user_name, report_sha256, signature) values (%s, 'x', 'y', 'z')",
            [rehearsal],
        )


def test_pages_are_for_their_owner_alone(desk: Desk, rehearsal: str) -> None:
    files = report_files(rehearsal, desk.state)
    assert {Path(file).stat().st_mode & 0o777 for file in (files.html, files.model, files.pdf)} == {0o600}
