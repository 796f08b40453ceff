"""候補: which letters an unmapped character may be, ranked by what the lists know, for people to choose from."""

import unicodedata
from functools import cache
from typing import NamedTuple

from receivables.migration.characters import moji

BASES = {
    "same_letter": "同じ符号位置の字形",
    "compatibility": "互換漢字の統合先",
    "same_cell": "同じJIS面区点",
    "shrinks_to": "縮退先",
    "shrinks_from": "縮退元",
    "same_class": "同じ縮退先を持つ字",
}


class Candidate(NamedTuple):
    """One letter that a character may be: rank (1 is nearest), MJ number, its text, and why (basis, 根拠)."""

    rank: int
    mj: str
    text: str
    basis: str


def candidates(like: str, *, limit: int = 20) -> list[Candidate]:
    """Letters near `like`: the character that came, or one that the vendor's list says it resembles.

    Empty for a private-use code by itself: its bytes say nothing about its shape.
    """
    base = like[0]
    found: dict[str, Candidate] = {}
    for rank, (basis, letters) in enumerate(_related(base), start=1):
        for letter in sorted(letters, key=lambda each: each.mj):
            if letter.text != like:
                found.setdefault(letter.mj, Candidate(rank, letter.mj, letter.text, basis))
    return sorted(found.values())[:limit]


def _related(base: str) -> list[tuple[str, list[moji.Letter]]]:
    by_base = moji.by_base()
    own = list(by_base.get(base, ()))
    unified = unicodedata.normalize("NFC", base) if moji.is_compatibility(base) else base
    places = {letter.cell for letter in own} | {_places().get(base, "")}
    targets = {one for letter in own for one in letter.shrunk} - {base}
    return [
        ("same_letter", own),
        ("compatibility", list(by_base.get(unified, ())) if unified != base else []),
        ("same_cell", [letter for place in places if place for letter in _by_cell().get(place, ())]),
        ("shrinks_to", [letter for one in targets for letter in by_base.get(one[0], ())]),
        ("shrinks_from", list(_by_shrunk().get(base, ()))),
        ("same_class", [letter for one in targets for letter in _by_shrunk().get(one, ())]),
    ]


def shrunk_class(unit: str) -> frozenset[str]:
    """The base letters that `unit` shrinks to (縮退先), itself among them: two writings of one name share one."""
    base = unit[0]
    own = {one for letter in moji.by_base().get(base, ()) for one in letter.shrunk}
    return frozenset(own | {base, unicodedata.normalize("NFC", base) if moji.is_compatibility(base) else base})


@cache
def _by_shrunk() -> dict[str, list[moji.Letter]]:
    found: dict[str, list[moji.Letter]] = {}
    for letter in moji.letters().values():
        for one in letter.shrunk:
            found.setdefault(one, []).append(letter)
    return found


@cache
def _by_cell() -> dict[str, list[moji.Letter]]:
    found: dict[str, list[moji.Letter]] = {}
    for letter in moji.letters().values():
        if letter.cell:
            found.setdefault(letter.cell, []).append(letter)
    return found


@cache
def _places() -> dict[str, str]:
    return {cell.text: place for place, cell in moji.cells().items()}
