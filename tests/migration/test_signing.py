"""署名: two persons, one report, never a failed one."""

import hashlib
from pathlib import Path

import psycopg
import pytest

from receivables import db, migration
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError
from tests.migration.conftest import World

_INSERT = "insert into migration.signoff (run_id, user_name, report_sha256) values (%s, 'x', 'y')"


def test_two_persons_sign_off_one_report(ordinary: World) -> None:
    found = ordinary.rehearse()
    first = migration.sign(found["run_id"], user="chief_insurance", state=ordinary.state)
    second = migration.sign(found["run_id"], user="chief_tax", state=ordinary.state)

    assert (first["signature_count"], first["is_signed_off"]) == (1, False)
    assert (second["signature_count"], second["is_signed_off"]) == (2, True)
    assert second["report_sha256"] == found["report_sha256"]
    assert "chief_tax" in Path(found["report"]).read_text()


@pytest.mark.parametrize("again", ["chief_tax", "Chief_Tax", " chief_tax ", "ｃｈｉｅｆ_tax"])
def test_one_person_does_not_count_twice(ordinary: World, again: str) -> None:
    run_id = ordinary.rehearse()["run_id"]
    migration.sign(run_id, user="chief_tax", state=ordinary.state)

    with pytest.raises(NeedsApprovalError, match="1 of 2"):
        migration.sign(run_id, user=again, state=ordinary.state)


def test_a_failed_run_cannot_be_signed(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    ordinary.file(run_id).write_bytes(b"")
    migration.reconcile(run_id, state=ordinary.state)

    with pytest.raises(InvariantBrokenError, match="the verdict is FAIL"):
        migration.sign(run_id, user="chief_tax", state=ordinary.state)


def test_the_database_refuses_it_too(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    ordinary.run("update migration.run set verdict = 'FAIL' where run_id = %s", run_id)

    with pytest.raises(db.DatabaseError), db.connect(ordinary.state, "approver") as connection:
        connection.execute(
            "insert into migration.signoff (run_id, user_name, report_sha256) values (%s, 'x', 'y')", [run_id]
        )


def test_the_migrator_cannot_sign(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]

    with pytest.raises(db.DatabaseError) as refused, db.connect(ordinary.state, "migrator") as connection:
        connection.execute(
            "insert into migration.signoff (run_id, user_name, report_sha256) values (%s, 'x', 'y')", [run_id]
        )
    assert refused.value.sqlstate == "42501"


def test_a_file_changed_after_reconciliation_is_not_signed(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    file = ordinary.file(run_id)
    file.write_bytes(file.read_bytes().replace(b"10000", b"10001", 1))

    with pytest.raises(InvariantBrokenError, match="file was changed"):
        migration.sign(run_id, user="chief_tax", state=ordinary.state)


def test_a_report_changed_after_reconciliation_is_not_signed(ordinary: World) -> None:
    found = ordinary.rehearse()
    run_id = found["run_id"]
    model = Path(found["report"]).with_suffix(".json")
    model.write_text(model.read_text().replace("70000", "70001", 1))

    with pytest.raises(InvariantBrokenError, match="report was changed"):
        migration.sign(run_id, user="chief_tax", state=ordinary.state)


def test_a_signed_run_stays_as_it_was_signed(ordinary: World) -> None:
    run_id = ordinary.rehearse()["run_id"]
    migration.sign(run_id, user="chief_tax", state=ordinary.state)

    with pytest.raises(InvariantBrokenError):
        migration.reconcile(run_id, state=ordinary.state)
    for table in ("run", "run_group", "row_ledger", "file_manifest", "recon_result"):
        with pytest.raises(psycopg.Error, match="signed"):
            ordinary.run(f"update migration.{table} set run_id = run_id where run_id = %s", run_id)
    for leg in ("stage", "warehouse", "reread"):
        for table in (f"{leg}_chotei_shuno", f"{leg}_chotei_shuno_{run_id}"):
            for change in ("update {} set zeigaku = 1", "delete from {}", "insert into {} select * from {}"):
                with pytest.raises(psycopg.Error, match="signed"):
                    ordinary.run(change.replace("{}", f'migration."{table}"'))


def test_nobody_cannot_sign(ordinary: World) -> None:
    with pytest.raises(InputRejectedError, match="--as is empty"):
        migration.sign(ordinary.rehearse()["run_id"], user=" ", state=ordinary.state)


def test_the_digest_on_the_cover_is_that_of_the_json(ordinary: World) -> None:
    found = ordinary.rehearse()
    page = Path(found["report"])
    digest = hashlib.sha256(page.with_suffix(".json").read_bytes()).hexdigest()

    assert digest == found["report_sha256"]
    assert digest in page.read_text()


def test_the_page_needs_nothing_from_outside_and_escapes(ordinary: World) -> None:
    ordinary.run("update migration.run set revision = '<script>alert(1)</script>'")
    found = ordinary.rehearse()
    ordinary.run("update migration.run set revision = '<script>alert(1)</script>'")
    migration.reconcile(found["run_id"], state=ordinary.state)
    page = Path(found["report"]).read_text()

    assert "移行検証報告書" in page
    assert not [word for word in ("http://", "https://", "<script", "src=", "@import", "url(") if word in page]
    sections = ("総括", "件数・人数照合表", "金額照合表", "除外・エラー台帳", "コード変換表", "ファイル一覧", "署名欄")
    assert all(section in page for section in sections)
