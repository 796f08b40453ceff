"""国民健康保険 (CP932 fixed width): what is wrong with bytes, dates, amounts and totals, and what is done about it."""

import codecs
import hashlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from receivables.ingest import spool

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, nhi_receipt, put_nhi

GOOD = [nhi_claim(1), nhi_claim(2), nhi_claim(3)]


def test_a_clean_delivery_is_loaded_whole_and_people_stand_in_the_vault_only(desk: Desk) -> None:
    put_nhi(desk.drop, host_file(GOOD, yen=36_000))

    found = desk.take("nhi")

    assert {name: batch.state for name, batch in found.items()} == {"claims": "loaded", "receipts": "loaded"}
    claims = found["claims"]
    assert (claims.declared_rows, claims.declared_yen, claims.accepted_rows, claims.accepted_yen) == (
        3,
        36_000,
        3,
        36_000,
    )
    query = "select notice_no, due_date::text, assessed_yen, dunned_on, _line_no, _byte_offset, _known_from::text"
    assert desk.ask(f"{query} from raw.nhi__claims order by 1")[0] == (
        "0000000001", "2025-06-30", 12_000, None, 2, 202, "2026-06-19")  # fmt: skip
    assert desk.ask("select person_kana, person_name from vault.nhi__claims limit 1") == [("ｾﾀｶﾞﾔ ﾀﾛｳ", "世田谷　太郎")]
    kept = {row[0] for row in desk.ask("select column_name from information_schema.columns"
                                       " where table_schema = 'raw' and table_name = 'nhi__claims'")}  # fmt: skip
    assert not kept & {"person_kana", "person_name"}


ROW_FAULTS = {
    "平成31年5月1日 (F24)": (nhi_claim(9, due_date=b"4310501"), "ERA", "due_date", 12_000),
    "昭和64年2月1日 (F24)": (nhi_claim(9, due_date=b"3640201"), "ERA", "due_date", 12_000),
    "令和0年 (F24)": (nhi_claim(9, due_date=b"5000401"), "ERA", "due_date", 12_000),
    "平成32年4月1日 (F24)": (nhi_claim(9, due_date=b"4320401"), "ERA", "due_date", 12_000),
    "2月30日 (F27)": (nhi_claim(9, due_date=b"5070230"), "ERA", "due_date", 12_000),
    "half a letter at the end (F10)": (
        nhi_claim(9, name=b"\x90\xa2".ljust(39) + b"\x83"), "ENCODING", "person_name", 12_000),
    "a lead byte before a blank (F10)": (nhi_claim(9, name=b"\x81\x20".ljust(40)), "ENCODING", "person_name", 12_000),
    "外字 (F11)": (nhi_claim(9, name=b"\xf0\x40".ljust(40)), "GAIJI", "person_name", 12_000),
    "NUL (F12)": (nhi_claim(9, name=b"\x90\xa2\0".ljust(40)), "NUL", "person_name", 12_000),
    "a byte missing (F20)": (nhi_claim(9)[:90] + nhi_claim(9)[91:], "WIDTH", None, None),
    "a byte too many (F20)": (nhi_claim(9)[:90] + b" " + nhi_claim(9)[90:], "WIDTH", None, None),
    "no first byte (F20)": (nhi_claim(9)[1:], "WIDTH", None, None),
    "△ (F28)": (nhi_claim(9, assessed="  △12000".encode("cp932").ljust(9)), "AMOUNT", "assessed_yen", None),
    "1e9 (F28)": (nhi_claim(9, assessed=b"      1e9"), "AMOUNT", "assessed_yen", None),
    "full width (F28)": (nhi_claim(9, assessed=" １２００".encode("cp932")), "AMOUNT", "assessed_yen", None),
    "no amount": (nhi_claim(9, assessed=b" " * 9), "REQUIRED", "assessed_yen", None),
    "parts (P05)": (nhi_claim(9, medical=b"000010010"), "SUM_MISMATCH", "assessed_yen", 12_000),
    "no debtor": (nhi_claim(9, addressee_no=b" " * 15), "REQUIRED", "addressee_no", 12_000),
    "zeros lost (F19)": (nhi_claim(9, addressee_no=b"9".ljust(15)), "DIGITS", "addressee_no", 12_000),
    "unknown code": (nhi_claim(9, status=b"7"), "CODE", "status_code", 12_000),
}  # fmt: skip


@pytest.mark.parametrize(("record", "reason", "field", "amount"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_a_bad_row_goes_to_quarantine_with_its_bytes_and_the_rest_is_loaded(
    desk: Desk, record: bytes, reason: str, field: str | None, amount: int | None
) -> None:
    file = put_nhi(desk.drop, host_file([GOOD[0], record, GOOD[1]], yen=36_000))

    claims = desk.take("nhi")["claims"]

    assert claims.state == "loaded", claims.reason
    found = desk.ask("select line_no, byte_offset, raw, reason_code, field, amount_yen, owner_dept, state, file_name"
                     " from quarantine.row")  # fmt: skip
    assert found == [(3, 404, record, reason, field, amount, "insurance", "open", file.name)]
    assert file.read_bytes()[404 : 404 + len(record)] == record
    assert (claims.accepted_yen, claims.quarantined_yen, claims.unexplained_yen) == (24_000, 12_000, 0)


def test_a_negative_amount_is_quarantined_with_the_amount_it_says(desk: Desk) -> None:
    put_nhi(desk.drop, host_file([GOOD[0], nhi_claim(9, assessed=b"-00012000")], yen=0))

    claims = desk.take("nhi")["claims"]

    assert desk.quarantine() == {3: "NEGATIVE"}
    assert (claims.accepted_yen, claims.quarantined_yen, claims.declared_yen) == (12_000, -12_000, 0)


def test_the_first_fault_in_the_agreed_order_wins(desk: Desk) -> None:
    both = nhi_claim(9, name=b"\x81\x20".ljust(40), due_date=b"4310501", addressee_no=b" " * 15)
    digits = nhi_claim(8, due_date=b"4310501", addressee_no=b"8".ljust(15))
    put_nhi(desk.drop, host_file([GOOD[0], both, digits], yen=36_000))

    desk.take("nhi")

    assert desk.quarantine() == {3: "ENCODING", 4: "DIGITS"}


def test_equal_rows_count_once_and_contradicting_rows_not_at_all(desk: Desk) -> None:
    other = nhi_claim(2, due_date=b"5070731")
    file = put_nhi(desk.drop, host_file([GOOD[0], GOOD[1], GOOD[0], other], yen=48_000))

    claims = desk.take("nhi")["claims"]

    assert desk.set_aside() == {4: "DUPLICATE_ROW"}
    assert desk.quarantine() == {3: "KEY_CONFLICT", 5: "KEY_CONFLICT"}
    assert (claims.accepted_rows, claims.duplicate_rows, claims.duplicate_yen) == (1, 1, 12_000)
    for offset, raw in desk.ask("select byte_offset, raw from quarantine.row"):
        assert file.read_bytes()[offset : offset + 200] == raw


def test_a_cancelled_bill_is_excluded_with_its_yen(desk: Desk) -> None:
    put_nhi(desk.drop, host_file([GOOD[0], nhi_claim(9, status=b"9")], yen=24_000))

    claims = desk.take("nhi")["claims"]

    assert desk.set_aside() == {3: "CANCELLED_AT_SOURCE"}
    assert (claims.excluded_rows, claims.excluded_yen, claims.accepted_rows) == (1, 12_000, 1)


BATCH_FAULTS = {
    "empty": (b"", "EMPTY", "empty"),
    "header and trailer only (F08)": (host_file([]), "EMPTY", "no rows"),
    "yesterday's file renamed (F06)": (host_file(GOOD, yen=36_000, day=DAY - timedelta(1)), "STALE", "2026-06-18"),
    "trailer: one row more": (host_file(GOOD, yen=36_000, count=4), "TRUNCATED", "declares 4 rows"),
    "trailer: one row less": (host_file(GOOD, yen=36_000, count=2), "CONTROL_TOTAL", "declares 2 rows"),
    "trailer: one yen more": (host_file(GOOD, yen=36_001), "CONTROL_TOTAL", "36001 yen"),
    "trailer: no numbers": (host_file(GOOD, yen=36_000).replace(b"0000003", b"000000X"), "CONTROL_TOTAL", "line 5"),
    "no trailer": (host_file(GOOD, yen=36_000)[:-202], "TRUNCATED", "trailer"),
    "no header": (host_file(GOOD, yen=36_000)[202:], "HEADER", "line 1"),
    "header's date": (host_file(GOOD, yen=36_000).replace(b"5080619", b"5081319", 1), "HEADER", "date"),
    "two files in one": (host_file(GOOD, yen=36_000) * 2, "CONTROL_TOTAL", "follow the trailer"),
    "UTF-8 (F09)": (host_file([row.decode("cp932").encode() for row in GOOD], yen=36_000), "WRONG_ENCODING", "utf-8"),
    "UTF-8 with BOM (F09)": (codecs.BOM_UTF8 + host_file(GOOD, yen=36_000), "WRONG_ENCODING", "BOM"),
    "UTF-16 (F09)": (host_file(GOOD, yen=36_000).decode("cp932").encode("utf-16"), "WRONG_ENCODING", "utf-16"),
    "EUC-JP (F09)": (host_file(GOOD, yen=36_000).decode("cp932").encode("euc_jp"), "WRONG_ENCODING", "euc_jp"),
    "JIS (F09)": (
        host_file(GOOD, yen=36_000).decode("cp932").encode("iso2022_jp", "replace"),
        "WRONG_ENCODING",
        "2022",
    ),
    "a line of 3 MB (F15)": (host_file([b"2" * 3_000_000]), "UNREADABLE", "longer"),
}


@pytest.mark.parametrize(("content", "reason", "part"), BATCH_FAULTS.values(), ids=BATCH_FAULTS)
def test_a_file_not_as_agreed_is_refused_whole_and_its_sibling_waits(
    desk: Desk, content: bytes, reason: str, part: str
) -> None:
    file = put_nhi(desk.drop, content)

    found = desk.take("nhi")

    claims, receipts = found["claims"], found["receipts"]
    assert (claims.state, claims.reason_code) == ("rejected", reason), claims.reason
    assert claims.reason
    assert part in claims.reason
    assert claims.reason.startswith(f"nhi, file {file.name}: {reason}: ")
    assert "; " in claims.reason  # … and what to do
    assert (receipts.state, receipts.reason_code) == ("held", "HELD")
    assert desk.is_untouched()


WHOLE = host_file([nhi_claim(1), nhi_claim(2)], yen=24_000)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE) - 3))
@example(0)
@example(1)
@example(200)
@example(202)
@example(404)
@example(606)
@example(607)
@example(len(WHOLE) - 3)
def test_a_file_cut_anywhere_is_never_loaded(desk: Desk, cut: int) -> None:
    put_nhi(desk.drop, WHOLE[:cut])

    claims = desk.take("nhi")["claims"]

    assert claims.state == "rejected"
    assert claims.reason_code in ("TRUNCATED", "EMPTY"), claims.reason
    assert desk.is_untouched()


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"], ids=["CRLF", "LF", "CR"])
@pytest.mark.parametrize("tail", [b"", b"\x1a", "cut"], ids=["as is", "0x1A", "no final newline"])
def test_line_ends_and_end_marks_change_nothing(desk: Desk, end: bytes, tail: bytes | str) -> None:
    content = host_file(GOOD, yen=36_000, end=end)
    put_nhi(desk.drop, content.rstrip(b"\r\n") if isinstance(tail, str) else content + tail)

    claims = desk.take("nhi")["claims"]

    assert (claims.state, claims.accepted_rows, claims.accepted_yen) == ("loaded", 3, 36_000), claims.reason


def test_mixed_line_ends_too(desk: Desk) -> None:
    lines = host_file(GOOD, yen=36_000).split(b"\r\n")
    put_nhi(
        desk.drop, b"".join(line + end for line, end in zip(lines, (b"\r\n", b"\n", b"\r", b"\r\n", b""), strict=False))
    )

    assert desk.take("nhi")["claims"].accepted_rows == 3


def test_a_changed_trailer_is_found_even_beside_rows_whose_amount_is_unreadable(desk: Desk) -> None:
    """The lost amounts follow from the parts of the premium, so nothing is left to hide behind."""
    broken = [nhi_claim(7)[:90] + nhi_claim(7)[91:], nhi_claim(8, assessed=b"      1e9")]
    put_nhi(desk.drop, host_file([*GOOD, *broken], yen=60_001))

    assert desk.take("nhi")["claims"].reason_code == "CONTROL_TOTAL"

    put_nhi(desk.drop, host_file([*GOOD, *broken], yen=60_000))

    claims = desk.take("nhi")["claims"]
    assert (claims.state, claims.quarantined_yen) == ("loaded", 24_000)


def test_a_layout_shifted_by_one_byte_is_refused_and_does_not_end_every_claim(desk: Desk) -> None:
    rows = [nhi_claim(no) for no in range(1, 201)]
    put_nhi(desk.drop, host_file(rows, yen=12_000 * 200))
    assert desk.take("nhi")["claims"].state == "loaded"

    next_day = DAY + timedelta(1)
    shifted = [b"2" + b"0" + row[1:-1] for row in rows]
    put_nhi(desk.drop, host_file(shifted, yen=0, day=next_day), day=next_day)
    claims = desk.take("nhi", day=next_day)["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", "UNREADABLE")
    assert claims.reason
    assert "line 2" in claims.reason
    assert desk.ask("select count(*) from raw.nhi__claims where _known_to is null") == [(200,)]


def test_a_copy_of_far_fewer_rows_waits_for_a_person(desk: Desk) -> None:
    rows = [nhi_claim(no) for no in range(1, 121)]
    put_nhi(desk.drop, host_file(rows, yen=12_000 * 120))
    desk.take("nhi")
    next_day = DAY + timedelta(1)
    put_nhi(desk.drop, host_file(rows[:20], yen=12_000 * 20, day=next_day), day=next_day)

    refused = desk.take("nhi", day=next_day)["claims"]
    desk.approve(refused)
    confirmed = desk.take("nhi", day=next_day)["claims"]

    assert (refused.state, refused.reason_code) == ("rejected", "VOLUME")
    assert (confirmed.state, confirmed.accepted_rows) == ("loaded", 20)


def test_what_is_kept_in_the_spool_is_what_came_whether_good_or_bad(desk: Desk) -> None:
    for content in (host_file(GOOD, yen=36_000), host_file(GOOD, yen=1), b"\x00\xff" * 100):
        put_nhi(desk.drop, content)
        desk.take("nhi")
        copy = spool.place(desk.state, hashlib.sha256(content).hexdigest())
        assert copy.read_bytes() == content
        assert copy.stat().st_mode & 0o777 == 0o400


def test_receipts_are_summed_in_every_part(desk: Desk) -> None:
    put_nhi(desk.drop, host_file(GOOD, yen=36_000),
            host_file([nhi_receipt(1), nhi_receipt(2, yen=700)], width=120, yen=5_700))  # fmt: skip

    receipts = desk.take("nhi")["receipts"]

    totals = desk.ask("select hop, measure, sum(rows)::int, sum(yen)::int from ops.control_total where batch_id = %s"
                      " group by 1, 2 order by 1, 2", receipts.batch_id)  # fmt: skip
    assert ("load", "received_yen", 2, 5_700) in totals
    assert ("check", "principal_yen", 2, 5_700) in totals
    assert ("file", "received_yen", 2, 5_700) in totals
