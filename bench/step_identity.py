"""Matching of persons (名寄せ): the project's own beside plain Splink on the same rows, and a night of 0.15 % changes.

`python -m bench.step_identity --persons 1200000`; about 1.8 records a person. Every way runs in a process of its own,
in turn, so that its memory can be told; then ours without each comparator. Writes bench/identity.json. Seconds are CPU
of all threads, of the work alone: not of reading the file, nor of importing Splink. The two nights are matched as they
are in the warehouse, from the keys on, and told in seconds of the clock: the server works as well.
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
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from psycopg import sql

from bench.identity_persons import QUIET, correctness, make, shown
from receivables import database, db, server
from receivables.identity import exchange, matched, models
from receivables.identity.matching import japanese, resolve
from receivables.identity.matching.deciding import decide
from receivables.identity.matching.scoring import score, train
from receivables.identity.matching.workspace import person_view, workspace
from receivables.settings import State

HERE = Path(__file__).parent
AS_OF = date(2026, 6, 19)
_CHANGE = """
    with changed as (
        update vault.person_key set phone_key = 'T0' || person_ref where abs(hashtext(person_ref)) % 10000 < 15
        returning person_ref
    )
    insert into identity.pending select person_ref from changed
"""
GATES = (("ours, scoring", "plain Splink, scoring", 1.5), ("a night of 0.15 % changed", "a whole night", 0.05))


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
            for way in (plain, whole, nights):
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
        "persons": given.persons, "rounds": given.rounds,
        "cpu_seconds": {name: took for name, took in medians.items() if "night" not in name},
        "clock_seconds": {name: took for name, took in medians.items() if "night" in name},
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
    return Outcome(seconds, peak(), f"{correctness(found.clusters)}; {shown(found.pairs)}")


def nights(file: Path) -> Outcome:
    """Ours in the warehouse: everybody, then a night of 0.15 % of changed records."""
    import splink  # noqa: F401  a fixed cost

    state, rows = State(file.parent / "state"), pq.read_table(file)
    server.ensure_running(state)
    try:
        database.initialise(state)
        with db.connect(state, autocommit=True) as connection:
            fill(connection, rows)
            whole_night = clocked(connection, AS_OF)
            connection.execute(_CHANGE)
            part = clocked(connection, AS_OF + timedelta(days=1))
    finally:
        server.stop(state)
    return Outcome({"a whole night": whole_night, "a night of 0.15 % changed": part}, peak(), "")


def fill(connection: db.Connection, rows: pa.Table) -> None:
    """The keys of everybody in the vault, all of them pending; a number that nobody knows as the systems write it."""
    keys = rows.rename_columns(["source_debtor_key" if name == "addressee_no" else name for name in rows.column_names])
    number = pc.fill_null(keys["source_debtor_key"], "0000000000")
    keys = keys.set_column(keys.column_names.index("source_debtor_key"), "source_debtor_key", number)
    keys = keys.append_column("fingerprint", pa.array([0] * len(keys), pa.int64()))
    db.run_script(connection, "truncate vault.person_key, identity.pending, identity.pair, identity.cluster,"
                              " identity.matched_by")  # fmt: skip
    exchange.write(connection, sql.Identifier("vault", "person_key"), keys)
    db.run_script(connection, "insert into identity.pending select person_ref from vault.person_key;"
                              " analyze vault.person_key")  # fmt: skip


def clocked(connection: db.Connection, as_of: date) -> float:
    """Seconds of the clock that one night's matching takes."""
    began = time.perf_counter()
    with connection.transaction():
        matched.match(connection, as_of=as_of, using=models.in_force(connection))
    seconds = time.perf_counter() - began
    db.run_script(connection, "analyze identity.pair; analyze identity.cluster")
    return seconds


def peak() -> int:
    """The greatest memory of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str) -> None:
    """Tell on standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
