"""What becomes of ids night after night; every night does a part and leaves what doing the whole would."""

from random import Random

import pytest

from receivables.identity.matching import Resolution, resolve
from tests.identity.matching.people import GIVENS, Row, person, table, town, trained
from tests.identity.nights import Nights, anchors, as_set, events

pytestmark = pytest.mark.postgres


def edited(rows: list[Row], rng: Random, fresh: int) -> tuple[list[Row], set[str]]:
    """`rows` after a night: some gone, some new, some changed in the fields that decide; and whose refs those are."""
    by_ref = {row["person_ref"]: dict(row) for row in rows}
    chosen = rng.sample(sorted(by_ref), 24)
    for ref in chosen[:5]:
        del by_ref[ref]
    for ref in chosen[5:15]:
        other = by_ref[rng.choice(sorted(by_ref))]
        keys = rng.choice([
            ("addressee_no",), ("phone_key", "address_key"), ("name_key", "family_key", "given_key", "kana_key"),
            ("birth_year", "birth_month", "birth_day"),
            tuple(key for key in other if key not in ("person_ref", "source_code")),
        ])  # fmt: skip
        by_ref[ref] |= {key: rng.choice([other[key], other[key], None]) for key in keys}
    for ref in chosen[15:20]:
        slip = by_ref[ref]
        if slip["addressee_no"]:
            slip["addressee_no"] = slip["addressee_no"][:-1] + rng.choice("0123456789")
        slip["is_deceased"] = rng.random() < 0.3
    for at, ref in enumerate(chosen[20:]):
        like = by_ref[ref]
        by_ref[f"new-{fresh}-{at}"] = like | {"person_ref": f"new-{fresh}-{at}", "source_code": "care"}
    new = {f"new-{fresh}-{at}" for at in range(4)}
    return list(by_ref.values()), set(chosen[:20]) | new


def check_events(before: Resolution, after: Resolution) -> None:
    had = {row["person_ref"]: row["anchor"] for row in before.clusters.to_pylist()}
    has = {row["person_ref"]: row["anchor"] for row in after.clusters.to_pylist()}
    moved = {ref for ref in had | has if had.get(ref) != has.get(ref)}
    assert {row["person_ref"] for row in after.events.to_pylist()} == moved


def mixed(rows: list[Row], rng: Random) -> list[Row]:
    """`rows`, in which many are like others: by 通称, 旧姓, 前住所, a whole name, or one digit of the number."""
    for row in rows:
        other = rng.choice(rows)
        if rng.random() < 0.15:
            row["alias_key"] = other["name_key"]
        if rng.random() < 0.1:
            row["former_key"] = other["name_key"]
        if rng.random() < 0.1:
            row["former_address_key"] = other["address_key"]
        if rng.random() < 0.2:
            row |= {key: other[key] for key in ("name_key", "family_key", "given_key", "kana_key", "kana_loose_key")}
        if rng.random() < 0.25 and row["source_code"] != "register" and row["addressee_no"]:
            row["addressee_no"] = row["addressee_no"][:-1] + rng.choice("0123456789")
    return rows


def retired_tonight(nights: Nights, rows: list[Row], rng: Random) -> tuple[list[Row], tuple[str, ...]]:
    """A number of the register that is another person's now: its id ends, and all who bore it are looked at again."""
    assert nights.last is not None
    ref = rng.choice([row["person_ref"] for row in rows if row["source_code"] == "register"])
    bore = {ref} | {each["person_ref"] for each in nights.last.clusters.to_pylist() if each["anchor"] == ref}
    return [
        row | {"postal_code": f"{rng.randrange(10**7):07d}"} if row["person_ref"] in bore else row for row in rows
    ], (ref,)


def lived(nights: Nights, rows: list[Row], rng: Random, count: int) -> set[str]:
    """`count` nights, each held to the whole, after a first one; the events and reasons that were seen."""
    seen: set[str] = set()
    residents, before = [dict(row) for row in rows], nights.night(*rows)
    for night in range(count):
        rows, changed = edited(rows, rng, night)
        gone_back = [row for row in residents if row["person_ref"] in changed and rng.random() < 0.3]
        rows += [row for row in gone_back if row["person_ref"] not in {one["person_ref"] for one in rows}]
        rows, retired = retired_tonight(nights, rows, rng) if rng.random() < 0.3 else (rows, ())
        after = nights.night(*rng.sample(rows, len(rows)), retired=retired)
        check_events(before, after)
        seen |= set(after.events["event"].to_pylist())
        seen |= {code for told in after.pairs["reasons"].to_pylist() for code in told.split()}
        before = after
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_a_delta_equals_the_whole_night_after_night(nights: Nights, seed: int) -> None:
    seen = lived(nights, town(250, seed), Random(seed), 4)
    assert seen >= {"joined", "left", "split", "mistyped_number", "number_conflict", "twins"}, seen


@pytest.mark.parametrize("seed", [2002, 2010, 2016])
def test_a_delta_equals_the_whole_among_people_who_are_alike(nights: Nights, seed: int) -> None:
    rng = Random(seed)
    seen = lived(nights, mixed(town(rng.choice([60, 120]), seed), rng), rng, 6)
    assert seen >= {"joined", "left", "split", "mistyped_number", "number_conflict", "chain"}, seen


def test_the_order_of_rows_does_not_matter() -> None:
    rows = town(300, seed=6)
    first = resolve(table(rows), model=trained())
    second = resolve(table(Random(1).sample(rows, len(rows))), model=trained())
    assert as_set(first.pairs) == as_set(second.pairs)
    assert as_set(first.clusters) == as_set(second.clusters)


def test_the_anchor_is_the_living_register_row_with_the_oldest_number() -> None:
    home = {"address_key": "町1", "phone_key": "031"}
    rows = [person("a-tax", **home), person("z-register", "register", addressee_no="0000000017", **home)]
    assert set(anchors(resolve(table(rows), model=trained())).values()) == {"z-register"}


def test_an_anchor_outlives_the_row_that_gave_it_and_comes_back_to_nobody(nights: Nights) -> None:
    home = {"address_key": "町1", "phone_key": "031"}
    one, other, third = (person(ref, source, **home) for ref, source in (("a", "tax"), ("b", "nhi"), ("c", "care")))
    first = nights.night(one, other, third)
    assert set(anchors(first).values()) == {"a"}
    second = nights.night(other, third)
    assert anchors(second) == {"b": "a", "c": "a"}
    assert events(second) == {("left", "a", "a", None)}
    stranger = person("a", "tax", family="別人", first=GIVENS[0], born=(1950, 1, 1))
    back = nights.night(stranger, other, third)
    assert anchors(back) == {"a": "a~2", "b": "a", "c": "a"}
    assert events(back) == {("created", "a", None, "a~2")}


def test_a_merge_found_wrong_is_undone_exactly(nights: Nights) -> None:
    """F56: both are as they were, and each move has its event."""
    home = {"address_key": "町1", "phone_key": "031"}
    one, other = person("a", "tax", **home), person("b", "nhi", **home, born=None)
    apart = nights.night(one, other)
    assert anchors(apart) == {"a": "a", "b": "b"}
    joined = nights.night(one, person("b", "nhi", **home))
    assert anchors(joined) == {"a": "a", "b": "a"}
    assert events(joined) == {("merged", "b", "b", "a")}
    again = nights.night(one, other)
    assert anchors(again) == anchors(apart)
    assert as_set(again.pairs) == as_set(apart.pairs)
    assert events(again) == {("split", "b", "a", "b")}
