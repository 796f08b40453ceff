"""The machinery on published data sets with answers, beside Splink as its own documents use it."""

import csv
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from receivables.identity.matching import read, resolve

DATA = Path(__file__).parents[1] / "data"
HERE = Path(__file__).parent
Pairs = set[tuple[str, str]]


def rows_of(name: str) -> list[dict[str, str | None]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [
            {key: value or None for key, value in row.items()} for row in csv.DictReader(file, skipinitialspace=True)
        ]


def true_pairs(cluster_of: dict[str, str]) -> Pairs:
    members: dict[str, list[str]] = {}
    for ref, cluster in sorted(cluster_of.items()):
        members.setdefault(cluster, []).append(ref)
    return {pair for refs in members.values() for pair in combinations(sorted(refs), 2)}


def judged(found: Pairs, true: Pairs) -> tuple[float, float]:
    return len(found & true) / len(found), len(found & true) / len(true)


def plain(rows: list[dict[str, Any]], unique_id: str, compared: list[Any], rules: list[Any], em: list[Any]) -> Pairs:
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.register("rows", pa.Table.from_pylist(rows))
    connection.execute("create table person as select * from rows")
    settings = SettingsCreator("dedupe_only", compared, rules, unique_id_column_name=unique_id)
    linker = Linker(DuckDBAPI(connection).register("person"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(rules[:1], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6 + 1, seed=1)
    for rule in em:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, 0.5)
    return true_pairs(dict(connection.sql(f"select {unique_id}, cluster_id from {clusters.physical_name}").fetchall()))


def ours(rows: list[dict[str, Any]], declaration: str) -> Pairs:
    said = read(HERE / declaration)
    kept = [{key: value for key, value in row.items() if key in said.columns} for row in rows]
    found = resolve(pa.Table.from_pylist(kept), declaration=said)
    return true_pairs({row["person_ref"]: row["anchor"] for row in found.clusters.to_pylist()})


def tell(name: str, found: tuple[float, float], beside: tuple[float, float]) -> tuple[float, float]:
    print(
        f"\n{name}: ours precision {found[0]:.4f} recall {found[1]:.4f}; plain Splink {beside[0]:.4f} {beside[1]:.4f}"
    )
    return found


def test_fake_1000_is_resolved_no_worse_than_by_plain_splink() -> None:
    rows = rows_of("fake_1000.csv")
    true = true_pairs({str(row["unique_id"]): str(row["cluster"]) for row in rows})
    assert len(true) == 2031
    beside = plain(
        rows,
        "unique_id",
        [cl.ExactMatch("first_name").configure(term_frequency_adjustments=True), cl.JaroWinklerAtThresholds("surname"),
         cl.LevenshteinAtThresholds("dob"), cl.ExactMatch("city"), cl.ExactMatch("email")],
        [block_on("first_name", "dob"), block_on("first_name"), block_on("surname"), block_on("dob"),
         block_on("email")],
        [block_on("first_name", "surname"), block_on("dob")],
    )  # fmt: skip
    precision, recall = tell("fake_1000", judged(ours(rows, "fake_1000.yaml"), true), judged(beside, true))
    assert precision >= max(0.99, judged(beside, true)[0])
    assert recall >= max(0.93, judged(beside, true)[1])


def test_febrl_is_resolved_no_worse_than_by_plain_splink() -> None:
    rows = rows_of("febrl_dataset3.csv")
    true = true_pairs({str(row["rec_id"]): str(row["rec_id"]).split("-")[1] for row in rows})
    assert len(rows) == 5000
    beside = plain(
        rows,
        "rec_id",
        [cl.JaroWinklerAtThresholds("given_name"), cl.JaroWinklerAtThresholds("surname"),
         cl.LevenshteinAtThresholds("date_of_birth"), cl.ExactMatch("street_number"), cl.ExactMatch("address_1"),
         cl.ExactMatch("suburb"), cl.ExactMatch("postcode")],
        [block_on("given_name", "surname"), block_on("date_of_birth"), block_on("given_name", "postcode"),
         block_on("surname", "postcode"), block_on("address_1")],
        [block_on("given_name", "surname"), block_on("date_of_birth")],
    )  # fmt: skip
    precision, recall = tell("febrl 3", judged(ours(rows, "febrl.yaml"), true), judged(beside, true))
    assert precision >= max(0.998, judged(beside, true)[0])
    assert recall >= max(0.99, judged(beside, true)[1])


@pytest.mark.parametrize("name", ["fake_1000.csv", "febrl_dataset3.csv"])
def test_the_published_ids_are_unique(name: str) -> None:
    rows = rows_of(name)
    key = "unique_id" if "unique_id" in rows[0] else "rec_id"
    assert max(Counter(row[key] for row in rows).values()) == 1
