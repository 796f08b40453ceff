"""Whose id it is: a person of the register is known by an id of the register, and every row keeps its own id first."""

import pytest

from tests.identity.matching.people import Row, person
from tests.identity.nights import Nights, anchors, events

pytestmark = pytest.mark.postgres
NUMBER = "0000000017"
B = {"family": "別人", "first": "花", "born": (1990, 1, 1)}
C = {"family": "他人", "first": "葉", "born": (2001, 3, 3)}


def register(**given: object) -> Row:
    return person("register:17", "register", addressee_no=NUMBER, **given)


def nhi(source: str = "nhi", **given: object) -> Row:
    return person(f"{source}:17", source, addressee_no=NUMBER, **given)


def test_a_row_of_the_register_that_comes_later_brings_its_own_id(nights: Nights) -> None:
    """The department's row was there first; nobody was a debtor under its id yet, so none moves."""
    first = nights.night(nhi())
    assert anchors(first) == {"nhi:17": "nhi:17"}
    second = nights.night(nhi(), register())
    assert anchors(second) == {"nhi:17": "register:17", "register:17": "register:17"}
    assert events(second) == {
        ("split", "nhi:17", "nhi:17", "register:17"),
        ("created", "register:17", None, "register:17"),
    }
    # The department writes somebody else under the number: the register's row keeps its id.
    third = nights.night(nhi(**B), register())
    assert anchors(third) == {"nhi:17": "nhi:17", "register:17": "register:17"}


def test_an_id_of_the_register_is_kept_when_its_person_gets_another_number(nights: Nights) -> None:
    """再転入: the old row went, the department's record bore the id on, and the new row joins it."""
    home = {"address_key": "町1", "phone_key": "031"}
    nights.night(nhi(**home), register(**home))
    second = nights.night(nhi(**home))
    assert anchors(second) == {"nhi:17": "register:17"}
    moved = person("nhi:17", "nhi", addressee_no="0000000029", **home)
    new = person("register:29", "register", addressee_no="0000000029", **home)
    third = nights.night(moved, new)
    assert set(anchors(third).values()) == {"register:17"}


def test_the_new_holder_of_a_number_gets_no_id_of_a_department(nights: Nights) -> None:
    """Register and department change to B in one night: the id is the register's number, a further one."""
    nights.night(nhi(), register())
    second = nights.night(nhi(**B), register(**B), retired=("register:17",))
    assert set(anchors(second).values()) == {"register:17~2"}


def test_a_further_id_stays_with_the_registers_row_as_a_first_one_does(nights: Nights) -> None:
    nights.night(nhi(), register())
    before = nights.night(nhi(**B), register(**B), retired=("register:17",))
    assert set(anchors(before).values()) == {"register:17~2"}
    renamed = nights.night(nhi(**B), register(**C))
    assert anchors(renamed)["register:17"] == "register:17~2"
    assert anchors(renamed)["nhi:17"] != "register:17~2"


@pytest.mark.parametrize("source", ["nhi", "care"])
def test_a_further_id_that_somebody_bears_is_given_to_nobody_else_in_part_of_a_night(
    nights: Nights, source: str
) -> None:
    """B left the register and nhi bears her id on; C gets the number, and nobody touched nhi's record."""
    nights.night(nhi(source), register())
    nights.night(nhi(source, **B), register(**B), retired=("register:17",))
    without = nights.night(nhi(source, **B))
    assert anchors(without) == {f"{source}:17": "register:17~2"}
    third = nights.night(nhi(source, **B), register(**C))
    assert anchors(third) == {f"{source}:17": "register:17~2", "register:17": "register:17~3"}
