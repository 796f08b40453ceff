"""番号の再利用: the register gives a number to another person, and nothing of the one before may reach him."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from receivables import decisions
from receivables.errors import InputRejectedError
from receivables.identity import holders
from receivables.settings import State
from receivables.unmerging import unmerge
from tests.identity.world import World, made, person

pytestmark = pytest.mark.postgres
NUMBER, OTHER = "000000000000301", "000000000000302"


@pytest.fixture
def world(new_state: Callable[[], State]) -> World:
    found = made(new_state())
    person(found, NUMBER, "小笠原　誠", "オガサワラ　マコト", "1948-02-03")
    person(found, OTHER, "青木　花", "アオキ　ハナ", "1990-07-08")
    found.night()
    return found


def becomes(world: World, number: str, name: str, kana: str, born: str) -> None:
    """The register's row of a number says something else from the next night on."""
    day = world.day + timedelta(days=1)
    for schema in ("raw", "vault"):
        world.run(f"update {schema}.register__persons set _known_to = %s where addressee_no = %s", day, number)
    raw = {"addressee_no": number, "sex_code": "1", "is_protected": False, "has_guardian": False,
           "is_on_welfare": False, "language_code": "ja"}  # fmt: skip
    told = {"addressee_no": number, "household_no": number[5:], "person_name": name, "person_kana": kana,
            "birth_date": born}  # fmt: skip
    for schema, row in (("raw", raw), ("vault", told)):
        row |= {"_batch_id": f"b{day}", "_line_no": 1, "_byte_offset": 0, "_known_from": day}
        marks = ", ".join(["%s"] * len(row))
        world.run(f"insert into {schema}.register__persons ({', '.join(row)}) values ({marks})", *row.values())
    world.run(
        "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
        " file_bytes) values (%s, 'register', 'register__persons', %s, 'loaded', 'f', 'x', 1)", f"b{day}", day,
    )  # fmt: skip


def linked(world: World) -> dict[tuple[str, str], str]:
    return {(source, number): debtor for source, number, debtor in world.links()}


def facts(world: World) -> list[tuple[Any, ...]]:
    return world.run("select debtor_id, exclusion_code from identity.contact_fact where valid_to is null order by 1")


def decide(world: World, debtor: str, said: str) -> None:
    one = holders.answer(debtor, said, user="officer_a", why="住民記録で確認", state=world.state)
    decisions.confirm(one, user="chief_tax", state=world.state)


def test_the_new_holder_has_an_id_of_his_own_and_nothing_is_sent_until_two_have_looked(world: World) -> None:
    before = linked(world)
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    now = linked(world)
    new = now["register", NUMBER]
    assert new not in before.values()
    assert ("resident_tax", NUMBER) not in now, "the debts of the one before are not hers"
    assert now["register", OTHER] == before["register", OTHER]
    assert facts(world) == [(new, "X25")]
    assert world.run("select from_anchor, to_anchor from identity.event where event = 'split'") == [
        (f"register:{NUMBER}", f"register:{NUMBER}~2")
    ]
    (listed,) = holders.work_list(state=world.state)
    assert (listed["debtor_id"], listed["answer"]) == (new, None)
    assert NUMBER not in str(listed)
    decide(world, new, "another")
    world.night()
    assert facts(world) == []
    assert ("resident_tax", NUMBER) not in linked(world)


def test_a_corrected_entry_is_the_same_person_after_two_said_so(world: World) -> None:
    old = linked(world)["register", NUMBER]
    becomes(world, NUMBER, "小笠原　実", "オガサワラ　ミノル", "1949-02-03")
    world.night()
    new = linked(world)["register", NUMBER]
    decide(world, new, "same")
    world.night()
    assert linked(world)["resident_tax", NUMBER] == new
    assert facts(world) == []
    known = world.run("select was from identity.also_known_as(%s) order by 1", [new])
    assert {was for (was,) in known} == {old, new}, "what was said of the old id counts for the new one"


@pytest.mark.parametrize(
    ("name", "kana", "born"),
    [
        ("青山　誠", "アオヤマ　マコト", "1948-02-03"),  # another surname: a marriage
        ("小笠原　誠", "オガサワラ　マコト", "1948-03-02"),  # a corrected birth date
    ],
)
def test_a_change_of_one_of_the_two_is_the_same_person(world: World, name: str, kana: str, born: str) -> None:
    before = linked(world)
    becomes(world, NUMBER, name, kana, born)
    world.night()
    assert linked(world) == before
    assert holders.work_list(state=world.state) == []


def test_a_reading_that_two_people_share_is_no_name_that_they_share(world: World) -> None:
    """佐藤博 and 佐藤宏 are read alike; with another birth date they are two."""
    before = linked(world)["register", NUMBER]
    becomes(world, NUMBER, "小笠原　真琴", "オガサワラ　マコト", "2001-11-12")
    world.night()
    assert linked(world)["register", NUMBER] != before


def test_a_holder_who_comes_in_two_corrections_is_seen_at_the_second(world: World) -> None:
    before = linked(world)["register", NUMBER]
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "1948-02-03")
    world.night()
    assert linked(world)["register", NUMBER] == before, "so far it may be a marriage"
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    assert linked(world)["register", NUMBER] != before
    assert [code for _, code in facts(world)] == ["X25"]


def test_another_name_with_a_birth_date_that_is_not_the_same_for_sure_is_another_holder(world: World) -> None:
    before = linked(world)["register", NUMBER]
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "1948-00-00")
    world.night()
    assert linked(world)["register", NUMBER] != before


def test_who_is_entered_again_after_a_wrong_entry_gets_his_own_id_back(world: World) -> None:
    """A, by mistake B for a night, A again: `same` is one with A, and what stands under the number is his."""
    first = linked(world)["register", NUMBER]
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    wrong = linked(world)["register", NUMBER]
    becomes(world, NUMBER, "小笠原　誠", "オガサワラ　マコト", "1948-02-03")
    world.night()
    now = linked(world)["register", NUMBER]
    (listed,) = holders.work_list(state=world.state)
    assert (listed["debtor_id"], listed["former_id"]) == (now, first)
    decide(world, now, "same")
    world.night()
    known = {was for (was,) in world.run("select was from identity.also_known_as(%s)", [now])}
    assert known == {now, first}
    assert wrong not in known
    assert linked(world)["resident_tax", NUMBER] == now
    assert facts(world) == []


def test_what_was_owed_under_a_number_with_two_real_holders_is_nobodys(world: World) -> None:
    """B was confirmed to be another person: a claim without a name may be hers, also when A is back."""
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    decide(world, linked(world)["register", NUMBER], "another")
    world.night()
    becomes(world, NUMBER, "小笠原　誠", "オガサワラ　マコト", "1948-02-03")
    world.night()
    decide(world, linked(world)["register", NUMBER], "same")
    world.night()
    assert ("resident_tax", NUMBER) not in linked(world)


def test_no_id_moves_when_an_earlier_day_is_worked_again(world: World) -> None:
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    new = linked(world)["register", NUMBER]
    for _ in range(2):
        world.day -= timedelta(days=2)
        world.night()
        assert linked(world)["register", NUMBER] == new
        world.night()
        assert linked(world)["register", NUMBER] == new
    assert [code for _, code in facts(world)] == ["X25"]


def test_a_change_on_a_night_that_notes_nobody_is_noted_on_the_next(world: World) -> None:
    """A night for a day too far ahead makes the next one a repetition."""
    before = linked(world)["register", NUMBER]
    world.day += timedelta(days=5)
    world.night()
    world.day -= timedelta(days=6)
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    assert linked(world)["register", NUMBER] == before
    world.night()
    assert linked(world)["register", NUMBER] != before


def test_who_was_merged_with_an_older_number_is_answered_for_all_the_same(world: World) -> None:
    """Two people found the new holder to be somebody who has another number; then that the entry was corrected."""
    twin = "000000000000001"
    person(world, twin, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.run("delete from identity.collected")
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    former = linked(world)["register", NUMBER]
    world.night()
    own = linked(world)["register", NUMBER]
    world.decide(f"register:{twin}|register:{NUMBER}", "same")
    world.night()
    kept = linked(world)["register", twin]
    assert linked(world)["register", NUMBER] == kept
    assert facts(world) == [(kept, "X25")]
    decide(world, own, "same")
    world.night()
    assert facts(world) == []
    assert {was for (was,) in world.run("select was from identity.also_known_as(%s)", [kept])} == {kept, own, former}


def test_an_answer_on_a_holder_is_not_taken_back_as_a_pair(world: World) -> None:
    """It would stop sending to both for ever: there is no pair that anybody could answer."""
    becomes(world, NUMBER, "小笠原　実", "オガサワラ　ミノル", "1949-02-03")
    world.night()
    new = linked(world)["register", NUMBER]
    decide(world, new, "same")
    world.night()
    with pytest.raises(InputRejectedError, match="holder answer DEBTOR another"):
        unmerge(new, user="officer_a", why="別人の疑い", state=world.state)
    assert world.run("select count(*) from campaign.hold") == [(0,)]
    decide(world, new, "another")
    world.night()
    assert world.run("select count(*) from identity.merge where until_on is null") == [(0,)]
    assert ("resident_tax", NUMBER) not in linked(world)


def test_a_number_that_was_away_is_known_again(world: World) -> None:
    before = linked(world)["register", NUMBER]
    gone = world.day + timedelta(days=1)
    for schema in ("raw", "vault"):
        world.run(f"update {schema}.register__persons set _known_to = %s where addressee_no = %s", gone, NUMBER)
    world.run("delete from identity.collected")
    world.night()
    becomes(world, NUMBER, "小笠原　誠", "オガサワラ　マコト", "1948-02-03")
    world.night()
    assert linked(world)["register", NUMBER] == before
    becomes(world, NUMBER, "寺尾　みどり", "テラオ　ミドリ", "2001-11-12")
    world.night()
    again = linked(world)["register", NUMBER]
    assert again != before
    becomes(world, NUMBER, "小笠原　誠", "オガサワラ　マコト", "1948-02-03")
    world.night()
    assert linked(world)["register", NUMBER] not in (before, again), "nobody gets an id back by a number alone"


def test_only_who_is_listed_is_answered_for(world: World) -> None:
    with pytest.raises(InputRejectedError, match="holder list"):
        holders.answer("d" + "0" * 20, "another", user="officer_a", why="x", state=world.state)
