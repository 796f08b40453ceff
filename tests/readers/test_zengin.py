"""口座振替結果 (全銀 120 bytes): every separator, every cut, every wrong trailer, and days around New Year."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from receivables import contracts
from receivables.contracts import Table
from receivables.ingest.readers import open_reader
from receivables.ingest.records import Record
from receivables.ingest.rejection import BatchRejectedError
from tests.ingest.conftest import Desk
from tests.ingest.files import DAY

from . import zengin_files as bank

VECTOR = Path(__file__).parent / "data" / "sougou-furikomi.input.dat"
EXPECTED = VECTOR.with_name("sougou-furikomi.expected.txt")
RECORDS = [(12_000, "0"), (8_000, "1"), (3_500, "0"), (700, "2"), (900, "3"), (1_100, "4"), (50, "8"), (60, "9")]
GOOD = [*bank.block(RECORDS), bank.END]
NAME = f"FURIKAE_KEKKA_{DAY:%Y%m%d}.txt"


@pytest.fixture
def results(own_contracts: Path) -> Table:
    return contracts.contract("furikae").table("furikae__results")


@pytest.fixture
def read(results: Table, tmp_path: Path) -> Callable[..., tuple[list[Record], Any]]:
    def read(content: bytes, as_of: date = DAY) -> tuple[list[Record], Any]:
        file = tmp_path / "file"
        file.write_bytes(content)
        reader = open_reader(results, file, as_of)
        return [part for part in reader.parts() if isinstance(part, Record)], reader.declared

    return read


def put(desk: Desk, content: bytes) -> None:
    folder = desk.drop / "furikae"
    folder.mkdir(exist_ok=True, parents=True)
    (folder / NAME).write_bytes(content)


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b""], ids=["CRLF", "LF", "CR", "none"])
@pytest.mark.parametrize("tail", [b"", b"\x1a"], ids=["as is", "end mark"])
def test_results_are_taken_in_whatever_ends_their_records(desk: Desk, end: bytes, tail: bytes) -> None:
    put(desk, bank.file(GOOD, end) + tail)

    found = desk.take("furikae")["results"]

    assert (found.state, found.declared_rows, found.accepted_rows) == ("loaded", 8, 8), found.reason
    assert found.declared_yen == found.accepted_yen == 26_310
    rows = desk.ask(
        "select result_code, requested_yen, collected_yen, uncollected_yen, withdrawn_on"
        " from raw.furikae__results order by claim_no"
    )
    assert rows == [
        (result, yen, yen if result == "0" else 0, 0 if result == "0" else yen, date(2026, 6, 10))
        for yen, result in RECORDS
    ]
    payers = desk.ask("select payer_kana, account_no from vault.furikae__results order by account_no limit 1")
    assert payers == [("ｾﾀｶﾞﾔ ﾀﾛｳ", "0000001")]


def test_both_results_are_in_the_control_totals(desk: Desk) -> None:
    put(desk, bank.file(GOOD))
    desk.take("furikae")

    query = "select measure, rows, yen from ops.control_total where hop = %s order by 1"
    assert desk.ask(query, "file") == [
        ("collected_yen", 2, 15_500), ("requested_yen", 8, 26_310), ("uncollected_yen", 6, 10_810)]  # fmt: skip
    assert [yen for _, _, yen in desk.ask(query, "load")] == [15_500, 26_310, 10_810]


def test_a_cut_anywhere_is_noticed(read: Callable[..., Any]) -> None:
    for end in (b"\r\n", b""):
        whole = bank.file(GOOD, end)
        least = len(whole) - len(end)
        for at in range(least):
            with pytest.raises(BatchRejectedError) as found:
                read(whole[:at])
            assert found.value.reason_code == ("TRUNCATED" if at else "EMPTY"), at
        assert len(read(whole[:least])[0]) == len(RECORDS)


def test_a_byte_lost_anywhere_loses_no_yen_unseen(desk: Desk, read: Callable[..., Any]) -> None:
    whole = bank.file(GOOD, b"")
    for at in range(0, len(whole), 7):  # without line ends nothing after it can be trusted
        with pytest.raises(BatchRejectedError):
            read(whole[:at] + whole[at + 1 :])
    records = bank.file(GOOD)
    at = 122 * 2 + 60  # in the second data record, left of its amount
    put(desk, records[:at] + records[at + 1 :])

    found = desk.take("furikae")["results"]

    assert (found.state, found.accepted_rows, found.quarantined_rows) == ("loaded", 7, 1), found.reason
    assert (found.quarantined_yen, desk.quarantine()) == (8_000, {3: "WIDTH"})


def test_bad_rows_are_set_aside_with_their_yen(desk: Desk) -> None:
    rows = [
        bank.data(1, yen=1_000),
        bank.data(2, yen=2_000, result="5"),  # no such result
        bank.data(3, yen=3_000, payer="世田谷　太郎".encode("cp932").ljust(30)),  # kanji
        bank.data(4, yen=4_000, customer="ABC".ljust(20)),
        bank.data(5, yen=5_000).replace(b"0000005000", b"00000 5000"),
        bank.data(6, yen=6_000).replace(b"\xbe", b"\0", 1),
    ]
    put(desk, bank.file([bank.header(), *rows, bank.trailer(6, 21_000, (5, 19_000), (1, 2_000)), bank.END]))

    found = desk.take("furikae")["results"]

    assert (found.state, found.accepted_rows, found.quarantined_yen) == ("loaded", 1, 20_000), found.reason
    assert desk.quarantine() == {3: "CODE", 4: "ENCODING", 5: "DIGITS", 6: "AMOUNT", 7: "NUL"}


BAD_TRAILERS = {
    "one row more": bank.trailer(9, 26_310, (3, 15_500), (6, 10_810)),
    "one yen more": bank.trailer(8, 26_311, (2, 15_501), (6, 10_810)),
    "collected and not collected exchanged": bank.trailer(8, 26_310, (6, 10_810), (2, 15_500)),
    "one row moved": bank.trailer(8, 26_310, (3, 15_500), (5, 10_810)),
    "one yen moved": bank.trailer(8, 26_310, (2, 15_501), (6, 10_809)),
    "parts that are not the whole": bank.trailer(8, 26_310, (2, 15_500), (6, 10_811)),
    "a request, not its result": bank.trailer(8, 26_310, (0, 0), (0, 0)),
    "blanks": b"8".ljust(120),
}


@pytest.mark.parametrize("trailer", BAD_TRAILERS.values(), ids=BAD_TRAILERS)
def test_a_wrong_trailer_refuses_the_file(desk: Desk, trailer: bytes) -> None:
    put(desk, bank.file([*GOOD[:-2], trailer, bank.END]))

    found = desk.take("furikae")["results"]

    assert (found.state, found.reason_code) == ("rejected", "CONTROL_TOTAL")
    assert desk.is_untouched()


ODD_FILES = {
    "another kind (総合振込)": ([bank.header(kind="21"), *GOOD[1:]], "HEADER"),
    "EBCDIC by its header": ([bank.header(charset="1"), *GOOD[1:]], "WRONG_ENCODING"),
    "EBCDIC by its bytes": ([b"\xf1" * 120, *GOOD[1:]], "WRONG_ENCODING"),
    "no header": (GOOD[1:], "HEADER"),
    "no trailer": ([*GOOD[:-2], bank.END], "TRUNCATED"),
    "no end": (GOOD[:-1], "TRUNCATED"),
    "a second header": ([*GOOD[:3], bank.header(), *GOOD[3:]], "TRUNCATED"),
    "data after the trailer": ([*GOOD[:-1], bank.data(99), bank.END], "CONTROL_TOTAL"),
    "records after the end": ([*GOOD, bank.data(99)], "CONTROL_TOTAL"),
    "a day that is none": ([bank.header("0230"), *GOOD[1:]], "HEADER"),
    "a day to come": ([bank.header("0620"), *GOOD[1:]], "STALE"),
    "a day long past": ([bank.header("0401"), *GOOD[1:]], "STALE"),
}


@pytest.mark.parametrize(("records", "reason"), ODD_FILES.values(), ids=ODD_FILES)
@pytest.mark.parametrize("end", [b"\r\n", b""], ids=["CRLF", "none"])
def test_a_file_not_as_agreed_is_refused(
    read: Callable[..., Any], records: list[bytes], reason: str, end: bytes
) -> None:
    with pytest.raises(BatchRejectedError) as found:
        read(bank.file(records, end))
    assert found.value.reason_code == reason


def test_several_blocks_before_one_end_are_added_up(read: Callable[..., Any]) -> None:
    again = bank.block([(500, "0"), (600, "1")], month_day="0615", first=100)

    rows, declared = read(bank.file([*GOOD[:-1], *again, bank.END], b""))

    assert (len(rows), declared.rows, declared.yen) == (10, 10, 27_410)
    assert declared.parts == {"collected_yen": (3, 16_000), "uncollected_yen": (7, 11_410)}
    assert [row.fields[1] for row in rows] == ["2026-06-10"] * 8 + ["2026-06-15"] * 2


DAYS = [
    ("1228", date(2027, 1, 5), date(2026, 12, 28)),
    ("1231", date(2027, 1, 1), date(2026, 12, 31)),
    ("0101", date(2027, 1, 1), date(2027, 1, 1)),
    ("0104", date(2027, 1, 12), date(2027, 1, 4)),
    ("1110", date(2027, 1, 8), date(2026, 11, 10)),
    ("0229", date(2028, 3, 3), date(2028, 2, 29)),
    ("0228", date(2027, 3, 3), date(2027, 2, 28)),
]


@pytest.mark.parametrize(("month_day", "as_of", "expected"), DAYS)
def test_the_year_is_the_one_before_the_business_date(
    read: Callable[..., Any], month_day: str, as_of: date, expected: date
) -> None:
    rows, _ = read(bank.file([*bank.block([(100, "0")], month_day=month_day), bank.END]), as_of)
    assert rows[0].fields[1] == expected.isoformat()


@pytest.mark.parametrize(
    ("month_day", "as_of"), [("0229", date(2027, 3, 3)), ("0106", date(2027, 1, 5)), ("1105", date(2027, 1, 5))]
)
def test_a_day_that_cannot_be_the_last_withdrawal_is_stale(
    read: Callable[..., Any], month_day: str, as_of: date
) -> None:
    with pytest.raises(BatchRejectedError, match="STALE"):
        read(bank.file([*bank.block([(100, "0")], month_day=month_day), bank.END]), as_of)


def test_the_published_vector_is_read_at_its_offsets(read: Callable[..., Any], results: Table) -> None:
    """zengin4j's file of transfers (種別 21, CR): the same bytes but for the kind, and results in its trailer."""
    raw = VECTOR.read_bytes()
    with pytest.raises(BatchRejectedError, match="HEADER"):
        read(raw, date(2026, 3, 12))
    # Its two records have 8 where a result stands: stopped by the originator.
    as_results = raw.replace(b"121", b"191", 1).replace(
        b"8000002000000115015" + b" " * 36, b"8000002000000115015" + b"0" * 18 + b"000002000000115015"
    )

    rows, declared = read(as_results, date(2026, 3, 12))

    told = EXPECTED.read_text(encoding="utf-8")
    offsets = [int(at) for at in re.findall(r"-- record \d DATA @(\d+)", told)]
    assert [row.byte_offset for row in rows] == offsets
    said = [dict(re.findall(r"^   (\w+) +\[\S+\] (.*)$", part, re.M)) for part in told.split("-- record")[2:4]]
    names = [column.name for column in results.columns]
    for row, one in zip(rows, said, strict=True):
        fields = dict(zip(names, row.fields, strict=True))
        assert fields["bank_code"] == one["beneficiaryBankCode"]
        assert fields["account_no"] == one["accountNumber"]
        assert fields["payer_kana"] == one["beneficiaryName"]
        assert fields["requested_yen"] == fields["uncollected_yen"] == one["amount"]
        assert fields["result_code"] == one["transferCategory"] == "8"
        assert fields["withdrawn_on"] == "2026-03-11"
    assert f"computedCount   {declared.rows}" in told
    assert f"computedTotal   {declared.yen}" in told
