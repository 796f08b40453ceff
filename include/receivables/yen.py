"""Whole yen (円): integers only, cut and never rounded up (端数処理)."""

import re
from typing import NewType

Yen = NewType("Yen", int)

BIGGEST_YEN = 9_999_999_999_999  # 13 digits; the warehouse column is bigint
_PLAIN = re.compile(r"[+-]?[0-9]{1,13}")


def truncate(amount: int, *, unit: int, zero_below: int = 0) -> Yen:
    """`amount` cut down to a multiple of `unit` yen; 0 when it is under `zero_below` yen (端数切捨て)."""
    return Yen(0) if amount < zero_below else Yen(amount // unit * unit)


def parse_yen(text: str) -> Yen:
    """Yen written as plain ASCII digits with an optional sign.

    Raises ValueError for anything else. `int()` is not used alone because it also reads
    full-width digits and underscores, which no department agreed to send.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError("not a whole number of yen in ASCII digits")
    return Yen(int(text))
