"""フリガナのキー: a strict key for what is one reading, a loose one that only proposes candidates."""

import re
import unicodedata
from functools import lru_cache

from receivables.identity.keys.writing import plain, with_long_vowels

_FOLDED = str.maketrans(
    {code: code + 0x60 for code in range(0x3041, 0x3097)} | {0x309D: 0x30FD, 0x309E: 0x30FE}  # hiragana
)
# Host computers have no small kana in many fields, and clerks hear ヂ and ジ, ヅ and ズ, ヲ and オ alike.
_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶヂヅヲヰヱヴ", "アイウエオツヤユヨワカケジズオイエブ")
_VOICED_W = {"ヷ": "バ", "ヸ": "ビ", "ヹ": "ベ", "ヺ": "ボ"}
_REPEATED = re.compile(r"(.)ヽ")
_REPEATED_VOICED = re.compile(r"(.)ヾ")
_OTHER = re.compile(r"[^ァ-ヺーA-Z0-9]")
_KANJI = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]")
_VOICING = re.compile("[\u3099\u309a]")
_LONG = re.compile(
    "([アカサタナハマヤラワ])[アー]+|([イキシチニヒミリ])[イー]+|([ウクスツヌフムユル])[ウー]+"
    "|([エケセテネヘメレ])[エイー]+|([オコソトノホモヨロ])[オウー]+|(ン)ー+"
)


@lru_cache(8_192)  # asked for by itself, and again for the loose key
def kana_key(text: str | None) -> str | None:
    """The strict key of a reading: one width, katakana, large kana, composed dakuten, ー for every long-vowel sign.

    ヴ is ブ, ヂ ジ, ヅ ズ, ヲ オ, ヰ イ, ヱ エ; blanks and ・ go. `オオノ`, `オーノ` and `オノ` stay three keys. None
    when there is no kana or letter, and when there is kanji: then it is no reading. Idempotent.
    """
    if not text:
        return None
    wide = with_long_vowels(plain(text)).upper().translate(_FOLDED)
    if _KANJI.search(wide):
        return None
    if "ヽ" in wide or "ヾ" in wide:
        wide = _unrepeated(wide)
    folded = unicodedata.normalize("NFC", wide).translate(_LARGE)
    for voiced, plain_b in _VOICED_W.items():
        folded = folded.replace(voiced, plain_b)
    return _OTHER.sub("", folded).lstrip("ー") or None


def kana_loose_key(text: str | None) -> str | None:
    """The loose key: `kana_key` without dakuten and without long vowels (ー, オウ, オオ, ウウ, エイ, エエ, アア, イイ).

    サイトウ and サイド, ユウキ and ユキ, オオノ and オノ meet here: it proposes candidates and never decides.
    """
    key = kana_key(text)
    if key is None:
        return None
    unvoiced = _VOICING.sub("", unicodedata.normalize("NFD", key))
    return _LONG.sub(lambda found: found[found.lastindex or 0], unvoiced).replace("ー", "") or None


def _unrepeated(text: str) -> str:
    """ヽ repeats the kana before it, ヾ repeats it with dakuten (ミスヾ → ミスズ)."""
    while text != (shorter := _REPEATED.sub(r"\1\1", text, count=1)):
        text = shorter
    while text != (shorter := _REPEATED_VOICED.sub(_voiced, text, count=1)):
        text = shorter
    return text


def _voiced(found: re.Match[str]) -> str:
    plain_kana = unicodedata.normalize("NFD", found[1])[0]
    return found[1] + unicodedata.normalize("NFC", plain_kana + "\u3099")
