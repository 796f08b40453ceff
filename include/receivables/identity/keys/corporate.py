"""法人番号のキー: thirteen digits of which the first checks the other twelve."""

import re

from receivables.identity.keys.writing import HYPHENS, plain

_SEPARATORS = re.compile(rf"[\s{re.escape(HYPHENS)}]")
_NUMBER = re.compile(r"T?([0-9]{13})")


def corporate_number(text: str | None) -> str | None:
    """The corporate number (法人番号) in `text` as 13 ASCII digits; None when it is none or its check digit is wrong.

    Full width, blanks and hyphens are allowed, and the T of 適格請求書発行事業者の登録番号, which for a corporation
    is T and this number. Source: 法人番号の指定等に関する省令（平成26年財務省令第70号）第2条: check digit =
    9 - (sum of P_n * Q_n mod 9), P_n the n-th of the twelve digits from the lowest, Q_n = 1 for odd n and 2 for even n.
    """
    match = _NUMBER.fullmatch(_SEPARATORS.sub("", plain(text or "")).upper())
    if match is None:
        return None
    number = match[1]
    return number if int(number[0]) == check_digit(number[1:]) else None


def check_digit(twelve: str) -> int:
    """検査用数字, 1 to 9, of the twelve digits (基礎番号) of a corporation."""
    total = sum(int(digit) * (1 if at % 2 else 2) for at, digit in enumerate(reversed(twelve), start=1))
    return 9 - total % 9
