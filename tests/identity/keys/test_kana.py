"""フリガナ: one reading is one key whatever the machine could write; the loose key proposes more."""

import unicodedata

import jaconv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.identity.keys import kana_key, kana_loose_key

KANA = "".join(map(chr, range(0x30A1, 0x30F7))) + "ー"
texts = st.text(alphabet=KANA + "ぁあがぱゃっんゝゞヽヾ゛゜ｱｶﾞｰ-−‐―　 ・ABａ1", max_size=12)
readings = st.text(alphabet=KANA, min_size=1, max_size=10)


# 全銀 and host fields: half width, capital kana, the voicing mark a letter of its own, a hyphen for the long vowel.
@pytest.mark.parametrize(
    ("writings", "key"),
    [
        (("ｻｲﾄｳ ｶﾞｸ", "サイトウ　ガク", "さいとう がく", "サイトウカ゛ク"), "サイトウガク"),
        (("ｼﾖｳｼﾞ", "ショウジ", "ｼｮｳｼﾞ", "しょうじ", "シヨウジ"), "シヨウジ"),
        (("ｵｰﾉ", "オーノ", "ｵ-ﾉ", "オ－ノ", "オ−ノ", "オ‐ノ", "オ―ノ", "オ─ノ"), "オーノ"),
        (("ﾂﾂﾞｷ", "ツヅキ", "ツズキ"), "ツズキ"),
        (("ハナヂ", "ハナジ", "ﾊﾅﾁﾞ"), "ハナジ"),
        (("ヰヱヲヮヵヶ", "イエオワカケ"), "イエオワカケ"),
        (("ヴィヷ", "ブイバ"), "ブイバ"),
        (("ミスヾ", "ミスズ", "みすゞ"), "ミスズ"),
        (("ハヽ", "ハハ"), "ハハ"),
        (("ヴァン", "ブアン", "ｳﾞｧﾝ"), "ブアン"),
        (("ヲノ", "オノ"), "オノ"),
        (("ｶﾄｳ･ﾏﾘ", "カトウ・マリ"), "カトウマリ"),
        (("ﾊﾟｸ", "ハ゜ク", "パク"), "パク"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_one_reading_is_one_key(writings: tuple[str, ...], key: str) -> None:
    assert {kana_key(each) for each in writings} == {key}


@pytest.mark.parametrize(
    ("one", "other"),
    [("サトウ", "サイトウ"), ("オオノ", "オノ"), ("カトウ", "ガトウ"), ("ユウキ", "ユキ"), ("ハハ", "ハバ")],
)
def test_two_readings_are_two_keys(one: str, other: str) -> None:
    assert kana_key(one) != kana_key(other)


@pytest.mark.parametrize("writings", [
    ("オオノ", "オーノ", "オウノ", "オノ"), ("ユウコ", "ユーコ", "ユコ"), ("ケイコ", "ケーコ", "ケエコ"),
    ("ニイガタ", "ニーガタ"),
    ("ヨウコ", "ヨーコ", "ヨコ"), ("カトウ", "ガトー"), ("ヤマザキ", "ヤマサキ"), ("ナカジマ", "ナカシマ"),
], ids=lambda writings: writings[0])  # fmt: skip
def test_dakuten_and_long_vowels_go_in_the_loose_key_alone(writings: tuple[str, ...]) -> None:
    assert len({kana_loose_key(each) for each in writings}) == 1
    assert len({kana_key(each) for each in writings}) == len(writings)


@pytest.mark.parametrize(
    ("one", "other"), [("サトウ", "カトウ"), ("タナカ", "ナカタ"), ("ケイコ", "キョウコ"), ("アオイ", "アイ")]
)
def test_the_loose_key_still_parts_other_readings(one: str, other: str) -> None:
    assert kana_loose_key(one) != kana_loose_key(other)


@pytest.mark.parametrize("text", [None, "", "　", "ー", "山田", "ヤマダ太郎", "・"])
def test_what_is_no_reading_has_no_key(text: str | None) -> None:
    assert kana_key(text) is None
    assert kana_loose_key(text) is None


@given(texts)
def test_a_key_is_its_own_key(text: str) -> None:
    for key_of in (kana_key, kana_loose_key):
        key = key_of(text)
        assert key is None or key_of(key) == key


@given(texts)
def test_the_loose_key_is_that_of_the_strict_key(text: str) -> None:
    assert kana_loose_key(kana_key(text)) == kana_loose_key(text)


@given(readings)
def test_width_and_script_change_nothing(text: str) -> None:
    half, hiragana = jaconv.z2h(text, kana=True), jaconv.kata2hira(text)

    assert kana_key(half) == kana_key(hiragana) == kana_key(text)
    assert kana_key(unicodedata.normalize("NFD", text)) == kana_key(text)
