"""The residents: names whose kana belongs to them, namesakes, contacts, the reader's rights."""

import csv
import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import phonenumbers
import pytest

from receivables import db
from receivables.city.numbers import receipt_number
from receivables.city.register import database_name
from receivables.db import DatabaseError
from receivables.ingest.fields import has_my_number
from receivables.settings import State
from tests.city.conftest import read_csv

pytestmark = pytest.mark.postgres
_FOLDED = str.maketrans("髙﨑𠮷邉齋", "高崎吉辺斎")


def people(state: State, ward: Path) -> list[dict[str, str]]:
    faulty = {int(row["line_no"]) for row in read_csv(ward / "truth/faults.csv") if row["source"] == "register"}
    with db.connect(state, "register_reader", database_name(ward)) as connection:
        cursor = connection.execute("select * from atena.person order by atena_no")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, map(str, row), strict=True)) for row in cursor]
    return [row for at, row in enumerate(rows, start=1) if at not in faulty]


def readings(files: Iterable[str], written_at: slice, reading_at: int) -> dict[str, set[str]]:
    """Writings and their readings from the dataset's own files, not through its library."""
    package = importlib.util.find_spec("japanese_personal_name_dataset")
    assert package is not None
    assert package.origin is not None
    found: dict[str, set[str]] = defaultdict(set)
    for file in files:
        with (Path(package.origin).parent / "dataset" / file).open(encoding="utf-8", newline="") as opened:
            for row in csv.reader(opened):
                katakana = "".join(chr(ord(char) + 0x60) for char in row[reading_at])
                for written in row[written_at]:
                    found[written].add(katakana)
    return found


def test_the_kana_belongs_to_the_name(state: State, small_ward: Path) -> None:
    surnames = readings(["last_name_org.csv"], slice(0, 1), 2)
    given = readings(["first_name_man_opti.csv", "first_name_woman_opti.csv"], slice(2, None), 0)
    checked = 0
    for person in people(state, small_ward):
        if person["gengo_cd"] == "ja":
            (family, first), (kana, first_kana) = person["shimei"].split("　"), person["shimei_kana"].split("　")
            assert kana in surnames[family.translate(_FOLDED)], person["atena_no"]
            assert first_kana in given[first], person["atena_no"]
            checked += 1
    assert checked > 2_500


def test_there_are_namesakes_and_relatives_of_one_reading(state: State, small_ward: Path) -> None:
    by_name, by_home = defaultdict(set), defaultdict(list)
    for person in people(state, small_ward):
        by_name[person["shimei"], person["birth_ymd"]].add(person["atena_no"])
        by_home[person["setai_no"], person["shimei_kana"]].append(person["birth_ymd"])
    assert any(len(numbers) > 1 for numbers in by_name.values())
    assert any(len(set(births)) > 1 for births in by_home.values())


def test_one_person_may_have_two_numbers_and_only_the_truth_knows(small_ward: Path) -> None:
    numbers = defaultdict(set)
    for row in read_csv(small_ward / "truth/persons.csv"):
        if row["source_code"] == "register":
            numbers[row["person_id"]].add(row["source_debtor_key"])
    assert sum(len(found) == 2 for found in numbers.values()) >= 1


def test_some_debtors_are_not_in_the_register(small_ward: Path) -> None:
    rows = read_csv(small_ward / "truth/persons.csv")
    registered = {row["source_debtor_key"] for row in rows if row["source_code"] == "register"}
    debtors = {row["source_debtor_key"] for row in rows} - registered
    assert 1 <= len(debtors) <= 50


def test_telephones_are_valid_in_form_and_invented(state: State, small_ward: Path) -> None:
    numbers = [person["denwa_no"] for person in people(state, small_ward) if person["denwa_no"] != "None"]
    assert len(numbers) > 1_500
    for number in numbers:
        parsed = phonenumbers.parse(number, "JP")
        assert phonenumbers.is_possible_number(parsed)
        middle = phonenumbers.national_significant_number(parsed)[-8:-4]
        assert len(set(middle)) == 1, "the middle block tells that the number is invented"
    assert any("-" not in number for number in numbers)


def test_births_addresses_and_circumstances_are_varied(state: State, small_ward: Path) -> None:
    found = people(state, small_ward)
    assert any(person["birth_ymd"].endswith("-00-00") for person in found)
    assert any(person["katagaki"] != "None" for person in found)
    assert all(person["jusho"].startswith("東京都世田谷区") for person in found)
    assert len({person["yubin_no"] for person in found}) > 40
    for flag in ("shien_sochi_flg", "koken_flg", "seiho_flg"):
        assert 1 <= sum(person[flag] == "1" for person in found) <= 120, flag
    assert {"ja", "zh", "en"} <= {person["gengo_cd"] for person in found}


def test_addressee_numbers_are_fifteen_digits_with_a_check_digit(state: State, small_ward: Path) -> None:
    for person in people(state, small_ward):
        number = person["atena_no"]
        assert re.fullmatch(r"0{5}\d{10}", number)
        weighted = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(number))]
        assert sum(value - 9 if value > 9 else value for value in weighted) % 10 == 0


def test_the_reader_can_read_and_do_nothing_else(state: State, small_ward: Path) -> None:
    name = database_name(small_ward)
    for statement in (
        "update atena.person set shimei = 'x'",
        "set transaction read write; delete from atena.person",
        "create table atena.mine (a int)",
    ):
        with pytest.raises(DatabaseError), db.connect(state, "register_reader", name) as connection:
            connection.execute(statement.encode())


def test_no_receipt_number_passes_for_a_my_number() -> None:
    numbers = [receipt_number(system, serial) for system in (1, 2, 3) for serial in range(1, 5_000)]
    assert len(set(numbers)) == len(numbers)
    assert not [number for number in numbers if len(number) != 12 or has_my_number(number)]


def test_a_my_number_is_known_by_its_check_digit() -> None:
    """番号法施行規則5条, from the last of eleven digits: 4x2 + 3x3 + 2x4 + 1x5 = 30; 30 mod 11 = 8; 11 - 8 = 3."""
    assert has_my_number("000000012343")
    assert not has_my_number("000000012344")
