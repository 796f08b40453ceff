"""The lists behind the repertoires (文字情報一覧): MJ letters, their IVS, JIS X 0213 cells, the GJ list.

Data and terms: data/README.md and data/moji/README.md. Everything is read once, when it is first asked for.
"""

import csv
import lzma
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from receivables.errors import InputRejectedError
from receivables.migration.characters.units import text_of, units

DATA = Path(__file__).with_name("data")
GJ = DATA / "gj.csv"
_FORMS = re.compile(r"(?:Fullwidth|Windows): U\+([0-9A-F]{4,5})")
_FULL = re.compile(r"Fullwidth: U\+([0-9A-F]{4,5})")


class Letter(NamedTuple):
    """One letter of the MJ文字情報一覧表: its number, its text (with selector), what it shrinks to, its JIS cell."""

    mj: str
    text: str
    shrunk: tuple[str, ...]  # 縮退候補; the letter itself may be among them
    cell: str  # plane-row-cell of JIS X 0213 (面区点), or empty


class Cell(NamedTuple):
    """One cell of JIS X 0213 (面区点): its text and the forms that Windows and full-width fields use instead."""

    place: str
    text: str
    forms: tuple[str, ...]
    full: str | None  # the full-width form, when the text itself is half-width


@cache
def letters() -> dict[str, Letter]:
    """Every MJ letter at hand by its number (MJ000001)."""
    found = {}
    for mj, text, shrunk, cell in _rows("moji/mj.csv.xz", ","):
        number = f"MJ{int(mj):06}"
        found[number] = Letter(number, text, tuple(units(shrunk)), cell)
    return found


@cache
def numbers() -> dict[str, str]:
    """The MJ number of each text, with the second sequence of those letters that have two."""
    found = {letter.text: number for number, letter in letters().items()}
    return found | {text: f"MJ{int(mj):06}" for mj, texts in _ivs() for text in texts}


@cache
def sequences() -> frozenset[str]:
    """Every registered pair of base and selector (登録済みのIVS)."""
    return frozenset(text for _, texts in _ivs() for text in texts)


@cache
def by_base() -> dict[str, tuple[Letter, ...]]:
    """The MJ letters of each base character, with and without selector."""
    found: dict[str, list[Letter]] = {}
    for text, number in numbers().items():
        found.setdefault(text[0], []).append(letters()[number])
    return {base: tuple(each) for base, each in found.items()}


@cache
def cells() -> dict[str, Cell]:
    """JIS X 0213 by plane-row-cell, without the cells that Windows alone has."""
    found = {}
    for code, ucs, *notes in _rows("jisx0213.tsv.xz", "\t"):
        if re.fullmatch(r"0x[0-9A-F]{4}", code) and ucs:
            row, column = int(code[2:4], 16), int(code[4:], 16)
            plane = 2 if column >= 0xA1 else 1
            place = f"{plane}-{row % 0x80 - 0x20:02}-{column % 0x80 - 0x20:02}"
            noted = " ".join(notes)
            full = _FULL.search(noted)
            found[place] = Cell(
                place,
                "".join(chr(int(each, 16)) for each in ucs.removeprefix("U+").split("+")),
                tuple(chr(int(each, 16)) for each in _FORMS.findall(noted)),
                chr(int(full[1], 16)) if full else None,
            )
    return found


@cache
def compatible() -> dict[str, str]:
    """CJK compatibility ideographs (互換漢字) that an MJ letter has by its JIS cell, with that letter's number."""
    return {
        cells()[letter.cell].text: number
        for number, letter in letters().items()
        if letter.cell and is_compatibility(cells()[letter.cell].text)
    }


@cache
def levels() -> dict[str, int]:
    """The JIS level (水準 1 to 4) of each kanji of JIS X 0213."""
    return {
        cell.text: _level(cell.place)
        for cell in cells().values()
        if is_kanji(cell.text) and cell.place >= "1-14"  # 仝 of row 1 is a sign to JIS, and of no level
    }


def governed_letters(file: Path = GJ) -> dict[str, str]:
    """The GJ list (追加文字): number by its character of plane 15 or 16; InputRejectedError for a wrong row."""
    found: dict[str, str] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for at, row in enumerate(csv.DictReader(lines, strict=True), start=2):
            try:
                number, char = row["gj"], text_of(row["code"])
            except (KeyError, ValueError):
                raise InputRejectedError(f"{file.name} line {at}: needs gj and code, written U+100000") from None
            if not re.fullmatch(r"GJ[0-9]{6}", number) or not "\U000f0000" <= char <= "\U0010fffd" or len(char) != 1:
                raise InputRejectedError(f"{file.name} line {at}: a GJ number and one character of plane 15 or 16")
            if char in found or number in found.values():
                raise InputRejectedError(f"{file.name} line {at}: number or character is there twice; remove one")
            found[char] = number
    return found


def is_compatibility(char: str) -> bool:
    """Whether `char` is a CJK compatibility ideograph, which NFC would rewrite."""
    in_block = "\uf900" <= char <= "\ufaff" or "\U0002f800" <= char <= "\U0002fa1f"
    return in_block and len(char) == 1 and unicodedata.decomposition(char) != ""


def is_kanji(char: str) -> bool:
    """Whether `char` is a kanji (漢字): an ideograph, unified or compatible."""
    return len(char) == 1 and (
        "\u3400" <= char <= "\u4dbf" or "\u4e00" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U0003ffff"
    )  # fmt: skip


def _level(place: str) -> int:
    plane, row, column = (int(part) for part in place.split("-"))
    if plane == 2:
        return 4
    if (row, column) <= (47, 51) and row >= 16:
        return 1
    return 2 if (48, 1) <= (row, column) <= (84, 6) else 3


@cache
def _ivs() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (mj, tuple(text_of(" ".join(f"U+{each}" for each in pair.split("_"))) for pair in pairs.split(";")))
        for mj, pairs in _rows("moji/mj_ivs.csv.xz", ",")
    )


def _rows(name: str, separator: str) -> list[list[str]]:
    """The rows of a reduced list, without the header of those that have one."""
    text = lzma.decompress((DATA / name).read_bytes()).decode("utf-8-sig")
    rows = [line.split(separator) for line in text.splitlines() if line.strip()]
    return rows[1:] if name.endswith(".csv.xz") else rows
