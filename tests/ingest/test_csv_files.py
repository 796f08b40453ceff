"""特別区民税 (UTF-8 CSV in the standard's groups, with a manifest): quotes, headers, codes, manifest."""

import pytest

from .conftest import Desk
from .files import CLAIM_ITEMS, DUNNING_ITEMS, csv_bytes, put_tax, tax_claim, tax_dunning

GOOD = [tax_claim(1), tax_claim(2), tax_claim(3)]


def test_a_clean_delivery_is_loaded_whole(desk: Desk) -> None:
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, GOOD), count=3, yen=90_000)

    found = desk.take("resident_tax")

    assert {batch.state for batch in found.values()} == {"loaded"}
    assert (found["claims"].accepted_rows, found["claims"].accepted_yen) == (3, 90_000)
    assert desk.ask(
        "select notice_no, assessed_yen, forest_tax_yen, due_date::text, written_off_on from raw.resident_tax__claims"
        " order by 1 limit 1"
    ) == [("0000000001", 30_000, 1_000, "2025-06-30", None)]


ROW_FAULTS = {
    "an unknown kind of claim": ({"業務詳細（科目）コード": "77"}, "CLAIM_TYPE", "subject_code", 30_000),
    "a negative amount": ({"調定額_本税（料）": "-30000"}, "NEGATIVE", "assessed_yen", -30_000),
    "yen with a point": ({"調定額_本税（料）": "30000.0"}, "AMOUNT", "assessed_yen", None),
    "yen with a comma": ({"調定額_本税（料）": '"30,000"'}, "AMOUNT", "assessed_yen", None),
    "zeros lost": ({"宛名番号": "1"}, "DIGITS", "addressee_no", 30_000),
    "February 30": ({"納期限": "2025-02-30"}, "DATE", "due_date", 30_000),
    "a two-digit year": ({"納期限": "25-06-30"}, "DATE", "due_date", 30_000),
    "no due date": ({"納期限": ""}, "REQUIRED", "due_date", 30_000),
    "no debtor": ({"宛名番号": ""}, "REQUIRED", "addressee_no", 30_000),
    "a comma without quotes": ({"納期限": "2025-06-30,"}, "FIELD_COUNT", None, None),
    "a lost letter": ({"法定納期限": "2025\ufffd06-30"}, "ENCODING", "statutory_due_date", 30_000),
}  # fmt: skip


@pytest.mark.parametrize(("values", "reason", "field", "amount"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_a_bad_row_goes_to_quarantine_with_its_bytes_and_the_rest_is_loaded(
    desk: Desk, values: dict[str, str], reason: str, field: str | None, amount: int | None
) -> None:
    bad = tax_claim(9, **values)
    stated = 60_000 + (30_000 if amount is None else amount)
    file = put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, [GOOD[0], bad, GOOD[1]]), count=3, yen=stated)

    claims = desk.take("resident_tax")["claims"]

    assert claims.state == "loaded", claims.reason
    ((line_no, offset, raw, code, found_field, yen),) = desk.ask(
        "select line_no, byte_offset, raw, reason_code, field, amount_yen from quarantine.row"
    )
    assert (line_no, code, found_field, yen) == (3, reason, field, amount)
    assert raw == ",".join(bad).encode() == file.read_bytes()[offset : offset + len(raw)]
    assert (claims.accepted_yen, claims.quarantined_yen, claims.unexplained_yen) == (60_000, stated - 60_000, 0)


def test_broken_bytes_spoil_their_own_row_only(desk: Desk) -> None:
    content = csv_bytes(CLAIM_ITEMS, [*GOOD, tax_claim(9, 不納欠損事由="ス")])
    put_tax(desk.drop, content.replace("ス".encode(), b"\x83\x58"), count=4, yen=120_000)

    claims = desk.take("resident_tax")["claims"]

    assert (claims.accepted_rows, desk.quarantine()) == (3, {5: "ENCODING"})


def test_a_quoted_line_end_belongs_to_its_field(desk: Desk) -> None:
    rows = [tax_claim(1, 宛名番号='"000000000000001"'), tax_claim(2, 不納欠損事由='"\r\n"'), tax_claim(3)]
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, rows), count=3, yen=90_000)

    claims = desk.take("resident_tax")["claims"]

    # The line end is no code, so its row is set aside; what follows it keeps its own line number.
    assert (claims.accepted_rows, desk.quarantine()) == (2, {3: "CODE"})
    assert desk.ask("select max(_line_no) from raw.resident_tax__claims") == [(5,)]


def test_a_quote_never_closed_spoils_its_own_line_only(desk: Desk) -> None:
    rows = [tax_claim(1), tax_claim(2, 宛名番号='"000000000000002'), tax_claim(3)]
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, rows), count=3, yen=90_000)

    claims = desk.take("resident_tax")["claims"]

    assert (claims.accepted_rows, desk.quarantine()) == (2, {3: "FIELD_COUNT"})
    assert claims.unexplained_yen == 0


def test_a_deleted_row_is_excluded_with_its_yen(desk: Desk) -> None:
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, [*GOOD, tax_claim(9, 削除フラグ="1")]), count=4, yen=120_000)

    claims = desk.take("resident_tax")["claims"]

    assert (claims.excluded_rows, claims.excluded_yen, desk.set_aside()) == (1, 30_000, {5: "DELETED_AT_SOURCE"})


HEADERS = {
    "a field renamed": ([item.replace("宛名番号", "宛名No") for item in CLAIM_ITEMS], "宛名番号 is missing"),
    "a field lost": ([item for item in CLAIM_ITEMS if item != "納期限"], "納期限 is missing"),
    "a field more": ([*CLAIM_ITEMS, "備考"], f"{len(CLAIM_ITEMS) + 1} fields"),
    "no header": (GOOD[0], "is missing"),
}  # fmt: skip


@pytest.mark.parametrize(("header", "part"), HEADERS.values(), ids=HEADERS)
def test_a_changed_header_refuses_the_file_and_names_the_field(desk: Desk, header: list[str], part: str) -> None:
    file = put_tax(desk.drop, csv_bytes(header, GOOD), count=3, yen=90_000)

    found = desk.take("resident_tax")

    claims = found["claims"]
    assert (claims.state, claims.reason_code) == ("rejected", "HEADER"), claims.reason
    assert claims.reason
    assert claims.reason.startswith(f"resident_tax, file {file.name}: HEADER: line 1")
    assert part in claims.reason
    assert {found["receipts"].state, found["dunnings"].state} == {"held"}
    assert desk.is_untouched()


def test_another_encoding_is_refused_by_its_name(desk: Desk) -> None:
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, GOOD, encoding="cp932"), count=3, yen=90_000)

    claims = desk.take("resident_tax")["claims"]

    assert claims.reason_code == "WRONG_ENCODING"
    assert "cp932" in str(claims.reason)
    assert desk.is_untouched()


MANIFESTS = {
    "a row more": ({"count": 4, "yen": 90_000, "sha256": "0" * 64}, "TRUNCATED", "declares 4 rows"),
    "another hash": ({"count": 3, "yen": 90_000, "sha256": "0" * 64}, "TRUNCATED", "SHA-256"),
    "another hash, a row less": ({"count": 2, "yen": 60_000, "sha256": "0" * 64}, "CONTROL_TOTAL", "declares 2 rows"),
    "a yen more": ({"count": 3, "yen": 90_001}, "CONTROL_TOTAL", "90001 yen"),
    "another name": ({"count": 3, "yen": 90_000, "name": "036o005_20260618020000_1.csv"}, "STALE", "another file name"),
    "unnamed": ({"count": 3, "yen": 90_000, "name": "x.csv", "sha256": "0" * 64}, "CONTROL_TOTAL", "0 times"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "reason", "part"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_disagrees_refuses_the_file(
    desk: Desk, said: dict[str, object], reason: str, part: str
) -> None:
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, GOOD), **said)  # type: ignore[arg-type]

    claims = desk.take("resident_tax")["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", reason), claims.reason
    assert part in str(claims.reason)
    assert desk.is_untouched()


def test_without_its_manifest_nothing_of_the_source_is_taken(desk: Desk) -> None:
    file = put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, GOOD), count=3, yen=90_000)
    next(file.parent.glob("soufu_*")).unlink()

    assert {batch.state for batch in desk.take("resident_tax").values()} == {"missing"}
    assert desk.is_untouched()


def test_a_dunning_letter_without_yen_still_counts_as_a_row(desk: Desk) -> None:
    put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, GOOD), count=3, yen=90_000)
    file = next((desk.drop / "resident_tax").glob("036o007_*"))
    file.write_bytes(csv_bytes(DUNNING_ITEMS, [tax_dunning(1), tax_dunning(2)]))

    dunnings = desk.take("resident_tax")["dunnings"]

    assert (dunnings.state, dunnings.reason_code) == ("rejected", "CONTROL_TOTAL")


def test_two_files_of_one_day_that_differ_are_both_refused(desk: Desk) -> None:
    file = put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, GOOD), count=3, yen=90_000)
    second = file.with_name(file.name.replace("_1.csv", "_2.csv"))
    second.write_bytes(csv_bytes(CLAIM_ITEMS, GOOD[:1]))

    assert desk.take("resident_tax")["claims"].reason_code == "TWO_VERSIONS"
    assert desk.is_untouched()

    second.write_bytes(file.read_bytes())
    found = desk.take("resident_tax")
    assert found["claims"].state in ("loaded", "duplicate")
    assert desk.count("raw.resident_tax__claims") == 3
