"""What the keys do to a text first (字面の整え): one width, no invisible letters, one sign for a long vowel.

All of it is done after NFKC, so that it does not matter whether a source had normalised its text before us.
"""

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    [
        *range(0x00, 0x09), *range(0x0E, 0x1C), 0x7F, 0xAD,  # controls that are no blanks; soft hyphen
        0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),  # variation selectors (IVS)
        *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF,  # zero width, direction
    ]
)  # fmt: skip
# NFKC writes a lone voicing mark as a blank and a combining mark; the combining mark alone composes (カ゛ → ガ).
_PARTED = re.compile("\\s+(?=[\u3099\u309a])")
_VOICING = str.maketrans({"゛": "\u3099", "゜": "\u309a"})
# Most texts: nothing of what follows changes them.
_ORDINARY = re.compile("[ -~\u3041-\u3096\u30a1-\u30fe\u3005\u4e00-\u9fff]*")
_SPECIAL = re.compile("[" + "".join(map(re.escape, map(chr, [*_INVISIBLE, *_VOICING]))) + "]")
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u2501\u207b\u208b\ufe58\ufe63"
_LONG_VOWEL = re.compile(rf"(?<=[\u3041-\u3096\u30a1-\u30fa\u30fc])[{re.escape(HYPHENS)}]+")


def plain(text: str) -> str:
    """`text` in NFKC, without variation selectors (異体字セレクタ) and other letters that nobody sees; idempotent."""
    if _ORDINARY.fullmatch(text):
        return text
    if _SPECIAL.search(text):
        text = text.translate(_VOICING).translate(_INVISIBLE)
    normal = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFC", _PARTED.sub("", normal)) if _PARTED.search(normal) else normal


def with_long_vowels(text: str) -> str:
    """`text`, already plain, with every hyphen after kana written ー (長音): `サト-` and `サト−` are `サトー`."""
    if text.isascii():
        return text
    return _LONG_VOWEL.sub(lambda found: "ー" * len(found[0]), text)
