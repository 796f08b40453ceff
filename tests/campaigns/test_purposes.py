"""目的ごとの規則: what a contact is for decides whom it may reach; 督促 is never withheld, and sent once a claim."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns.playbook import playbook, playbooks, read_playbook
from receivables.campaigns.rendering import message_text
from receivables.campaigns.stages import OverdueClaim, is_at_stage, is_too_soon, next_level
from receivables.errors import InputRejectedError
from receivables.rulebook import rulebook
from tests.campaigns.conftest import AS_OF, NOON, World

UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}


def claim(**given: Any) -> OverdueClaim:
    told = {
        "claim_id": "resident_tax:1", "source_code": "resident_tax", "claim_type": "resident_tax", "owner_dept": "tax",
        "debtor_id": "d" + "0" * 20, "outstanding_yen": 5000, "provisional_yen": 0, "prescription_state": "running",
        "prescription_date_safe": date(2031, 1, 1), "dunned_on": None, "dunning_deadline": None, **given,
    }  # fmt: skip
    return OverdueClaim(**told)


def test_every_claim_type_has_its_dunning_letter() -> None:
    dunned = [kind for each in playbooks() if each.purpose == "dunning" for kind in each.audience.claim_types]
    assert sorted(dunned) == sorted(rulebook().claim_types), "once each"


@pytest.mark.parametrize("name", [each.name for each in playbooks()])
def test_every_text_that_ships_is_lawful(name: str) -> None:
    assert message_text(playbook(name))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("holdout_permille: 0", "holdout_permille: 100"), "no control group"),
        (("channel: letter", "channel: sms"), "is a letter"),
        (("  one_per: claim_type", "  minimum_outstanding_yen: 1000\n  one_per: claim_type"), "no minimum amount"),
    ],
)
def test_nobody_is_left_without_his_dunning_by_a_playbook(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    from receivables.campaigns.playbook import FOLDER

    text = (FOLDER / "playbooks" / "dunning_tax.yml").read_text(encoding="utf-8")
    assert change[0] in text
    file = tmp_path / "dunning_tax.yml"
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputRejectedError, match=said):
        read_playbook(file)


@pytest.mark.parametrize(
    ("name", "first", "last", "anchor"),
    [
        ("sms_before_dunning", 7, 14, "due_date"),
        ("dunning_tax", 15, None, "due_date"),
        ("sms_after_letter", 3, 9, "dunned_on"),
        ("direct_debit_letter", 7, 90, "last_paid_on"),
    ],
)
def test_a_stage_begins_and_ends_on_its_day(name: str, first: int, last: int | None, anchor: str) -> None:
    rules, start = playbook(name), date(2026, 5, 1)
    given: dict[str, Any] = {anchor: start}
    if anchor == "last_paid_on":
        given |= {"outstanding_yen": 0}
    one = claim(**given)
    assert not is_at_stage(one, rules, start + timedelta(days=first - 1))
    assert is_at_stage(one, rules, start + timedelta(days=first))
    if last is not None:
        assert is_at_stage(one, rules, start + timedelta(days=last))
        assert not is_at_stage(one, rules, start + timedelta(days=last + 1))


def test_the_ladder_is_climbed_claim_by_claim_and_the_highest_decides() -> None:
    rules = playbook("letter_reminder")
    fresh, once = claim(), claim(claim_id="resident_tax:2", reminded_on=(date(2026, 4, 1),))
    thrice = claim(claim_id="resident_tax:3", reminded_on=(date(2025, 10, 1), date(2026, 1, 1), date(2026, 3, 10)))
    assert [next_level([fresh], rules), next_level([fresh, once], rules), next_level([once, thrice], rules)] == [
        1,
        2,
        3,
    ]
    assert not is_too_soon([fresh], rules, AS_OF)
    assert is_too_soon([fresh, once], rules, date(2026, 5, 30))
    assert not is_too_soon([fresh, once], rules, date(2026, 5, 31))


@pytest.mark.postgres
def test_dunning_reaches_who_is_small_helped_or_often_written_to(world: World) -> None:
    small = world.debtor(**UNDUNNED, outstanding_yen=1)
    helped = world.debtor(fact="X16", **UNDUNNED)
    welfare = world.debtor(fact="X05", **UNDUNNED)
    foreign = world.debtor(fact="X17", **UNDUNNED)
    world.build(name="dunning_tax")
    for debtor in (small, helped, welfare, foreign):
        assert world.contact(debtor) == ("treat", [])


@pytest.mark.postgres
@pytest.mark.parametrize("code", ["X03", "X06", "X07", "X08", "X12", "X14", "X25"])
def test_what_the_law_bars_bars_dunning_too(world: World, code: str) -> None:
    debtor = world.debtor(fact=code, **UNDUNNED)
    world.build(name="dunning_tax")
    arm, codes = world.contact(debtor)
    assert arm == "excluded"
    assert any(each.startswith(code) for each in codes)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("point", "state", "name", "held"),
    [
        ("address", "returned", "dunning_tax", True),
        ("address", "ok", "dunning_tax", False),
        ("phone", "dead", "dunning_tax", False),
        ("phone", "dead", "sms_after_dunning", True),
        ("phone", "reassigned", "phone_centre_outbound", True),
        ("address", "returned", "sms_after_dunning", False),
    ],
)
def test_where_it_came_back_from_nothing_is_sent_again(
    world: World, point: str, state: str, name: str, held: bool
) -> None:
    debtor = world.debtor(**(UNDUNNED if name == "dunning_tax" else {}))
    world.run(
        "insert into identity.contact_point values (%s, %s, %s, %s, %s, 'letter', 'b')",
        debtor, point, "p" + "0" * 20, state, AS_OF - timedelta(days=3),
    )  # fmt: skip
    world.build(name=name)
    assert world.contact(debtor) == (("excluded", ["X28_unreachable"]) if held else ("treat", []))


@pytest.mark.postgres
def test_one_letter_a_claim_type_and_both_on_one_day(world: World) -> None:
    debtor = world.debtor(**UNDUNNED)
    world.claim(debtor, **UNDUNNED)
    world.claim(debtor, claim_type="light_vehicle_tax", **UNDUNNED)
    run_id = world.approved("dunning_tax")
    told = campaigns.dispatch(run_id, state=world.state, now=_noon())
    assert told["accepted"] == 2
    rows = world.run("select claim_types, cardinality(claim_ids) from campaign.contact order by 1")
    assert rows == [(["light_vehicle_tax"], 1), (["resident_tax"], 2)]


@pytest.mark.postgres
def test_a_claim_is_dunned_once_though_its_department_has_not_noted_it_yet(world: World) -> None:
    debtor = world.debtor(**UNDUNNED)
    campaigns.dispatch(world.approved("dunning_tax"), state=world.state, now=_noon())
    later = AS_OF + timedelta(days=7)
    world.publish(later)
    world.build(later, "dunning_tax")
    newest = world.run("select treat_count, excluded_count from campaign.run order by built_at desc limit 1")
    assert newest == [(0, 1)]
    assert world.contact(debtor)[1] == ["X15_dunning_window"]
    world.build(later, "sms_after_letter")
    assert world.contact(debtor) == ("treat", []), "our own letter begins the days of the next purpose"


@pytest.mark.postgres
def test_who_paid_late_is_offered_another_way_to_pay_and_who_owes_is_not(world: World) -> None:
    late, owing = world.debtor(), world.debtor()
    for debtor, paid in ((late, 0), (owing, 9000)):
        world.run(
            "insert into mart.fct_claims values (%s, 'nhi', 'nhi_premium', 'insurance', %s, %s, %s, %s, 1000,"
            " 'running', null, 'standing')", f"nhi:{debtor}", debtor, date(2026, 5, 1), date(2026, 5, 20), paid,
        )  # fmt: skip
    world.build(name="direct_debit_letter")
    assert world.contact(late) == ("treat", [])
    assert world.run("select count(*) from campaign.contact where debtor_id = %s", owing) == [(0,)]


def _noon() -> Any:
    from datetime import datetime

    return datetime.fromisoformat(NOON)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("dunning_tax", UNDUNNED, "書面 1 通、費用見込 130 円"),
        ("phone_centre_outbound", {}, "電話催告センター 1 件、費用見込 150 円"),
        ("auto_call_trial", {}, "自動音声 1 件、費用見込 20 円"),
        ("sms_after_dunning", {}, "SMS 2 通（1件 2 通）、費用見込 24 円"),
    ],
)
def test_a_letter_or_a_call_costs_its_price_once_however_long_its_text(
    world: World, name: str, given: dict[str, Any], said: str
) -> None:
    world.debtor(**given)
    assert said in campaigns.preview_text(world.build(name=name), state=world.state)
