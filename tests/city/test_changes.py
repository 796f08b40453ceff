"""Foreign names, new surnames and moves: what the register says, what departments write, what days bring."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import db
from receivables.city.register import database_name
from receivables.settings import State
from tests.city.conftest import AS_OF, digests, read_csv
from tests.city.files import host_records
from tests.city.test_after_school import records
from tests.city.test_people import people

pytestmark = pytest.mark.postgres
MakeWard = Callable[..., tuple[Path, dict[str, Any]]]
Register = dict[str, dict[str, str]]
_NAME_COLUMNS = ("shimei", "romaji_shimei", "kanji_shimei", "katakana_heiki", "tsusho", "mae_shimei")
LAST = 2


def register(state: State, ward: Path) -> Register:
    with db.connect(state, "register_reader", database_name(ward)) as connection:
        cursor = connection.execute("select * from atena.person order by atena_no")
        names = [column.name for column in cursor.description or ()]
        rows = [{key: "" if one is None else str(one) for key, one in zip(names, row, strict=True)} for row in cursor]
    return {row["atena_no"]: row for row in rows}


@pytest.fixture(scope="session")
def days(make_ward: MakeWard, state: State) -> tuple[Path, Register, Path, Register]:
    """One ward on its first day, and two days later."""
    (one, _), (other, _) = make_ward(residents=2_000, seed=5), make_ward(residents=2_000, seed=5, days=LAST)
    return one, register(state, one), other, register(state, other)


def folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).replace(" ", "").translate(str.maketrans("髙﨑𠮷邉齋", "高崎吉辺斎"))


def test_the_register_has_every_form_of_a_foreign_name(state: State, small_ward: Path) -> None:
    foreign = [row for row in people(state, small_ward) if row["gengo_cd"] != "ja"]
    assert len(foreign) > 40
    for row in foreign:
        assert row["romaji_shimei"] == row["shimei"]
        assert folded(row["romaji_shimei"]).isascii()
        assert row["katakana_heiki"] == row["shimei_kana"]
        assert (row["kanji_shimei"] != "None") == (row["gengo_cd"] in ("zh", "ko"))
    with_alias = [row for row in foreign if row["tsusho"] != "None"]
    assert 0.03 < len(with_alias) / len(foreign) < 0.6
    assert all(row["tsusho_kana"] != "None" for row in with_alias)
    japanese = [row for row in people(state, small_ward) if row["gengo_cd"] == "ja"]
    assert {row[one] for row in japanese for one in ("romaji_shimei", "kanji_shimei", "tsusho")} == {"None"}


def test_departments_write_one_form_each_and_the_register_knows_it(state: State, small_ward: Path) -> None:
    """The very person under different names: in the premium section's host and in the children's section's file."""
    known = register(state, small_ward)
    written: dict[str, dict[str, str]] = {"nhi": {}, "club": {}}
    for record in host_records(small_ward / "nhi/KOKUHO_CHOTEI_20260619.DAT").values():
        if record[:1] == b"2" and len(record) > 116:
            number = record[21:36].decode("cp932", "replace")
            written["nhi"][number] = folded(record[76:116].decode("cp932", "replace"))
    for row in records(small_ward).values():
        written["club"][row["保護者宛名番号"]] = folded(row["保護者氏名"])
    forms = set()
    for department, names in written.items():
        for number, name in names.items():
            person = known.get(number)
            if person and person["gengo_cd"] != "ja" and name:
                (form, *_) = [one for one in reversed(_NAME_COLUMNS) if folded(person[one])[:18] == name[:18]]
                forms.add((department, form))
    assert {("nhi", "kanji_shimei"), ("nhi", "tsusho"), ("club", "katakana_heiki")} <= forms


def test_a_new_surname_reaches_departments_late_and_the_truth_stays_one_person(state: State, small_ward: Path) -> None:
    known = register(state, small_ward)
    renamed = {number: row for number, row in known.items() if row["mae_shimei"]}
    assert 10 <= len(renamed) <= 200
    for row in renamed.values():
        assert row["shimei"].split("　")[1] == row["mae_shimei"].split("　")[1]
        assert "2023-12-01" < row["shimei_henko_ymd"] < AS_OF.isoformat()
    old = [
        number for record in host_records(small_ward / "nhi/KOKUHO_CHOTEI_20260619.DAT").values()
        if (number := record[21:36].decode("cp932", "replace")) in renamed
        and folded(record[76:116].decode("cp932")) == folded(renamed[number]["mae_shimei"])
    ]  # fmt: skip
    late = {number for number, row in renamed.items() if row["shimei_henko_ymd"] > "2026-05-20"}
    assert set(old) <= late, "after 30 days the premium section knows"
    clubs = [row for row in records(small_ward).values() if row["保護者宛名番号"] in renamed]
    for row in clubs:
        person = renamed[row["保護者宛名番号"]]
        is_late = person["shimei_henko_ymd"] > (AS_OF - timedelta(180)).isoformat()
        assert folded(row["保護者氏名"]) == folded(person["mae_shimei" if is_late else "shimei"])
    truth = {(row["source_code"], row["source_debtor_key"]): row["person_id"]
             for row in read_csv(small_ward / "truth/persons.csv")}  # fmt: skip
    for (source, number), person_id in truth.items():
        if number in known:
            assert truth["register", number] == person_id, source


def test_former_addresses_stand_beside_the_present_ones(state: State, small_ward: Path) -> None:
    found = register(state, small_ward).values()
    moved = [row for row in found if row["mae_jusho"]]
    assert 0.1 < len(moved) / len(found) < 0.5
    assert {row["ido_jiyu_cd"] for row in moved} == {"1", "2"}
    for row in moved:
        assert row["mae_jusho"] != row["jusho"]
        assert row["mae_jusho"].startswith("東京都世田谷区") == (row["ido_jiyu_cd"] == "2")
        assert row["mae_jusho"].startswith("東京都世田谷区") or "架空町" in row["mae_jusho"]
        assert row["birth_ymd"][:4] <= row["jutei_ymd"][:4]
    assert any(row["shien_sochi_flg"] == "1" for row in moved)


def test_the_days_bring_every_kind_of_change(days: tuple[Path, Register, Path, Register]) -> None:
    _, first, _, last = days
    window = {(AS_OF + timedelta(count)).isoformat() for count in range(1, LAST + 1)}
    gone, come = first.keys() - last.keys(), last.keys() - first.keys()
    both = first.keys() & last.keys()
    born = {number for number in come if last[number]["ido_jiyu_cd"] == "3"}
    arrived = {number for number in come if last[number]["ido_jiyu_cd"] == "1"}
    assert gone
    assert born
    assert arrived
    assert come == born | arrived
    assert all(last[number]["jutei_ymd"] in window and "架空町" in last[number]["mae_jusho"] for number in arrived)
    assert all(last[number]["setai_no"] in {row["setai_no"] for row in first.values()} for number in born)
    moved = {number for number in both if first[number]["jusho"] != last[number]["jusho"]}
    assert moved
    assert all(last[number]["mae_jusho"] == first[number]["jusho"] for number in moved)
    assert {last[number]["jutei_ymd"] for number in moved} <= window
    died = {number for number in both if first[number]["shibo_ymd"] != last[number]["shibo_ymd"]}
    assert {last[number]["shibo_ymd"] for number in died} == window
    renamed = {number for number in both if first[number]["shimei"] != last[number]["shimei"]}
    assert renamed
    assert all(last[number]["mae_shimei"] == first[number]["shimei"] for number in renamed)
    assert any(first[number]["denwa_no"] != last[number]["denwa_no"] for number in both)


def test_the_days_change_no_file_of_the_first_day(days: tuple[Path, Register, Path, Register]) -> None:
    one, _, other, _ = days
    first, following = digests(one), digests(other)
    kept = [name for name in first if not name.startswith("truth/")] + ["truth/claims.csv"]
    assert {name: following[name] for name in kept} == {name: first[name] for name in kept}


def test_the_truth_of_a_day_knows_who_left_or_died_by_then(make_ward: MakeWard, state: State) -> None:
    """Many days, so that debtors are among them; the register is the last day's, and so is the last truth."""
    out, _ = make_ward(residents=1_000, seed=9, days=30)
    known = register(state, out)
    first = {row["claim_id"]: row for row in read_csv(out / "truth/claims.csv")}
    last = read_csv(out / f"truth/claims-{AS_OF + timedelta(30):%Y%m%d}.csv")
    apart = {
        row["source_debtor_key"] for row in read_csv(out / "truth/persons.csv") if row["source_code"] == "register"
    }
    assert apart == {number.rjust(15, "0") for number in known}
    newly = set()
    for row in last:
        codes, before = row["exclusion_codes"].split(), first.get(row["claim_id"], row)["exclusion_codes"].split()
        person = known.get(row["addressee_no"])
        assert ("NOT_REGISTERED" in codes) == (person is None), row["claim_id"]
        assert ("X07" in codes) == bool(person and person["shibo_ymd"]) or person is None
        newly |= set(codes) - set(before)
    assert {"X07", "NOT_REGISTERED"} <= newly


def test_one_more_day_begins_with_the_same_days(make_ward: MakeWard, state: State) -> None:
    two, three = (register(state, make_ward(residents=600, seed=3, days=count)[0]) for count in (2, 3))
    third = (AS_OF + timedelta(3)).isoformat()
    same = [number for number in two if number in three and third not in three[number].values()]
    assert len(same) > 500
    different = [number for number in same if {**two[number], "denwa_no": ""} != {**three[number], "denwa_no": ""}]
    assert not different
