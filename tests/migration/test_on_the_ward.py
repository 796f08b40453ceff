"""The whole synthetic ward: the file's sums are the truth's, which the pipeline never reads."""

import csv
from pathlib import Path
from typing import Any

import pytest

from receivables import db, migration
from receivables.migration.mapping import MAPS
from receivables.settings import State
from tests.conftest import AS_OF
from tests.migration.conftest import failing


def rehearsed(state: State, maps: Path | None = None) -> dict[str, Any]:
    run_id = migration.rehearse(
        edition="0.1-draft", profile="standard_csv", snapshot=AS_OF, state=state, maps=maps, groups=["chotei_shuno"],
        sources=["nhi"],
    )  # fmt: skip
    return migration.outcome(run_id, state=state)


@pytest.fixture(scope="module")
def clean(published: State) -> dict[str, Any]:
    return rehearsed(published)


def test_the_ward_reconciles(clean: dict[str, Any]) -> None:
    assert failing(clean) == set()
    assert clean["verdict"] == "PASS", [each for each in clean["checks"] if each["status"] != "PASS"]


def test_the_file_holds_the_true_sums(published: State, clean: dict[str, Any]) -> None:
    with (published.ward / "truth" / "claims.csv").open(encoding="utf-8") as file:
        truth = [row for row in csv.DictReader(file) if row["source_code"] == "nhi"]
    with db.connect(published, "migrator") as connection:
        found = connection.execute(
            "select rows, sums from migration.file_manifest where run_id = %s", [clean["run_id"]]
        ).fetchone()
    assert found is not None
    rows, sums = found

    assert rows == len(truth)
    assert {column: sums[column] for column in ("zeigaku", "zeigaku_shuno", "zeigaku_karikeshi", "kesson_zeigaku")} == {
        "zeigaku": sum(int(row["assessed_yen"]) for row in truth),
        "zeigaku_shuno": sum(int(row["received_yen"]) for row in truth),
        "zeigaku_karikeshi": sum(int(row["provisional_yen"]) - int(row["in_flight_yen"]) for row in truth),
        "kesson_zeigaku": sum(int(row["written_off_yen"]) for row in truth),
    }


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        ("medical_yen", "support_yen", ("国保内訳_医療分_一般", "国保内訳_支援分_一般")),
        ("received_charge_yen", "received_fee_yen", ("収納額_延滞金", "収納額_督促手数料")),
    ],
)
def test_a_swapped_mapping_is_found_on_the_ward(
    published: State, tmp_path: Path, one: str, other: str, named: tuple[str, str]
) -> None:
    text = (MAPS / "nhi" / "chotei_shuno.yaml").read_text(encoding="utf-8")
    swapped = text.replace(one, "?").replace(other, one).replace("?", other)
    (tmp_path / "chotei_shuno.yaml").write_text(swapped, encoding="utf-8")

    found = rehearsed(published, tmp_path)
    causes = " ".join(str(each["cause"]) for each in found["checks"] if each["status"] == "FAIL")

    assert found["verdict"] == "FAIL"
    assert "transposition" in causes
    assert all(name in causes for name in named)
