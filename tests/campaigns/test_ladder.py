"""段階のあるSMS: each person gets the text of his own step and no other, and it counts as many parts as it has."""

import itertools
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns.explaining import explain_contact
from receivables.campaigns.playbook import FOLDER, Playbook, playbook, read_playbook
from receivables.campaigns.rendering import message_text, parts_count
from receivables.campaigns.terms import Level
from receivables.errors import InputRejectedError, InvariantBrokenError

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
LATER = AS_OF + timedelta(days=40)
FIRST = "世田谷区からのお知らせです。書面をご確認ください。"
SECOND = "世田谷区から二度目のお知らせです。" + "書面をご確認のうえ、ご不明な点はお電話ください。" * 6


@pytest.fixture
def ladder(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """The shipped SMS with a second step, whose text takes three parts."""
    (tmp_path / "templates").mkdir()
    shutil.copy(FOLDER / "forbidden_words.txt", tmp_path)
    for name, text in (("first.txt", FIRST), ("second.txt", SECOND)):
        (tmp_path / "templates" / name).write_text(text, encoding="utf-8")

    def with_steps(name: str) -> Playbook:
        steps = (Level(after_days=20, template="second.txt"),)
        return playbook(name).model_copy(update={"holdout_permille": 0, "template": "first.txt", "levels": steps})

    monkeypatch.setattr("receivables.campaigns.selection.playbook", with_steps)
    monkeypatch.setattr("receivables.campaigns.selection.message_text", lambda chosen: message_text(chosen, tmp_path))
    return world


def send(world: World, run_id: str, url: str, now: str = NOON, **given: Any) -> dict[str, Any]:
    return campaigns.dispatch(
        run_id, state=world.state, gateway_url=url, now=datetime.fromisoformat(now), **{"terms": QUICK, **given}
    )


def climb(world: World, url: str, count: int = 1) -> tuple[str, list[str], list[str]]:
    """A list of `count` people who had the first text and `count` who had none: run, the ones, the others."""
    climbers = [world.debtor() for _ in range(count)]
    send(world, world.approved(), url)
    world.publish(LATER)
    fresh = [world.debtor() for _ in range(count)]
    return world.approved(as_of=LATER), climbers, fresh


def number(world: World, debtor: str) -> str:
    return f"+81{world.numbers[debtor][1:]}"


def test_each_gets_the_text_of_his_step_and_no_other(ladder: World, carrier: Start) -> None:
    gateway = carrier()
    run_id, (climber,), (fresh,) = climb(ladder, gateway.url)
    assert [(each["to"], each["text"]) for each in gateway.sent()] == [(number(ladder, climber), FIRST)]

    send(ladder, run_id, gateway.url, f"{LATER}T12:00:00+09:00")

    later = [(each["to"], each["text"]) for each in gateway.sent()[1:]]
    assert sorted(later) == sorted([(number(ladder, climber), SECOND), (number(ladder, fresh), FIRST)])
    for to, text in later:
        debtor = climber if to == number(ladder, climber) else fresh
        ((contact,),) = ladder.run("select contact_id from campaign.outbox where run_id = %s and debtor_id = %s",
                                   run_id, debtor)  # fmt: skip
        told = explain_contact(contact, state=ladder.state)
        assert told["run"]["text"] == text
        level = [each["proofs"]["level_lawful"]["level"] for each in told["certificates"]]
        assert (level, told["verified"]["text"]) == ([2 if debtor == climber else 1], True)


def test_every_message_counts_the_parts_of_its_own_text(ladder: World, carrier: Start) -> None:
    assert (parts_count(FIRST), parts_count(SECOND)) == (1, 3)
    gateway = carrier()
    run_id, climbers, fresh = climb(ladder, gateway.url, count=3)
    shown = campaigns.preview(run_id, state=ladder.state)
    assert (shown["parts_per_message"], shown["parts"], shown["cost_yen"]) == (3, 12, 12 * 12)

    send(ladder, run_id, gateway.url, f"{LATER}T12:00:00+09:00", terms=QUICK.model_copy(update={"parts_per_second": 2}))

    parts = dict(ladder.run("select debtor_id, parts_count from campaign.outbox where run_id = %s", run_id))
    assert parts == {**dict.fromkeys(climbers, 3), **dict.fromkeys(fresh, 1)}
    calls = sorted((float(each["at"]), parts_count(each["text"])) for each in gateway.sent()[3:])
    assert len(calls) == 6
    steady = list(itertools.pairwise(calls))[1:]  # a first slot is made up for, so the second call comes at once
    for (at, taken), (following, _) in steady:
        assert following - at > taken / 2 - 0.3, "two parts a second"
        assert following - at < taken / 2 + 0.9, "nobody waits for the parts of other steps"


@pytest.mark.parametrize("change", ["level of a person", "text of the second step"])
def test_the_approval_covers_step_and_text_of_everybody(ladder: World, carrier: Start, change: str) -> None:
    gateway = carrier()
    run_id, (climber,), _ = climb(ladder, gateway.url)
    ladder.run("alter table campaign.contact disable trigger user; alter table campaign.run disable trigger user")
    if change == "level of a person":
        ladder.run("update campaign.contact set level = 1 where run_id = %s and debtor_id = %s", run_id, climber)
    else:
        ladder.run("update campaign.run set template_text = template_text || '！' where run_id = %s", run_id)
    ladder.run("alter table campaign.contact enable trigger user; alter table campaign.run enable trigger user")

    with pytest.raises(InvariantBrokenError, match="not the approved one"):
        send(ladder, run_id, gateway.url, f"{LATER}T12:00:00+09:00")
    assert len(gateway.sent()) == 1


@pytest.mark.parametrize("name", ["auto_call_trial", "phone_centre_outbound"])
def test_a_list_to_be_called_has_no_steps(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.yml"
    text = (FOLDER / "playbooks" / file.name).read_text(encoding="utf-8")
    file.write_text(text + "levels: [{after_days: 30, template: call_centre.yml}]\n", encoding="utf-8")
    with pytest.raises(InputRejectedError, match=rf"{name}.yml, .*levels \(段階\) are for sms and letter"):
        read_playbook(file)


def test_a_text_that_would_be_taken_for_two_steps_is_refused(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    shutil.copy(FOLDER / "forbidden_words.txt", tmp_path)
    book = playbook("sms_after_dunning")
    (tmp_path / "templates" / book.template).write_text("お知らせです。\n---\nお電話ください。", encoding="utf-8")
    with pytest.raises(InputRejectedError, match=f"templates/{book.template}: a line of ---"):
        message_text(book, tmp_path)
