"""The resident register's own database (住民記録の連携データベース), with one reader role."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from random import Random

from psycopg import sql

from receivables import db
from receivables.city.people import Person
from receivables.city.planting import Delivery, Fault, Row, numbered, planted
from receivables.settings import State

SOURCE = "register"
READER = "register_reader"
_COLUMNS = (
    "atena_no", "setai_no", "shimei", "shimei_kana", "birth_ymd", "seibetsu_cd", "yubin_no", "jusho", "katagaki",
    "denwa_no", "shibo_ymd", "shien_sochi_flg", "koken_flg", "seiho_flg", "gengo_cd",
)  # fmt: skip
_AT = {column: at for at, column in enumerate(_COLUMNS)}
Fields = tuple[str | None, ...]


def database_name(out: Path) -> str:
    """The database of the ward that lies in `out`."""
    return f"ward_{hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:8]}"


def deliver_register(
    people: list[Person], *, debtors: set[str], days: int, as_of: date, seed: int, drop: Path, state: State
) -> list[Delivery]:
    """(Re)make the register's database as it is `days` after `as_of`; returns the truth of its rows.

    A database holds one state only: the files of several days stand beside the register of the last one.
    """
    drop.mkdir(parents=True, exist_ok=True)
    name = database_name(drop.parent)
    rows = sorted((_row(person) for person in people if person.is_registered), key=_key)
    rng = Random(f"{seed}:faults:{SOURCE}")
    spoilt = planted(rng, rows, _faults(), lambda row: row.content[0] not in debtors)
    spoilt = _moved_on(Random(f"{seed}:moves"), spoilt, as_of, days)
    spoilt.sort(key=_key)
    _make(state, name, [row.content for row in spoilt])
    file = drop / "connection.json"
    file.write_text(json.dumps({"dbname": name, "role": READER}, indent=1) + "\n")
    business_date = as_of + timedelta(days=days)
    return [Delivery(SOURCE, f"{SOURCE}__persons", file.name, business_date.isoformat(), numbered(spoilt, 1))]


def _key(row: Row[Fields]) -> str:
    return row.content[0] or ""


def _row(person: Person) -> Row[Fields]:
    birth = person.birth_date.isoformat() if person.is_birth_day_known else f"{person.birth_date.year}-00-00"
    content = (
        person.addressee_no,
        person.household_no,
        person.name.written,
        person.name.kana,
        birth,
        person.sex_code,
        person.place.postal_code,
        person.place.address,
        person.place.detail,
        person.phone,
        person.died_on.isoformat() if person.died_on else None,
        "1" if person.is_protected else "0",
        "1" if person.has_guardian else "0",
        "1" if person.is_on_welfare else "0",
        person.language_code,
    )
    return Row(content, 0, None)


def _set(column: str, value: str | None) -> "_Setter":
    return _Setter(_AT[column], value)


class _Setter:
    def __init__(self, at: int, value: str | None) -> None:
        self._at, self._value = at, value

    def __call__(self, fields: Fields) -> Fields:
        return (*fields[: self._at], self._value, *fields[self._at + 1 :])


def _faults() -> list[Fault[Fields]]:
    return [
        Fault("F27", "DATE", _set("shibo_ymd", "2026-02-30")),
        Fault("P04", "CODE", _set("gengo_cd", "xx")),
        Fault("P02", "REQUIRED", _set("shimei", "")),
        Fault("F11", "GAIJI", _set("shimei", "\ue000　太郎")),
        Fault("F19", "DIGITS", lambda fields: ((fields[0] or "")[1:], *fields[1:])),
    ]


def _moved_on(rng: Random, rows: list[Row[Fields]], as_of: date, days: int) -> list[Row[Fields]]:
    """The changes of `days` days (異動): a new telephone number, a death."""
    quiet = [row for row in rows if row.fate == "accepted"]
    for at in range(days * max(1, len(rows) // 2000)):
        row = rng.choice(quiet)
        died_on = (as_of + timedelta(days=1 + at % days)).isoformat()
        change = _set("shibo_ymd", died_on) if at % 3 == 0 else _set("denwa_no", f"080-1234-{at % 10_000:04d}")
        row.content = change(row.content)
    return rows


def _make(state: State, name: str, rows: list[Fields]) -> None:
    with db.connect(state, database="postgres", autocommit=True, doing="make the register") as connection:
        _make_reader(state, connection)
        database = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {}").format(database))
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(READER)))
    with db.connect(state, database=name, doing="fill the register") as connection:
        columns = ", ".join(f"{column} text{' primary key' if column == 'atena_no' else ''}" for column in _COLUMNS)
        db.run_script(connection, f"create schema atena; create table atena.person ({columns})")
        with connection.cursor() as cursor, cursor.copy("copy atena.person from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        reader = sql.Identifier(READER)
        connection.execute(sql.SQL("grant usage on schema atena to {}").format(reader))
        connection.execute(sql.SQL("grant select on atena.person to {}").format(reader))


def _make_reader(state: State, connection: db.Connection) -> None:
    connection.execute("select pg_advisory_lock(7131122)")
    role = sql.Identifier(READER)
    if not connection.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone():
        connection.execute(sql.SQL("create role {} login").format(role))
    password = sql.Literal(state.secret(f"pg_{READER}"))
    connection.execute(sql.SQL("alter role {} password {}").format(role, password))
    connection.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(role))
