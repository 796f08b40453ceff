"""名寄せ on a whole ward that `bench.whole_ward --state DIR` left: every link against the truth, and two nights.

`python -m bench.ward_identity --state DIR`; writes bench/ward_identity.json. The truth (truth/persons.csv) is read
here alone, after the resolving. The small night is made here: 15 in 10,000 persons of the register get another
telephone, as a delivery of the next day would bring it.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from bench.whole_ward import AS_OF
from receivables import db, identity
from receivables.confidence import upper_share
from receivables.identity import nightly
from receivables.settings import State

HERE = Path(__file__).parent
CHANGED_PERMYRIAD = 15
# What a night of 名寄せ does, in order: keys, matching, links, contact facts, relations, points of contact.
PARTS: tuple[tuple[Any, str], ...] = (
    (nightly.persons, "collect"), (nightly.matched, "match"), (nightly.linking, "link"), (nightly, "keep_facts"),
    (nightly, "keep_relations"), (nightly, "keep_points"),
)  # fmt: skip
QUIET = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_FORGET = """
    truncate vault.person_key, identity.pair, identity.cluster, identity.matched_by, identity.pending,
        identity.collected, identity.collected_batch
"""
# What joins whom, against who is whom: pairs of (source, number) that bear one id.
_JUDGED = """
    with known as (
        select t.person_id, l.id, bool_or(t.source_code = 'register') over (partition by t.person_id) as is_registered
        from truth as t left join linked as l using (source_code, source_debtor_key)
    ),
    pairs as (
        select
            (select sum(n * (n - 1) // 2) from (select count(*) as n from known group by person_id)) as true_pairs,
            (select sum(n * (n - 1) // 2) from (
                select count(*) as n from known where is_registered group by person_id
            )) as true_pairs_of_registered,
            (select sum(n * (n - 1) // 2) from (
                select count(*) as n from known where id is not null group by id
            )) as linked_pairs,
            (select sum(n * (n - 1) // 2) from (
                select count(*) as n from known where id is not null group by id, person_id
            )) as right_pairs
    )
    select true_pairs::bigint, true_pairs_of_registered::bigint, linked_pairs::bigint, right_pairs::bigint from pairs
"""


def main() -> None:
    """Measure, print and write; 1 when a link is wrong or a target is missed."""
    parser = argparse.ArgumentParser(prog="bench.ward_identity")
    parser.add_argument("--state", type=Path, required=True)
    state = State(parser.parse_args().state)
    with db.connect(state) as connection:
        connection.execute(_FORGET)
    whole, whole_parts, counts = timed(state, AS_OF)
    change(state, AS_OF + timedelta(days=1))
    small, small_parts, after = timed(state, AS_OF + timedelta(days=1))
    found = {
        "what": "名寄せ of a whole ward by `identity.resolve`: persons and keys, matching, links, contact facts",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
        "persons_compared": counts["persons"],
        "whole_seconds": whole,
        "whole_parts": whole_parts,
        "small_night_changed": after["changed"],
        "small_night_seconds": small,
        "small_night_parts": small_parts,
        "to_review": counts["to_review"],
        **judged(state),
    }
    (HERE / "ward_identity.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    sys.exit(int(found["wrong_pairs"] > 0 or whole > 180 or found["recall_after_review"] < 0.97))


def timed(state: State, day: date) -> tuple[float, dict[str, float], dict[str, int]]:
    """Seconds of one resolving, those of its parts, and its counts."""
    took: dict[str, float] = {}
    with ExitStack() as patches:
        for place, name in PARTS:
            patches.enter_context(patch.object(place, name, timing(getattr(place, name), name, took)))
        began = time.monotonic()
        counts = identity.resolve(as_of=day, state=state)
        return round(time.monotonic() - began, 1), took, counts


def timing(real: Callable[..., Any], name: str, took: dict[str, float]) -> Callable[..., Any]:
    """`real`, whose seconds are noted under `name`."""

    def timed_one(*given: Any, **named: Any) -> Any:
        began = time.monotonic()
        try:
            return real(*given, **named)
        finally:
            took[name] = round(time.monotonic() - began, 1)

    return timed_one


_CHOSEN = """
    create temp table chosen as select * from vault.register__persons
    where _known_to is null and mod(abs(hashtext(addressee_no)), 10000) < %s
"""
_ENDED = """
    update vault.register__persons as p set _known_to = %s from chosen as c
    where p._known_to is null and p.addressee_no = c.addressee_no
"""
_DELIVERED = """
    insert into ops.load
        (batch_id, source, table_name, business_date, state, file_name, file_sha256, file_bytes)
    values ('bench', 'register', 'register__persons', %s, 'loaded', 'bench', 'bench', 1) on conflict do nothing
"""


def change(state: State, day: date) -> None:
    """A delivery of `day` in which some persons have another telephone."""
    with db.connect(state) as connection:
        connection.execute(_CHOSEN, [CHANGED_PERMYRIAD])
        connection.execute(_ENDED, [day])
        connection.execute(
            "update chosen set phone = '0904444' || right(addressee_no, 4), _batch_id = 'bench', _known_from = %s",
            [day],
        )
        connection.execute("insert into vault.register__persons select * from chosen")
        connection.execute(_DELIVERED, [day])


def judged(state: State) -> dict[str, Any]:
    """Every link against the truth; and what it becomes when people answer the work list rightly."""
    with db.connect(state) as connection:
        links = connection.execute("select source_code, source_debtor_key, debtor_id from identity.link").fetchall()
        review = connection.execute("select ref_l, ref_r from identity.pair where outcome = 'review'").fetchall()
    with duckdb.connect(config=QUIET) as place:
        place.execute(f"create table truth as from read_csv('{state.ward}/truth/persons.csv', all_varchar = true)")
        who = {f"{source}:{number}": person for source, number, person in place.sql("from truth").fetchall()}
        ids = {f"{source}:{number}": str(debtor) for source, number, debtor in links}
        automatic = counted(place, ids.items())
        right = [(one, other) for one, other in review if who.get(str(one)) == who.get(str(other)) is not None]
        reviewed = counted(place, joined(ids, right))
    wrong = automatic[2] - automatic[3]
    return {
        "source_persons": len(who),
        "true_pairs": automatic[0],
        "linked_pairs": automatic[2],
        "wrong_pairs": wrong,
        "wrong_upper_permille": round(1000 * upper_share(wrong, automatic[2], 0.95), 4),
        "recall_automatic": round(automatic[3] / automatic[0], 4),
        "recall_automatic_of_registered": round(automatic[3] / automatic[1], 4),
        "review_pairs_right": len(right),
        "recall_after_review": round(reviewed[3] / automatic[0], 4),
        "recall_after_review_of_registered": round(reviewed[3] / automatic[1], 4),
    }


def counted(place: duckdb.DuckDBPyConnection, ids: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """True pairs, those of persons in the register, linked pairs, and linked ones of one person."""
    import pyarrow as pa

    refs, debtors = zip(*ids, strict=True)
    sources, numbers = zip(*(ref.split(":", 1) for ref in refs), strict=True)
    place.register("linked", pa.table({"source_code": sources, "source_debtor_key": numbers, "id": debtors}))
    return tuple(int(count) for count in place.sql(_JUDGED).fetchall()[0])


def joined(ids: dict[str, str], right: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """The ids with those made one that people would join."""
    one_for: dict[str, str] = {}

    def root(debtor: str) -> str:
        while debtor in one_for:
            debtor = one_for[debtor]
        return debtor

    for one, other in right:
        left, rest = root(ids.get(one, one)), root(ids.get(other, other))
        if left != rest:
            one_for[max(left, rest)] = min(left, rest)
    return [(ref, root(debtor)) for ref, debtor in ids.items()]


if __name__ == "__main__":
    main()
