"""Matching of persons (名寄せ): the project's own beside plain Splink on the same rows, and a night of 0.15 % changes.

`python -m bench.step_identity --persons 1200000`; about 1.8 records a person. Every way runs in a process of its own,
in turn, so that its memory can be told; then ours without each comparator. Writes bench/identity.json. Seconds are CPU
of all threads, of the work alone: not of reading the file, nor of importing Splink.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.identity_persons import QUIET, correctness, make, shown
from receivables.identity.matching import Model, Resolution, japanese, resolve
from receivables.identity.matching.deciding import decide
from receivables.identity.matching.scoring import score, train
from receivables.identity.matching.workspace import person_view, workspace

HERE = Path(__file__).parent
CHANGED_PERMYRIAD = 15
GATES = (("ours, scoring", "plain Splink, scoring", 1.5), ("ours, 0.15 % changed", "ours, whole", 0.05))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way took: seconds by the name of the work, and its greatest memory."""

    seconds: dict[str, float]
    peak_mib: int
    told: str


def main() -> int:
    """Make persons, run every way in turn, print medians and ratios; 1 when a gate is passed by more than 15 %."""
    parser = argparse.ArgumentParser(prog="bench.step_identity")
    parser.add_argument("--persons", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "persons.parquet"
        make(given.persons, file)
        say(f"{pq.read_metadata(file).num_rows:,} records of {given.persons:,} persons")
        found: dict[str, list[float]] = {}
        said_last: dict[str, str] = {}
        for number in range(given.rounds):
            for way in (plain, whole, night):
                outcome = apart(way, file)
                for name, seconds in outcome.seconds.items():
                    found.setdefault(name, []).append(seconds)
                said_last[way.__name__] = f"peak {outcome.peak_mib:,} MiB; {outcome.told}"
                said = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in outcome.seconds.items())
                say(f"round {number + 1}: {said}; peak {outcome.peak_mib:,} MiB; {outcome.told}")
        without = ablated(given.persons // 10, Path(folder) / "fewer.parquet")
    medians = {name: round(statistics.median(seconds), 2) for name, seconds in found.items()}
    (HERE / "identity.json").write_text(json.dumps({
        "what": "persons matched by evidence and by number beside plain Splink on the same rows",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "persons": given.persons, "rounds": given.rounds, "cpu_seconds": medians,
        "told": said_last, "without_one_comparator": without,
    }, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")  # fmt: skip
    return judge(medians)


def ablated(persons: int, file: Path) -> dict[str, str]:
    """Ours without one comparator after the other, each trained anew: what each is worth."""
    make(persons, file)
    rows, found = pq.read_table(file), {}
    for name in ("", *(one.name for one in japanese().comparisons)):
        made = resolve(rows, declaration=japanese().without(name) if name else japanese())
        found[name or "with all"] = f"{correctness(made.clusters)}; {shown(made.pairs)}"
        say(f"{'without ' + name if name else 'with all'}: {found[name or 'with all']}")
    return found


def judge(medians: dict[str, float]) -> int:
    """Print the ratios; 1 when one is too high."""
    failed = 0
    for ours, limit, most in GATES:
        ratio = medians[ours] / medians[limit]
        failed |= ratio > most * 1.15
        say(f"{ours}: {ratio:.3f} × {limit} (at most {most})")
    return int(failed)


def apart(way: Callable[[Path], Outcome], file: Path) -> Outcome:
    """Run one way in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(way, (file,))


def plain(file: Path) -> Outcome:
    """Splink as its own documents show it: library comparisons, training, prediction, connected components."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rows = pq.read_table(file)
    connection = duckdb.connect(config=QUIET | {"memory_limit": "3GB"})
    connection.register("rows", rows)
    connection.execute("create table person as select * from rows")
    birth = [block_on("birth_year", "birth_month", "birth_day", other) for other in ("given_key", "phone_key")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="person_ref",
        comparisons=[
            cl.ExactMatch("name_key").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("kana_key"), cl.ExactMatch("birth_year"), cl.ExactMatch("birth_month"),
            cl.ExactMatch("birth_day"), cl.ExactMatch("address_key"), cl.ExactMatch("phone_key"),
            cl.ExactMatch("sex_code"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("addressee_no"), block_on("name_key", "birth_year"),
            block_on("kana_key", "birth_month", "birth_day"), *birth, block_on("name_key", "address_key"),
        ],
        retain_intermediate_calculation_columns=True, retain_matching_columns=False,
    )  # fmt: skip
    began = time.process_time()
    linker = Linker(DuckDBAPI(connection).register("person"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("name_key", "phone_key")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (block_on("name_key", "kana_key"), block_on("birth_year", "birth_month", "birth_day", "postal_code")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=1e6)
    predicted = linker.inference.predict()
    scored = time.process_time() - began
    clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, 0.99)
    pairs = connection.execute(f"select count(*) from {predicted.physical_name}").fetchall()[0][0]
    seconds = {"plain Splink, scoring": scored, "plain Splink, with clusters": time.process_time() - began}
    made = connection.sql(f"select person_ref, cluster_id as anchor from {clustered.physical_name}").to_arrow_table()
    return Outcome(seconds, peak(), f"{pairs:,} pairs; {correctness(made)}")


def whole(file: Path) -> Outcome:
    """Ours: scoring alone, then the whole resolution from the start."""
    import splink  # noqa: F401  a fixed cost

    rows, said = pq.read_table(file), japanese()
    began = time.process_time()
    with workspace() as connection:
        connection.register("given", rows)
        person_view(connection, said, "given")
        connection.execute("create temp table person_now as select * from person")
        model = train(connection, said, "person_now")
        trained = time.process_time() - began
        decide(connection, said, score(connection, said, model, "person_now"), "person_now", "pair")
    scored = time.process_time() - began
    began = time.process_time()
    found = resolve(rows)
    seconds = {"ours, training": trained, "ours, scoring": scored, "ours, whole": time.process_time() - began}
    keep(found, file.parent)
    return Outcome(seconds, peak(), f"{correctness(found.clusters)}; {shown(found.pairs)}")


def night(file: Path) -> Outcome:
    """Ours: what 0.15 % of changed records cost, given what the last night left."""
    import splink  # noqa: F401  a fixed cost

    rows, before = pq.read_table(file), kept(file.parent)
    with duckdb.connect(config=QUIET) as connection:
        connection.register("rows", rows)
        chosen = f"hash(person_ref, 'n') % 10000 < {CHANGED_PERMYRIAD}"
        changed = [ref for (ref,) in connection.sql(f"select person_ref from rows where {chosen}").fetchall()]
        after = connection.sql(
            f"select * replace (if({chosen}, 'T0' || person_ref, phone_key) as phone_key) from rows"
        ).to_arrow_table()
    began = time.process_time()
    found = resolve(after, previous=before, changed=changed)
    return Outcome({"ours, 0.15 % changed": time.process_time() - began}, peak(), f"{found.events.num_rows:,} events")


def keep(found: Resolution, folder: Path) -> None:
    """Leave a resolution for the next night."""
    pq.write_table(found.pairs, folder / "pairs.parquet")
    pq.write_table(found.clusters, folder / "clusters.parquet")
    found.model.save(folder / "model.json")


def kept(folder: Path) -> Resolution:
    """What the last night left."""
    nothing: Any = pa.table({})
    return Resolution(pq.read_table(folder / "pairs.parquet"), pq.read_table(folder / "clusters.parquet"), nothing,
                      Model.load(folder / "model.json"))  # fmt: skip


def peak() -> int:
    """The greatest memory of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str) -> None:
    """Tell on standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
