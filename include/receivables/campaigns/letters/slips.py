"""Payment slips (納付書): the number that channels' files carry back, and the codes that shops and telephones read.

Shops: GS1-128 of 44 digits, 「GS1-128シンボルによる標準料金代理収納ガイドライン」 (GS1 Japan). Telephones: a QR code of
the ward's own digits; the layout of eL-QR is given only to members by 地方税共同機構, so this one is configuration.
"""

from dataclasses import dataclass
from datetime import date

from receivables.errors import InputRejectedError
from receivables.yen import Yen

APPLICATION_IDENTIFIER = "91"
SHOP_DIGITS = 44
_NUMBER_DIGITS = 14
_FREE_DIGITS = 21
_MOST_SHOP_YEN = 999_999  # six digits


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip (納付書): pays one instalment, `yen` until `pay_by_date` (取扱期限); `reissue` counts those before."""

    number: str
    yen: Yen
    pay_by_date: date
    reissue: int = 0

    def __post_init__(self) -> None:
        is_number = len(self.number) == _NUMBER_DIGITS and self.number.isascii() and self.number.isdecimal()
        if not is_number or self.yen <= 0 or not 0 <= self.reissue <= 9:
            raise InputRejectedError("a slip needs 14 digits, yen above 0 and a reissue of 0 to 9; see slip_number")


def slip_number(system_code: str, notice_no: str, instalment_no: int) -> str:
    """納付番号: 業務コード, 通知書番号 in ten digits, 期別 in two.

    The same number that shops, agents and eL-QR tell the ward with the money, so that it is posted to this instalment.
    """
    number = f"{system_code}{notice_no:0>10}{instalment_no:02d}"
    if len(system_code) != 2 or len(number) != _NUMBER_DIGITS or not (number.isascii() and number.isdecimal()):
        raise InputRejectedError(
            "a slip number is made of a code of 2 digits, a notice of up to 10, an instalment of 2"
        )
    return number


def shop_digits(slip: Slip, *, company_code: str) -> str:
    """The 44 digits of the shops' bar code (コンビニ収納), AI 91 included.

    AI 2, 請求書発行企業コード 6, 自由使用欄 21 (the slip's number, then zeros), 再発行区分 1, 支払期限 6 (YYMMDD),
    印紙フラグ 1 (0: a municipality's receipts bear no stamp, 印紙税法第5条第2号), 支払金額 6, check digit 1.
    """
    if len(company_code) != 6 or not company_code.isdecimal():
        raise InputRejectedError("the company code of the shops' bar code (請求書発行企業コード) has 6 digits")
    if slip.yen > _MOST_SHOP_YEN:
        raise InputRejectedError(f"a shop's bar code holds at most {_MOST_SHOP_YEN:,} yen: print this slip without one")
    digits = (
        f"{APPLICATION_IDENTIFIER}{company_code}{slip.number:0<{_FREE_DIGITS}}{slip.reissue}"
        f"{slip.pay_by_date:%y%m%d}0{slip.yen:06d}"
    )
    return digits + check_digit(digits)


def shop_lines(digits: str) -> tuple[str, str]:
    """The digits as they are printed under the bars, in two lines, parted by meaning."""
    company, free, reissue = digits[2:8], digits[8:29], digits[29]
    day, stamp, yen, check = digits[30:36], digits[36], digits[37:43], digits[43]
    return f"({digits[:2]}){company}-{free}{reissue}-", f"{day}-{stamp}-{yen}-{check}"


def pay_digits(slip: Slip, *, municipality: str) -> str:
    """The digits of the QR code on a slip: version 1, municipality 6, number 14, yen 9, day 8, check digit 1."""
    digits = f"1{municipality}{slip.number}{slip.yen:09d}{slip.pay_by_date:%Y%m%d}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """Modulus 10, weights 3 and 1 from the right (モジュラス10 ウェイト3): GS1 General Specifications, 7.9."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
