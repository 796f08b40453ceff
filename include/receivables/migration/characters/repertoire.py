"""What each kind of field may hold (文字集合) and what is wrong with what it may not (C-070).

The sets are data (data/charsets.csv). A set judges distinct characters, so that a ward's names are judged in seconds.
"""

import csv
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from receivables.errors import InputRejectedError
from receivables.migration.characters import moji
from receivables.migration.characters.units import codes_of, is_mark, is_selector, length, text_of, units

__all__ = [
    "BLANKS",
    "CHARSETS",
    "TITLES",
    "Kind",
    "Problem",
    "length",
    "letter_class",
    "problem",
    "problem_of",
    "problems",
]

CHARSETS = ("name", "free", "kana", "bank", "digits", "ascii")
BLANKS = frozenset("\t\n\v\f\r \x85\xa0\u1680\u180e\u2028\u2029\u202f\u205f\u3000\u3164\ufeff") | {
    chr(code) for code in range(0x2000, 0x200C)
}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LOST = frozenset("\u3013\ufffd")  # 〓 and U+FFFD stand where another program lost a character


class Kind(StrEnum):
    """What is wrong with a character in its field."""

    BMP_PRIVATE = "bmp_private"
    PRIVATE_OUTSIDE_GJ = "private_outside_gj"
    UNREGISTERED_IVS = "unregistered_ivs"
    LONE_SELECTOR = "lone_selector"
    COMBINING = "combining"
    LOST = "lost"
    SURROGATE = "surrogate"
    NONCHARACTER = "noncharacter"
    CONTROL = "control"
    BIDI = "bidi"
    INVISIBLE = "invisible"
    BLANK = "blank"
    EDGE_BLANK = "edge_blank"
    HALF_KANA = "half_kana"
    HALF_WIDTH = "half_width"
    UNASSIGNED = "unassigned"
    OUTSIDE = "outside"


TITLES = {
    Kind.BMP_PRIVATE: "外字（BMP私用領域）",
    Kind.PRIVATE_OUTSIDE_GJ: "外字（15・16面私用領域、GJ一覧に無い）",
    Kind.UNREGISTERED_IVS: "未登録の異体字シーケンス",
    Kind.LONE_SELECTOR: "基底文字の無い字形選択子",
    Kind.COMBINING: "結合文字列",
    Kind.LOST: "欠落を示す文字（〓・U+FFFD）",
    Kind.SURROGATE: "サロゲート",
    Kind.NONCHARACTER: "非文字",
    Kind.CONTROL: "制御文字",
    Kind.BIDI: "書字方向の制御文字",
    Kind.INVISIBLE: "不可視文字",
    Kind.BLANK: "使えない空白",
    Kind.EDGE_BLANK: "先頭・末尾の空白",
    Kind.HALF_KANA: "半角カナ",
    Kind.HALF_WIDTH: "半角文字",
    Kind.UNASSIGNED: "未割当ての符号位置",
    Kind.OUTSIDE: "文字集合の範囲外",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One character that its field may not hold: which, where (1 is the first) and by code points, never the text."""

    kind: Kind
    place: int
    codes: str
    charset: str

    @property
    def title_ja(self) -> str:
        """What is wrong, for people (指摘)."""
        return f"{TITLES[self.kind]} {self.codes}（{self.place}文字目）"


def problem(text: str, charset: str) -> Problem | None:
    """The first thing wrong with `text` in a field of `charset` (文字の指摘), None when all of it may stay."""
    if _singles(charset).issuperset(text) and not (text and (text[0] in BLANKS or text[-1] in BLANKS)):
        return None
    return next(problems(text, charset), None)


def problems(text: str, charset: str) -> Iterator[Problem]:
    """Everything wrong with `text` in a field of `charset`, character by character."""
    found = units(text)
    inner = [place for place, unit in enumerate(found, start=1) if unit not in BLANKS] or [0]
    for place, unit in enumerate(found, start=1):
        kind = problem_of(unit, charset) if inner[0] <= place <= inner[-1] else Kind.EDGE_BLANK
        if kind is not None:
            yield Problem(kind, place, codes_of(unit), charset)


def problem_of(unit: str, charset: str) -> Kind | None:
    """What is wrong with one character (with what is attached to it), wherever it stands."""
    if unit in _singles(charset) or (unit in moji.sequences() and _has_mj(charset)):
        return None
    base, attached = unit[0], unit[1:]
    if attached:
        if any(is_mark(char) for char in attached):
            return Kind.COMBINING
        return _diagnosis(base) if base not in _singles(charset) else Kind.UNREGISTERED_IVS
    return _diagnosis(base)


def letter_class(unit: str) -> str:
    """What a character is (文字の区分), whether or not a field takes it."""
    if unit in moji.sequences():
        return "mj_ivs"
    if len(unit) > 1:
        return "combining" if any(is_mark(char) for char in unit[1:]) else "unregistered_ivs"
    if unit in _gj():
        return "gj"
    if moji.is_compatibility(unit):
        return "cjk_compatibility"
    if unit in moji.levels():
        return f"jis_{moji.levels()[unit]}"
    if unit in moji.by_base():
        return "mj"
    if unit in _singles("ascii"):
        return "ascii"
    return "sign" if unit in _singles("name") else _diagnosis(unit).value


def _diagnosis(char: str) -> Kind:
    """Why a single character is in no field's set, from the surest sign to the weakest."""
    return _by_code(char) or _by_look(char) or _by_category(char)


def _by_code(char: str) -> Kind | None:
    code = ord(char)
    if 0xE000 <= code <= 0xF8FF:
        return Kind.BMP_PRIVATE
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return Kind.NONCHARACTER
    if code >= 0xF0000:
        return Kind.PRIVATE_OUTSIDE_GJ
    if 0xFF61 <= code <= 0xFF9F:
        return Kind.HALF_KANA
    return None


def _by_look(char: str) -> Kind | None:
    if is_selector(char):
        return Kind.LONE_SELECTOR
    if is_mark(char):
        return Kind.COMBINING
    if char in _LOST:
        return Kind.LOST
    if char in _BIDI:
        return Kind.BIDI
    if "\x20" <= char <= "\x7e":
        return Kind.HALF_WIDTH
    return None


def _by_category(char: str) -> Kind:
    category = unicodedata.category(char)
    if category == "Cc":
        return Kind.CONTROL
    if char in BLANKS or category[0] == "Z":
        return Kind.BLANK
    by_category = {"Cs": Kind.SURROGATE, "Cn": Kind.UNASSIGNED, "Cf": Kind.INVISIBLE}
    return Kind.COMBINING if category[0] == "M" else by_category.get(category, Kind.OUTSIDE)


@cache
def _singles(charset: str) -> frozenset[str]:
    """Every character that a field of `charset` takes without anything attached to it."""
    if charset not in CHARSETS:
        raise InputRejectedError(f"no character set {charset!r}; there are: {', '.join(CHARSETS)}")
    found: set[str] = set()
    for row in _declared():
        if row["charset"] == charset:
            found |= _part(row)
    return frozenset(found)


def _part(row: dict[str, str]) -> set[str]:
    if row["kind"] == "mj":
        return set(moji.by_base()) | set(moji.compatible())
    if row["kind"] == "gj":
        return set(_gj())
    if row["kind"] == "jis_other":
        return {char for char in _other() if _may_stand(char)}
    first, last = (ord(text_of(row[key])) for key in ("first", "last"))
    return {chr(code) for code in range(first, last + 1)}


def _other() -> set[str]:
    """What of JIS X 0213 is no kanji, full-width where there is such a form, and what Windows has for the same cell."""
    found: set[str] = set()
    for cell in moji.cells().values():
        if len(cell.text) == 1 and not moji.is_kanji(cell.text):
            found |= {cell.full or cell.text, *cell.forms}
    return found


def _may_stand(char: str) -> bool:
    """Whether the list's character is a sign by itself: no mark, no invisible one, no blank but the full-width one."""
    is_sign = unicodedata.category(char)[0] not in "MCZ" and not is_mark(char)
    return (is_sign or char == "\u3000") and char not in _LOST


@cache
def _gj() -> dict[str, str]:
    return moji.governed_letters()


@cache
def _declared() -> tuple[dict[str, str], ...]:
    with (moji.DATA / "charsets.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines, strict=True))


def _has_mj(charset: str) -> bool:
    return any(row["kind"] == "mj" and row["charset"] == charset for row in _declared())
