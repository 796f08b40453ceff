"""外字 and every other code of CP932 (F11): inventoried, mapped where somebody decided, and never lost as bytes.

`data/moji.csv` holds rows of the MJ文字情報一覧表 (CC BY-SA 2.1 JP, see NOTICE).
"""

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from receivables import contracts, ingest
from receivables.contracts import ContractError
from receivables.ingest import spool
from receivables.ingest.gaiji import governed

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, person, put_nhi

HEADER = "encoding,code,text,mj,basis,decided_on,decided_by"
PAIRS = [bytes((lead, trail)) for lead in (*range(0x81, 0xA0), *range(0xE0, 0xFD)) for trail in range(0x40, 0xFD)]


def named(raw: bytes, no: int = 1) -> bytes:
    return nhi_claim(no, name=("世田谷　".encode("cp932") + raw).ljust(40))


def is_decodable(raw: bytes) -> bool:
    try:
        return len(raw.decode("cp932")) == 1
    except UnicodeDecodeError:
        return False


CODES = [raw for raw in PAIRS if is_decodable(raw)]
PRIVATE = {raw for raw in CODES if 0xF0 <= raw[0] <= 0xF9}


def test_all_codes_of_cp932_come_back_byte_for_byte(desk: Desk) -> None:
    assert (len(CODES), len(PRIVATE)) == (9_604, 1_880)
    records = [named(raw, no) for no, raw in enumerate(CODES, start=1)]
    put_nhi(desk.drop, host_file(records, yen=12_000 * len(records)))

    claims = desk.take("nhi")["claims"]

    mapped = {raw for raw in PRIVATE if raw.decode("cp932") in governed("nhi")}
    assert len(mapped) == 3
    assert (claims.accepted_rows, claims.quarantined_rows) == (9_604 - 1_880 + 3, 1_880 - 3), claims.reason
    came: dict[int, bytes] = dict(desk.ask("select line_no, raw from quarantine.row where reason_code = 'GAIJI'"))  # type: ignore[arg-type]
    assert {raw[80:82] for raw in came.values()} | {raw[84:86] for raw in came.values()} >= PRIVATE - mapped
    ((sha256,),) = desk.ask("select file_sha256 from ops.load where batch_id = %s", claims.batch_id)
    copy = spool.place(desk.state, str(sha256)).read_bytes()
    texts: dict[int, str] = {}
    for line_no, offset, name in desk.ask(
        "select _line_no, raw._byte_offset, person_name from raw.nhi__claims as raw"
        " inner join vault.nhi__claims as vault using (_batch_id, _line_no)"
    ):
        came[int(line_no)], texts[int(line_no)] = copy[offset : offset + 200], str(name)
    assert [came[line_no] for line_no in range(2, len(records) + 2)] == records
    for line_no, text in texts.items():
        raw = CODES[line_no - 2]
        if raw not in mapped:  # an ideographic blank at the end of a name says nothing
            assert text == f"世田谷　{raw.decode('cp932')}".strip("　 ")
    assert not any("\ufffd" in text for text in texts.values())


def test_mapped_letters_are_loaded_and_the_records_own_bytes_kept(desk: Desk) -> None:
    rows = [named(b"\xf0\x41\xf0\x42", 1), named(b"\xf0\x41\xf0\x40", 2), named(b"\xf0\x40", 3), named(b"", 4)]
    file = put_nhi(desk.drop, host_file(rows, yen=48_000))

    claims = desk.take("nhi")["claims"]

    assert (claims.accepted_rows, desk.quarantine()) == (2, {3: "GAIJI", 4: "GAIJI"}), claims.reason
    assert desk.ask("select person_name from vault.nhi__claims order by notice_no limit 1") == [
        ("世田谷　\U00020bb7\u8fbb\U000e0102",)
    ]
    ((line_no, offset, raw),) = desk.ask("select line_no, byte_offset, raw from vault.original_record")
    assert (line_no, raw) == (2, rows[0])
    assert file.read_bytes()[offset : offset + 200] == rows[0]
    assert desk.ask("select column_name, reason_code, rows::int from ops.conversion") == [
        ("person_name", "GAIJI_MAPPED", 1)]  # fmt: skip


def test_the_inventory_counts_rows_by_source_and_code_over_the_days(desk: Desk) -> None:
    put_nhi(desk.drop, host_file([named(b"\xf0\x41", 1), named(b"\xf0\x40", 2), named(b"\xf0\x40", 3)], yen=36_000))
    desk.take("nhi")
    desk.make_register([person(1), person(2, shimei="\ue000　太郎")])
    desk.take("register")
    later = DAY + timedelta(1)
    put_nhi(desk.drop, host_file([named(b"\xf0\x41", 1), named(b"\xf0\x40", 2)], yen=24_000, day=later), day=later)
    desk.take("nhi", day=later)

    found = [tuple(row.values()) for row in ingest.inventory(desk.state)]

    assert found == [
        ("nhi", "cp932", "F040", 1, str(DAY), str(later), "unmapped", None),
        ("nhi", "cp932", "F041", 1, str(DAY), str(later), "mapped", "\U00020bb7"),
        ("register", "utf-8", "EE8080", 1, str(DAY), str(DAY), "unmapped", None),
    ]
    assert desk.count("vault.original_record") == 1  # the second night's equal row adds nothing


def test_a_decision_brings_waiting_rows_in_with_the_next_delivery(desk: Desk, amend: Callable[..., None]) -> None:
    put_nhi(desk.drop, host_file([named(b"\xf0\x40")], yen=12_000))
    assert desk.take("nhi")["claims"].quarantined_rows == 1
    with contracts.beside("nhi", "gaiji.csv").open("a", encoding="utf-8") as map_file:
        map_file.write("cp932,F040,髙,MJ028902,vendor's list of 2020,2026-06-19,kakaricho\n")
    later = DAY + timedelta(1)
    put_nhi(desk.drop, host_file([named(b"\xf0\x40")], yen=12_000, day=later), day=later)

    claims = desk.take("nhi", day=later)["claims"]

    assert (claims.accepted_rows, claims.quarantined_rows) == (1, 0), claims.reason
    assert desk.ask("select person_name from vault.nhi__claims") == [("世田谷　髙",)]
    assert ingest.inventory(desk.state)[0]["state"] == "mapped"


def test_a_private_code_in_what_is_no_free_text_is_never_mapped(desk: Desk) -> None:
    put_nhi(desk.drop, host_file([nhi_claim(1, due_date=b"\xf0\x4170630")], yen=12_000))
    desk.take("nhi")

    assert desk.quarantine() == {2: "GAIJI"}


WRONG = {
    "another header": ("code,text\nF040,髙\n", "header"),
    "no hex": (f"{HEADER}\ncp932,XX,髙,MJ028902,a,b,c\n", "key code"),
    "no private code": (f"{HEADER}\ncp932,8140,髙,MJ028902,a,b,c\n", "private-use"),
    "two codes": (f"{HEADER}\ncp932,F040F041,髙,MJ028902,a,b,c\n", "one private-use"),
    "no text": (f"{HEADER}\ncp932,F040,,MJ028902,a,b,c\n", "key text"),
    "a private text": (f"{HEADER}\ncp932,F040,\ue001,MJ028902,a,b,c\n", "key text"),
    "nobody decided": (f"{HEADER}\ncp932,F040,髙,MJ028902,a,b,\n", "decided_by"),
    "no MJ number": (f"{HEADER}\ncp932,F040,髙,28902,a,b,c\n", "MJ000000"),
    "twice": (f"{HEADER}\n" + "cp932,F040,髙,MJ028902,a,b,c\n" * 2, "line 3: code F040 is there twice"),
}


@pytest.mark.parametrize(("content", "part"), WRONG.values(), ids=WRONG)
def test_a_map_with_a_wrong_row_is_refused(amend: Callable[..., None], content: str, part: str) -> None:
    contracts.beside("nhi", "gaiji.csv").write_text(content, encoding="utf-8")

    with pytest.raises(ContractError, match=part):
        governed("nhi")


def test_our_maps_agree_with_the_mj_table() -> None:
    with (Path(__file__).parent / "data" / "moji.csv").open(encoding="utf-8", newline="") as lines:
        known = {
            f"MJ{int(row['mj']):06d}": row["kanji"] or "".join(chr(int(part, 16)) for part in row["ucs"].split("_"))
            for row in csv.DictReader(lines)
        }
    checked = 0
    for contract in contracts.all_contracts():
        file = contracts.beside(contract.source, "gaiji.csv")
        if file.exists():
            with file.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    assert known[row["mj"]] == row["text"]
                    checked += 1
    assert checked == 3
