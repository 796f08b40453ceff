"""Layouts that changed (F37): 40 mutants of four kinds of delivery, each with its expected end.

With a header columns are found by name, so their order is free; without one only the columns' own checks and
the profile of the deliveries before can tell.
"""

import codecs
from collections.abc import Callable
from datetime import timedelta

import pytest

from receivables import db
from receivables.ingest.accounts import BatchResult

from .conftest import Desk
from .files import (
    CLAIM_ITEMS,
    DAY,
    HEADING,
    csv_bytes,
    host_file,
    loan,
    nhi_claim,
    person,
    put_loans,
    put_nhi,
    put_tax,
    tax_claim,
)

NEXT = DAY + timedelta(1)
COUNT = 150
TAX = [tax_claim(no, yen=20_000 + 100 * no) for no in range(1, COUNT + 1)]
TAX_YEN = sum(20_000 + 100 * no for no in range(1, COUNT + 1))


def place(item: str) -> int:
    return CLAIM_ITEMS.index(item)


def without(item: str) -> tuple[list[str], list[list[str]]]:
    at = place(item)
    return CLAIM_ITEMS[:at] + CLAIM_ITEMS[at + 1 :], [row[:at] + row[at + 1 :] for row in TAX]


def with_new(name: str, at: int) -> tuple[list[str], list[list[str]]]:
    return [*CLAIM_ITEMS[:at], name, *CLAIM_ITEMS[at:]], [[*row[:at], "x", *row[at:]] for row in TAX]


def ordered(order: list[int]) -> tuple[list[str], list[list[str]]]:
    return [CLAIM_ITEMS[at] for at in order], [[row[at] for at in order] for row in TAX]


def swapped(one: str, other: str) -> tuple[list[str], list[list[str]]]:
    order = list(range(len(CLAIM_ITEMS)))
    order[place(one)], order[place(other)] = order[place(other)], order[place(one)]
    return ordered(order)


def changed(item: str, change: Callable[[str], str]) -> tuple[list[str], list[list[str]]]:
    at = place(item)
    return CLAIM_ITEMS, [[*row[:at], change(row[at]), *row[at + 1 :]] for row in TAX]


def renamed(old: str, new: str) -> tuple[list[str], list[list[str]]]:
    return [item.replace(old, new) for item in CLAIM_ITEMS], TAX


ALL = list(range(len(CLAIM_ITEMS)))
YEN = "調定額_本税（料）"
CSV: dict[str, tuple[bytes, str | None, str]] = {
    "a column renamed": (csv_bytes(*renamed("宛名番号", "宛名No")), "HEADER", "宛名番号 is missing"),
    "a name in half width": (csv_bytes(*renamed("（料）", "(料)")), "HEADER", "is missing"),
    "a name in another letter": (csv_bytes(*renamed("通知書番号", "通知書番號")), "HEADER", "通知書番号 is missing"),
    "a blank in a name": (csv_bytes(*renamed("納期限", "納 期限")), "HEADER", "納期限 is missing"),
    "a column lost": (csv_bytes(*without("納期限")), "HEADER", "納期限 is missing"),
    "an unused column lost": (csv_bytes(*without(CLAIM_ITEMS[-1])), "HEADER", "is missing"),
    "a column more at the end": (csv_bytes(*with_new("備考", len(ALL))), "HEADER", f"{len(ALL) + 1} fields"),
    "a column more in the middle": (csv_bytes(*with_new("備考", 5)), "HEADER", f"{len(ALL) + 1} fields"),
    "a column twice": (csv_bytes(*with_new("宛名番号", 5)), "HEADER", f"{len(ALL) + 1} fields"),
    "one for another": (csv_bytes(*renamed("法定納期限", "納期限")), "HEADER", "法定納期限等 is missing"),
    "two columns swapped": (csv_bytes(*swapped("賦課年度", "相当年度")), None, ""),
    "two amounts swapped": (csv_bytes(*swapped(YEN, "森林環境税額")), None, ""),
    "all columns reversed": (csv_bytes(*ordered(ALL[::-1])), None, ""),
    "no header": (csv_bytes(TAX[0], TAX[1:]), "HEADER", "is missing"),
    "two headers": (csv_bytes(CLAIM_ITEMS, [CLAIM_ITEMS, *TAX]), "CONTROL_TOTAL", f"{COUNT + 1}"),
    "a byte order mark": (codecs.BOM_UTF8 + csv_bytes(CLAIM_ITEMS, TAX), "WRONG_ENCODING", "BOM"),
    "tabs for commas": (csv_bytes(CLAIM_ITEMS, TAX).replace(b",", b"\t"), "HEADER", "is missing"),
    "yen with a fraction": (csv_bytes(*changed(YEN, lambda text: text + ".0")), "UNREADABLE", "assessed_yen"),
    "dates with slashes": (
        csv_bytes(*changed("納期限", lambda text: text.replace("-", "/"))), "UNREADABLE", "due_date"),
    "numbers without their zeros": (
        csv_bytes(*changed("宛名番号", lambda text: text.lstrip("0"))), "UNREADABLE", "addressee_no"),
    "yen in thousands": (csv_bytes(*changed(YEN, lambda text: text[:-3])), "CONTROL_TOTAL", "yen"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason", "part"), CSV.values(), ids=CSV)
def test_a_csv_file(desk: Desk, content: bytes, reason: str | None, part: str) -> None:
    put_tax(desk.drop, content, count=COUNT, yen=TAX_YEN)

    claims = desk.take("resident_tax")["claims"]

    expect(claims, reason, part)
    if reason is None:
        query = "select count(*)::int, sum(assessed_yen)::int, sum(forest_tax_yen)::int from raw.resident_tax__claims"
        assert desk.ask(query) == [(COUNT, TAX_YEN, 1_000 * COUNT)]
    else:
        assert desk.is_untouched()


def expect(found: BatchResult, reason: str | None, part: str) -> None:
    assert (found.state, found.reason_code) == ("rejected" if reason else "loaded", reason), found.reason
    assert part in str(found.reason)


def host(no: int) -> bytes:
    yen = 8_000 + 100 * no
    return nhi_claim(no, yen=yen, medical=b"%09d" % (yen - 300), support=b"%09d" % 200, care=b"%09d" % 100,
                     kana="ｾﾀｶﾞﾔ ﾀﾛｳ".encode("cp932").ljust(40))  # fmt: skip


HOST = [host(no) for no in range(1, COUNT + 1)]
HOST_YEN = sum(8_000 + 100 * no for no in range(1, COUNT + 1))


def moved(row: bytes, one: int, other: int, length: int) -> bytes:
    """Two fields of equal length change places; bytes are counted from 1."""
    found = bytearray(row)
    found[one - 1 : one - 1 + length] = row[other - 1 : other - 1 + length]
    found[other - 1 : other - 1 + length] = row[one - 1 : one - 1 + length]
    return bytes(found)


FIXED: dict[str, tuple[list[bytes], str | None, str]] = {
    "all records a byte longer": ([row + b" " for row in HOST], "UNREADABLE", "WIDTH"),
    "all records a byte shorter": ([row[:-1] for row in HOST], "UNREADABLE", "WIDTH"),
    "a column inserted": ([row[:20] + b"0" + row[20:-1] for row in HOST], "UNREADABLE", "line 2"),
    "a column taken out": ([row[:13] + row[17:] + b" " * 4 for row in HOST], "UNREADABLE", "line 2"),
    "date and amount swapped": ([row[:116] + row[123:132] + row[116:123] + row[132:] for row in HOST], "UNREADABLE",
                                "due_date"),
    "western dates": ([row[:116] + b"2506300" + row[123:] for row in HOST], "UNREADABLE", "due_date"),
    "era letters for era digits": ([row[:116] + b"R070630" + row[123:] for row in HOST], None, ""),
    "two amounts swapped": ([moved(row, 124, 142, 9) for row in HOST], "DISTRIBUTION", "care_yen"),
    "kana and name swapped": ([moved(row, 37, 77, 40) for row in HOST], "DISTRIBUTION", "share of kana"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "reason", "part"), FIXED.values(), ids=FIXED)
def test_a_file_without_a_header(desk: Desk, rows: list[bytes], reason: str | None, part: str) -> None:
    put_nhi(desk.drop, host_file(HOST, yen=HOST_YEN))
    assert desk.take("nhi")["claims"].state == "loaded"
    put_nhi(desk.drop, host_file(rows, yen=HOST_YEN, day=NEXT), day=NEXT)

    expect(desk.take("nhi", day=NEXT)["claims"], reason, part)
    query = "select count(*)::int, sum(care_yen)::int from raw.nhi__claims where _known_to is null"
    assert desk.ask(query) == [(COUNT, 100 * COUNT)]


BOOKS: dict[str, tuple[list[str], str | None, str]] = {
    "reversed": (HEADING[::-1], None, ""),
    "renamed": (["回数" if name == "回" else name for name in HEADING], "HEADER", "回 is missing"),
    "twice": ([*HEADING, "氏名"], "HEADER", f"{len(HEADING) + 1} fields"),
    "in full width": ([f"{name}　1" if name == "備考" else name for name in HEADING], "HEADER", "備考 is missing"),
}


@pytest.mark.parametrize(("heading", "reason", "part"), BOOKS.values(), ids=BOOKS)
def test_a_workbook(desk: Desk, heading: list[str], reason: str | None, part: str) -> None:
    put_loans(desk.drop, [loan(1), loan(2)], yen=16_000, heading=heading)

    expect(desk.take("scholarship")["instalments"], reason, part)


TABLES: dict[str, tuple[str, str | None, str]] = {
    "renamed": ("rename shimei to simei", "HEADER", "shimei is missing"),
    "lost": ("drop column jusho", "HEADER", "jusho is missing"),
    "added": ("add column memo text default 'x'", None, ""),  # only the columns of the contract are asked for
    "a date for a text": ("alter column birth_ymd type date using birth_ymd::date", None, ""),
    "a truth for a flag": ("alter column shien_sochi_flg type boolean using false", None, ""),
    "a number for digits": ("alter column atena_no type bigint using atena_no::bigint", "UNREADABLE", "addressee_no"),
}


@pytest.mark.parametrize(("change", "reason", "part"), TABLES.values(), ids=TABLES)
def test_a_database(desk: Desk, change: str, reason: str | None, part: str) -> None:
    desk.make_register([person(no) for no in range(1, COUNT + 1)])
    with db.connect(desk.state, database="ward_test") as connection:
        connection.execute(f"alter table atena.person {change}".encode())

    expect(desk.take("register")["persons"], reason, part)
    if reason is None:
        assert desk.ask("select count(*)::int from vault.register__persons where birth_date = '1980-04-01'") == [
            (COUNT,)
        ]
