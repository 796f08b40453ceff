"""Hundreds of faults planted in a whole migration rehearsal: found, named, and nothing else (変異試験).

    python -m bench.step_migration_faults --faults 520

A small ward is made and rehearsed with all its groups. Then, many times: one file or map of a group is broken as a
writer, a receiver or a hand on the keyboard would break it, and the run is reconciled. A fault is found when a check
that has to see it fails for that group and, where it stands in single rows, names their keys. A check that fails for a
group nobody touched is a false alarm. The manifest is made to agree with the broken file, so that its digest does not
give the fault away. A map's fault that changes no staged row is drawn again. Writes bench/migration_faults.json.
"""

import argparse
import json
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from bench.migration_faults import FILE_FAULTS, READ_CHECKS, Planted, map_code, map_item, map_rule, rows_of
from receivables import city, database, db, migration, night, server
from receivables.errors import InputRejectedError
from receivables.migration.files.profile import GroupSpec
from receivables.migration.mapping import MAPS
from receivables.migration.runs import key_hash, run_of
from receivables.migration.spec import Spec
from receivables.migration.writing import files_of
from receivables.settings import State

HERE = Path(__file__).parent
AS_OF = date(2026, 6, 19)
EDITION, PROFILE = "0.1-draft", "standard_csv"
OF_DIGESTS = frozenset({"R-090"})  # what was written again is not what stands there: true of every fault
OF_MAPS = 0.2  # this share of the faults is planted in maps


@dataclass(slots=True)
class Tally:
    """What was planted and what became of it."""

    planted: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    refused: int = 0  # maps that were refused by name before any row moved; they do not count as faults
    untouched: int = 0  # groups that were reconciled beside a broken one, or in a clean run

    @property
    def total(self) -> int:
        """Faults that were planted."""
        return sum(self.planted.values())


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A clean run: its files as they were written, and who stands in which line."""

    state: State
    run_id: str
    specs: dict[str, Spec]
    files: dict[str, Path]
    contents: dict[str, bytes]
    keys: dict[str, list[str]]  # by group: keyed hashes of the rows' keys, in the file's order


def main() -> int:
    """Plant, look, print and write; 1 when a fault was missed or an alarm was false."""
    parser = argparse.ArgumentParser(prog="bench.step_migration_faults")
    parser.add_argument("--faults", type=int, default=520)
    parser.add_argument("--residents", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20261127)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)  # the server may run as another user
    state, began = State(folder / "state"), time.monotonic()
    try:
        server.ensure_running(state)
        database.initialise(state)
        city.make(residents=given.residents, as_of=AS_OF, days=0, out=state.ward, state=state)
        night.intake(as_of=AS_OF, drop=state.ward, state=state)
        night.warehouse_night(as_of=AS_OF, state=state)
        tally = planted(state, faults=given.faults, seed=given.seed, say=say)
    finally:
        server.stop(state)
        shutil.rmtree(folder, ignore_errors=True)
    found = told(tally) | {"residents": given.residents, "seed": given.seed, "seconds": round(time.monotonic() - began)}
    (HERE / "migration_faults.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    say(f"{tally.total} faults planted, {len(tally.missed)} missed; {len(tally.false_alarms)} false alarms"
        f" in {tally.untouched:,} untouched groups")  # fmt: skip
    return 1 if tally.missed or tally.false_alarms else 0


def planted(state: State, *, faults: int, seed: int, say: Any = lambda text: None) -> Tally:
    """Plant so many faults in rehearsals of the published warehouse and hold each to what was found."""
    draw, tally = random.Random(seed), Tally()
    clean = rehearsed(state)
    _unharmed(tally, migration.outcome(clean.run_id, state=state), set(), "the clean run")
    of_files = faults - round(faults * OF_MAPS)
    while tally.total < of_files:
        _round_of_files(draw, clean, tally, of_files - tally.total)
        say(f"{tally.total} of {faults} faults planted, {len(tally.missed)} missed")
    found = migration.reconcile(clean.run_id, state=state)
    _unharmed(tally, found, set(), "the clean run again")
    while tally.total < faults:
        _one_of_maps(draw, clean, tally)
        say(f"{tally.total} of {faults} faults planted, {len(tally.missed)} missed")
    return tally


def rehearsed(state: State) -> Rehearsed:
    """One clean rehearsal of every group that has rows."""
    run_id = migration.rehearse(edition=EDITION, profile=PROFILE, snapshot=AS_OF, state=state)
    with db.connect(state, "migrator", doing="look at the files") as connection:
        run = run_of(connection, run_id)
        specs = {group: run.spec(group) for group in run.plan["groups"]}
        files = {group: files_of(run, spec, state)[0] for group, spec in specs.items()}
        contents = {group: file.read_bytes() for group, file in files.items()}
        filled = {group for group, content in contents.items() if len(rows_of(content)) > 1}
        keys = {
            group: [key_hash(str(key), state) for (key,) in connection.execute(  # type: ignore[call-overload]
                f"select row_key from migration.reread_{group} where run_id = %s order by row_no", [run_id]  # noqa: S608
            )]
            for group in filled
        }  # fmt: skip
    return Rehearsed(state, run_id, {group: specs[group] for group in filled}, files, contents, keys)


# ---------- files
def _round_of_files(draw: random.Random, clean: Rehearsed, tally: Tally, most: int) -> None:
    """One fault in the file of about half the groups at a time; afterwards the files are as they were."""
    groups = draw.sample(sorted(clean.specs), min(most, max(1, len(clean.specs) // 2)))
    done: dict[str, Planted] = {}
    for group in groups:
        layout: GroupSpec = clean.specs[group].files
        ways = draw.sample(FILE_FAULTS, len(FILE_FAULTS))
        drawn = (way(draw, clean.contents[group], layout.group.items) for way in ways)
        fault = next((each for each in drawn if each), None)
        if fault is not None and fault.content != clean.contents[group]:
            done[group] = fault
            _put(clean, group, fault.content, is_resigned=fault.is_resigned)
    found = migration.reconcile(clean.run_id, state=clean.state)
    for group, fault in done.items():
        _judge(clean, tally, found, group, fault)
        _put(clean, group, clean.contents[group], is_resigned=True)
    _unharmed(tally, found, set(done), f"beside {sorted(fault.what for fault in done.values())}")


def _put(clean: Rehearsed, group: str, content: bytes | None, *, is_resigned: bool) -> None:
    """The file as given; the manifest too, as if the writer had meant it so."""
    file = clean.files[group]
    if content is None:
        file.unlink()
        return
    file.write_bytes(content)
    if is_resigned:
        with db.connect(clean.state, "migrator", doing="write the manifest") as connection:
            connection.execute(
                "update migration.file_manifest set sha256 = %s, bytes = %s, rows = %s where run_id = %s"
                " and file_name = %s",
                [sha256(content).hexdigest(), len(content), max(0, content.count(b"\r\n") - 1), clean.run_id,
                 file.name],
            )  # fmt: skip


def _judge(clean: Rehearsed, tally: Tally, found: dict[str, Any], group: str, fault: Planted) -> None:
    failed = [each for each in found["checks"]
              if each["status"] == "FAIL" and each["group"] == group and each["id"] not in OF_DIGESTS]  # fmt: skip
    seen = {each["id"] for each in failed} & fault.expected
    named = {key for each in failed if each["id"] in fault.expected for key in each["keys"]}
    wanted = {clean.keys[group][number - 1]: number for number in fault.row_numbers}
    lines = " ".join(each["cause"] or "" for each in failed if each["id"] in READ_CHECKS)  # the reader names lines
    tally.planted[fault.kind] += 1
    tally.checks.update(seen)
    if not seen or found["verdict"] != "FAIL":
        tally.missed.append(f"{group}: {fault.what}: failed were {sorted(each['id'] for each in failed)}")
    elif any(key not in named and f"{number + 1} 行目" not in lines for key, number in wanted.items()):
        tally.missed.append(f"{group}: {fault.what}: a row is not named by {sorted(seen)}")


def _unharmed(tally: Tally, found: dict[str, Any], touched: set[str], beside: str) -> None:
    """Nothing may fail for a group that nobody touched."""
    tally.untouched += len({each["group"] for each in found["checks"]} - touched)
    tally.false_alarms += [
        f"{each['group']}: {each['id']} {each['legs']}: {beside}"
        for each in found["checks"]
        if each["status"] != "PASS" and each["group"] not in touched
    ]
    if not touched and found["verdict"] != "PASS":
        tally.false_alarms.append(f"{beside} is {found['verdict']}")


# ---------- maps
def _one_of_maps(draw: random.Random, clean: Rehearsed, tally: Tally) -> None:
    """One changed line of a map; a change that the reading refuses is found, one without effect does not count."""
    group = draw.choice(sorted(clean.specs))
    folder = Path(tempfile.mkdtemp(prefix="maps-"))
    try:
        shutil.copytree(MAPS, folder, dirs_exist_ok=True)
        file = draw.choice([each for each in sorted(folder.rglob("*.yaml")) if each.stem in (group, "_claim_key")])
        what = _changed(draw, file, group, clean)
        if what is None:
            return
        try:
            run_id = migration.rehearse(
                edition=EDITION, profile=PROFILE, snapshot=AS_OF, state=clean.state, maps=folder, groups=[group]
            )
        except InputRejectedError:
            tally.refused += 1
            return
        found = migration.outcome(run_id, state=clean.state)
    finally:
        shutil.rmtree(folder)
    if _staged(clean, run_id, group) == _staged(clean, clean.run_id, group):
        return
    failed = {each["id"] for each in found["checks"] if each["status"] == "FAIL" and each["group"] == group}
    tally.planted["mapping"] += 1
    tally.checks.update(failed)
    if not failed - OF_DIGESTS or found["verdict"] != "FAIL":
        tally.missed.append(f"{group}: map {file.parent.name}/{file.name}: {what}")


def _changed(draw: random.Random, file: Path, group: str, clean: Rehearsed) -> str | None:
    """One line of a map, of its rules or of a code table it uses; None when there was nothing to change."""
    document = yaml.safe_load(file.read_text("utf-8"))
    tables = [file.parent / "codes" / f"{feed['codes']}.csv" for feed in document["items"].values() if "codes" in feed]
    chance = draw.random()
    if chance < 0.2 and tables and tables[0].exists():
        text, what = map_code(draw, tables[0].read_text("utf-8"))
        tables[0].write_text(text, "utf-8")
        return what
    what = map_rule(draw, document) if chance < 0.35 else _item_changed(draw, document, group, clean)
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    return what


def _item_changed(draw: random.Random, document: dict[str, Any], group: str, clean: Rehearsed) -> str | None:
    kinds = {item.column: item.type for item in clean.specs[group].group.items}
    columns = {feed["column"]: kinds[name] for name, feed in document["items"].items()
               if "column" in feed and name in kinds}  # fmt: skip
    is_of_group = set(document["items"]) <= set(kinds)  # the shared key has more than a group of persons
    return map_item(draw, document, columns) if is_of_group else None


def _staged(clean: Rehearsed, run_id: str, group: str) -> tuple[Any, ...]:
    """What a run staged of the group and what it left out: equal when a changed map had no effect."""
    with db.connect(clean.state, "migrator", doing="read the digest") as connection:
        digest = connection.execute(
            "select staged_digest from migration.run_group where run_id = %s and group_id = %s", [run_id, group]
        ).fetchone()
        kept = connection.execute(
            "select disposition, reason_code, count(*) from migration.row_ledger where run_id = %s and group_id = %s"
            " group by 1, 2 order by 1, 2", [run_id, group],
        ).fetchall()  # fmt: skip
    return (digest, kept)


# ---------- telling
def told(tally: Tally) -> dict[str, Any]:
    """The outcome as it is kept."""
    return {
        "what": "faults planted one by one in the files and maps of a whole rehearsal",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "faults": dict(sorted(tally.planted.items())), "total": tally.total, "missed": tally.missed,
        "false_alarms": tally.false_alarms, "refused_maps": tally.refused, "untouched_groups": tally.untouched,
        "found_by": dict(tally.checks.most_common()),
    }  # fmt: skip


def say(text: str) -> None:
    """Progress, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
