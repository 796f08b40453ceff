"""The list is a function of its inputs: same inputs, same bytes, same hash; whatever order they come in (I20)."""

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables import campaigns
from receivables.campaigns.candidates import Candidate, OverdueClaim, Phone, candidates, decision
from receivables.campaigns.contacts import Contact, contact_list, content_sha256
from receivables.campaigns.experiments.assignment import bucket
from receivables.campaigns.playbook import gateway_terms, playbook, playbooks, read_playbook
from receivables.campaigns.previewing import describe
from receivables.campaigns.rendering import disclosures, message_text, parts_count
from receivables.errors import InputRejectedError

from .conftest import AS_OF, World

BOOK = playbook("sms_after_dunning")
FILE = Path(campaigns.__file__).parent / "131121" / "playbooks" / "sms_after_dunning.yml"


def claim(debtor: int, number: int, **given: object) -> OverdueClaim:
    values = {
        "claim_id": f"nhi:{debtor}-{number}", "source_code": "nhi", "claim_type": "nhi_premium",
        "owner_dept": "insurance", "debtor_id": f"d{debtor}", "outstanding_yen": 5000, "provisional_yen": 0,
        "prescription_state": "running", "prescription_date_safe": date(2028, 1, 1),
        "dunned_on": date(2026, 1, 1), "dunning_deadline": date(2026, 2, 1), **given,
    }  # fmt: skip
    return OverdueClaim(**values)  # type: ignore[arg-type]


def list_of(claims: list[OverdueClaim]) -> list[Contact]:
    found = candidates(
        claims,
        facts={"d3": frozenset({"X05_welfare"})},
        phones={f"d{at}": (Phone(f"hash{at}", 1),) for at in range(20)},
        contact_dates={},
        stale_sources=frozenset(),
    )
    return contact_list((decision(each, BOOK, AS_OF) for each in found), BOOK, AS_OF)


def hash_of(contacts: list[Contact], **changed: object) -> str:
    header = {"name": "n", "as_of": AS_OF, "playbook_json": "{}", "template": "t", **changed}
    return content_sha256(contacts, **header)  # type: ignore[arg-type]


CLAIMS = [claim(debtor, number) for debtor in range(12) for number in range(1 + debtor % 3)]


@settings(max_examples=60)
@given(st.permutations(CLAIMS), st.randoms())
def test_the_order_of_the_inputs_changes_nothing(claims: list[OverdueClaim], dice: random.Random) -> None:
    contacts = list_of(claims)
    shuffled = dice.sample(contacts, len(contacts))

    assert contacts == list_of(CLAIMS)
    assert hash_of(shuffled) == hash_of(list_of(CLAIMS))


@settings(max_examples=60)
@given(st.integers(0, len(CLAIMS) - 1), st.sampled_from([
    {"outstanding_yen": 5001}, {"claim_id": "nhi:other"}, {"debtor_id": "d19"}, {"dunned_on": None},
    {"claim_type": "resident_tax"}, {"owner_dept": "tax"}, {"provisional_yen": 1},
]))  # fmt: skip
def test_any_change_of_anybody_changes_the_hash(at: int, change: dict[str, object]) -> None:
    from dataclasses import replace

    changed = [replace(each, **change) if number == at else each for number, each in enumerate(CLAIMS)]  # type: ignore[arg-type]

    assert hash_of(list_of(changed)) != hash_of(list_of(CLAIMS))


@pytest.mark.parametrize(
    "changed", [{"template": "u"}, {"playbook_json": "{1}"}, {"as_of": date(2026, 6, 20)}, {"name": "m"}]
)
def test_rules_text_and_date_are_part_of_what_is_approved(changed: dict[str, object]) -> None:
    assert hash_of(list_of(CLAIMS), **changed) != hash_of(list_of(CLAIMS))


@given(st.sets(st.integers(), min_size=1, max_size=60))
def test_one_debtor_is_one_contact(debtors: set[int]) -> None:
    claims = [claim(debtor, number) for debtor in debtors for number in range(3)]

    assert [each.subject_key for each in list_of(claims)] == sorted(f"d{debtor}" for debtor in debtors)


def test_the_control_group_is_a_tenth_and_always_the_same() -> None:
    held = {key for key in map(str, range(20_000)) if bucket(key, BOOK.holdout_salt) < BOOK.holdout_permille}
    again = {key for key in map(str, range(20_000)) if bucket(key, BOOK.holdout_salt) < BOOK.holdout_permille}
    other = {key for key in map(str, range(20_000)) if bucket(key, "another salt") < BOOK.holdout_permille}

    assert held == again != other
    assert 1_850 < len(held) < 2_150  # 2,000 ± 3.5 standard deviations


def test_somebody_held_out_is_recorded_as_control_and_never_as_treated() -> None:
    everybody = BOOK.model_copy(update={"holdout_permille": 500})
    arms = {
        key: decision(Candidate(f"d{key}", f"d{key}", (claim(key, 1),), phones=(Phone("h", 1),)), everybody, AS_OF)
        for key in range(200)
    }
    assert {each.arm for each in arms.values()} == {"treat", "control"}
    assert all((each.codes == ("X18_holdout",)) == (each.arm == "control") for each in arms.values())


def test_building_again_gives_the_same_run_and_hash(world: World) -> None:
    for _ in range(5):
        world.debtor()
    first = world.build()
    world.run("create table mart.shuffled as select * from mart.fct_delinquencies order by claim_id desc")
    world.run("truncate mart.fct_delinquencies")
    world.run("insert into mart.fct_delinquencies select * from mart.shuffled")
    world.run("drop table mart.shuffled")

    assert world.build() == first
    assert world.run("select count(*) from campaign.run") == [(1,)]


def test_the_shipped_texts_disclose_nothing_and_are_short() -> None:
    for each in (book for book in playbooks() if book.channel == "sms"):
        text = message_text(each)
        assert not disclosures(text)
        assert "03-5432-1111" in text  # 世田谷区 代表電話
        assert parts_count(text) <= 2


@pytest.mark.parametrize(("units", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)])
def test_long_messages_are_counted_in_parts(units: int, parts: int) -> None:
    assert parts_count("あ" * units) == parts


def test_a_character_outside_the_basic_plane_takes_two_units() -> None:
    assert parts_count("𠮷" * 35) == 1
    assert parts_count("𠮷" * 36) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ office_name }} {{ debtor_name }}", "debtor_name"),
        ("未納の{{ office_name }}", "未納"),
        ("{{ office_name }} HTTP://x", "http"),
        ("12,000円 {{ office_name }}", "円"),
        ("", "1 to 5 SMS parts"),
        ("あ" * 400, "1 to 5 SMS parts"),
        ("{{ office_name", "unexpected end of template"),
    ],
)
def test_a_text_that_discloses_or_misses_a_word_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / BOOK.template).write_text(text)
    (tmp_path / "forbidden_words.txt").write_text((FILE.parents[1] / "forbidden_words.txt").read_text())

    with pytest.raises(InputRejectedError, match=said):
        message_text(BOOK, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("approvals_required: 2", "approvals_required: 1", "key approvals_required"),
        ("approvers: [chief_tax, chief_insurance]", "approvers: [planner, chief_tax]", "without the maker"),
        ("approvers: [chief_tax, chief_insurance]", "approvers: [chief_tax, chief_tax]", "distinct"),
        ("holdout_permille: 100", "holdout_permille: many", "key holdout_permille"),
        ("channel: sms", "channel: fax", "key channel"),
        ("  days_from: 7\n", "", "key audience.days_from: Field required"),
        ("gateway: sms", "gateway: sms\nextra: 1", "key extra"),
        ("name: sms_after_dunning", "name: another", "key name"),
        ('closes: "20:00"', 'closes: "08:00"', "opens must be before closes"),
        ('closed_to: "01-03"', 'closed_to: "13-45"', "key send_window.closed_to"),
        ("title:", "title: [", "is not YAML"),
    ],
)
def test_a_wrong_playbook_is_refused_by_file_and_key(old: str, new: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / FILE.name
    text = FILE.read_text()
    assert old in text
    file.write_text(text.replace(old, new))

    with pytest.raises(InputRejectedError) as found:
        read_playbook(file)
    assert said in str(found.value)
    assert str(found.value).startswith("sms_after_dunning.yml")


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(InputRejectedError, match="there are: auto_call_trial, cashless_letter"):
        playbook("nothing_of_the_sort")
    with pytest.raises(InputRejectedError, match="there are: sms"):
        gateway_terms("pigeon")


def test_the_playbook_can_be_read_by_people_who_read_no_yaml() -> None:
    assert describe(BOOK).splitlines()[2] == (
        "対象: 特別区民税・国民健康保険料 のうち、督促状の指定期限から7日を過ぎ、"
        "未納が合計1,000円以上の方。お一人につき1回。"
    )
