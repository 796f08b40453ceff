"""What happened to a text between two legs (文字の変化の推定): the suspected cause that a reconciler shows.

This is the only place of the migration that normalises anything, and only to recognise that somebody else did.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from receivables.migration.characters.candidates import shrunk_class
from receivables.migration.characters.units import is_selector, units

TITLES = {
    "whitespace": "空白の変化",
    "width": "全角・半角の変化",
    "ivs_dropped": "字形選択子の脱落",
    "nfc_folded": "NFC正規化（互換漢字の置換え等）",
    "nfkc_folded": "NFKC正規化（㈱・①等の展開）",
    "shift_jis_2004": "shift_jis_2004 での誤復号（外字が別の漢字に化けた）",
    "variant": "異体字への置換え",
    "other": "その他の文字の変化",
}
_BLANKS = dict.fromkeys(map(ord, "\t\n\v\f\r \xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2009\u200b\u3000\ufeff"))

_MARKED_KANA = re.compile("[\u30a1-\u30ff][\u3099\u309a]")


def folding(before: str, after: str, known: Mapping[str, str] | None = None) -> str | None:
    """The class of the difference between two texts, None when they are the same.

    `known` gives the letter that each private-use code was mapped to: with it a mis-decoded code is also recognised
    where the left side holds the mapped letter.
    """
    if before == after:
        return None
    for name, is_so in _WHOLE.items():
        if is_so(before, after):
            return name
    pairs = [(b, a) for b, a in zip(units(before), units(after), strict=False) if b != a]
    if len(units(before)) == len(units(after)) and pairs:
        if all(_is_misread(b, a, known or {}) for b, a in pairs):
            return "shift_jis_2004"
        if all(shrunk_class(b) & shrunk_class(a) for b, a in pairs):
            return "variant"
    return "other"


@cache
def misread() -> dict[str, str]:
    """What `shift_jis_2004` makes of each CP932 user-defined code (外字 F040–F9FC): a real, wrong kanji, no error."""
    tails = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    codes = [bytes((head, tail)) for head in range(0xF0, 0xFA) for tail in tails]
    return {code.decode("cp932"): code.decode("shift_jis_2004") for code in codes}


def _is_misread(before: str, after: str, known: Mapping[str, str]) -> bool:
    wrong = misread()
    if before in wrong:
        return after == wrong[before]
    return any(letter == before and wrong.get(code) == after for code, letter in known.items())


def _without_blanks(text: str) -> str:
    return text.translate(_BLANKS)


def _without_selectors(text: str) -> str:
    return "".join(char for char in text if not is_selector(char))


def _one_width(text: str) -> str:
    """Every half- and full-width form as its ordinary letter, half-width kana with their marks as one."""
    folded = "".join(
        unicodedata.normalize("NFKC", char)
        if unicodedata.decomposition(char).startswith(("<wide>", "<narrow>")) or char == "\u3000"
        else char
        for char in text
    )
    return _MARKED_KANA.sub(lambda found: unicodedata.normalize("NFC", found[0]), folded)


_WHOLE: dict[str, Callable[[str, str], bool]] = {
    "whitespace": lambda before, after: _without_blanks(before) == _without_blanks(after),
    "width": lambda before, after: _one_width(before) == _one_width(after),
    "ivs_dropped": lambda before, after: _without_selectors(before) == after,
    "nfc_folded": lambda before, after: unicodedata.normalize("NFC", before) == after,
    "nfkc_folded": lambda before, after: unicodedata.normalize("NFKC", before) == after,
}
