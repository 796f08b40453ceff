"""氏名: the writings of one name meet, and two people's names do not."""

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.identity.keys import NameParts, name_key, name_parts
from receivables.identity.keys.variants import folded

MOJI = Path(__file__).resolve().parents[2] / "ingest/data/moji.csv"
LETTERS = "渡邊邉辺髙高﨑崎𠮷吉濵浜嶋島廣広齋齊斉斎太郎子花一二々ヶケアンナサトーｱﾝﾅ山田ABＡé"
MARKS = "　 \t様殿故外1名（）()「」[]世帯主旧姓・,-ー−\ufe00\U000e0101\u200b゛゜㈱"
names = st.text(alphabet=LETTERS + MARKS, max_size=14)
written = st.text(alphabet=LETTERS, min_size=1, max_size=8)


# Family names that one person writes one way and a system another (戸籍統一文字 and what JIS X 0208 has of it).
@pytest.mark.parametrize(
    "writings",
    [
        ("渡邊", "渡邉", "渡辺", "渡邉󠄏"), ("髙橋", "高橋", "髙槗"), ("山﨑", "山崎", "山嵜"), ("𠮷田", "吉田"),
        ("濵田", "濱田", "浜田"), ("中嶋", "中島", "中嶌"), ("廣瀬", "広瀬", "廣瀨"),
        ("齋藤", "齊藤", "斉藤", "斎藤"),
        ("澤田", "沢田"), ("桒原", "桑原"), ("冨田", "富田"), ("栁田", "柳田"), ("舘野", "館野"),
        ("田邊", "田邉", "田辺"),
        ("眞鍋", "真鍋"), ("國井", "国井"), ("條辺", "条辺"), ("櫻井", "桜井"), ("瀧本", "滝本"),
        ("渕上", "淵上", "渊上"),
        ("靏田", "鶴田", "靍田"), ("埜口", "野口"), ("薗田", "園田"), ("檜山", "桧山"), ("籔", "籔󠄀"),
        ("藪内", "薮内"),
        ("辻", "辻󠄂"), ("葛城", "葛󠄀城"), ("佐々木", "佐佐木"), ("龍ヶ崎", "竜ケ﨑"), ("神谷", "神谷"),
        ("德永", "徳永"),
    ],
    ids=lambda writings: writings[0],
)  # fmt: skip
def test_writings_of_one_family_name_meet(writings: tuple[str, ...]) -> None:
    assert len({name_key(f"{each}　太郎") for each in writings}) == 1


def test_letters_of_the_published_list_meet_their_ordinary_form() -> None:
    with MOJI.open(encoding="utf-8-sig", newline="") as lines:
        published = {row["kanji"][0] for row in csv.DictReader(lines)}

    assert {folded(each) for each in published} == {"辻", "辺", "高", "吉"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("高橋　一郎", "橋本　一郎"), ("斎藤　太郎", "佐藤　太郎"), ("渡辺　太郎", "渡部　太郎"),
        ("渡辺　太郎", "渡辺　次郎"),
        ("伊藤　誠", "伊東　誠"), ("山崎　健", "山埼　健"), ("阿部　誠", "安部　誠"), ("王　明", "玉　明"),
        ("田中　朋子", "田中　明子"), ("林　書子", "林　昼子"), ("鈴木　功", "鈴木　切"), ("鈴木　陽", "鈴木　易"),
        ("一ノ瀬　愛", "一之瀬　愛"), ("川上　巳", "川上　己"), ("MARIA GARCIA", "MARIA GARZA"),
        ("井上　裕子", "井上　祐子"),
        ("加藤　えり", "加藤　エリ"), ("藤田　壮", "藤田　喜"), ("大野　正", "小野　正"),
    ],
    ids=lambda name: name,
)  # fmt: skip
def test_names_of_two_people_do_not_meet(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("letter", ["眀", "書", "功", "耒", "昜", "摠"])
def test_a_letter_without_one_sure_answer_stays(letter: str) -> None:
    assert folded(letter) in {letter, "総"}


@pytest.mark.parametrize(
    "text",
    [
        "山田太郎", "山田 太郎", "山田　太郎", "　山田\u3000\u3000太郎 ", "山田\u00a0太郎", "山田太郎様",
        "山田　太郎　様", "山田太郎 殿",
        "山田太郎（旧姓　鈴木）", "山田(旧姓鈴木)太郎", "山田太郎（世帯主", "世帯主　山田太郎", "故　山田太郎",
        "故山田太郎",
        "（故）山田太郎", "山田太郎　外１名", "山田太郎外2名", "山田太郎【納税管理人】", "［世帯主］山田太郎",
        "（山田太郎）",
        "相続人代表者　山田太郎", "山\u200b田太\ufe00郎",
    ],
)  # fmt: skip
def test_blanks_honorifics_and_remarks_are_no_part_of_a_name(text: str) -> None:
    assert name_key(text) == "山田太郎"


def test_an_honorific_is_not_cut_out_of_a_family_name() -> None:
    assert name_key("鵜殿") == name_key("鵜殿　様") == "鵜殿"
    assert name_key("故島　實") == "故島実"


@pytest.mark.parametrize("text", [None, "", " 　", "（）", "\u200b"])
def test_no_name_has_no_key(text: str | None) -> None:
    assert name_key(text) is None
    assert name_parts(text) is None


@pytest.mark.parametrize(
    "text", ["GARCIA　MARIA", "Maria Garcia", "ＧＡＲＣＩＡ，Ｍａｒｉａ", "GARCÍA MARÍA", "Garcia  Maria (通称 田中)"]
)
def test_a_name_in_latin_letters_is_its_parts_in_any_order(text: str) -> None:
    assert name_key(text) == "GARCIA MARIA"


def test_a_name_in_katakana_parts_is_its_parts_in_any_order() -> None:
    written = ["マリア・ガルシア", "ガルシア　マリア", "ｶﾞﾙｼｱ ﾏﾘｱ"]

    assert {name_key(each) for each in written} == {"ガルシアマリア"}
    assert name_key("NGUYỄN VĂN Đạt") == name_key("nguyen van dat")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("渡邉　太郎", NameParts("渡辺", "太郎")),
        ("渡邉 太郎 様", NameParts("渡辺", "太郎")),
        ("渡邉太郎", NameParts("渡辺太郎", None)),
        ("髙橋（旧姓　山﨑）　花子", NameParts("高橋", "花子")),
        ("NGUYEN　THI ANH", NameParts("NGUYEN", "ANH THI")),
        ("MARIA GARCIA", NameParts("GARCIA MARIA", None)),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_family_and_given_name_part_where_the_writing_parts_them(text: str, parts: NameParts) -> None:
    assert name_parts(text) == parts


@given(names)
def test_a_key_is_its_own_key(text: str) -> None:
    key = name_key(text)

    assert key is None or name_key(key) == key


@given(names)
def test_it_does_not_matter_who_normalised_the_text(text: str) -> None:
    assert name_key(unicodedata.normalize("NFKC", text)) == name_key(text)


@given(written, st.sampled_from(["\ufe00", "\U000e0100", "\U000e01ef", "\u200b", "\ufeff"]), st.integers(0, 8))
def test_invisible_letters_change_nothing(text: str, mark: str, at: int) -> None:
    assert name_key(text[:at] + mark + text[at:]) == name_key(text)


@given(
    st.text(alphabet="渡邊高橋太郎花子", min_size=1, max_size=6),
    st.sampled_from(" 　\t\u00a0\u2003"),
    st.integers(0, 6),
)
def test_a_blank_of_any_kind_changes_nothing(text: str, blank: str, at: int) -> None:
    assert name_key(text[:at] + blank + text[at:]) == name_key(text)
