"""外字の同定表: what a file may say, what it puts into a text, and that all of it can be taken out again."""

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables import contracts
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.migration.characters import Ruling, Use, applied, candidates, governed, moji, undone
from receivables.migration.characters.governed import FOLDER, char_of
from receivables.migration.characters.units import codes_of

DAY = date(2026, 6, 19)
HEADER = ",".join(Ruling.model_fields)
TSUJI = "\u8fbb\U000e0102"
ROW = {
    "code": "cp932 F042", "target": "MJ025760", "text": TSUJI, "kind": "identified", "status": "confirmed",
    "basis": "外字台帳の字形と一致", "decided_by": "chief_tax", "approved_by": "chief_insurance", "ticket": "T-1",
    "valid_from": "2026-06-01",
}  # fmt: skip


def put(folder: Path, *rows: dict[str, str], header: str = HEADER) -> Path:
    file = folder / "131121" / "tax.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([header, *(",".join(row.values()) for row in rows), ""]), encoding="utf-8")
    return folder


def test_a_confirmed_code_is_known_by_the_character_that_came(tmp_path: Path) -> None:
    found = governed("tax", as_of=DAY, folder=put(tmp_path, ROW))

    assert {codes_of(char): ruling.text for char, ruling in found.items()} == {"U+E002": TSUJI}


def test_a_source_without_a_file_has_no_ruling(tmp_path: Path) -> None:
    assert governed("other", as_of=DAY, folder=put(tmp_path, ROW)) == {}


def test_a_ruling_does_not_hold_before_its_day(tmp_path: Path) -> None:
    folder = put(tmp_path, ROW | {"valid_from": "2026-06-20"})

    assert governed("tax", as_of=DAY, folder=folder) == {}
    assert len(governed("tax", as_of=date(2026, 6, 20), folder=folder)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"approved_by": "chief_tax"}, "one person"),
        ({"approved_by": " Chief_Tax "}, "one person"),
        ({"approved_by": "ｃｈｉｅｆ_tax"}, "one person"),
        ({"approved_by": ""}, "approved_by"),
        ({"target": "MJ099999"}, "no letter MJ099999"),
        ({"target": "GJ000001", "text": "\U00100000"}, "no letter GJ000001"),
        ({"target": "MJ25760"}, "target"),
        ({"text": "\u8fbb\U000e0103"}, "MJ025760 is written U"),
        ({"text": "\u8fbb"}, "MJ025760 is written U"),  # without its selector it is not that letter
        ({"text": "\ue000"}, "MJ025760 is written U"),
        ({"text": TSUJI + "田"}, "MJ025760 is written U"),
        ({"code": "U+8FBB"}, "key code"),  # what the target takes is never replaced
        ({"code": "U+FF76"}, "key code"),
        ({"code": "U+0041"}, "key code"),
        ({"code": "U+E000 U+E001"}, "key code"),
        ({"code": "F042"}, "key code"),
        ({"code": "cp932 F0"}, "key code"),
        ({"code": "nonsense F042"}, "key code"),
        ({"kind": "guessed"}, "kind"),
        ({"status": "sure"}, "status"),
        ({"ticket": ""}, "ticket"),
        ({"basis": ""}, "basis"),
        ({"valid_from": "soon"}, "valid_from"),
    ],
)
def test_an_unsound_row_is_refused(tmp_path: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises(InputRejectedError, match=said) as refused:
        governed("tax", as_of=DAY, folder=put(tmp_path, ROW | change))
    assert "line 2" in str(refused.value)


def test_one_code_has_one_target(tmp_path: Path) -> None:
    other = ROW | {"code": "U+E002", "target": "MJ025761", "text": "\u8fbb\U000e0103"}

    with pytest.raises(InputRejectedError, match=r"line 3: U\+E002 has two targets, MJ025760 and MJ025761"):
        governed("tax", as_of=DAY, folder=put(tmp_path, ROW, other))


def test_a_target_that_starts_later_is_still_a_second_one(tmp_path: Path) -> None:
    other = ROW | {"target": "MJ025761", "text": "\u8fbb\U000e0103", "valid_from": "2027-01-01"}

    with pytest.raises(InputRejectedError, match="two targets"):
        governed("tax", as_of=DAY, folder=put(tmp_path, ROW, other))


def test_the_same_row_twice_is_refused_and_the_same_decision_is_not(tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match="there twice"):
        governed("tax", as_of=DAY, folder=put(tmp_path, ROW, ROW))
    decided = [Ruling.model_validate(ROW)]
    assert len(governed("tax", as_of=DAY, folder=put(tmp_path, ROW), decided=decided)) == 1


def test_a_decision_against_the_file_is_refused(tmp_path: Path) -> None:
    decided = [Ruling.model_validate(ROW | {"target": "MJ025761", "text": "\u8fbb\U000e0103"})]

    with pytest.raises(InputRejectedError, match="decision on cp932 F042: cp932 F042 has two targets"):
        governed("tax", as_of=DAY, folder=put(tmp_path, ROW), decided=decided)


def test_another_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match="header"):
        governed("tax", as_of=DAY, folder=put(tmp_path, ROW, header=HEADER.replace("ticket", "case")))


def test_a_substitute_may_drop_the_selector_and_an_identified_letter_may_not(tmp_path: Path) -> None:
    folder = put(tmp_path, ROW | {"text": "\u8fbb", "kind": "substituted"})

    assert governed("tax", as_of=DAY, folder=folder)["\ue002"].text == "\u8fbb"


def test_a_letter_with_a_compatibility_form_may_be_written_by_it(tmp_path: Path) -> None:
    folder = put(tmp_path, ROW | {"target": "MJ030211", "text": "\ufa19"})

    assert governed("tax", as_of=DAY, folder=folder)["\ue002"].text == "\ufa19"


def test_a_real_letter_that_the_target_does_not_take_can_be_decided(tmp_path: Path) -> None:
    folder = put(tmp_path, ROW | {"code": "U+FA1C", "target": "MJ030214", "text": "\u9756\U000e0103"})

    assert applied("\ufa1c子", governed("tax", as_of=DAY, folder=folder))[0] == "\u9756\U000e0103子"


def test_every_file_of_the_project_is_sound() -> None:
    for file in FOLDER.glob("*/*.csv"):
        governed(file.stem, as_of=DAY, municipality=file.parent.name)


def test_intake_and_migration_never_decide_one_code_differently() -> None:
    """Both files are governed apart; a code that is in both must be one letter."""
    for contract in contracts.all_contracts():
        intake = contracts.beside(contract.source, "gaiji.csv")
        if intake.exists():
            ours = governed(contract.source, as_of=date.max)
            with intake.open(encoding="utf-8", newline="") as lines:
                theirs = {char_of(f"{row['encoding']} {row['code']}"): row["text"] for row in csv.DictReader(lines)}
            assert theirs
            assert {char: ours[char].text for char in ours.keys() & theirs.keys()}.items() <= theirs.items()


RULINGS = {
    "\ue000": Ruling.model_validate(ROW | {"code": "U+E000"}),
    "\ue001": Ruling.model_validate(ROW | {"code": "U+E001", "target": "MJ032129", "text": "𠮷"}),
    "\U000f80a1": Ruling.model_validate(ROW | {"code": "U+F80A1", "status": "provisional"}),
}


def test_what_was_put_in_says_where_and_what_came() -> None:
    put_in, uses = applied("山\ue000\ue001本", RULINGS)

    assert put_in == f"山{TSUJI}𠮷本"
    assert uses == (Use(1, "\ue000", TSUJI), Use(3, "\ue001", "𠮷"))
    assert undone(put_in, uses) == "山\ue000\ue001本"


@given(st.text(st.sampled_from("山\u8fbb\U000e0102𠮷\ufa19㈱\ue000\ue001\ue002\U000f80a1 \u3000"), max_size=15))
def test_whatever_came_comes_back_byte_for_byte(text: str) -> None:
    put_in, uses = applied(text, RULINGS)

    assert undone(put_in, uses) == text
    assert not set(put_in) & set(RULINGS)
    assert len(uses) == sum(char in RULINGS for char in text)


@given(st.text(max_size=20))
def test_a_text_without_a_governed_code_is_the_very_same(text: str) -> None:
    if not set(text) & set(RULINGS):
        assert applied(text, RULINGS) == (text, ())


def test_every_user_defined_code_of_cp932_can_be_put_in_and_taken_out() -> None:
    tails = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    codes = [f"cp932 {head:02X}{tail:02X}" for head in range(0xF0, 0xFA) for tail in tails]
    letters = list(moji.letters().values())[::31]
    rulings = {
        char_of(code): Ruling.model_validate(ROW | {"code": code, "target": letter.mj, "text": letter.text})
        for code, letter in zip(codes, letters, strict=False)
    }
    text = "".join(rulings)
    put_in, uses = applied(text, rulings)

    assert len(rulings) == len(codes) == 1_880
    assert put_in == "".join(letter.text for letter in letters[:1_880])
    assert undone(put_in, uses) == text


@pytest.mark.parametrize("changed", ["", "山\u8fbb本", "本山" + TSUJI, "山\u8fbb\U000e0103本"])
def test_a_text_that_was_changed_since_is_not_undone(changed: str) -> None:
    _, uses = applied("山\ue000本", RULINGS)

    with pytest.raises(InvariantBrokenError, match="changed since"):
        undone(changed, uses)


def test_nothing_is_known_of_a_private_code_by_itself() -> None:
    assert candidates("\ue000") == []


def test_candidates_are_ranked_from_the_same_letter_to_the_same_class() -> None:
    assert [(one.rank, one.mj) for one in candidates("\u8fbb")] == [(1, "MJ025760"), (1, "MJ025761")]
    assert [(one.basis, one.mj) for one in candidates("\ufa1c")] == [
        ("compatibility", "MJ027901"),
        ("compatibility", "MJ030214"),
    ]
    high = candidates("髙")
    assert (high[0].basis, high[0].text) == ("same_cell", "高")
    assert [one.rank for one in high] == sorted(one.rank for one in high)
    # 高's map entry does not lead to 髙: only the way back tells of it.
    assert "髙" in {one.text for one in candidates("高") if one.basis in ("same_cell", "shrinks_from")}


def test_no_candidate_is_the_letter_itself_or_outside_the_lists() -> None:
    for letter in list(moji.letters().values())[::97]:
        found = candidates(letter.text)
        assert letter.text not in {one.text for one in found}
        assert {one.mj for one in found} <= set(moji.letters())
