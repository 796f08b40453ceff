"""統合とその取消し: two people make two debtors one, messages go out, and taking it apart restores what was there."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import psycopg
import pytest

from receivables import db, decisions
from receivables.campaigns.doubting import DOUBT
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.identity import review
from receivables.settings import State
from receivables.unmerging import unmerge
from tests.identity.world import AS_OF, World, made, person

pytestmark = pytest.mark.postgres
TWINS = ("000000000000101", "000000000000102")  # 二重登録: one person under two numbers, so far as anybody can tell
OTHERS = tuple(f"0000000000002{at:02}" for at in range(6))


@pytest.fixture(scope="module")
def world(new_state: Callable[[], State]) -> World:
    made_up = made(new_state())
    for number in TWINS:
        person(made_up, number, "四十九院　清吉", "シジュウクイン　セイキチ", "1951-04-03")
    for at, number in enumerate(OTHERS):
        person(made_up, number, f"山田　{'一二三四五六'[at]}郎", "ヤマダ　ロウ", f"19{60 + at}-01-01")
    made_up.night()
    return made_up


def pair_of(world: World) -> str:
    (found,) = review.work_list(state=world.state)
    assert found["reasons"] == ["second_number"]
    return str(found["pair"])


def message(world: World, debtor: str, contact: str, day: date, state: str) -> None:
    """A message of some campaign that stands in the outbox as if the campaign had put it there."""
    world.run(
        "insert into campaign.run (run_id, campaign_name, as_of, published_batch, maker, channel, purpose, playbook,"
        " template_text, template_sha256, parts_count, sources, content_sha256, treat_count, control_count,"
        " excluded_count, approvals_required, expires_after_days)"
        " values ('r1', 'reminder', %s, 'p', 'm', 'sms', 'reminder', '{}', 't', 'x', 1, '[]', 'x', 1, 0, 0, 2, 3)"
        " on conflict do nothing", AS_OF,
    )  # fmt: skip
    world.run(
        "insert into campaign.contact (contact_id, run_id, subject_key, debtor_id, arm, exclusion_codes, reference,"
        " claim_ids, claim_yen, claim_types, owner_depts, outstanding_yen, phone_hash)"
        " values (%s, 'r1', %s, %s, 'treat', '{}', %s, '{c}', '{1}', '{resident_tax}', '{tax}', 1, 'h')",
        contact, contact, debtor, contact,
    )  # fmt: skip
    world.run(
        "insert into campaign.outbox (contact_id, run_id, debtor_id, channel, reference, parts_count, contact_date)"
        " values (%s, 'r1', %s, 'sms', %s, 1, %s)", contact, debtor, contact, None if state == "ready" else day,
    )  # fmt: skip
    for step in {"ready": (), "accepted": ("sending", "accepted")}[state]:
        world.run("update campaign.outbox set state = %s where contact_id = %s", step, contact)


def test_two_rows_of_one_name_and_birth_date_are_two_debtors_until_people_say_otherwise(world: World) -> None:
    (found,) = review.work_list(state=world.state)
    assert {world.id_of(number) for number in TWINS} <= {debtor for _, _, debtor in world.links()}
    assert found["left"]["name_key"].startswith("四○")
    assert found["left"]["birth_month"] == "○"
    assert TWINS[0] not in str(found["left"])


def test_who_looks_in_full_has_the_duty_and_a_reason_and_is_written_down(world: World) -> None:
    pair = pair_of(world)
    with pytest.raises(NeedsApprovalError, match="名寄せ"):
        review.look(pair, user="officer_a", why="確認", state=world.state)
    with pytest.raises(InputRejectedError, match="reason"):
        review.look(pair, user="chief_tax", why=" ", state=world.state)
    seen = review.look(pair, user="chief_tax", why="二重登録の確認", state=world.state)
    assert seen["left"]["birth_month"] == 4
    assert world.run("select pair, user_name, why from identity.viewing") == [(pair, "chief_tax", "二重登録の確認")]


def test_one_persons_word_joins_nobody(world: World) -> None:
    pair, before = pair_of(world), world.links()
    decision = review.answer(pair, "same", user="officer_b", why="住所が同じ", state=world.state)
    world.night()
    assert world.links() == before
    with pytest.raises(NeedsApprovalError, match="may not confirm"):
        decisions.confirm(decision, user="officer_b", state=world.state)


def test_what_a_rule_forbids_no_two_people_join(world: World) -> None:
    pair = review.pair_id(f"register:{OTHERS[0]}", f"register:{OTHERS[1]}")
    with pytest.raises(InputRejectedError, match=r"not compared|no_link"):
        review.answer(pair, "same", user="officer_a", why="x", state=world.state)


@pytest.mark.parametrize("seed", range(3))
def test_merge_send_unmerge_leaves_what_was_there_cancels_what_waited_and_tells_what_went(
    world: World, seed: int
) -> None:
    """Whatever is sent, queued and held in between, and however often: the links are to the byte what they were."""
    rng = Random(seed)
    print("seed", seed)  # noqa: T201
    pair, before = review.pair_id(*(f"register:{number}" for number in TWINS)), world.links()
    world.decide(pair, "same")
    world.night()
    kept, lost = (world.id_of(number) for number in TWINS)
    assert {debtor for _, number, debtor in world.links() if number in TWINS} == {kept}
    assert [row for row in world.links() if row[1] in OTHERS] == [row for row in before if row[1] in OTHERS]
    sent, queued = set(), set()
    for at in range(rng.randint(1, 5)):
        contact, is_sent = f"c{seed}-{at}", rng.random() < 0.5
        message(
            world,
            rng.choice([kept, lost]),
            contact,
            world.day + timedelta(days=10 * seed + at),
            "accepted" if is_sent else "ready",
        )
        (sent if is_sent else queued).add(contact)
    world.run(
        "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept) values (%s, 'X06', %s, 'tax')",
        kept, world.day,
    )  # fmt: skip

    told = unmerge(rng.choice([kept, lost]), user="officer_a", why=f"別人と判明 {seed}", state=world.state)
    assert set(told["cancelled"]) == queued
    assert {each["contact_id"] for each in told["sent"] if each["contact_id"].startswith(f"c{seed}-")} == sent
    assert "X06" in {each["exclusion_code"] for each in told["held"]}
    assert world.run("select count(*) from campaign.outbox where state = 'ready'") == [(0,)]
    held = "select count(*) from campaign.hold where exclusion_code = %s and valid_to is null and debtor_id = any(%s)"
    assert world.run(held, DOUBT, [kept, lost]) == [(2,)]
    world.night()
    assert {debtor for _, number, debtor in world.links() if number in TWINS} == {kept}, "still one: nobody confirmed"
    assert world.run("select decision.end_doubts(%s)", world.day) == [(0,)], "a doubt stands until it is answered"
    for decision in told["decisions"]:
        decisions.confirm(decision, user="chief_tax", state=world.state)
    world.night()
    assert world.links() == before
    assert world.run(held, DOUBT, [kept, lost]) == [(2,)], "readers do not see yet who was parted"
    assert world.run("select decision.end_doubts(%s)", world.day) == [(2,)]
    assert world.run(held, DOUBT, [kept, lost]) == [(0,)], "both may be written to again, as who they are"
    assert world.run("select count(*) from identity.merge where until_on is null") == [(0,)]
    assert world.run("select ended_by from identity.merge order by merge_no desc limit 1") == [(told["decisions"][0],)]
    assert review.work_list(state=world.state) == [], "what two people answered does not come back"


def test_a_debtor_whom_nobody_merged_cannot_be_taken_apart(world: World) -> None:
    with pytest.raises(InputRejectedError, match="no merge of people"):
        unmerge(world.id_of(OTHERS[0]), user="officer_a", why="x", state=world.state)


def test_a_doubt_outlives_a_change_of_who_stands_for_all(world: World) -> None:
    """A and B are doubted; before anybody answers, a third is found to be A. Nobody of the three is written to."""
    a, b = (f"register:{number}" for number in TWINS)
    number = "000000000000001"
    person(world, number, "四十九院　清吉", "シジュウクイン　セイキチ", "1951-04-03")
    world.run(
        "insert into ops.load"
        " (batch_id, source, table_name, business_date, state, file_name, file_sha256, file_bytes)"
        " values ('new', 'register', 'register__persons', %s, 'loaded', 'f', 'f', 1)", date(2026, 1, 1),
    )  # fmt: skip
    world.night()
    world.decide(review.pair_id(a, b), "same")
    world.night()
    told = unmerge(world.id_of(TWINS[0]), user="officer_a", why="別人の疑い", state=world.state)
    world.decide(review.pair_id(a, f"register:{number}"), "same")
    world.night()
    three = [world.id_of(each) for each in (number, *TWINS)]
    assert {debtor for _, each, debtor in world.links() if each in (number, *TWINS)} == {three[0]}
    world.run("select decision.end_doubts(%s)", world.day)
    doubted = "select count(*) from campaign.hold where exclusion_code = 'X25' and valid_to is null"
    assert world.run(doubted) == [(2,)]
    held = "select count(*) from campaign.hold as h join identity.also_known_as(%s) as a on h.debtor_id = a.was"
    assert world.run(held + " where h.valid_to is null and h.exclusion_code = 'X25'", three[:1]) == [(2,)]
    all_pairs = unmerge(three[0], user="officer_a", why="全部を外す", state=world.state)
    assert len(all_pairs["decisions"]) == 2, "every pair that people joined, not one a debtor"
    for decision in {*told["decisions"], *all_pairs["decisions"]}:
        decisions.confirm(decision, user="chief_tax", state=world.state)
    world.night()
    assert len({debtor for _, each, debtor in world.links() if each in (number, *TWINS)}) == 3
    world.run("select decision.end_doubts(%s)", world.day)
    assert world.run(doubted) == [(0,)]


def test_an_older_word_is_not_confirmed_after_a_newer_one_is_in_force(world: World) -> None:
    pair = review.pair_id(*(f"register:{number}" for number in TWINS))
    stale = review.answer(pair, "same", user="officer_c", why="古い提案", state=world.state)
    world.decide(pair, "different")
    world.night()
    with pytest.raises(NeedsApprovalError, match="propose anew"):
        decisions.confirm(stale, user="chief_insurance", state=world.state)


def test_one_person_is_not_two_by_another_spelling_and_nobody_signs_past_the_function(world: World) -> None:
    pair = review.pair_id(*(f"register:{number}" for number in TWINS))
    with pytest.raises(InputRejectedError, match="lower-case"):
        review.answer(pair, "same", user="CHIEF_TAX", why="x", state=world.state)
    with db.connect(world.state, "etl") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into decision.in_force values ('x', 'same_person', 'a|b', 'same', 'f', now())")
        connection.rollback()


def test_a_protected_persons_place_is_shown_on_neither_side(world: World) -> None:
    """支援措置: not by the register's row, not by another section's row of that number, not by who lives there."""
    pair = review.pair_id(*(f"register:{number}" for number in TWINS))
    world.run("update vault.person_key set address_key = '東京都世田谷区x/1-2', phone_key = '0901' where true")
    world.run("update staging.stg_register__persons set is_protected = true where source_debtor_key = %s", TWINS[0])
    seen = review.look(pair, user="chief_tax", why="確認", state=world.state)
    assert "1-2" not in str(seen)
    assert "0901" not in str(seen)
    world.run("update staging.stg_register__persons set is_protected = false")
    assert "1-2" in str(review.look(pair, user="chief_tax", why="確認", state=world.state))
