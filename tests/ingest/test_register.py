"""住民記録 (a department's own database): one snapshot, and what is done when the database is not as agreed."""

import json
import threading
from datetime import timedelta

from receivables import db

from .conftest import Desk
from .files import DAY, person

PEOPLE = [person(1), person(2), person(3)]


def alter(desk: Desk, statement: str) -> None:
    with db.connect(desk.state, database="ward_test") as connection:
        connection.execute(statement.encode())


def test_names_and_addresses_reach_the_vault_and_nothing_else(desk: Desk) -> None:
    desk.make_register(PEOPLE)

    people = desk.take("register")["persons"]

    assert (people.state, people.accepted_rows, people.declared_rows) == ("loaded", 3, 3), people.reason
    assert desk.ask("select person_name, address from vault.register__persons limit 1") == [
        ("世田谷　次郎", "世田谷区世田谷四丁目21番27号")
    ]
    query = (
        "select column_name from information_schema.columns"
        " where table_schema = 'raw' and table_name = 'register__persons'"
    )
    columns = {name for (name,) in desk.ask(query)}
    assert {"addressee_no", "is_protected"} <= columns
    assert not columns & {"person_name", "person_kana", "address", "phone", "birth_date"}


def test_bad_persons_are_quarantined(desk: Desk) -> None:
    faults = {
        "DATE": {"shibo_ymd": "2026-02-30"},
        "CODE": {"shien_sochi_flg": "?"},
        "GAIJI": {"shimei": "世田谷　\ue001郎"},
        "REQUIRED": {"shimei_kana": None},
        "DIGITS": {"yubin_no": "154-0017"},
    }
    bad = [person(no, **values) for no, values in enumerate(faults.values(), start=4)]
    desk.make_register([*PEOPLE, *bad])

    people = desk.take("register")["persons"]

    assert (people.accepted_rows, people.quarantined_rows) == (3, 5)
    assert list(desk.quarantine().values()) == list(faults)


def test_an_unknown_birthday_is_kept_as_unknown(desk: Desk) -> None:
    desk.make_register([person(1, birth_ymd="1950-00-00"), person(2, birth_ymd="1950-99-99")])
    desk.take("register")

    assert desk.ask("select distinct birth_date from vault.register__persons") == [("1950-00-00",)]


def test_the_same_number_twice_is_nobody(desk: Desk) -> None:
    desk.make_register([*PEOPLE, person(1, shimei="別人　太郎")])

    people = desk.take("register")["persons"]

    assert (people.accepted_rows, set(desk.quarantine().values())) == (2, {"KEY_CONFLICT"})


def test_a_renamed_column_is_named(desk: Desk) -> None:
    desk.make_register(PEOPLE)
    alter(desk, "alter table atena.person rename shien_sochi_flg to shien_flg")

    people = desk.take("register")["persons"]

    assert (people.state, people.reason_code) == ("rejected", "HEADER")
    assert "shien_sochi_flg" in str(people.reason)
    assert desk.is_untouched()


def test_an_emptied_table_closes_nobody(desk: Desk) -> None:
    desk.make_register(PEOPLE)
    desk.take("register")
    alter(desk, "delete from atena.person")

    people = desk.take("register")["persons"]

    assert people.state == "rejected"
    assert desk.ask("select count(*) from raw.register__persons where _known_to is null") == [(3,)]


def test_a_database_that_does_not_answer_is_said_so_without_its_address(desk: Desk) -> None:
    folder = desk.drop / "register"
    folder.mkdir()
    for address in ({"dbname": "nowhere"}, {"dsn": "host=127.0.0.1 port=1 password=topsecret"}):
        (folder / "connection.json").write_text(json.dumps(address))
        people = desk.take("register")["persons"]
        assert (people.state, people.reason_code) == ("rejected", "UNREADABLE"), people.reason
        assert "topsecret" not in str(people.reason)


def test_an_address_that_is_no_address(desk: Desk) -> None:
    folder = desk.drop / "register"
    folder.mkdir()
    (folder / "connection.json").write_text("{")

    assert desk.take("register")["persons"].reason_code == "UNREADABLE"


def test_a_snapshot_is_never_torn(desk: Desk) -> None:
    """Two rows exchange a unit all the time (F22); whatever the moment, the sum is whole."""
    count = 3_000
    desk.make_register([person(no, setai_no="0000001000") for no in range(1, count + 1)])
    alter(desk, "create unique index on atena.person (atena_no)")
    moved, stop = [0], threading.Event()

    def move() -> None:
        add = "update atena.person set setai_no = lpad((setai_no::bigint + %s)::text, 10, '0') where atena_no = %s"
        with db.connect(desk.state, database="ward_test", autocommit=True) as connection:
            while not stop.is_set():
                one, other = (f"{1 + (moved[0] * step) % count:015d}" for step in (7, 977))
                if one != other:
                    with connection.transaction():
                        connection.execute(add.encode(), [-1, one])
                        connection.execute(add.encode(), [1, other])
                moved[0] += 1

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for days in range(4):
            before = moved[0]
            people = desk.take("register", day=DAY + timedelta(days))["persons"]
            assert (people.state, people.accepted_rows) == ("loaded", count), people.reason
            whole = "select sum(household_no::bigint)::bigint from vault.register__persons where _known_to is null"
            assert desk.ask(whole) == [(1_000 * count,)]
            assert moved[0] > before
    finally:
        stop.set()
        mover.join()
