"""What people's words do and do not: never a third person by way of a second, never against a later no."""

import pytest

from receivables.identity.answers import Answer, joined, parted

R1, R2, R3, R9 = (f"register:{number}" for number in "1239")


def said(
    one: str,
    other: str,
    answer: str = "same",
    *,
    by: str = "d",
    still_so: bool = True,
    known: tuple[str, ...] = (R1, R2, R3, R9),
    **groups: str,
) -> Answer:
    """An answer to a pair; each person is a group of its own unless `groups` says another.

    `known`: the groups that have a person of tonight's register.
    """
    left, right = groups.get("left", one), groups.get("right", other)
    return Answer(one, other, left, right, answer, by, still_so, left in known, right in known)


def whole(*answers: Answer) -> dict[str, str]:
    return {anchor: kept for anchor, (kept, _) in joined(answers).items()}


def test_two_of_the_register_are_one_by_a_word_on_just_these_two() -> None:
    assert whole(said(R1, R2)) == {R1: R1, R2: R1}
    assert whole(said(R1, R2), said(R2, R3)) == {R1: R1, R2: R1, R3: R1}


def test_a_departments_person_never_brings_two_of_the_register_together() -> None:
    """Both words are of pairs that were looked at; that the register's two are one was asked nobody."""
    assert whole(said("nhi:9", R1), said("nhi:9", R2)) == {"nhi:9": R1, R1: R1}


def test_a_number_that_the_register_gets_later_joins_nobody_by_an_old_word() -> None:
    """`nhi:9` was said to be register:1; now the register has a 9 of its own and evidence put nhi:9 there."""
    assert whole(said("nhi:9", R1, left=R9)) == {}


def test_what_counts_is_whether_the_group_has_a_person_of_the_register_not_what_it_is_called() -> None:
    """A group may still be called as a department's row was, with a person of the register in it."""
    assert whole(said("nhi:9", R1, known=("nhi:9", R1))) == {}
    # Whose row of the register is gone may be found to be somebody's who is there, also by way of a department.
    assert whole(said("nhi:2", R1, left=R2, known=(R1,))) == {R2: R1, R1: R1}


def test_a_no_keeps_two_apart_whatever_chain_leads_from_one_to_the_other() -> None:
    found = whole(said(R1, R2), said(R2, R3), said(R1, R3, "different"))
    assert found == {R1: R1, R2: R1}


def test_a_word_on_who_is_no_longer_who_they_were_joins_nobody() -> None:
    assert whole(said(R1, R2, still_so=False)) == {}


def test_every_group_knows_the_decision_that_brought_it_in() -> None:
    found = joined([said(R1, R2, by="first"), said(R2, R3, by="second")])
    assert {anchor: by for anchor, (_, by) in found.items()} == {R1: "first", R2: "first", R3: "second"}


@pytest.mark.parametrize(
    ("one", "other", "lost"),
    [
        ("nhi:5", "register:5", {("nhi", "5")}),
        ("children:5", "welfare:5", {("children", "5"), ("welfare", "5")}),  # which of them is right nobody said
        ("nhi:5#ab12cd34", "register:5", {("nhi", "5")}),  # by the number, for a name changes
        (R1, R2, set()),
    ],
)
def test_who_is_parted_loses_the_link_by_source_and_number(one: str, other: str, lost: set[tuple[str, str]]) -> None:
    assert set(parted([said(one, other, "different")])) == lost
