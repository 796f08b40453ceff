"""文字集合: what each field takes, from the published lists, every letter of them; and what no field ever takes."""

import hashlib
import lzma
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jntajis import MJShrinkSchemeCombo, mj_shrink_candidates

from receivables.errors import InputRejectedError
from receivables.migration.characters import CHARSETS, Kind, length, moji, problem, problems, repertoire
from receivables.migration.characters.units import codes_of, text_of, units

IVS = "\u8fbb\U000e0102"  # 辻 with one dot, MJ025760
# SHA-256 of the columns as cut from the published lists (data/README.md has the commands).
SOURCES = {
    "moji/mj.csv.xz": "3866a39467344124616a883466c35dba9ff7c7098c982127aab9a436be72cccf",
    "moji/mj_ivs.csv.xz": "e553b86361d6c700b8cde08c940b150354d18c9512369995c5757043244b7fb3",
    "jisx0213.tsv.xz": "32be7d93844ba8ed8d4418960ba33338fd8ebebe212fb0c60409089a48a3a0cb",
}
# Each fault of the specification (3.3) with the field it is a fault in.
FAULTS = [
    ("\ue000", "name", Kind.BMP_PRIVATE),
    ("\uf8ff", "free", Kind.BMP_PRIVATE),
    ("\ue000", "ascii", Kind.BMP_PRIVATE),
    ("\U000f80a1", "name", Kind.PRIVATE_OUTSIDE_GJ),
    ("\U00100000", "name", Kind.PRIVATE_OUTSIDE_GJ),
    ("\u8fbb\U000e0101", "name", Kind.UNREGISTERED_IVS),
    ("\u795e\ufe00", "name", Kind.UNREGISTERED_IVS),
    ("\u8fbb\U000e0102\U000e0102", "name", Kind.UNREGISTERED_IVS),
    ("\U000e0102\u8fbb", "name", Kind.LONE_SELECTOR),
    ("\u304b\u3099", "name", Kind.COMBINING),
    ("\u304b\u309a", "free", Kind.COMBINING),
    ("\ud842", "name", Kind.SURROGATE),
    ("\ufdd0", "name", Kind.NONCHARACTER),
    ("\U0002ffff", "name", Kind.NONCHARACTER),
    ("\U0010ffff", "name", Kind.NONCHARACTER),
    ("\u0378", "name", Kind.UNASSIGNED),
    ("\u5c71\x00\u7530", "free", Kind.CONTROL),
    ("\u5c71\u202e\u7530", "name", Kind.BIDI),
    ("\u5c71\u2066\u7530", "free", Kind.BIDI),
    ("\u5c71\u00ad\u7530", "name", Kind.INVISIBLE),
    ("\u5c71\u200b\u7530", "name", Kind.BLANK),
    ("\u5c71\n\u7530", "name", Kind.CONTROL),
    ("\u3000\u5c71", "name", Kind.EDGE_BLANK),
    ("\u5c71\u3000", "name", Kind.EDGE_BLANK),
    ("\u3000", "name", Kind.EDGE_BLANK),
    ("A ", "ascii", Kind.EDGE_BLANK),
    ("\uff76", "name", Kind.HALF_KANA),
    ("\uff76\uff9e", "kana", Kind.HALF_KANA),
    ("7", "name", Kind.HALF_WIDTH),
    ("\u3013", "name", Kind.LOST),
    ("\ufffd", "free", Kind.LOST),
    ("\U0001f600", "free", Kind.OUTSIDE),
    ("\ufa1c", "name", Kind.OUTSIDE),  # compatible, and in no list at hand
    ("\u5c71", "kana", Kind.OUTSIDE),
    ("\uff67", "bank", Kind.HALF_KANA),  # small kana are not in the 全銀 set
    ("\uff70", "bank", Kind.HALF_KANA),
    ("a", "bank", Kind.HALF_WIDTH),
    ("\uff11", "digits", Kind.OUTSIDE),
    (IVS, "kana", Kind.OUTSIDE),
]
TAKEN = [
    ("山田　太郎", "name"), ("\ufa19", "name"), ("㈱", "name"), ("①", "name"), ("髙橋", "name"), ("𠮷田", "name"),
    (IVS, "name"), (IVS, "free"), ("\u8fbb", "name"), ("世田谷1-2-3　Ａ棟", "free"), ("ヤマダ　タロウ", "kana"),
    ("ﾔﾏﾀﾞ ﾀﾛｳ(ｶ)", "bank"), ("0123", "digits"), ("a-Z 9~", "ascii"), ("", "name"), ("～－", "name"),
    ("\u301c\u2212", "name"), ("々〆ヶ", "name"),
]  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_the_reduced_lists_are_the_columns_of_the_published_ones(name: str) -> None:
    content = lzma.decompress((moji.DATA / name).read_bytes())

    assert hashlib.sha256(content).hexdigest() == SOURCES[name]


def test_both_lists_name_the_same_sequences() -> None:
    listed = {letter.text for letter in moji.letters().values() if len(letter.text) == 2}
    second = moji.sequences() - listed

    assert (len(moji.letters()), len(listed), len(moji.sequences())) == (58_843, 11_382, 11_384)
    assert {codes_of(text) for text in second} == {"U+2B9E4 U+E0100", "U+2B9E4 U+E0101"}
    assert {moji.numbers()[text] for text in second} == {"MJ059399", "MJ059400"}
    assert all(moji.letters()[moji.numbers()[text]].text == text for text in listed)


def test_what_a_letter_shrinks_to_is_what_another_copy_of_the_map_says() -> None:
    """jntajis carries four of the map's five rule classes: ours says more (辞書類等)."""
    every = int(sum(MJShrinkSchemeCombo))
    missing, same = [], 0
    for letter in moji.letters().values():
        if len(letter.text) == 1:
            ours = set(letter.shrunk) - {letter.text}
            theirs = set(mj_shrink_candidates(letter.text, every, 1_000)) - {letter.text}
            missing += [letter.mj] if theirs - ours else []
            same += theirs == ours

    assert missing == ["MJ029826"]
    assert same == 44_586


@pytest.mark.parametrize("charset", ["name", "free"])
def test_every_letter_of_the_list_is_taken_and_is_one_character(charset: str) -> None:
    texts = {letter.text for letter in moji.letters().values()} | moji.sequences() | set(moji.by_base())

    assert [codes_of(text) for text in texts if problem(text, charset) or length(text) != 1] == []


def test_no_other_selector_of_a_listed_base_is_taken() -> None:
    selectors = [chr(code) for code in range(0xE0100, 0xE0110)] + ["\ufe00", "\ufe01"]
    wrong = [
        base + selector
        for base in moji.by_base()
        for selector in selectors
        if (base + selector) not in moji.sequences()
        and repertoire.problem_of(base + selector, "name") is not Kind.UNREGISTERED_IVS
    ]

    assert wrong == []


def test_every_private_use_code_is_refused_everywhere() -> None:
    private = [*range(0xE000, 0xF900), *range(0xF0000, 0xFFFFE), *range(0x100000, 0x10FFFE)]
    kinds = {
        (chr(code) < "\uf900", repertoire.problem_of(chr(code), charset)) for code in private for charset in CHARSETS
    }

    assert kinds == {(True, Kind.BMP_PRIVATE), (False, Kind.PRIVATE_OUTSIDE_GJ)}


@pytest.mark.parametrize(("text", "charset", "kind"), FAULTS)
def test_what_a_field_may_not_hold_is_named(text: str, charset: str, kind: Kind) -> None:
    found = problem(text, charset)

    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(("text", "charset"), TAKEN)
def test_what_a_field_takes_is_left_alone(text: str, charset: str) -> None:
    assert problem(text, charset) is None


def test_compatibility_ideographs_are_legal_where_an_mj_letter_has_their_jis_cell() -> None:
    assert len(moji.compatible()) == 75
    assert moji.compatible()["\ufa19"] == "MJ030211"
    assert all(repertoire.letter_class(one) == "cjk_compatibility" for one in moji.compatible())
    assert all(problem(one, "name") is None for one in moji.compatible())


def test_a_gj_letter_is_legal_once_it_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repertoire, "_gj", lambda: {"\U00100000": "GJ000001"})
    repertoire._singles.cache_clear()
    try:
        kinds = [
            repertoire.problem_of(char, charset)
            for char in ("\U00100000", "\U00100001")
            for charset in ("name", "free")
        ]
        assert repertoire.letter_class("\U00100000") == "gj"
    finally:
        repertoire._singles.cache_clear()

    assert kinds == [None, *[Kind.PRIVATE_OUTSIDE_GJ] * 3]


@pytest.mark.parametrize(
    "row", ["GJ1,U+100000,", "GJ000001,U+E000,", "GJ000001,100000,", "GJ000001,U+100000 U+100001,"]
)
def test_a_wrong_row_of_the_gj_list_is_refused(row: str, tmp_path: Path) -> None:
    file = tmp_path / "gj.csv"
    file.write_text(f"gj,code,note\n{row}\n")

    with pytest.raises(InputRejectedError, match="line 2"):
        moji.governed_letters(file)


def test_the_same_gj_letter_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gj.csv"
    file.write_text("gj,code,note\nGJ000001,U+100000,\nGJ000002,U+100000,\n")

    with pytest.raises(InputRejectedError, match="line 3"):
        moji.governed_letters(file)


def test_jis_levels_are_those_of_the_standard() -> None:
    sizes = {level: sum(found == level for found in moji.levels().values()) for level in (1, 2, 3, 4)}

    assert sizes == {1: 2_965, 2: 3_390, 3: 1_259, 4: 2_436}
    assert repertoire.letter_class("亜") == "jis_1"
    assert repertoire.letter_class("弌") == "jis_2"


def test_a_problem_says_where_and_which_and_never_the_text() -> None:
    found = [*problems("山\ue000田\u202e太", "name")]

    assert [(one.place, one.codes) for one in found] == [(2, "U+E000"), (4, "U+202E")]
    assert found[0].title_ja == "外字（BMP私用領域） U+E000（2文字目）"


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(InputRejectedError, match="there are: name"):
        problem("x", "names")


_HARD = st.text(
    st.one_of(
        st.sampled_from(
            "山神\u8fbb\ufa19髙𠮷㈱①ｱｶﾞA \u3000\u00a0\u200b\u3099\U000e0102\U000e0103\ufe00\ue000\U000f80a1か〓"
        ),
        st.characters(),
    ),
    max_size=12,
)


@given(_HARD)
@settings(max_examples=500)
def test_units_are_the_text_and_length_counts_them(text: str) -> None:
    found = units(text)

    assert "".join(found) == text
    assert length(text) == len(found) <= len(text)


@given(_HARD, st.sampled_from(CHARSETS))
@settings(max_examples=500)
def test_the_first_problem_is_the_first_of_all_problems(text: str, charset: str) -> None:
    assert problem(text, charset) == next(problems(text, charset), None)


@given(st.characters())
@settings(max_examples=500)
def test_code_points_read_back(char: str) -> None:
    assert text_of(codes_of(char)) == char


@given(st.lists(st.sampled_from(sorted(moji.sequences())), min_size=1, max_size=8))
def test_a_name_of_sequences_is_as_long_as_it_looks(name: list[str]) -> None:
    assert length("".join(name)) == len(name)
    assert problem("".join(name), "name") is None


def test_nothing_that_only_marks_or_hides_is_in_any_set() -> None:
    for charset in CHARSETS:
        odd = {char for char in repertoire._singles(charset) if unicodedata.category(char)[0] in "MC"}
        blanks = {char for char in repertoire._singles(charset) if unicodedata.category(char)[0] == "Z"}
        assert odd == set()
        assert blanks <= {" ", "\u3000"}


def test_a_hundred_thousand_names_are_judged_in_a_blink() -> None:
    names = [f"山田髙𠮷{chr(0x4E00 + at % 20_000)}" for at in range(100_000)]
    problem("山", "name")
    began = time.perf_counter()
    for name in names:
        problem(name, "name")

    assert time.perf_counter() - began < 2
