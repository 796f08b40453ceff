"""What forbids a merge, what lacks for one, and what is told of it."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from receivables.errors import InputRejectedError
from receivables.identity.matching import japanese, read, resolve
from receivables.identity.matching.clustering import constrained
from receivables.identity.matching.deciding import reasons
from tests.identity.matching.people import Row, outcomes, person, table, the_pair, trained

HOME = {"household_no": "h1", "address_key": "町1", "phone_key": "031", "postal_code": "1540001"}
ELDER = (1941, 2, 3)


def pair(one: Row, other: Row) -> tuple[str, list[str]]:
    found = the_pair(one, other)
    assert found is not None
    return found["outcome"], found["reasons"].split()


@pytest.mark.parametrize(
    ("changes", "outcome", "code"),
    [
        ({"first": "実"}, "no_link", "twins"),
        ({"born": ELDER}, "no_link", "parent_and_child"),
        ({"born": ELDER, "first": "真", "first_kana": "カ誠"}, "no_link", "parent_and_child"),
        ({"born": ELDER, "household_no": None, "address_key": "町2"}, "no_link", "different_birth"),
        ({"born": (1970, 5, 18)}, "review", "birth_typo"),
        ({"sex_code": "2"}, "review", "sex_unlike"),
        ({"first": "誠子", "sex_code": "2", "household_no": None}, "no_link", "different_sex"),
        ({"first": "真", "first_kana": "カ誠"}, "review", "other_writing"),
        ({"address_key": "町2", "household_no": None}, "review", "few_fields"),
        ({"address_key": "町2", "household_no": None, "phone_key": None}, "review", "few_fields"),
        ({"born": None}, "review", "name_or_birth"),
        ({"is_deceased": True}, "review", "deceased"),
    ],
)
def test_a_rule_speaks_whatever_the_weight(changes: dict[str, Any], outcome: str, code: str) -> None:
    found, codes = pair(person("a", **HOME), person("b", "nhi", **HOME | changes))
    assert found == outcome
    assert code in codes


def test_two_more_fields_besides_name_and_birth_date_make_a_link_and_their_weights_are_told() -> None:
    found = the_pair(person("a", **HOME), person("b", "nhi", **HOME))
    assert found is not None
    assert (found["outcome"], found["method"], found["evidence"]) == ("link", "evidence", "address phone")
    parts = [found[f"mw_{name}"] for name in ("surname", "given", "birth", "sex", "address", "phone")]
    assert all(part > 0 for part in parts[:3])
    assert found["weight"] > 15


def test_a_number_that_name_or_reading_corroborates_links_alone() -> None:
    of_register = person("a", "register", addressee_no="0000000123")
    found = the_pair(of_register, person("b", addressee_no="0000000123", first="真", first_kana="カ誠", born=None))
    assert found is not None
    assert (found["outcome"], found["method"]) == ("link", "number")


@pytest.mark.parametrize("changes", [{"family": "鈴木"}, {"born": ELDER}])
def test_a_number_that_name_or_birth_date_contradicts_is_for_a_person_to_judge(changes: dict[str, Any]) -> None:
    one = person("a", "register", addressee_no="0000000123", **HOME)
    assert pair(one, person("b", addressee_no="0000000123", **HOME | changes)) == ("review", ["number_conflict"])


def test_a_number_without_any_name_is_for_a_person_to_judge() -> None:
    nameless = person("b", addressee_no="0000000123", name_key=None, family_key=None, given_key=None, kana_key=None,
                      kana_loose_key=None)  # fmt: skip
    outcome, codes = pair(person("a", "register", addressee_no="0000000123"), nameless)
    assert outcome == "review"
    assert "number_alone" in codes


def test_zeros_are_no_number() -> None:
    assert (
        the_pair(person("a", addressee_no="0000000000", family="甲"), person("b", "nhi", addressee_no="0000000000"))
        is None
    )


@pytest.mark.parametrize(
    ("changes", "outcome", "code"),
    [
        ({}, "review", "second_number"),
        ({"address_key": "町2", "phone_key": "032", "household_no": "h2"}, "review", "second_number"),
        ({"name_key": "甲野花代", "given_key": "花代"}, "no_link", "different_number"),  # of one reading and birth date
    ],
)
def test_two_numbers_of_the_register_are_never_joined(changes: dict[str, Any], outcome: str, code: str) -> None:
    one = person("a", "register", addressee_no="0000000123", **HOME)
    found, codes = pair(one, person("b", "register", addressee_no="0000000456", **HOME | changes))
    assert (found, codes[0]) == (outcome, code)


@pytest.mark.parametrize(("number", "is_slip"), [("0000000124", True), ("0000000132", True), ("0000000999", False)])
def test_a_slip_of_the_pen_in_a_number_is_shown(number: str, is_slip: bool) -> None:
    rows = [
        person("a", "register", addressee_no="0000000123", born=(1960, 1, 1)),
        person("b", addressee_no=number, born=None),
    ]
    found = outcomes(rows).pairs.to_pylist()
    assert [row["outcome"] for row in found if "mistyped_number" in row["reasons"]] == ["review"] * is_slip
    assert not [row for row in found if row["outcome"] == "link"]


def test_a_slip_that_may_mean_two_people_is_not_shown() -> None:
    registered = [person(f"a{at}", "register", addressee_no=f"000000012{at}", born=(1960 + at, at, 1)) for at in (1, 2)]
    found = outcomes([*registered, person("b", addressee_no="0000000123", born=None)])
    assert not [row for row in found.pairs.to_pylist() if "mistyped_number" in row["reasons"]]


@pytest.mark.parametrize("home", [{}, {"address_key": "町1"}])
def test_a_slip_makes_nobody_acceptable_whom_a_rule_forbids(home: dict[str, str]) -> None:
    """Father and son of one name, whose numbers differ by a digit: whatever was mistyped, they are two."""
    registered = person("a", "register", addressee_no="0000000121", born=(1950, 1, 1), **home)
    found = outcomes([registered, person("b", addressee_no="0000000123", born=(1980, 2, 2), **home)])
    assert not [row for row in found.pairs.to_pylist() if row["outcome"] != "no_link"]


def test_trust_counts_what_the_register_corroborates() -> None:
    rows = [person(f"r{at}", "register", addressee_no=f"00000001{at:02d}", first=f"名{at}") for at in range(4)]
    rows += [person(f"t{at}", addressee_no=f"00000001{at:02d}", first=f"名{at}" if at else "別") for at in range(3)]
    rows += [person("t9", addressee_no="0000000777"), person("t10")]
    trust = outcomes(rows).trust
    assert trust is not None
    assert trust.to_pylist() == [
        {
            "source_code": "tax",
            "numbered_count": 4,
            "registered_count": 3,
            "corroborated_count": 2,
            "trust_permille": 666,
        }
    ]


def chain() -> list[Row]:
    """Three rows of one number: one with the father's birth date, one with the son's, one with none."""
    number = "0000000123"
    return [person("father", "register", addressee_no=number, born=ELDER, **HOME),
            person("office", addressee_no=number, born=None, **HOME),
            person("son", "nhi", addressee_no=number, **HOME)]  # fmt: skip


def test_a_chain_of_links_joins_nobody_who_may_not_meet() -> None:
    """F55: the number links `office` to both, and would make father and son one person."""
    found = outcomes(chain())
    anchor = {row["person_ref"]: row["anchor"] for row in found.clusters.to_pylist()}
    assert anchor["father"] != anchor["son"]
    assert anchor["office"] in (anchor["father"], anchor["son"])
    told = {(row["ref_l"], row["ref_r"]): row for row in found.pairs.to_pylist()}
    assert told["father", "son"]["reasons"] == "number_conflict"
    (blocked,) = [row for row in told.values() if row["reasons"] == "chain"]
    assert (blocked["decided"], blocked["outcome"]) == ("link", "review")


def test_a_long_chain_is_cut_at_its_weakest_link_in_whatever_order_it_comes() -> None:
    links = [("a", "b"), ("c", "d"), ("b", "c"), ("d", "e")]
    assert constrained(links, [("a", "d")]) == {"a": "a", "b": "a", "c": "c", "d": "c", "e": "c"}
    assert constrained(links, []) == dict.fromkeys("abcde", "a")
    assert constrained(links, [("e", "a"), ("d", "a")])["e"] == "c"


def test_who_is_in_one_group_by_way_of_others_is_not_for_review() -> None:
    number = "0000000123"
    rows = [person("r", "register", addressee_no=number, **HOME), person("a", addressee_no=number, phone_key="031"),
            person("b", "nhi", **HOME)]  # fmt: skip
    told = {(row["ref_l"], row["ref_r"]): row for row in outcomes(rows).pairs.to_pylist()}
    assert told["a", "b"]["decided"] == "review"
    assert (told["a", "b"]["outcome"], told["a", "b"]["method"]) == ("link", "others")


def test_every_reason_has_words() -> None:
    said = japanese()
    assert all(re.search(r"[ぁ-ん一-龠]", words) for words in reasons(said).values())
    assert len({one.code for one in said.conflicts}) == len(said.conflicts)


def test_a_comparison_can_be_left_out() -> None:
    said = japanese().without("phone")
    rows = table([person("a", **HOME), person("b", "nhi", **HOME)])
    settings = trained().settings
    less = settings | {"comparisons": [one for one in settings["comparisons"] if one["output_column_name"] != "phone"]}
    (found,) = resolve(rows, declaration=said, model=type(trained())(less, trained().shares)).pairs.to_pylist()
    assert "mw_phone" not in found
    with pytest.raises(InputRejectedError, match="no comparison"):
        japanese().without("blood group")
    with pytest.raises(InputRejectedError, match="train anew"):
        resolve(rows, declaration=said, model=trained())


def test_a_model_is_kept_as_json_and_weighs_the_same(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    trained().save(file)
    rows = table([person("a", **HOME), person("b", "nhi", **HOME)])
    kept = resolve(rows, model=type(trained()).load(file))
    assert kept.pairs.to_pylist() == resolve(rows, model=trained()).pairs.to_pylist()
    file.write_text("{}")
    with pytest.raises(InputRejectedError, match="no trained model"):
        type(trained()).load(file)


def test_persons_may_come_as_a_relation_and_empty_text_is_unknown() -> None:
    rows = [person("a", **HOME | {"phone_key": ""}), person("b", "nhi", **HOME | {"phone_key": ""})]
    with duckdb.connect() as connection:
        connection.register("rows", table(rows))
        (found,) = resolve(connection.sql("select * from rows"), model=trained()).pairs.to_pylist()
    assert (found["outcome"], found["evidence"], found["mw_phone"]) == ("review", "address", 0.0)


def test_persons_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputRejectedError, match="distinct person_ref"):
        resolve(table([person("a"), person("a")]), model=trained())
    with pytest.raises(InputRejectedError, match="'shoe_size' is not declared"):
        resolve(pa.table({"person_ref": ["a"], "shoe_size": [27]}), model=trained())
    with pytest.raises(InputRejectedError, match="'person_ref' is missing"):
        resolve(pa.table({"name_key": ["a"]}), model=trained())


def test_a_declaration_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    text = (Path(__file__).with_name("febrl.yaml")).read_text(encoding="utf-8")
    file = tmp_path / "odd.yaml"
    file.write_text(text.replace("{swapped}", "{swopped}"), encoding="utf-8")
    with pytest.raises(InputRejectedError, match="swopped"):
        read(file)
