"""The bound of automatic links by evidence, proven on labelled persons; writes include/receivables/identity/bound.json.

`python -m bench.prove_bound`: persons made up as in bench.identity_persons, whose truth is known, are matched by the
model that ships, with no limit of weight; every link that the rules would let through by evidence is judged by the
truth. The lowest weight at which wrong links are surely below one in a thousand is the bound. Half of the persons
choose it, the other half confirm it: a bound is not proven on the labels that chose it. A city proves its own
by its numbers (`receivables identity model train`).
"""

import json
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

import pyarrow.parquet as pq

from bench.identity_persons import make
from receivables.identity.matching import Bound, Model, confirmed_bound, japanese, resolve
from receivables.identity.models import SHIPPED
from receivables.settings import PROJECT

FILE = PROJECT / "include" / "receivables" / "identity" / "bound.json"
PERSONS = 240_000
Judged = list[tuple[float, bool]]


def main() -> None:
    """Choose, confirm, print and write; 1 when the other half does not confirm it."""
    choosing, confirming = judged()
    found = confirmed_bound(choosing, confirming) | {
        "proven_on": f"{PERSONS:,} made-up persons (bench.prove_bound): half chose it, the other half confirmed it",
    }
    FILE.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    bound = Bound(**{each.name: found[each.name] for each in fields(Bound)})
    confirmed = f"{found['confirmed_count']:,} links, {found['confirmed_errors']} wrong"
    sys.stdout.write(
        f"{bound.report()}\nconfirmed: {confirmed}, at most {found['confirmed_upper_permille']} per mille\n"
    )
    sys.exit(int(found["confirmed_upper_permille"] >= found["allowed_permille"]))


def judged() -> tuple[Judged, Judged]:
    """Weight and truth of every link by evidence, of persons with an even and with an odd number."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "persons.parquet"
        make(PERSONS, file)
        said = japanese()
        unlimited = said.with_bound(said.decision.review_weight)
        pairs = resolve(pq.read_table(file), declaration=unlimited, model=Model.load(SHIPPED)).pairs
    halves: tuple[Judged, Judged] = ([], [])
    for row in pairs.select(["ref_l", "ref_r", "method", "weight"]).to_pylist():
        if row["method"] == "evidence":
            one, other = (int(row[side].split("-")[1]) for side in ("ref_l", "ref_r"))
            halves[min(one, other) % 2].append((row["weight"], one == other))
    return halves


if __name__ == "__main__":
    main()
