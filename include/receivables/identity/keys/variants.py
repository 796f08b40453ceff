"""Variant kanji (異体字): which writings of a name are one letter to us.

The classes are read at run time from the 文字情報基盤 縮退マップ (by 戸籍法関連通達) inside `jntajis`: its terms are
CC BY-SA 2.1 JP, so no part of it is copied here. A letter folds only where the map knows one answer: 眀 stands for 朋
or 明, so it stays. What the map lacks is added below from 常用漢字表 and 表外漢字字体表, and by one decision of ours.
"""

from functools import lru_cache

from jntajis import MJShrinkSchemeCombo, mj_shrink_candidates

from receivables.identity.keys.writing import plain

_SCHEME = int(MJShrinkSchemeCombo.MOJ_FAMILY_REGISTER_ACT_RELATED_NOTICE)
# The map answers these too, but with a letter that nobody takes for the same: 書 for 昼, 功 for 切, 舛 for 升.
_KEPT = frozenset("書功舛耒伹")
# 簡易慣用字体 and 印刷標準字体 of one letter, and 旧字 that the map leaves: the second of a pair folds to the first.
_PAIRS = "桧檜薮藪篭籠剥剝騨驒麹麴頚頸凛凜遥遙巌巖礒磯嘘噓噛嚙溌潑撹攪鯵鰺涛濤鴬鶯賎賤亘亙鶴靍鶴鸖"
# 斉 and 斎 are two letters by origin (セイ even, サイ abstain), and the map keeps them apart. In the family name
# サイトウ people, clerks and old systems mix 斉 齊 斎 齋, so for keys they are one class.
_OURS = {"斉": "斎"}


class Folded(dict[int, str]):
    """For `str.translate`: every letter to the one that stands for its class; worked out once for each letter."""

    def __missing__(self, code: int) -> str:
        """Look the letter up and remember the answer."""
        self[code] = found = folded(chr(code))
        return found


@lru_cache(65_536)
def folded(letter: str) -> str:
    """The letter that stands for the class of `letter`; the letter itself when it has no known variant."""
    seen = [letter]
    while (following := _following(seen[-1])) is not None:
        if following in seen:
            return min(seen[seen.index(following) :], key=_by_jis)
        seen.append(following)
    return seen[-1]


def _following(letter: str) -> str | None:
    if letter in _EXTRA:
        return _EXTRA[letter]
    found = _candidates(letter)
    # 邉 answers 辺 and 邊, and 邊 answers 辺: that is one answer.
    last = {one for one in found if not (_candidates(one) & found)} if len(found) > 1 else found
    if found and not last:  # 渊 answers 渕 and 淵, which answer each other
        last = {min(found, key=_by_jis)}
    return next(iter(last)) if len(last) == 1 else None


@lru_cache(65_536)
def _candidates(letter: str) -> frozenset[str]:
    if letter < "\u3400" or letter in _KEPT:
        return frozenset()
    return frozenset(plain(one) for one in mj_shrink_candidates(letter, _SCHEME)) - {letter}


def _by_jis(letter: str) -> tuple[bool, bytes]:
    """Order of JIS: the common letter (第1水準) before the rare one, and what JIS lacks last."""
    try:
        return False, letter.encode("cp932")
    except UnicodeEncodeError:
        return True, letter.encode("utf-32-be")


_EXTRA = {second: first for first, second in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)} | _OURS
