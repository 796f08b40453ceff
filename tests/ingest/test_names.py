"""Hostile file names (F17): shown escaped, recorded, never followed and never used as a path."""

import os
import zipfile
from datetime import timedelta

import pytest

from receivables import ingest

from .conftest import Desk
from .files import CLAIM_ITEMS, DAY, csv_bytes, host_file, loan, nhi_claim, put_loans, put_nhi, put_tax, tax_claim

HOSTILE = {
    "a newline": "KOKUHO_CHOTEI_20260619.DAT\n",
    "a carriage return": "KOKUHO\r.DAT",
    "a tab": "KOKUHO\t.DAT",
    "an escape sequence": "\x1b[31mKOKUHO.DAT",
    "a right-to-left mark": "KOKUHO_\u202etxt.DAT",
    "a zero-width space": "KOKUHO\u200b_CHOTEI_20260619.DAT",
    "a byte order mark": "\ufeffKOKUHO_CHOTEI_20260619.DAT",
    "bytes that are no UTF-8": os.fsdecode(b"KOKUHO_\x83\x58.DAT"),
    "a backslash path": "..\\..\\KOKUHO.DAT",
    "a drive": "C:KOKUHO.DAT",
    "a stream": "KOKUHO.DAT:hidden",
    "an option": "--as-of=1900-01-01",
    "a hidden file": ".KOKUHO_CHOTEI_20260619.DAT",
    "dots that look like a path": "..KOKUHO",
    "very long": "K" * 240,
    "long in bytes": "国" * 80,
}
UNEXPECTED = {
    "a device of another system": "CON",
    "a shell's words": "$(id);KOKUHO.DAT",
    "SQL": "x'); drop schema raw cascade; --",
    "a template": "{{ var.value.x }}.DAT",
    "a pattern": "KOKUHO_*.DAT",
}


def strays(desk: Desk) -> dict[str, str]:
    found = desk.ask("select file_name, reason from quarantine.stray_file where business_date = %s", DAY)
    return dict(found)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*HOSTILE.values(), *UNEXPECTED.values()], ids=[*HOSTILE, *UNEXPECTED])
def test_a_hostile_name_is_recorded_escaped_and_harms_nobody(desk: Desk, name: str) -> None:
    file = put_nhi(desk.drop, host_file([nhi_claim(1)], yen=12_000))
    (file.parent / name).write_bytes(b"never read")

    found = desk.take("nhi")

    assert {batch.state for batch in found.values()} == {"loaded"}
    (shown, reason), *others = strays(desk).items()
    assert not others
    assert shown.isprintable()
    assert reason == ("NAME" if name in HOSTILE.values() else "UNEXPECTED")
    assert desk.ask("select count(*)::int from ops.load where file_name = %s", shown) == [(0,)]


MATCHING = [
    name for name in ("036o005_20260619\n_1.csv", "036o005_20260619\u202e_1.csv", f"036o005_20260619{'9' * 200}_1.csv")
]


@pytest.mark.parametrize("name", MATCHING, ids=["newline", "right-to-left", "long"])
def test_a_hostile_name_that_fits_the_pattern_is_refused_with_the_name_escaped(desk: Desk, name: str) -> None:
    file = put_tax(desk.drop, csv_bytes(CLAIM_ITEMS, [tax_claim(1)]), count=1, yen=30_000)
    file.rename(file.with_name(name))

    claims = desk.take("resident_tax")["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", "UNREADABLE")
    assert str(claims.reason).isprintable()
    assert "036o005_20260619" in str(claims.reason)
    assert strays(desk)
    assert desk.is_untouched()


def test_links_devices_and_folders_are_recorded_and_not_followed(desk: Desk) -> None:
    file = put_nhi(desk.drop, host_file([nhi_claim(1)], yen=12_000))
    tomorrow = [file.with_name(f"KOKUHO_CHOTEI_{DAY + timedelta(days):%Y%m%d}.DAT") for days in (1, 2, 3)]
    tomorrow[0].symlink_to("/etc/passwd")
    os.mkfifo(tomorrow[1])
    tomorrow[2].mkdir()

    assert desk.take("nhi")["claims"].state == "loaded"
    assert strays(desk) == {each.name: "NOT_A_FILE" for each in tomorrow}


def test_yesterdays_and_tomorrows_files_are_no_strays_and_the_record_is_of_the_last_look(desk: Desk) -> None:
    file = put_nhi(desk.drop, host_file([nhi_claim(1)], yen=12_000))
    file.with_name("KOKUHO_SHUNO_20260618.DAT").write_bytes(b"")
    odd = file.with_name("memo.txt")
    odd.write_bytes(b"")
    desk.take("nhi")
    assert strays(desk) == {"memo.txt": "UNEXPECTED"}
    assert ingest.account(as_of=DAY, state=desk.state)["stray_files"] == {"nhi": 1}

    odd.unlink()
    desk.take("nhi")
    assert strays(desk) == {}


@pytest.mark.parametrize("name", ["../../evil.xml", "/etc/evil", "xl/../../evil.xml", "..\\evil.xml"])
def test_a_workbook_whose_parts_lead_out_of_it_is_refused(desk: Desk, name: str) -> None:
    file = put_loans(desk.drop, [loan(1)], yen=8_000)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr(name, b"x")

    book = desk.take("scholarship")["instalments"]

    assert (book.state, book.reason_code) == ("rejected", "UNREADABLE")
    assert "lead out" in str(book.reason)
    assert desk.is_untouched()
