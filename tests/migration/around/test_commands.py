"""The commands around the migration: one JSON object, a table for people, pages written for the owner alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables.cli.migration_around import app
from receivables.errors import InputRejectedError
from tests.migration.around.conftest import SNAPSHOT, Ward

HEADER = "科目,賦課年度,現年/滞納繰越,調定額,収入済額,不納欠損額,収入未済額,還付未済額"


def call(hand: Ward, *arguments: str) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--state", str(hand.state.root)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_defects_of_a_day_and_of_a_run(hand: Ward, tmp_path: Path) -> None:
    hand.claim("nhi:1-01", linked=False)
    page = tmp_path / "page.html"
    told = call(hand, "defects", "--as-of", str(SNAPSHOT), "--cases", "D-012", "--html", str(page), "--json")
    assert [(each["defect_id"], each["owner_dept"], each["open"]) for each in told["defects"]] == [
        ("D-012", "insurance", 1)
    ]
    assert told["cases"] == [
        {"case_id": "nhi:1-01", "owner_dept": "insurance", "yen": 10_000, "since_on": "2025-07-31"}
    ]
    assert "データクレンジング" in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o077 == 0
    hand.insert("migration.run", run_id="m1", edition="e", profile="p", snapshot_date=SNAPSHOT, published_batch="b",
                spec_sha256="s", map_sha256="s", profile_sha256="s")  # fmt: skip
    assert call(hand, "defects", "--run", "m1", "--json")["run_id"] == "m1"
    assert hand.run("select count(*) from migration.defect where run_id = 'm1'") == [(1,)]
    with pytest.raises(InputRejectedError, match="m2"):
        call(hand, "defects", "--run", "m2")
    assert "insurance" in call(hand, "defects", "--by", "insurance")


def test_semantics_and_readiness(hand: Ward, tmp_path: Path) -> None:
    hand.receipt(hand.claim(), channel_code="05")
    told = call(hand, "semantics", "--json")
    assert next(each for each in told["entries"] if each["id"] == "S-009")["affected"]["yen"] == 10_000
    assert "touches" not in told["entries"][0]
    assert "未決" in call(hand, "semantics")
    page = tmp_path / "page.html"
    told = call(hand, "readiness", "--html", str(page), "--json")
    line = next(each for each in told["claim_types"] if each["claim_type"] == "nhi_premium")
    assert [way["receipts"] for way in line["ways"] if way["channel"] == "el_qr"] == [1]
    assert "eL-QR" in page.read_text(encoding="utf-8")
    assert "▲予定" in call(hand, "readiness")


def test_finance_totals_are_taken_shown_and_written(hand: Ward, tmp_path: Path) -> None:
    hand.claim("a", levy_year=2026, assessed_yen=1_000)
    hand.insert("intermediate.int_collection__openings", claim_id="a", claim_type="nhi_premium", fiscal_year=2026,
                collection_category="current", assessed_yen=1_000)  # fmt: skip
    file = tmp_path / "control_totals_20260619.csv"
    call(hand, "finance-totals", "export", str(file), "--json")
    assert file.read_text(encoding="utf-8-sig").splitlines() == [
        HEADER, "国民健康保険料,2026,現年,1000,0,0,1000,0"
    ]  # fmt: skip
    with pytest.raises(InputRejectedError, match="take"):
        call(hand, "finance-totals", "show")
    taken = call(hand, "finance-totals", "take", str(file), "--as-of", str(SNAPSHOT), "--json")
    assert (taken["lines"], taken["unknown_subjects"]) == (1, [])
    assert call(hand, "finance-totals", "show", "--json")["gaps"] == []
    file.write_text(f"{HEADER}\n国民健康保険料,2026,現年,1001,0,0,1001,0\n", encoding="cp932")
    call(hand, "finance-totals", "take", str(file), "--as-of", str(SNAPSHOT))
    gaps = call(hand, "finance-totals", "show", "--json")["gaps"]
    assert {(gap["measure"], gap["yen"]) for gap in gaps} == {("assessed_yen", 1), ("uncollected_yen", 1)}
    with pytest.raises(InputRejectedError, match="--refunds"):
        call(hand, "finance-totals", "take", str(file), "--as-of", str(SNAPSHOT), "--refunds", "maybe")
