"""The decoded letters of a block's accepted rows (文字の検査): odd ones, blanks at the edges, numbers not of ASCII."""

import re

import numpy as np
from numpy.typing import NDArray

from receivables.ingest.blocks import Mask

FEED, RETURN = 2, 3  # bytes that stand for line ends in cells until the text is decoded
MOST_DIGITS = 11  # twelve may be a My Number
Units = NDArray[np.uint16]
_TAB, _LF, _WIDE_BLANK = ord("\t"), ord("\n"), 0x3000
_WIDE_BLANKS = re.compile("(?<=[\t\n])[ \u3000]*\u3000[ \u3000]*|[ \u3000]*\u3000[ \u3000]*(?=[\t\n])")
_WINDOW, _LAST_ASCII = 14, 127
_DIGITS = np.array([chr(unit).isdecimal() for unit in range(1 << 16)], dtype=np.bool_)


def without(text: str, units: Units, places: list[int]) -> str:
    """The text without some of its lines."""
    if len(units) != len(text):  # a letter of two units: places of units are none of letters
        left_out = set(places)
        return "\n".join(line for at, line in enumerate(text.split("\n")) if at not in left_out)
    ends = np.concatenate(([0], np.flatnonzero(units == _LF) + 1))
    begins, stops = [0, *ends[np.array(places) + 1].tolist()], [*ends[places].tolist(), len(text)]
    return "".join(text[begin:stop] for begin, stop in zip(begins, stops, strict=True))


def escaped(text: str, *, has_breaks: bool) -> str:
    """COPY text of what stood for it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace(chr(FEED), "\\n").replace(chr(RETURN), "\\r") if has_breaks else text


def _units(text: str) -> Units:
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")


def without_wide_blanks(text: str) -> tuple[str, Units]:
    """Cells without 全角 blanks around them; plain blanks are gone, so a 全角 one stands at the very edge."""
    units = _units(text)
    blanks = np.flatnonzero(units == _WIDE_BLANK)
    edges = np.isin(units.take(blanks + 1, mode="clip"), (_TAB, _LF)) | np.isin(units[blanks - 1], (_TAB, _LF))
    if not edges.any():
        return text, units
    text = _WIDE_BLANKS.sub("", f"\n{text}")[1:]
    return text, _units(text)


def odd_lines(units: Units) -> list[int]:
    """Lines with an empty cell, a letter that is none, a replacement or maybe 外字, or a long number not of ASCII.

    A cell that may be empty is marked; another one was blanks alone.
    """
    is_odd = ((units >= 0xD800) & (units <= 0xF8FF)) | (units == 0xFFFD) | _in_wide_numbers(units)
    is_end = (units == _TAB) | (units == _LF)
    is_odd[1:] |= is_end[1:] & is_end[:-1]
    is_odd[:1] |= is_end[:1]
    places = np.flatnonzero(is_odd)
    return sorted(set(np.searchsorted(np.flatnonzero(units == _LF), places).tolist())) if len(places) else []


def _in_wide_numbers(units: Units) -> Mask:
    """Digits beyond ASCII, 全角 mostly, near which as many digits stand as a My Number has, two blanks between at most.

    A street's number in 全角 is none: twelve digits in fourteen letters are.
    """
    found = np.zeros(len(units), dtype=np.bool_)
    is_digit = _DIGITS[units]
    wide = np.flatnonzero(is_digit & (units > _LAST_ASCII))
    if not len(wide):
        return found
    before = np.concatenate(([0], np.cumsum(is_digit, dtype=np.int32)))  # digits before each letter
    starts = wide[:, None] - np.arange(_WINDOW)
    stops = np.minimum(starts + _WINDOW, len(units))
    counts = before[stops] - before[np.maximum(starts, 0)]
    found[wide[(counts > MOST_DIGITS).any(axis=1)]] = True
    return found
