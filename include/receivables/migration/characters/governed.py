"""外字の同定表: what each code of one source was decided to be, by two people; put in, and taken out again.

One file per municipality and source, `gaiji/131121/<source>.csv`. A code is one character that no field may hold; its
target is one letter of the repertoire. Nothing that is already legal can be replaced.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.migration.characters import moji
from receivables.migration.characters.repertoire import Kind, problem_of
from receivables.migration.characters.units import codes_of, text_of, units
from receivables.migration.mapping import MUNICIPALITY
from receivables.migration.spec import explanation

FOLDER = Path(__file__).with_name("gaiji")
PRIVATE = (Kind.BMP_PRIVATE, Kind.PRIVATE_OUTSIDE_GJ)
_REPLACEABLE = (*PRIVATE, Kind.OUTSIDE, Kind.UNASSIGNED)
_BYTES = re.compile(r"([a-z0-9_-]+) ([0-9A-F]{2}(?:[0-9A-F]{2})*)")


class Ruling(BaseModel):
    """One decision on one code (同定): what it is, how sure that is, who says so and since when it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str  # as written: U+E000, or the source's bytes: cp932 F040
    target: str = Field(pattern=r"^(MJ|GJ)[0-9]{6}$")
    text: str = Field(min_length=1)
    kind: Literal["identified", "substituted"]  # 同定: the same letter; 代替: another letter stands for it
    status: Literal["confirmed", "provisional"]  # 同定済; 暫定
    basis: str = Field(min_length=1)
    decided_by: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    ticket: str = Field(min_length=1)
    valid_from: date

    @property
    def char(self) -> str:
        """The character that the code is in text."""
        return char_of(self.code)


class Use(NamedTuple):
    """One replaced character: where it stands in the new text (code points from 0), what came and what was put."""

    at: int
    source: str
    target: str


def governed(
    source: str, *, as_of: date, municipality: str = MUNICIPALITY, folder: Path = FOLDER,
    decided: Iterable[Ruling] = (),
) -> dict[str, Ruling]:  # fmt: skip
    """The rulings of `source` in force on `as_of`, by the character that came: its file's and those `decided` since.

    Raises InputRejectedError for a wrong row, an unknown or illegal target, self-approval, two targets for one code.
    """
    file = folder / municipality / f"{source}.csv"
    listed = [(f"{file.name} line {at}", ruling) for at, ruling in enumerate(_read(file), start=2)]
    listed += [(f"decision on {ruling.code}", ruling) for ruling in decided]
    found: dict[str, Ruling] = {}
    for where, ruling in listed:
        check(ruling, where)
        before = found.setdefault(ruling.char, ruling)
        if (before.target, before.text) != (ruling.target, ruling.text):
            raise InputRejectedError(f"{where}: {ruling.code} has two targets, {before.target} and {ruling.target}")
        if before is not ruling and where.startswith(file.name):
            raise InputRejectedError(f"{where}: {ruling.code} is there twice; remove one row")
    return {char: ruling for char, ruling in found.items() if ruling.valid_from <= as_of}


def check(ruling: Ruling, where: str) -> None:
    """Refuse a ruling that two different people did not make, or that is about the wrong thing."""
    if person(ruling.decided_by) == person(ruling.approved_by):
        raise InputRejectedError(f"{where}: decided_by and approved_by are one person; another person must approve")
    check_code(ruling.code, where)
    check_target(ruling.target, ruling.text, ruling.kind, where)


def check_code(code: str, where: str) -> str:
    """The character of `code`; refuse one that is none, or that the target takes as it is."""
    try:
        char = char_of(code)
    except (ValueError, LookupError):
        raise InputRejectedError(
            f"{where}: key code: is no code; write U+E000, or the source's encoding and bytes: cp932 F040"
        ) from None
    if len(char) != 1 or problem_of(char, "name") not in _REPLACEABLE:
        raise InputRejectedError(
            f"{where}: key code: only one private-use character, or one that the target does not take, is replaced"
        )
    return char


def check_target(target: str, text: str, kind: str, where: str) -> None:
    """Refuse a target that is not in the repertoire, or a text that is not that letter."""
    forms = texts_of(target)
    if not forms:
        raise InputRejectedError(f"{where}: key target: no letter {target} in the lists at hand")
    if kind == "substituted":
        forms |= {form[0] for form in forms}  # the letter without its selector stands for it
    if text not in forms:
        shown = " or ".join(sorted(codes_of(form) for form in forms))
        raise InputRejectedError(f"{where}: key text: {target} is written {shown}")
    if len(units(text)) != 1 or problem_of(text, "name") is not None:
        raise InputRejectedError(f"{where}: key text: {target} is not in the repertoire of names")


def texts_of(target: str) -> set[str]:
    """Every way to write the letter of an MJ or GJ number; empty when no list at hand has it."""
    if target.startswith("GJ"):
        return {char for char, number in moji.governed_letters().items() if number == target}
    if target not in moji.letters():
        return set()
    letter = moji.letters()[target]
    others = {one for one in moji.sequences() if moji.numbers()[one] == target}
    return {letter.text} | others | {one for one, number in moji.compatible().items() if number == target}


def char_of(code: str) -> str:
    """The character of a code as people write it; ValueError or LookupError when it is none."""
    found = _BYTES.fullmatch(code)
    return bytes.fromhex(found[2]).decode(found[1]) if found else text_of(code)


def person(name: str) -> str:
    """One person, however the name is typed: width, case and blanks aside."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def applied(text: str, rulings: Mapping[str, Ruling]) -> tuple[str, tuple[Use, ...]]:
    """`text` with each governed code replaced, and what was replaced where (置換えの証跡)."""
    if not any(char in rulings for char in text):
        return text, ()
    parts: list[str] = []
    uses: list[Use] = []
    at = 0
    for char in text:
        put = rulings[char].text if char in rulings else char
        if char in rulings:
            uses.append(Use(at, char, put))
        parts.append(put)
        at += len(put)
    return "".join(parts), tuple(uses)


def undone(text: str, uses: Iterable[Use]) -> str:
    """The text as it came; InvariantBrokenError when what was put does not stand there any more."""
    parts: list[str] = []
    at = 0
    for use in sorted(uses):
        if use.at < at or text[use.at : use.at + len(use.target)] != use.target:
            raise InvariantBrokenError(
                f"character {codes_of(use.source)} cannot be put back: the text was changed since; stage it again"
            )
        parts += [text[at : use.at], use.source]
        at = use.at + len(use.target)
    return "".join([*parts, text[at:]])


def _read(file: Path) -> list[Ruling]:
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        if rows.fieldnames != list(Ruling.model_fields):
            raise InputRejectedError(f"{file.name}: the header must be {','.join(Ruling.model_fields)}")
        found = []
        for at, row in enumerate(rows, start=2):
            try:
                found.append(Ruling.model_validate(row))
            except ValidationError as error:
                raise InputRejectedError(explanation(f"{file.name} line {at}", error)) from None
    return found
