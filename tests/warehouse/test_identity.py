"""名寄せ: the same person is the same debtor on every night, and nobody is guessed."""

from datetime import date, timedelta
from typing import Any

import pytest
from handmade import AS_OF, Handmade

from receivables import identity, warehouse
from receivables.identity.pseudonyms import debtor_id

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def prepared(handmade: Handmade) -> Handmade:
    handmade.person("1" * 15)
    handmade.person("2" * 15, is_on_welfare=True, has_guardian=True)
    handmade.person("3" * 15, died_on=date(2026, 1, 5))
    handmade.tax("0000000001", addressee_no="1" * 15)
    handmade.premium("0000000001", addressee_no="1" * 15)
    handmade.loan("0000001", addressee_no="9" * 15)
    handmade.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=handmade.state)
    handmade.run("create schema if not exists test_keep")
    handmade.run("drop table if exists test_keep.persons")
    handmade.run("create table test_keep.persons as select * from staging.stg_register__persons")
    return handmade


@pytest.fixture
def world(prepared: Handmade) -> Handmade:
    """The register as it was built, nobody linked yet; tests change the staged persons directly."""
    prepared.run("truncate staging.stg_register__persons, identity.link, identity.contact_fact")
    prepared.run("insert into staging.stg_register__persons select * from test_keep.persons")
    return prepared


def resolve(world: Handmade, as_of: date = AS_OF) -> dict[str, int]:
    return identity.resolve(as_of=as_of, state=world.state)


def everything(world: Handmade) -> list[tuple[Any, ...]]:
    return world.run("select xmin::text, link::text from identity.link order by 2") + world.run(
        "select xmin::text, contact_fact::text from identity.contact_fact order by 2"
    )


def facts(world: Handmade) -> list[tuple[Any, ...]]:
    return world.run("select exclusion_code, valid_from, valid_to from identity.contact_fact order by 1, 2")


def test_the_pseudonym_is_known_to_the_holder_of_the_key_alone() -> None:
    one, other = debtor_id("000000000000001", key="a"), debtor_id("000000000000001", key="b")

    # RFC 2104 by another tool: printf %s 000000000000001 | openssl dgst -sha256 -hmac a
    assert one == "da46b9717eb484e64a2f1"
    assert one != other


def test_one_person_of_two_departments_is_one_debtor(world: Handmade) -> None:
    counts = resolve(world)
    found = world.run("select distinct debtor_id, method, probability from identity.link where source_debtor_key = %s",
                      "1" * 15)  # fmt: skip

    assert counts == counts | {"debtors": 3, "linked": 2, "unlinked": 1, "facts": 3, "to_review": 0, "persons": 3}
    assert found == [(debtor_id("1" * 15, key=world.state.secret("hmac_debtor")), "addressee_no", 1)]


def test_a_person_the_register_does_not_know_is_not_linked(world: Handmade) -> None:
    resolve(world)

    assert world.run("select count(*) from identity.link where source_debtor_key = %s", "9" * 15) == [(0,)]


def test_resolving_again_touches_no_row(world: Handmade) -> None:
    resolve(world)
    before = everything(world)
    identity.resolve(as_of=AS_OF, state=world.state)

    assert everything(world) == before


def test_what_a_contact_must_respect_is_kept_from_the_day_it_holds(world: Handmade) -> None:
    resolve(world)

    assert facts(world) == [("X05", AS_OF, None), ("X07", date(2026, 1, 5), None), ("X14", AS_OF, None)]


def test_a_fact_that_ended_is_closed_and_may_begin_again(world: Handmade) -> None:
    resolve(world)
    world.run("update staging.stg_register__persons set is_on_welfare = false")
    resolve(world, AS_OF + timedelta(days=1))
    ended = facts(world)[0]
    world.run("update staging.stg_register__persons set is_on_welfare = true where source_debtor_key = %s", "2" * 15)
    resolve(world, AS_OF + timedelta(days=5))

    assert ended == ("X05", AS_OF, AS_OF)
    assert facts(world)[:2] == [("X05", AS_OF, AS_OF), ("X05", AS_OF + timedelta(days=5), None)]


def test_who_leaves_the_register_is_no_longer_linked_and_comes_back_the_same(world: Handmade) -> None:
    resolve(world)
    links = world.run("select * from identity.link order by 1, 2")
    world.run("delete from staging.stg_register__persons where source_debtor_key = %s", "1" * 15)
    without = resolve(world, AS_OF + timedelta(days=1))
    world.run("insert into staging.stg_register__persons select * from test_keep.persons on conflict do nothing")
    world.run("delete from staging.stg_register__persons as a using staging.stg_register__persons as b"
              " where a.source_debtor_key = b.source_debtor_key and a.ctid > b.ctid")  # fmt: skip
    resolve(world, AS_OF + timedelta(days=2))

    assert without["unlinked"] == 3
    assert world.run("select * from identity.link order by 1, 2") == links
