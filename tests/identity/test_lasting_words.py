"""A merge of people lasts: it ends by a later word, not because the register deletes the row that was one too many."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from receivables.identity import review
from receivables.settings import State
from tests.identity.world import World, made, person

pytestmark = pytest.mark.postgres
TWINS = ("000000000000101", "000000000000102")
PAIR = review.pair_id(*(f"register:{number}" for number in TWINS))


@pytest.fixture
def merged(new_state: Callable[[], State]) -> World:
    """Two rows that two people found to be one person (二重登録)."""
    world = made(new_state())
    for number in TWINS:
        person(world, number, "四十九院　清吉", "シジュウクイン　セイキチ", "1951-04-03")
    world.night()
    world.decide(PAIR, "same")
    world.night()
    return world


def deleted(world: World, number: str) -> None:
    """The register deletes a row from the next night on."""
    day = world.day + timedelta(days=1)
    for schema in ("raw", "vault"):
        world.run(f"update {schema}.register__persons set _known_to = %s where addressee_no = %s", day, number)
    world.run("delete from staging.stg_register__persons where source_debtor_key = %s", number)
    world.run("delete from identity.collected")


def debtors(world: World, source: str = "resident_tax") -> dict[str, str]:
    return {number: debtor for each, number, debtor in world.links() if each == source}


def known_as(world: World, debtor: str) -> set[str]:
    return {was for (was,) in world.run("select was from identity.also_known_as(%s)", [debtor])}


@pytest.mark.parametrize("gone", [0, 1])
def test_the_deletion_of_one_row_ends_no_merge(merged: World, gone: int) -> None:
    """What was said of either id still counts, and what is owed under either number is still the one person's."""
    kept, lost = (merged.id_of(number) for number in TWINS)
    deleted(merged, TWINS[gone])
    for _ in range(2):
        merged.night()
        assert known_as(merged, kept) == {kept, lost}
        assert debtors(merged) == dict.fromkeys(TWINS, kept)
        assert debtors(merged, "register") == {TWINS[1 - gone]: kept}
    assert merged.run("select count(*), count(until_on) from identity.merge") == [(1, 0)]


def test_a_later_word_ends_it_also_when_a_row_is_gone(merged: World) -> None:
    kept, lost = (merged.id_of(number) for number in TWINS)
    deleted(merged, TWINS[1])
    merged.night()
    merged.decide(PAIR, "different")
    merged.night()
    assert known_as(merged, kept) == {kept}
    assert lost not in debtors(merged).values()
    assert TWINS[1] not in debtors(merged)


def test_another_person_under_the_number_that_was_deleted_is_not_merged(merged: World) -> None:
    kept = merged.id_of(TWINS[0])
    deleted(merged, TWINS[1])
    merged.night()
    person(merged, TWINS[1], "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    merged.run("delete from intermediate.int_claims__unioned where ctid <> all(array(select min(ctid) from"
               " intermediate.int_claims__unioned group by source_debtor_key))")  # fmt: skip
    merged.run("update raw.register__persons set _known_from = %s where _known_to is null and addressee_no = %s",
               merged.day + timedelta(days=1), TWINS[1])  # fmt: skip
    merged.run("delete from identity.collected")
    merged.night()
    assert debtors(merged, "register")[TWINS[1]] not in (kept, merged.id_of(TWINS[1]))
    assert TWINS[1] not in debtors(merged), "the debts under the number are not hers, nor is the merge's word on her"
    assert known_as(merged, kept) == {kept}


def test_two_writings_under_one_number_that_people_found_to_be_one_debtor_are_linked(merged: World) -> None:
    """Each was accepted as one of the two rows: two groups, one debtor."""
    number = "000000000000905"
    for loan, name, kana in (("1", "四十九院清", "シジュウクイン　キヨシ"), ("2", "四九院清吉", "シクイン　セイキチ")):
        rows = {"raw": {"addressee_no": number, "contract_date": "2020-04-01"},
                "vault": {"person_name": name, "person_kana": kana}}  # fmt: skip
        for schema, row in rows.items():
            row |= {"loan_no": loan, "instalment_no": "1", "_batch_id": "b", "_line_no": "1", "_byte_offset": "0",
                    "_known_from": "2026-01-01"}  # fmt: skip
            marks = ", ".join(["%s"] * len(row))
            merged.run(
                f"insert into {schema}.welfare_loans__instalments ({', '.join(row)}) values ({marks})", *row.values()
            )
    merged.run("insert into intermediate.int_claims__unioned values ('welfare_loans', %s, 'b')", number)
    merged.run("delete from identity.collected")
    merged.night()
    refs = sorted(ref for (ref,) in merged.run("select person_ref from vault.person_key where source_debtor_key = %s",
                                               number))  # fmt: skip
    assert len(refs) == 2
    for ref in refs:
        pair = review.pair_id(ref, f"register:{TWINS[1]}")
        merged.run("insert into identity.pair (ref_l, ref_r, outcome, reasons, evidence)"
                   " values (%s, %s, 'review', '', '') on conflict (ref_l, ref_r) do update set outcome = 'review'",
                   *pair.split("|"))  # fmt: skip
        merged.decide(pair, "same")
    merged.night()
    assert debtors(merged, "welfare_loans") == {number: merged.id_of(TWINS[0])}
