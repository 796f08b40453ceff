"""Numbers as COBOL keeps them (COBOLの数値): packed (COMP-3), two digits a byte; zoned, one digit a byte.

The last half byte (packed) or the last zone (zoned) is the sign: C, A, E, F plus; D, B minus.
"""

_PLUS, _MINUS = "acef", "bd"
_BLANK = 0x40


def packed(raw: bytes) -> str:
    """The number as plain digits. Raises ValueError when a half byte is no digit or the last one no sign."""
    digits, sign = raw.hex()[:-1], raw.hex()[-1:]
    return _signed(digits, sign)


def zoned(raw: bytes) -> str:
    """The number as plain digits, "" when all is blank. Raises ValueError when a byte is no digit."""
    if not raw.strip(bytes([_BLANK])):
        return ""
    halves = raw.hex()
    if set(halves[:-2:2]) - {"f"}:
        raise ValueError("a byte is no zoned digit")
    return _signed(halves[1::2], halves[-2])


def _signed(digits: str, sign: str) -> str:
    if sign not in _PLUS + _MINUS or not digits.isdigit():
        raise ValueError("a half byte is no digit or no sign")
    return str(-int(digits) if sign in _MINUS else int(digits))
