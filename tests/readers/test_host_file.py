"""A host's own file: EBCDIC, JEF, packed and zoned amounts, no line ends; what is refused and what is set aside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receivables import contracts, db
from receivables.ingest.readers import open_reader
from receivables.ingest.readers.numerals import packed, zoned
from receivables.ingest.rejection import BatchRejectedError
from receivables.quarantine.decoding import fields
from receivables.quarantine.worklist import open_rows
from tests.ingest.conftest import Desk
from tests.ingest.files import DAY

from . import host_files as host

GOOD = [host.claim(no, yen=1_000 * no) for no in range(1, 6)]
WHOLE = host.file(GOOD, yen=15_000)


def put(desk: Desk, content: bytes) -> None:
    folder = desk.drop / "kaigo_host"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"KAIGO_{DAY:%Y%m%d}.EBC").write_bytes(content)


@pytest.fixture
def read(own_contracts: Path, tmp_path: Path) -> Callable[[bytes], Any]:
    def read(content: bytes) -> Any:
        file = tmp_path / "file"
        file.write_bytes(content)
        return list(open_reader(contracts.contract("kaigo_host").tables[0], file, DAY).parts())

    return read


def test_a_host_file_is_taken_in(desk: Desk) -> None:
    put(desk, WHOLE)

    found = desk.take("kaigo_host")["claims"]

    assert (found.state, found.declared_rows, found.accepted_rows, found.accepted_yen) == ("loaded", 5, 5, 15_000), (
        found.reason
    )
    assert desk.ask(
        "select notice_no, instalment_no, town, due_date::text, basic_yen, extra_yen, assessed_yen, _byte_offset"
        " from raw.kaigo_host__claims order by 1 limit 1"
    ) == [("0000000001", 1, "世田谷区経堂", "2026-06-30", 500, 500, 1_000, 140)]
    assert desk.ask("select distinct person_kana, person_name from vault.kaigo_host__claims") == [
        ("ｾﾀｶﾞﾔ ﾀﾛｳ", "世田谷　太郎")]  # fmt: skip


FAULTS = {
    "外字 of this host alone": ({"name": (host.IN + b"\x80\xa1" + host.OUT).ljust(42, b"\x40")}, "GAIJI"),
    "a letter Unicode does not have": ({"name": (host.IN + b"\x71\xf7" + host.OUT).ljust(42, b"\x40")}, "GAIJI"),
    "外字 without shifts": ({"town": b"\xa0\xfe" + b"\x40" * 18}, "GAIJI"),
    "half a letter": ({"name": (host.IN + b"\xb0\xa1\xb0" + host.OUT).ljust(42, b"\x40")}, "ENCODING"),
    "no code of the table": ({"name": (host.IN + b"\xff\xff" + host.OUT).ljust(42, b"\x40")}, "ENCODING"),
    "no single byte of the table": ({"kana": b"\x57" * 20}, "ENCODING"),
    "low values": ({"kana": b"\x00" * 20}, "NUL"),
    "a packed amount of blanks": ({"basic": b"\x40" * 5}, "AMOUNT"),
    "a packed amount without a sign": ({"basic": b"\x00\x00\x00\x00\x10"}, "AMOUNT"),
    "a zoned amount with a letter": ({"extra": b"\xf0" * 8 + b"\x40"}, "AMOUNT"),
    "an amount below zero": ({"basic": host.packed(-5_500, 5)}, "NEGATIVE"),
    "a blank amount": ({"extra": b"\x40" * 9}, "REQUIRED"),
    "parts that are no whole": ({"extra": host.zoned(501, 9)}, "SUM_MISMATCH"),
    "a date before its era": ({"due_date": host.single("5000101", 7)}, "ERA"),
}


@pytest.mark.parametrize(("over", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_bad_row_is_set_aside_with_its_bytes(desk: Desk, over: dict[str, bytes], reason: str) -> None:
    bad = host.claim(9, yen=6_000, **over)
    put(desk, host.file([*GOOD, bad], yen=21_000))

    found = desk.take("kaigo_host")["claims"]

    assert (found.state, found.accepted_rows, found.quarantined_yen) == ("loaded", 5, 6_000), found.reason
    assert desk.ask("select line_no, byte_offset, raw, reason_code from quarantine.row") == [(7, 840, bad, reason)]


def test_a_clerk_sees_numbers_and_letters_not_bytes(desk: Desk) -> None:
    put(desk, host.file([*GOOD, host.claim(9, yen=6_000, due_date=host.single("5000101", 7))], yen=21_000))
    desk.take("kaigo_host")
    with db.connect(desk.state, doing="look") as connection:
        rows = open_rows(connection)

    (shown,) = fields(rows, desk.state).values()

    assert [field.shown for field in shown] == [
        "0000000009", "1", "ｾﾀｶﾞﾔ ﾀﾛｳ", "世田谷　太郎", "世田谷区経堂", "5000101", "5500", "500", "6000"]  # fmt: skip


def test_an_amount_that_cannot_be_read_takes_what_is_missing(desk: Desk) -> None:
    put(desk, host.file([*GOOD, host.claim(9, assessed=b"\xff" * 5)], yen=21_000))

    found = desk.take("kaigo_host")["claims"]

    assert (found.state, found.quarantined_yen, desk.quarantine()) == ("loaded", 6_000, {7: "AMOUNT"}), found.reason


def test_a_cut_anywhere_is_noticed(read: Callable[[bytes], Any]) -> None:
    for at in range(len(WHOLE)):
        with pytest.raises(BatchRejectedError) as found:
            read(WHOLE[:at])
        assert found.value.reason_code == ("TRUNCATED" if at else "EMPTY")


def test_a_byte_lost_anywhere_is_noticed(read: Callable[[bytes], Any]) -> None:
    for at in range(0, len(WHOLE), 3):
        with pytest.raises(BatchRejectedError):
            read(WHOLE[:at] + WHOLE[at + 1 :])


ODD_FILES = {
    "converted to ASCII on the way": (b"1KAIGO   5080619".ljust(140) + WHOLE[140:], "WRONG_ENCODING"),
    "no header": (WHOLE[140:], "HEADER"),
    "a header without a day": (b"\xf1" + host.single("KAIGO   ABCDEFG", 139) + WHOLE[140:], "HEADER"),
    "a second header": (WHOLE[:280] + WHOLE[:140] + WHOLE[280:], "HEADER"),
    "no trailer": (WHOLE[:-140], "TRUNCATED"),
    "records after the trailer": (WHOLE + GOOD[0], "CONTROL_TOTAL"),
    "a trailer of text": (WHOLE[:-140] + b"\xf9" + host.single("00005", 139), "CONTROL_TOTAL"),
}


@pytest.mark.parametrize(("content", "reason"), ODD_FILES.values(), ids=ODD_FILES)
def test_a_file_not_as_agreed_is_refused(read: Callable[[bytes], Any], content: bytes, reason: str) -> None:
    with pytest.raises(BatchRejectedError) as found:
        read(content)
    assert found.value.reason_code == reason


@pytest.mark.parametrize(("yen", "count"), [(15_001, None), (15_000, 6), (15_000, 4)])
def test_a_wrong_trailer_refuses_the_file(desk: Desk, yen: int, count: int | None) -> None:
    put(desk, host.file(GOOD, yen=yen, count=count))
    assert desk.take("kaigo_host")["claims"].reason_code in ("CONTROL_TOTAL", "TRUNCATED")
    assert desk.is_untouched()


@pytest.mark.parametrize("number", [0, 1, -1, 12_345, -12_345, 999_999_999, -999_999_999])
def test_cobols_numbers_are_read(number: int) -> None:
    assert packed(host.packed(number, 5)) == zoned(host.zoned(number, 9)) == str(number)


@pytest.mark.parametrize("sign", "acef")
def test_every_plus_is_a_plus(sign: str) -> None:
    assert packed(bytes.fromhex(f"123{sign}")) == "123"
    assert zoned(bytes.fromhex(f"f1{sign}2")) == "12"


@pytest.mark.parametrize("raw", [b"", b"\x12\x34", b"\x1a\x2c", b"\x40\x40"])
def test_what_is_no_packed_number(raw: bytes) -> None:
    with pytest.raises(ValueError, match="half byte"):
        packed(raw)
