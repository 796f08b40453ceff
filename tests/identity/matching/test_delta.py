"""A delta gives what the whole gives, to the row; and no id moves without an event."""

from random import Random

import pyarrow as pa
import pytest

from receivables.errors import InputRejectedError
from receivables.identity.matching import Resolution, resolve
from tests.identity.matching.people import GIVENS, Row, person, table, town, trained


def as_set(rows: pa.Table) -> set[str]:
    told = [str(sorted(row.items())) for row in rows.to_pylist()]
    assert len(set(told)) == len(told)
    return set(told)


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


@pytest.mark.parametrize("seed", range(4))
def test_a_delta_equals_the_whole_night_after_night(seed: int) -> None:
    rng, rows = Random(seed), town(250, seed)
    before = resolve(table(rows), model=trained())
    seen: set[str] = set()
    for night in range(4):
        rows, changed = edited(rows, rng, night)
        gone_back = [row for row in town(250, seed) if row["person_ref"] in changed and rng.random() < 0.3]
        rows += [row for row in gone_back if row["person_ref"] not in {one["person_ref"] for one in rows}]
        whole = resolve(table(rng.sample(rows, len(rows))), model=trained(), previous=before)
        delta = resolve(table(rows), previous=before, changed=changed)
        assert as_set(delta.pairs) == as_set(whole.pairs)
        assert as_set(delta.clusters) == as_set(whole.clusters)
        assert as_set(delta.events) == as_set(whole.events)
        check_events(before, whole)
        seen |= set(whole.events["event"].to_pylist())
        seen |= {code for told in whole.pairs["reasons"].to_pylist() for code in told.split()}
        before = delta
    assert seen >= {"joined", "left", "split", "mistyped_number", "number_conflict", "twins"}, seen


def test_nothing_changed_changes_nothing() -> None:
    rows = table(town(100, seed=5))
    before = resolve(rows, model=trained())
    after = resolve(rows, previous=before, changed=[])
    assert as_set(after.pairs) == as_set(before.pairs)
    assert as_set(after.clusters) == as_set(before.clusters)
    assert after.events.num_rows == 0


def test_the_order_of_rows_does_not_matter() -> None:
    rows = town(300, seed=6)
    first = resolve(table(rows), model=trained())
    second = resolve(table(Random(1).sample(rows, len(rows))), model=trained())
    assert as_set(first.pairs) == as_set(second.pairs)
    assert as_set(first.clusters) == as_set(second.clusters)


def test_a_delta_needs_what_was_before() -> None:
    with pytest.raises(InputRejectedError, match="previous resolution"):
        resolve(table([person("a")]), changed=["a"])


def anchors(found: Resolution) -> dict[str, str]:
    return {row["person_ref"]: row["anchor"] for row in found.clusters.to_pylist()}


def events(found: Resolution) -> set[tuple[str, str, str | None, str | None]]:
    return {tuple(row.values()) for row in found.events.to_pylist()}


def test_the_anchor_is_the_living_register_row_with_the_oldest_number() -> None:
    home = {"address_key": "町1", "phone_key": "031"}
    rows = [person("a-tax", **home), person("z-register", "register", addressee_no="0000000017", **home)]
    assert set(anchors(resolve(table(rows), model=trained())).values()) == {"z-register"}


def test_an_anchor_outlives_the_row_that_gave_it_and_comes_back_to_nobody() -> None:
    home = {"address_key": "町1", "phone_key": "031"}
    one, other, third = (person(ref, source, **home) for ref, source in (("a", "tax"), ("b", "nhi"), ("c", "care")))
    first = resolve(table([one, other, third]), model=trained())
    assert set(anchors(first).values()) == {"a"}
    second = resolve(table([other, third]), previous=first, changed=["a"])
    assert anchors(second) == {"b": "a", "c": "a"}
    assert events(second) == {("left", "a", "a", None)}
    stranger = person("a", "tax", family="別人", first=GIVENS[0], born=(1950, 1, 1))
    back = resolve(table([stranger, other, third]), previous=second, changed=["a"])
    assert anchors(back) == {"a": "a~2", "b": "a", "c": "a"}
    assert events(back) == {("created", "a", None, "a~2")}


def test_a_merge_found_wrong_is_undone_exactly() -> None:
    """F56: both are as they were, and each move has its event."""
    home = {"address_key": "町1", "phone_key": "031"}
    one, other = person("a", "tax", **home), person("b", "nhi", **home, born=None)
    apart = resolve(table([one, other]), model=trained())
    assert anchors(apart) == {"a": "a", "b": "b"}
    joined = resolve(table([one, person("b", "nhi", **home)]), previous=apart, changed=["b"])
    assert anchors(joined) == {"a": "a", "b": "a"}
    assert events(joined) == {("merged", "b", "b", "a")}
    again = resolve(table([one, other]), previous=joined, changed=["b"])
    assert anchors(again) == anchors(apart)
    assert as_set(again.pairs) == as_set(apart.pairs)
    assert events(again) == {("split", "b", "a", "b")}
