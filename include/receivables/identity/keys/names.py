"""氏名のキー: variants, widths, blanks and remarks meet; different people's names do not."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from receivables.identity.keys.variants import Folded
from receivables.identity.keys.writing import HYPHENS, plain, with_long_vowels

_FOLDED = Folded({ord("ヶ"): "ケ", ord("ヵ"): "カ"})
_CORPORATIONS = (("(株)", "株式会社"), ("(有)", "有限会社"))
_BRACKETED = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|〔[^〔〕]*〕|【[^【】]*】|《[^《》]*》|〈[^〈〉]*〉|<[^<>]*>|「[^「」]*」|『[^『』]*』"
)
_OPENED = re.compile(r"(?<=.)[(\[{〔【《〈<「『].*", re.DOTALL)  # the end was cut off with the field
_BRACKETS = re.compile(r"[()\[\]{}〔〕【】《》〈〉<>「」『』]")
# 肩書・敬称. Where a blank parts them they always go; without one only when a whole name is left (鵜殿 is a family).
_BEFORE = re.compile(
    r"^(?:故|亡|世帯主|納税義務者|納税管理人|相続人代表者?|相続人|被相続人|本名|通称名?|旧姓)"
    r"(?:[\s:・]+(?=\S)|(?=(?:\s*\S){3}))"
)
_AFTER = re.compile(r"(\s*)(?:様|さま|殿|御中|世帯主|相続人代表者?|相続人|(?:外|他|ほか)\s*[0-9]+\s*[名人])\s*$")
_WHOLE_NAME = 3  # letters
_EDGES = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029\u3000・,.、。･'’`" + HYPHENS
_KATAKANA_PARTS = re.compile(r"[ァ-ヺー]+(?:[\s・]+[ァ-ヺー]+)+")
_SEPARATORS = re.compile(rf"[\s・,.、。･'’`{re.escape(HYPHENS)}]+")
_LATIN = re.compile(rf"[\s\x00-\u024f\u1e00-\u1eff・、。･’{re.escape(HYPHENS)}]*")
_LATIN_PARTS = re.compile(r"[^\W_]+")
_UNACCENTED = str.maketrans({"Đ": "D", "Ø": "O", "Ł": "L", "Æ": "AE", "'": None, "’": None})
_REPEATED = re.compile(rf"([㐀-鿿\uf900-\ufaff\U00020000-\U0003ffff])([{re.escape(_EDGES)}]*)々")


@dataclass(frozen=True, slots=True)
class NameParts:
    """姓 and 名 as keys; `given` is None where the writing does not tell where the family name ends."""

    family: str
    given: str | None


def name_key(text: str | None) -> str | None:
    """The key of a name (氏名); None when nothing is left of it.

    Meets: variants (渡邊 渡邉 渡辺), IVS, width, blanks and ・, 々, honorifics and remarks in brackets. A name in Latin
    letters becomes its parts in order of the alphabet, one blank between; one in katakana parts likewise without blank:
    who is called MARIA GARCIA here is called GARCIA MARIA there. Does not meet: readings, 一ノ瀬 and 一之瀬, kana that
    looks like kanji (ニ 二). Idempotent, and the same before and after NFKC. Source of the variants: `variants`.
    """
    bare = _without_remarks(text) if text else ""  # most persons have no second name
    return _key(bare) if bare else None


def name_parts(text: str | None) -> NameParts | None:
    """The key of the family name and that of the rest, parted at the first blank of any kind; None for no name.

    A name in Latin letters is parted only at the ideographic blank (　) that registers put after the family name: at
    an ASCII blank nobody knows which part is which. Without a blank the whole is `family` and `given` is None.
    """
    if not text:
        return None
    bare = _without_remarks(text)
    blank = r"[　]+" if _is_latin(bare) else r"[\s　]+"
    family, *given = re.split(blank, _without_remarks(text, keeps_wide_blanks=True), maxsplit=1)
    key = _key(family)
    return NameParts(key, _key(given[0]) if given else None) if key else None


@lru_cache(8_192)  # asked for the key of the whole, and again for its parts
def _without_remarks(text: str, *, keeps_wide_blanks: bool = False) -> str:
    """`text` in plain writing and capitals without what is no name; what is in brackets alone is a name after all."""
    kept = "　" if keeps_wide_blanks else " "
    bare = kept.join([plain(part) for part in text.split("　")]).upper()
    outside = _outside_brackets(bare) if _BRACKETS.search(bare) else bare.strip(_EDGES)
    while "々" in outside and outside != (longer := _REPEATED.sub(r"\1\2\1", outside)):
        outside = longer
    while outside != (fewer := _without_title(_BEFORE.sub("", outside))):
        outside = fewer
    return outside


def _without_title(bare: str) -> str:
    match = _AFTER.search(bare)
    if match is None:
        return bare.strip(_EDGES)
    left = bare[: match.start()].strip(_EDGES)
    goes = bool(left) if match[1] else len("".join(left.split())) >= _WHOLE_NAME
    return left if goes else bare.strip(_EDGES)


def _outside_brackets(bare: str) -> str:
    for short, long in _CORPORATIONS:
        bare = bare.replace(short, long)
    outside = bare
    while outside != (fewer := _BRACKETED.sub(" ", outside)):
        outside = fewer
    outside = _BRACKETS.sub("", _OPENED.sub("", outside.strip(_EDGES)))
    return (outside if _SEPARATORS.sub("", outside) else _BRACKETS.sub("", bare)).strip(_EDGES)


@lru_cache(65_536)  # the parts of names repeat: a ward has a few thousand family names
def _key(bare: str) -> str | None:
    if _is_latin(bare):
        letters = "".join(one for one in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(one))
        parts = _LATIN_PARTS.findall(letters.translate(_UNACCENTED))
        return " ".join(sorted(parts)) or None
    written = with_long_vowels(bare)
    if "ァ" <= written[:1] <= "ヺ" and _KATAKANA_PARTS.fullmatch(written):
        written = "".join(sorted(re.findall(r"[ァ-ヺー]+", written)))
    joined = _SEPARATORS.sub("", written)
    return unicodedata.normalize("NFC", joined.translate(_FOLDED)) or None


def _is_latin(bare: str) -> bool:
    """Whether this is a name in Latin letters, with or without accents."""
    return _LATIN.fullmatch(bare) is not None
