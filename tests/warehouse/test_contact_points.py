"""連絡先の状態: one state of an address or number for all claims; no value, and nothing of a protected person."""

from datetime import date, timedelta
from typing import Any

import pytest
from handmade import AS_OF, Handmade

from receivables import db, warehouse

pytestmark = pytest.mark.postgres
ONE, OTHER, PROTECTED = (str(digit) * 15 for digit in (1, 2, 3))
PHONE, NEW_PHONE = "090-1234-5678", "080-8765-4321"
HOME = {"address": "東京都世田谷区桜新町１丁目２番３号", "postal_code": "1540015"}
NEW_HOME = "東京都世田谷区弦巻３丁目４番５号"
CALL = {"request_no": "R1", "system_code": "01", "campaign_code": "c", "wave_no": 1}


@pytest.fixture(scope="module")
def prepared(handmade: Handmade) -> Handmade:
    for number, given in ((ONE, {}), (OTHER, {}), (PROTECTED, {"is_protected": True})):
        handmade.person(number, person_name=f"人{number[0]}　太郎", phone=PHONE, **HOME, **given)
        handmade.tax(f"000000000{number[0]}", addressee_no=number)
        handmade.premium(f"000000000{number[0]}", addressee_no=number)
    handmade.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=handmade.state)
    return handmade


@pytest.fixture
def world(prepared: Handmade) -> Handmade:
    """Nothing has come of any contact yet; tests write what vendors and letters told as the warehouse would hold it."""
    prepared.run("truncate intermediate.int_contacts__unioned, intermediate.int_claim_events__unioned")
    prepared.run("truncate vault.phone_centre__calls, vault.auto_call__calls, vault.sms_returns__statuses")
    prepared.run("delete from vault.register__persons where _known_to is not null")
    prepared.run("update vault.register__persons set phone = %s, address = %s, previous_address = null,"
                 " _known_from = %s",
                 PHONE, HOME["address"], AS_OF)  # fmt: skip
    prepared.run("update staging.stg_register__persons set moved_on = null")
    return prepared


def points(world: Handmade, channel: str, number: str = ONE) -> list[tuple[Any, ...]]:
    return world.run("select state, since, evidence from identity.contact_point where debtor_id = %s and channel = %s"
                     " order by since nulls last", world.debtor(number), channel)  # fmt: skip


def called(world: Handmade, day: date, result: str, *, phone: str = PHONE, number: str = ONE) -> None:
    """A call of the centre, in the words that the seed has for its result."""
    ((outcome, stops, state),) = world.run("select outcome, stops_channels, point_state from ops.contact_outcomes"
                                           " where channel = 'phone_centre' and result_code = %s", result)  # fmt: skip
    call_no = f"{number[0]}-{day}-{result}"
    world._insert("intermediate.int_contacts__unioned", {
        "contact_id": f"phone_centre:{call_no}", "channel": "phone_centre", "source_code": "resident_tax",
        "source_debtor_key": number, "attempted_at": f"{day} 10:00:00+09", "attempted_on": day, "outcome": outcome,
        "stops_channels": stops, "point_state": state, "batch_id": "calls", "owner_dept": "tax"})  # fmt: skip
    world._insert("vault.phone_centre__calls", {"call_no": call_no, "phone": phone})


def letter(world: Handmade, day: date, event_type: str, claim: str = f"nhi:000000000{ONE[0]}-01", **given: Any) -> None:
    world._insert("intermediate.int_claim_events__unioned", {
        "event_id": f"{claim}:{event_type}:{day}", "claim_id": claim, "source_code": claim.partition(":")[0],
        "event_type": event_type, "event_date": day, "issued_on": day, "batch_id": "letters", **given})  # fmt: skip


def test_a_point_of_which_nothing_is_known_is_unknown_and_no_value_is_kept(world: Handmade) -> None:
    world.resolve_anew()
    kept = world.run("select contact_point::text from identity.contact_point")

    assert points(world, "phone") == points(world, "address") == [("unknown", None, "register")]
    assert not [row for (row,) in kept if "5678" in row or "桜新町" in row or "1540015" in row]


def test_two_of_one_home_and_number_are_not_seen_to_be(world: Handmade) -> None:
    world.resolve_anew()

    assert world.run("select count(*), count(distinct point_hash) from identity.contact_point") == [(4, 4)]


def test_a_protected_person_has_no_point(world: Handmade) -> None:
    called(world, AS_OF, "06", number=PROTECTED)
    world.resolve_anew()

    assert points(world, "phone", PROTECTED) == points(world, "address", PROTECTED) == []


def test_the_last_answer_counts_from_the_first_day_it_was_so(world: Handmade) -> None:
    called(world, date(2026, 5, 1), "01")
    called(world, date(2026, 5, 10), "05")
    called(world, date(2026, 5, 20), "05")
    called(world, date(2026, 5, 30), "04")  # nobody answered: says nothing
    world.resolve_anew()
    dead = points(world, "phone")
    called(world, date(2026, 6, 10), "06")
    world.resolve_anew()
    reassigned = points(world, "phone")
    called(world, date(2026, 6, 15), "01")
    world.resolve_anew()

    assert dead == [("dead", date(2026, 5, 10), "phone_centre")]
    assert reassigned == [("reassigned", date(2026, 6, 10), "phone_centre")]
    assert points(world, "phone") == [("ok", date(2026, 6, 15), "phone_centre")]


def test_of_two_answers_at_one_moment_the_worse_is_believed(world: Handmade) -> None:
    called(world, date(2026, 5, 1), "01")
    called(world, date(2026, 5, 1), "06")
    world.resolve_anew()

    assert points(world, "phone") == [("reassigned", date(2026, 5, 1), "phone_centre")]


def test_what_became_of_another_number_says_nothing_of_this_one(world: Handmade) -> None:
    called(world, date(2026, 5, 1), "06", phone="03-5432-1111")
    called(world, date(2026, 5, 1), "05", number=OTHER)
    world.resolve_anew()

    assert points(world, "phone") == [("unknown", None, "register")]


def test_a_number_that_changed_in_the_register_starts_fresh(world: Handmade) -> None:
    called(world, date(2026, 5, 1), "06")
    world.resolve_anew()
    assert points(world, "phone")[0][0] == "reassigned"
    world.run("update vault.register__persons set phone = %s where addressee_no = %s", NEW_PHONE, ONE)
    world.resolve_anew(AS_OF + timedelta(days=1))

    assert points(world, "phone") == [("unknown", None, "register")]


def test_a_number_that_came_back_to_the_register_is_not_condemned_by_what_was_before(world: Handmade) -> None:
    called(world, date(2026, 5, 1), "06")
    world.run("insert into vault.register__persons select (v).* from (select v from vault.register__persons as v"
              " where addressee_no = %s) as x", ONE)  # fmt: skip
    world.run("update vault.register__persons set phone = %s, _known_from = '2026-01-01', _known_to = %s"
              " where ctid = (select max(ctid) from vault.register__persons where addressee_no = %s)",
              NEW_PHONE, date(2026, 6, 1), ONE)  # fmt: skip
    world.resolve_anew()

    assert points(world, "phone") == [("unknown", date(2026, 6, 1), "register")]


def test_a_letter_of_any_claim_that_came_back_marks_the_address_for_all(world: Handmade) -> None:
    letter(world, date(2026, 3, 1), "dunned", arrived_on=date(2026, 3, 3))
    letter(world, date(2026, 5, 1), "dunning_returned", f"resident_tax:2025-2025-000000000{ONE[0]}-01")
    world.resolve_anew()
    returned = points(world, "address")
    letter(world, date(2026, 6, 1), "reminded", returned_on=date(2026, 6, 9))
    world.resolve_anew()
    still = points(world, "address")
    letter(world, date(2026, 6, 10), "dunned", arrived_on=date(2026, 6, 12))
    world.resolve_anew()

    assert returned == still == [("returned", date(2026, 5, 1), "letter")]
    assert points(world, "address") == [("ok", date(2026, 6, 12), "letter")]


def test_a_letter_of_which_nothing_is_told_says_nothing(world: Handmade) -> None:
    letter(world, date(2026, 5, 1), "dunned")
    world.resolve_anew()

    assert points(world, "address") == [("unknown", None, "register")]


@pytest.mark.parametrize(("issued_on", "state"), [(date(2026, 5, 14), "unknown"), (date(2026, 5, 15), "unknown"),
                                                  (date(2026, 5, 16), "returned")])  # fmt: skip
def test_a_return_older_than_a_move_condemns_the_old_address_alone(
    world: Handmade, issued_on: date, state: str
) -> None:
    letter(world, issued_on, "dunning_returned", returned_on=date(2026, 5, 25))
    world.run("update vault.register__persons set address = %s, previous_address = %s where addressee_no = %s",
              NEW_HOME, HOME["address"], ONE)  # fmt: skip
    world.run("update staging.stg_register__persons set moved_on = '2026-05-15' where source_debtor_key = %s", ONE)
    world.resolve_anew()
    found = {row[0]: row[1:] for row in points(world, "address")}

    assert set(found) == {"moved", state}
    assert found["moved"] == (date(2026, 5, 15), "register")


def test_an_address_that_the_register_learnt_later_is_not_condemned_by_letters_before(world: Handmade) -> None:
    """The move was in May, the register told it on 10 June: until then letters went to the old address."""
    world.run("insert into vault.register__persons select (v).* from (select v from vault.register__persons as v"
              " where addressee_no = %s) as x", ONE)  # fmt: skip
    world.run("update vault.register__persons set _known_from = '2026-01-01', _known_to = '2026-06-10'"
              " where ctid = (select max(ctid) from vault.register__persons where addressee_no = %s)", ONE)  # fmt: skip
    world.run("update vault.register__persons set address = %s where addressee_no = %s and _known_to is null",
              NEW_HOME, ONE)  # fmt: skip
    world.run("update staging.stg_register__persons set moved_on = '2026-05-15' where source_debtor_key = %s", ONE)
    letter(world, date(2026, 6, 1), "dunning_returned")
    world.resolve_anew()

    assert points(world, "address") == [("unknown", date(2026, 6, 10), "register")]


def test_resolving_again_touches_no_row(world: Handmade) -> None:
    everything = "select xmin::text, contact_point::text from identity.contact_point order by 2"
    called(world, date(2026, 5, 1), "05")
    letter(world, date(2026, 5, 1), "dunning_returned")
    world.resolve_anew()
    before = world.run(everything)
    world.resolve_anew()

    assert len(before) == 4
    assert world.run(everything) == before


def test_the_sender_reads_points_and_changes_none_and_nobody_else_reads_them(world: Handmade) -> None:
    world.resolve_anew()
    with db.connect(world.state, "sender") as sender:
        assert sender.execute("select count(*) from identity.contact_point").fetchone() == (4,)
    for role, right in (("sender", "insert"), ("sender", "update"), ("dbt", "select"), ("migrator", "select"),
                        ("screen", "select"), ("analyst", "select")):  # fmt: skip
        assert world.run("select has_table_privilege(%s, 'identity.contact_point', %s)", role, right) == [(False,)]
