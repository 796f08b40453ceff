"""封緘番号: one number per envelope, on every sheet of it, so that a machine sees sheets of two people in one envelope.

The number is a keyed hash of the contact's reference: it tells nobody who is written to, and the same contact gets the
same number for ever. Thirteen signs: twelve of the hash (59 bits) and a check sign, in an alphabet of 31 signs without
those that are taken for others (I, L, O, S, V).
"""

import hashlib
import hmac
from dataclasses import dataclass

from receivables.errors import InputRejectedError

ALPHABET = "0123456789ABCDEFGHJKMNPQRTUWXYZ"
_SIGNS = 12
_MOST_SHEETS = 99
CODE_LENGTH = _SIGNS + 1 + 4


def seal(reference: str, key: str, *, copy: int = 1) -> str:
    """The number of the envelope for one contact (封緘番号); a letter printed again is another `copy`."""
    digest = hmac.new(key.encode(), f"letter|{copy}|{reference}".encode(), hashlib.sha256).digest()
    number, signs = int.from_bytes(digest[:16]), ""
    for _ in range(_SIGNS):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return signs + _check_sign(signs)


def is_seal(token: str) -> bool:
    """Whether `token` is a number with the right check sign: one wrong sign or two changed about are always seen."""
    return (
        len(token) == _SIGNS + 1
        and all(sign in ALPHABET for sign in token)
        and _check_sign(token[:_SIGNS]) == token[_SIGNS]
    )


def shown(token: str) -> str:
    """The number as people read it: in groups of four."""
    return f"{token[:4]}-{token[4:8]}-{token[8:]}"


@dataclass(frozen=True, slots=True, order=True)
class Sheet:
    """One sheet of an envelope (用紙): `number` of `count`."""

    token: str
    number: int
    count: int

    @property
    def code(self) -> str:
        """What the sheet's QR code holds; alphanumeric, so that the smallest symbol takes it."""
        return f"{self.token}{self.number:02d}{self.count:02d}"


def sheets_of(token: str, count: int) -> tuple[Sheet, ...]:
    """All sheets of one envelope, in order."""
    if not 1 <= count <= _MOST_SHEETS:
        raise InputRejectedError(f"an envelope of {count} sheets: 1 to {_MOST_SHEETS} can be numbered")
    return tuple(Sheet(token, number, count) for number in range(1, count + 1))


def sheet_of(code: str) -> Sheet | None:
    """The sheet whose code was scanned; None when it is no code of ours."""
    token, digits = code[: _SIGNS + 1], code[_SIGNS + 1 :]
    if len(code) != CODE_LENGTH or not is_seal(token) or not (digits.isascii() and digits.isdecimal()):
        return None
    number, count = int(digits[:2]), int(digits[2:])
    return Sheet(token, number, count) if 1 <= number <= count else None


def _check_sign(signs: str) -> str:
    """Weights 1 to 12 modulo a prime greater than all of them: no single error and no transposition sums to nothing."""
    total = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(signs, start=1))
    return ALPHABET[total % len(ALPHABET)]
