"""Names of people who do not exist, with the reading that belongs to each writing.

Surnames by their real frequency and given names with reading come from the package
japanese-personal-name-dataset; every writing here can be put into a CP932 file.
"""

import csv
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TypeVar

from japanese_personal_name_dataset import load_dataset

T = TypeVar("T")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_OLD_WOMENS_ENDINGS = ("こ", "え", "よ", "み")
_WRITINGS_IN_USE = 6  # of the many listed, people use the first few far more often
# Writings that the register keeps and old systems fold (外字・異体字).
_VARIANTS = {"高橋": "髙橋", "山崎": "山﨑", "吉田": "𠮷田", "渡辺": "渡邉", "斎藤": "齋藤"}


@dataclass(frozen=True, slots=True)
class Name:
    """One person's name and its reading in katakana."""

    family: str
    family_kana: str
    given: str
    given_kana: str

    @property
    def written(self) -> str:
        """氏名, with the ideographic space that registers use."""
        return f"{self.family}　{self.given}"

    @property
    def kana(self) -> str:
        """フリガナ in full width."""
        return f"{self.family_kana}　{self.given_kana}"


@dataclass(frozen=True, slots=True)
class ForeignNames:
    """What a foreign resident is called: 本名 in Latin letters with カタカナ併記, 漢字氏名, 通称 (legal alias)."""

    latin: Name
    kanji: Name | None = None
    alias: Name | None = None

    @property
    def katakana(self) -> Name:
        """カタカナ併記: the katakana beside the Latin letters, as a writing of its own."""
        family, given = self.latin.family_kana, self.latin.given_kana
        return Name(family, family, given, given)


class NameBook:
    """Draws names; the same random numbers give the same names."""

    def __init__(self) -> None:
        men, women, surnames = load_dataset("opti", include_last_names=True)
        common = [(name, entry) for name, entry in surnames.items() if _is_writable(name)]
        self._surnames = [(name, _katakana(entry["reading"])) for name, entry in common]
        self._surname_weights = list(accumulate(entry["count"] for _, entry in common))
        self._given = {"1": _given_names(men), "2": _given_names(women)}
        self._given["old women"] = [pair for pair in self._given["2"] if pair[0].endswith(_OLD_WOMENS_ENDINGS)]
        self._foreign = _foreign_names()

    def family(self, rng: Random) -> tuple[str, str]:
        """A surname and its reading; some families keep an old writing (髙橋)."""
        written, kana = rng.choices(self._surnames, cum_weights=self._surname_weights)[0]
        if written in _VARIANTS and rng.random() < 0.08:
            written = _VARIANTS[written]
        return written, kana

    def given(self, rng: Random, sex_code: str, birth_year: int) -> tuple[str, str]:
        """A given name and its reading, by sex and generation."""
        is_old_style = sex_code == "2" and birth_year < 1965 and rng.random() < 0.75
        kana, writings = _popular(rng, self._given["old women" if is_old_style else sex_code])
        return writings[int(rng.random() ** 2 * min(len(writings), _WRITINGS_IN_USE))], _katakana(kana)

    def namesake(self, rng: Random, kana: str, sex_code: str, unlike: str) -> str:
        """Another writing of the same reading (同音異字), or the same one when there is no other."""
        for reading, writings in self._given[sex_code]:
            if _katakana(reading) == kana:
                return rng.choice([writing for writing in writings if writing != unlike] or [unlike])
        return unlike

    def foreign(self, rng: Random, language_code: str) -> ForeignNames:
        """A foreign resident's names, without an alias."""
        family, given = (rng.choice(self._foreign[language_code, part]) for part in ("family", "given"))
        latin = Name(family["latin"], family["kana"], given["latin"], given["kana"])
        if not family["kanji"]:
            return ForeignNames(latin)
        return ForeignNames(latin, Name(family["kanji"], family["kanji_kana"], given["kanji"], given["kanji_kana"]))


@cache
def name_book() -> NameBook:
    """The one name book of this process; reading it takes a second."""
    return NameBook()


def _popular(rng: Random, ordered: list[T]) -> T:
    return ordered[int(rng.random() ** 3 * len(ordered))]


def _given_names(listed: object) -> list[tuple[str, list[str]]]:
    found = []
    for kana, entry in listed.items():  # type: ignore[attr-defined]
        writings = [writing for writing in entry["kanji"] if _is_writable(writing) and len(writing) <= 3]
        if writings:
            found.append((kana, sorted(writings, key=len)))
    Random(0).shuffle(found)  # the list is in order of kana, which is no order of popularity
    return found


def _foreign_names() -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with Path(__file__).with_name("foreign_names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["language_code"], row["part"]), []).append(row)
    return found


def _katakana(hiragana: str) -> str:
    return hiragana.translate(_TO_KATAKANA)


def _is_writable(text: str) -> bool:
    try:
        return bool(text.encode("cp932"))
    except UnicodeEncodeError:
        return False
