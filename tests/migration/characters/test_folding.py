"""文字の変化の推定: each way a program is known to spoil a name is recognised, and nothing else is taken for it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.migration.characters import folding, moji
from receivables.migration.characters.folding import TITLES, misread

KINDS = [
    ("\ufa19田", "\u795e田", "nfc_folded"),
    ("か\u3099", "が", "nfc_folded"),
    ("㈱山", "(株)山", "nfkc_folded"),
    ("①番", "1番", "nfkc_folded"),
    ("Ⅷ", "VIII", "nfkc_folded"),
    ("ＡＢ", "AB", "width"),
    ("ガラス", "ｶﾞﾗｽ", "width"),
    ("ｶﾞﾗｽ", "ガラス", "width"),
    ("－１", "-1", "width"),
    ("山田　太郎", "山田 太郎", "whitespace"),
    ("山田 ", "山田", "whitespace"),
    ("山 田", "山田", "whitespace"),
    ("\u8fbb\U000e0102本", "\u8fbb本", "ivs_dropped"),
    ("髙橋", "高橋", "variant"),
    ("\u8fbb\U000e0102", "\u8fbb\U000e0103", "variant"),
    ("𠮷田", "吉田", "variant"),
    ("山田", "川田", "other"),
    ("山田", "山", "other"),
    ("山田", "", "other"),
    ("\ue000", "〓", "other"),
    ("\ue000", "?", "other"),
    ("\ufa19ｶﾞ", "\u795eガ", "nfkc_folded"),  # not only the width changed
]


@pytest.mark.parametrize(("before", "after", "kind"), KINDS)
def test_a_known_change_is_recognised(before: str, after: str, kind: str) -> None:
    assert folding(before, after) == kind
    assert kind in TITLES


def test_every_user_defined_code_is_misread_as_a_real_letter_without_an_error() -> None:
    """The published figure: 1,880 codes, every one of them wrong."""
    tails = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    for head in range(0xF0, 0xFA):
        for tail in tails:
            raw = bytes((head, tail))
            came, wrong = raw.decode("cp932"), raw.decode("shift_jis_2004")
            assert "\ue000" <= came <= "\ue757"
            assert unicodedata.category(wrong) == "Lo"
            assert folding(f"山{came}", f"山{wrong}") == "shift_jis_2004"
    assert len(misread()) == 1_880


def test_a_misread_code_is_recognised_behind_its_mapped_letter() -> None:
    wrong = misread()["\ue001"]

    assert folding("𠮷田", f"{wrong}田", {"\ue001": "𠮷"}) == "shift_jis_2004"
    assert folding("𠮷田", f"{wrong}田") != "shift_jis_2004"
    assert folding("𠮷田", "川田", {"\ue001": "𠮷"}) != "shift_jis_2004"


def test_the_codes_that_do_not_come_back_are_as_many_as_published() -> None:
    """398 of 9,604 double bytes of CP932 do not come back as they were: why original bytes are kept."""
    heads = [*range(0x81, 0xA0), *range(0xE0, 0xFD)]
    decoded = lost = 0
    for head in heads:
        for tail in [*range(0x40, 0x7F), *range(0x80, 0xFD)]:
            raw = bytes((head, tail))
            try:
                text = raw.decode("cp932")
            except UnicodeDecodeError:
                continue
            decoded += 1
            lost += text.encode("cp932") != raw

    assert (decoded, lost) == (9_604, 398)


def test_every_sequence_without_its_selector_is_recognised() -> None:
    assert {folding(text, text[0]) for text in moji.sequences()} == {"ivs_dropped"}


def test_every_compatible_letter_folded_is_recognised() -> None:
    assert {folding(one, unicodedata.normalize("NFC", one)) for one in moji.compatible()} == {"nfc_folded"}


def test_every_letter_put_for_what_it_shrinks_to_is_a_variant() -> None:
    wrong = [
        letter.mj
        for letter in moji.letters().values()
        for one in letter.shrunk
        if one not in (letter.text, letter.text[0])
        and not moji.is_compatibility(one)
        and folding(letter.text, one) != "variant"
    ]

    assert wrong == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_it_answers_for_any_two_texts(before: str, after: str) -> None:
    found = folding(before, after)

    assert (found is None) == (before == after)
    assert found is None or found in TITLES


@given(st.text(st.sampled_from("山神\ufa19㈱①髙か\u3099Ａ"), min_size=1, max_size=10))
def test_a_folded_text_is_never_taken_for_the_same(text: str) -> None:
    folded = unicodedata.normalize("NFC", text)

    assert folding(text, folded) in ({None} if folded == text else {"nfc_folded"})
