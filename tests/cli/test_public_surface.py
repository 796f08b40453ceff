"""The commands people script against: names, exit codes, one JSON object and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from receivables import db
from receivables.settings import State
from tests.conftest import AS_OF

PROGRAM = str(Path(sys.executable).with_name("receivables"))


def call(*arguments: str, code: int = 0) -> Any:
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr


def test_late_charge_has_the_promised_keys() -> None:
    found = call("law", "late-charge", "--claim-type", "resident_tax", "--principal", "65000", "--due", "2021-05-31",
                 "--paid", "2022-01-31", "--json")  # fmt: skip
    assert found["charge_yen"] == 3_400
    assert found["sum_before_rounding_yen"] == 3_496
    assert {"from", "to", "days", "permille", "base_yen", "yen"} == set(found["segments"][0])
    assert found["rule"]["base_unit"] == 1_000
    assert found["citations"]


def test_rules_can_be_overridden_and_payments_given(tmp_path: Path) -> None:
    base = (
        "law",
        "late-charge",
        "--claim-type",
        "resident_tax",
        "--principal",
        "22000",
        "--due",
        "2025-06-30",
        "--json",
    )
    assert call(*base, "--paid", "2026-01-28")["charge_yen"] == 0
    assert call(*base, "--paid", "2026-01-28", "--rule", "segment_rounding=sum_exact")["charge_yen"] == 1_000
    file = tmp_path / "payments.json"
    file.write_text('[{"paid_on": "2025-08-31", "amount_yen": 10000}, {"paid_on": "2026-01-28", "amount_yen": 12000}]')
    assert call(*base, "--payments", str(file))["segments"][-1]["base_yen"] == 12_000


def test_late_damages_prescription_and_refund_interest(tmp_path: Path) -> None:
    damages = call(
        "law", "late-damages", "--principal", "30000", "--delay-from", "2020-01-01", "--paid", "2023-03-31", "--json"
    )
    assert (damages["damages_yen"], damages["days"], damages["permille"]) == (4_873, 1_186, 50)
    file = tmp_path / "events.json"
    file.write_text(json.dumps([{"type": "dunned", "date": "2024-08-20", "issued_on": "2024-08-20",
                                 "arrived_on": "2024-08-22", "designated_deadline": "2024-08-30"}]))  # fmt: skip
    clock = call("law", "prescription", "--claim-type", "nhi_premium", "--due", "2024-07-31", "--as-of", "2025-06-01",
                 "--events", str(file), "--json")  # fmt: skip
    assert (clock["state"], clock["date_safe"], clock["date_alternative"]) == ("running", "2026-08-22", "2026-08-30")
    assert {"event", "date", "restart", "until", "article"} == set(clock["clock"][0])
    interest = call(
        "law", "refund-interest", "--principal", "500000", "--from", "2024-01-01", "--to", "2024-12-31", "--json"
    )
    assert interest["interest_yen"] == 4_500


CHARGE = "law late-charge --claim-type {kind} --principal 100000 --due {due} --paid {paid}"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (CHARGE.format(kind="parking", due="2025-01-01", paid="2025-02-01"), "claim_types.csv"),
        (CHARGE.format(kind="resident_tax", due="2026-06-01", paid="2027-02-01"), "late_charge_rates.csv"),
        (CHARGE.format(kind="resident_tax", due="soon", paid="2025-02-01"), "--due 'soon' is not a date"),
        (CHARGE.format(kind="scholarship_loan", due="2025-01-01", paid="2025-02-01"), "late-damages"),
        (CHARGE.format(kind="resident_tax", due="2025-01-01", paid="2025-02-01 --rule speed=9"), "base_unit"),
    ],
)
def test_bad_input_ends_with_two_and_says_what_to_do(command: str, message: str) -> None:
    arguments = command.split()
    assert message in call(*arguments, code=2)
    assert message in call(*arguments, "--json", code=2)["error"]


def test_dsn_logs_in_as_the_role_asked_for(published: State) -> None:
    found = call("dsn", "--role", "analyst", "--state", str(published.root), "--json")["dsn"]
    with psycopg.connect(found) as connection:
        assert connection.execute("select current_user").fetchone() == ("analyst",)


def test_a_night_again_changes_nothing_and_its_json_closes(published: State, ward: Path) -> None:
    before = checksums(published)
    found = call("night", "--as-of", str(AS_OF), "--drop", str(ward), "--state", str(published.root), "--json")
    assert {"as_of", "batches", "unexplained_rows", "unexplained_yen", "published_batch", "seconds"} <= set(found)
    assert (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)
    amounts = {f"{fate}_{unit}" for fate in ("declared", "accepted", "quarantined") for unit in ("rows", "yen")}
    keys = {"batch_id", "source", "state", "duplicate_rows", "excluded_rows", "excluded_yen", "reason"} | amounts
    assert all(keys <= set(batch) for batch in found["batches"])
    assert checksums(published) == before


def checksums(state: State) -> dict[str, object]:
    """Content of what readers and later steps see; when and in which batch it was built aside."""
    queries = {
        "claims": "select md5(string_agg((to_jsonb(c) - 'published_batch')::text, '|' order by claim_id))"
        " from mart.fct_claims c",
        "raw": "select count(*), sum(assessed_yen) from raw.nhi__claims",
        "links": "select md5(string_agg((to_jsonb(l) - 'batch_id')::text, '|' order by source_code, source_debtor_key))"
        " from identity.link l",
        "outbox": "select count(*) from campaign.outbox",
    }
    with db.connect(state) as connection:
        return {name: connection.execute(query.encode()).fetchone() for name, query in queries.items()}


def test_a_claim_explains_itself_down_to_the_byte(published: State, ward: Path) -> None:
    query = "select claim_id, outstanding_yen from mart.fct_delinquencies where source_code = 'nhi' order by 1 limit 1"
    with db.connect(published) as connection:
        claim_id, outstanding_yen = connection.execute(query).fetchone()  # type: ignore[misc]
    found = call("explain", "claim", str(claim_id), "--state", str(published.root), "--json")
    assert found["claim"]["outstanding_yen"] == outstanding_yen
    assert found["assessment"]["prescription_clock"]
    origin = found["origin"]
    record = (ward / "nhi" / origin["file_name"]).read_bytes()[origin["byte_offset"] :][:200]
    notice_no, instalment_no = str(claim_id).removeprefix("nhi:").split("-")
    assert record[1:13].decode() == f"{notice_no}{instalment_no}"
    assert "根拠" in call("explain", "claim", str(claim_id), "--state", str(published.root))


def test_an_unknown_claim_says_what_ids_look_like(published: State) -> None:
    assert "nhi:" in call("explain", "claim", "nope", "--state", str(published.root), code=2)


def test_one_yen_is_followed_from_the_file_to_the_mart(published: State) -> None:
    query = """
        select
            (select sum(accepted_yen) from ops.load where table_name = 'nhi__claims' and state = 'loaded'),
            (select sum(assessed_yen) from raw.nhi__claims where _known_to is null),
            (select sum(assessed_yen) from staging.stg_nhi__claims),
            (select sum(assessed_yen) from intermediate.int_claims__unioned where source_code = 'nhi'),
            (select sum(assessed_yen) from mart.fct_claims where source_code = 'nhi')
    """
    with db.connect(published) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    assert len(set(row)) == 1, row
