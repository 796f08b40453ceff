"""Whose id it is: a person of the register is known by an id of the register, and every row keeps its own id first."""

import pytest

from receivables.identity.matching import Resolution, resolve
from tests.identity.matching.people import Row, person, table, trained
from tests.identity.matching.test_delta import anchors, as_set, events

NUMBER = "0000000017"
B = {"family": "別人", "first": "花", "born": (1990, 1, 1)}
C = {"family": "他人", "first": "葉", "born": (2001, 3, 3)}


def register(**given: object) -> Row:
    return person("register:17", "register", addressee_no=NUMBER, **given)


def nhi(source: str = "nhi", **given: object) -> Row:
    return person(f"{source}:17", source, addressee_no=NUMBER, **given)


def night(before: Resolution | None, *rows: Row, changed: list[str], retired: tuple[str, ...] = ()) -> Resolution:
    """The outcome of a part-night, which must be that of the whole."""
    if before is None:
        return resolve(table(list(rows)), model=trained())
    whole = resolve(table(list(rows)), model=trained(), previous=before, retired=retired)
    part = resolve(table(list(rows)), previous=before, changed=changed, retired=retired)
    assert as_set(part.clusters) == as_set(whole.clusters)
    assert as_set(part.events) == as_set(whole.events)
    return part


def test_a_row_of_the_register_that_comes_later_brings_its_own_id() -> None:
    """The department's row was there first; nobody was a debtor under its id yet, so none moves."""
    first = night(None, nhi(), changed=[])
    assert anchors(first) == {"nhi:17": "nhi:17"}
    second = night(first, nhi(), register(), changed=["register:17"])
    assert anchors(second) == {"nhi:17": "register:17", "register:17": "register:17"}
    assert events(second) == {
        ("split", "nhi:17", "nhi:17", "register:17"),
        ("created", "register:17", None, "register:17"),
    }
    # The department writes somebody else under the number: the register's row keeps its id.
    third = night(second, nhi(**B), register(), changed=["nhi:17"])
    assert anchors(third) == {"nhi:17": "nhi:17", "register:17": "register:17"}


def test_an_id_of_the_register_is_kept_when_its_person_gets_another_number() -> None:
    """再転入: the old row went, the department's record bore the id on, and the new row joins it."""
    home = {"address_key": "町1", "phone_key": "031"}
    first = night(None, nhi(**home), register(**home), changed=[])
    second = night(first, nhi(**home), changed=["register:17"])
    assert anchors(second) == {"nhi:17": "register:17"}
    moved = person("nhi:17", "nhi", addressee_no="0000000029", **home)
    new = person("register:29", "register", addressee_no="0000000029", **home)
    third = night(second, moved, new, changed=["register:29", "nhi:17"])
    assert set(anchors(third).values()) == {"register:17"}


def test_the_new_holder_of_a_number_gets_no_id_of_a_department() -> None:
    """Register and department change to B in one night: the id is the register's number, a further one."""
    first = night(None, nhi(), register(), changed=[])
    second = night(first, nhi(**B), register(**B), changed=["nhi:17", "register:17"], retired=("register:17",))
    assert set(anchors(second).values()) == {"register:17~2"}


def held_again() -> tuple[Resolution, tuple[str, ...]]:
    """B has the number after another person; her record of nhi is with her."""
    retired = ("register:17",)
    first = night(None, nhi(), register(), changed=[])
    second = night(first, nhi(**B), register(**B), changed=["nhi:17", "register:17"], retired=retired)
    return second, retired


def test_a_further_id_stays_with_the_registers_row_as_a_first_one_does() -> None:
    before, retired = held_again()
    assert set(anchors(before).values()) == {"register:17~2"}
    renamed = night(before, nhi(**B), register(**C), changed=["register:17"], retired=retired)
    assert anchors(renamed)["register:17"] == "register:17~2"
    assert anchors(renamed)["nhi:17"] != "register:17~2"


@pytest.mark.parametrize("source", ["nhi", "care"])
def test_a_further_id_that_somebody_bears_is_given_to_nobody_else_in_part_of_a_night(source: str) -> None:
    """B left the register and nhi bears her id on; C gets the number, and nobody touched nhi's record."""
    retired = ("register:17",)
    first = night(None, nhi(source), register(), changed=[])
    second = night(first, nhi(source, **B), register(**B), changed=[f"{source}:17", "register:17"], retired=retired)
    without = night(second, nhi(source, **B), changed=["register:17"], retired=retired)
    assert anchors(without) == {f"{source}:17": "register:17~2"}
    third = night(without, nhi(source, **B), register(**C), changed=["register:17"], retired=retired)
    assert anchors(third) == {f"{source}:17": "register:17~2", "register:17": "register:17~3"}
