import csv
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from barcode.charsets import code128
from hypothesis import given
from hypothesis import strategies as st

from receivables.campaigns.letters.slips import Slip, check_digit, pay_digits, shop_digits, shop_lines, slip_number
from receivables.campaigns.letters.symbols import gs1_drawing
from receivables.city.channels import SYSTEM_CODES, slip_of
from receivables.errors import InputRejectedError
from receivables.yen import Yen

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
some_slips = st.builds(
    Slip,
    number=st.text("0123456789", min_size=14, max_size=14),
    yen=st.integers(1, 999_999).map(Yen),
    pay_by_date=st.dates(date(2020, 1, 1), date(2069, 12, 31)),
    reissue=st.integers(0, 9),
)


@pytest.mark.parametrize(
    ("digits", "check"),
    [("490123456789", "4"), ("400638133393", "1"), ("1061414100041", "5"), ("37610425002123456", "9")],
)
def test_check_digits_of_published_numbers(digits: str, check: str) -> None:
    """Two EAN-13, the GTIN-14 and the SSCC of GS1's own examples."""
    assert check_digit(digits) == check


@given(some_slips)
def test_the_shops_digits_hold_what_the_guideline_says_where_it_says(slip: Slip) -> None:
    digits = shop_digits(slip, company_code="912345")
    assert len(digits) == 44
    assert digits.isdecimal()
    assert digits[:8] == "91912345"
    assert (digits[8:22], digits[22:29]) == (slip.number, "0000000")
    assert digits[29] == str(slip.reissue)
    assert digits[30:36] == slip.pay_by_date.strftime("%y%m%d")
    assert digits[36] == "0"
    assert int(digits[37:43]) == slip.yen
    assert check_digit(digits[:43]) == digits[43]
    assert "".join(shop_lines(digits)).replace("-", "").strip("()").replace(")", "") == digits


@given(some_slips)
def test_the_bars_are_code_128_read_by_its_table(slip: Slip) -> None:
    """Decoded here from the table of python-barcode: start C, FNC1, 22 pairs, check modulo 103, stop."""
    digits = shop_digits(slip, company_code="912345")
    modules = _modules(gs1_drawing(digits))
    assert len(modules) == 288
    symbols = [code128.CODES.index(modules[at : at + 11]) for at in range(0, 275, 11)]
    assert modules[275:] == "1100011101011"
    assert symbols[:2] == [105, 102]
    assert "".join(f"{symbol:02d}" for symbol in symbols[2:-1]) == digits
    assert (105 + sum(at * symbol for at, symbol in enumerate(symbols[1:-1], start=1))) % 103 == symbols[-1]


@pytest.mark.parametrize("source", SYSTEM_CODES)
def test_a_printed_slip_has_the_number_that_the_channels_files_carry_back(source: str) -> None:
    with (SEEDS / "ingest" / "system_codes.csv").open(encoding="utf-8") as lines:
        codes = {row["source_code"]: row["system_code"] for row in csv.DictReader(lines)}
    bill = SimpleNamespace(source_code=source, notice_no="2612345678"[: 10 if source == "nhi" else 7], instalment_no=7)
    printed = slip_number(codes[source], bill.notice_no, bill.instalment_no)
    assert printed == slip_of(cast("Any", bill))
    slip = Slip(printed, Yen(1), date(2026, 12, 14))
    assert shop_digits(slip, company_code="912345")[8:22] == printed
    # as stg_convenience__notices and stg_el_qr__notices cut it
    assert (printed[:2], printed[2:12], int(printed[-2:])) == (codes[source], f"{bill.notice_no:0>10}", 7)


def test_the_qr_code_on_a_slip_names_ward_claim_sum_and_day() -> None:
    digits = pay_digits(Slip("01260000000103", Yen(25_300), date(2026, 12, 14)), municipality="131121")
    assert digits == "1" + "131121" + "01260000000103" + "000025300" + "20261214" + check_digit(digits[:-1])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: slip_number("1", "1", 1),
        lambda: slip_number("01", "12345678901", 1),
        lambda: slip_number("01", "１２", 1),
        lambda: slip_number("01", "1", 100),
        lambda: Slip("0126000000010", Yen(1), date(2026, 12, 14)),
        lambda: Slip("01260000000103", Yen(0), date(2026, 12, 14)),
        lambda: Slip("01260000000103", Yen(1), date(2026, 12, 14), reissue=10),
        lambda: shop_digits(Slip("01260000000103", Yen(1_000_000), date(2026, 12, 14)), company_code="912345"),
        lambda: shop_digits(Slip("01260000000103", Yen(1), date(2026, 12, 14)), company_code="91234"),
    ],
)
def test_what_no_scanner_could_read_is_refused(wrong: Any) -> None:
    with pytest.raises(InputRejectedError):
        wrong()


def _modules(svg: str) -> str:
    """The dark and light modules of a drawing one module high."""
    path, width = svg.split('d="')[1].split('"')[0], int(svg.split("viewBox=")[1].split()[2])
    row = ["0"] * width
    for run in path.strip("M").split("M"):
        first, length = int(run.split()[0]), int(run.split("h")[1].split("v")[0])
        row[first : first + length] = "1" * length
    return "".join(row)
