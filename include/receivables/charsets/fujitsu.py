"""Fujitsu EBCDIC, EBCDIK and JEF from tables (jef4j, see NOTICE): one state, shifted by 28 or 38 in and 29 out."""

import codecs
import csv
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent
_SHIFT_IN = b"\x28\x38"  # 12 and 9 point; the letters are the same
_SHIFT_OUT = b"\x29"
_PARTS = re.compile(rb"[\x28\x38]([^\x28\x38\x29]*)\x29?|([^\x28\x38]+)")  # no JEF byte is a shift code
_PRIVATE = 0xF0000
_USER_AREA = [row << 8 | cell for row in range(0x80, 0xA1) for cell in range(0xA1, 0xFF)]
_NO_LETTER = "\ufffe"  # what Python's charmap takes for undefined


class _Kanji(NamedTuple):
    letters: dict[int, str]
    codes: dict[str, int]


def codec(name: str, single: str | None) -> codecs.CodecInfo:
    """A codec: bytes of table `single` and JEF between shifts, or JEF alone without `single`."""

    def decode(data: Any, errors: str = "strict") -> tuple[str, int]:
        raw = bytes(data)
        return (_mixed(raw, single, errors, name) if single else _kanji(raw, 0, raw, errors, name)), len(raw)

    def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
        return _encoded(text, single, name), len(text)

    return codecs.CodecInfo(encode, decode, name=name)


def _mixed(raw: bytes, single: str, errors: str, name: str) -> str:
    table = _single(single)
    found: list[str] = []
    for part in _PARTS.finditer(raw):
        if part[1] is not None:
            found.append(_kanji(part[1], part.start(1), raw, errors, name))
            continue
        text = codecs.charmap_decode(part[2], "replace", table)[0]  # type: ignore[arg-type]
        if "\ufffd" in text:
            text = "".join(letter if letter != "\ufffd" else _wrong(raw, part.start(2) + at, 1, errors, name)
                           for at, letter in enumerate(text))  # fmt: skip
        found.append(text)
    return "".join(found)


def _kanji(part: bytes, offset: int, raw: bytes, errors: str, name: str) -> str:
    letters = _jef().letters
    found = []
    for at in range(0, len(part), 2):
        code = part[at : at + 2]
        letter = letters.get(int.from_bytes(code, "big")) if len(code) == 2 else None
        found.append(_wrong(raw, offset + at, len(code), errors, name) if letter is None else letter)
    return "".join(found)


def _wrong(raw: bytes, at: int, length: int, errors: str, name: str) -> str:
    error = UnicodeDecodeError(name, raw, at, at + length, "no letter of the table")
    handled, _ = codecs.lookup_error(errors)(error)
    return str(handled)


def _encoded(text: str, single: str | None, name: str) -> bytes:
    bytes_of = {letter: byte for byte, letter in enumerate(_single(single))} if single else {}
    codes = _jef().codes
    found, is_kanji, at = bytearray(), single is None, 0
    while at < len(text):
        byte = bytes_of.get(text[at])
        length = 1 if byte is not None else next((n for n in (3, 2, 1) if text[at : at + n] in codes), 0)
        if length == 0 or text[at] == _NO_LETTER:
            raise UnicodeEncodeError(name, text, at, at + 1, "no code of the table")
        if single and (byte is None) != is_kanji:
            found += _SHIFT_OUT if is_kanji else _SHIFT_IN[:1]
            is_kanji = not is_kanji
        found += codes[text[at : at + length]].to_bytes(2, "big") if byte is None else bytes([byte])
        at += length
    return bytes(found + _SHIFT_OUT if single and is_kanji else found)


@cache
def _single(name: str) -> str:
    with (FOLDER / "fujitsu_single.csv").open(encoding="ascii", newline="") as lines:
        return "".join(chr(int(row[name], 16)) if row[name] else _NO_LETTER for row in csv.DictReader(lines))


@cache
def _jef() -> _Kanji:
    """The table's lines: a code and the letters from it on; `-` Unicode has none, `<` read only; `+` write only."""
    letters = {code: chr(_PRIVATE + code) for code in _USER_AREA}
    codes = {letter: code for code, letter in letters.items()}
    second: dict[str, int] = {}
    for line in (FOLDER / "fujitsu_jef.txt").read_text(encoding="utf-8").split("\n")[:-1]:
        start, *units = line.split("\t")
        if start.startswith("+"):
            second[units[0]] = int(start[1:], 16)
            continue
        for code, unit in enumerate(units, start=int(start, 16)):
            letter = chr(_PRIVATE + code) if unit == "-" else unit.removeprefix("<")
            letters[code] = letter
            (second if unit.startswith("<") else codes).setdefault(letter, code)
    return _Kanji(letters, second | codes)
