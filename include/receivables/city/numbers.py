"""Numbers that the departments give to people and papers: fixed length, zero-padded, with a check digit."""

_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(digits: str) -> int:
    """The digit that makes `digits` valid (modulus 10, weights 1 and 2 from the right)."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def addressee_number(serial: int) -> str:
    """宛名番号: 15 digits, of which nine and a check digit are in use."""
    used = f"{serial:09d}"
    return f"{used}{check_digit(used)}".zfill(15)


def notice_number(year: int, serial: int) -> str:
    """通知書番号: the year's two digits, a serial number and a check digit, 10 in all."""
    used = f"{year % 100:02d}{serial:07d}"
    return f"{used}{check_digit(used)}"


def receipt_number(system: int, serial: int) -> str:
    """A 12-digit receipt number (収納番号) that can never pass for a 個人番号.

    Its last digit is always another than the one a 個人番号 would have there, so that a scan
    for 個人番号 finds none in the synthetic ward.
    """
    used = f"{system}{serial:010d}"
    rest = sum(int(digit) * weight for digit, weight in zip(used, _MY_NUMBER_WEIGHTS, strict=True)) % 11
    forbidden = 0 if rest <= 1 else 11 - rest
    return f"{used}{(forbidden + 1 + serial % 9) % 10}"
