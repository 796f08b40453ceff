"""The resident register's own database (住民記録の連携データベース), with one reader role."""

import hashlib
import json
import pickle
from datetime import date
from pathlib import Path

from psycopg import sql

from receivables import db
from receivables.city.bills import known
from receivables.city.blocks import Block
from receivables.city.names import ForeignNames
from receivables.city.people import Person
from receivables.city.planting import Fate, Fault, Row, planted
from receivables.settings import State

SOURCE = "register"
READER = "register_reader"
CONNECTION = "connection.json"
_COLUMNS = (
    "atena_no", "setai_no", "shimei", "shimei_kana", "birth_ymd", "seibetsu_cd", "yubin_no", "jusho", "katagaki",
    "denwa_no", "shibo_ymd", "shien_sochi_flg", "koken_flg", "seiho_flg", "gengo_cd", "romaji_shimei", "kanji_shimei",
    "katakana_heiki", "tsusho", "tsusho_kana", "mae_shimei", "mae_shimei_kana", "shimei_henko_ymd", "jutei_ymd",
    "ido_jiyu_cd", "mae_yubin_no", "mae_jusho", "mae_katagaki",
)  # fmt: skip
_AT = {column: at for at, column in enumerate(_COLUMNS)}
Fields = tuple[str | None, ...]


def database_name(out: Path) -> str:
    """The database of the ward that lies in `out`."""
    return f"ward_{hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:8]}"


def register_rows(
    block: Block, people: list[Person], debtors: set[str], *, of_each: bool, permille: int
) -> list[Row[Fields]]:
    """One block's rows on the block's day, some spoilt."""
    rows = sorted((_row(person, block.as_of) for person in people if person.is_registered), key=_key)
    return planted(
        block.rng(f"faults:{SOURCE}"), rows, _faults(), lambda row: row.content[0] not in debtors,
        of_each=of_each, permille=permille,
    )  # fmt: skip


def rows_on(day: date, rows: list[Row[Fields]], people: list[Person], newcomers: list[Person]) -> list[Row[Fields]]:
    """The same rows as they are on `day`, spoilt as they were, with who came and without who left.

    A database holds one state only: the files of several days stand beside the register of the last one.
    """
    now = {person.addressee_no: person for person in people}
    kept = [row for row in rows if row.fate is not Fate.ACCEPTED]
    settled = [now[_key(row)] for row in rows if row.fate is Fate.ACCEPTED]
    kept += [_row(person, day) for person in [*settled, *newcomers] if person.is_known(day)]
    return sorted(kept, key=_key)


def write_part(rows: list[Row[Fields]], part: Path) -> None:
    """One block's rows, until the database is made."""
    part.write_bytes(pickle.dumps([row.content for row in rows], pickle.HIGHEST_PROTOCOL))


def make_register(state: State, drop: Path, parts: list[Path]) -> None:
    """(Re)make the register's database from every block's rows, and say in `drop` where it is."""
    name = database_name(drop.parent)
    with db.connect(state, database="postgres", autocommit=True, doing="make the register") as connection:
        _make_reader(state, connection)
        database = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {}").format(database))
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(READER)))
    with db.connect(state, database=name, doing="fill the register") as connection:
        columns = ", ".join(f"{column} text" for column in _COLUMNS)
        db.run_script(connection, f"create schema atena; create table atena.person ({columns})")
        with connection.cursor() as cursor, cursor.copy("copy atena.person from stdin") as copy:
            for part in parts:
                for fields in pickle.loads(part.read_bytes()):  # written a moment ago by ourselves
                    copy.write_row(fields)
        reader = sql.Identifier(READER)
        db.run_script(connection, "alter table atena.person add primary key (atena_no)")
        connection.execute(sql.SQL("grant usage on schema atena to {}").format(reader))
        connection.execute(sql.SQL("grant select on atena.person to {}").format(reader))
    drop.mkdir(parents=True, exist_ok=True)
    (drop / CONNECTION).write_text(json.dumps({"dbname": name, "role": READER}, indent=1) + "\n")


def positions(state: State, drop: Path, numbers: list[str]) -> dict[str, int]:
    """At which row a reader who goes by number finds each of `numbers`, counted from 1."""
    query = """
        select atena_no, at
        from (select atena_no, row_number() over (order by atena_no) as at from atena.person) as ordered
        where atena_no = any(%s)
    """
    with db.connect(state, database=database_name(drop.parent), doing="count the register") as connection:
        return dict(connection.execute(query, [numbers]).fetchall())  # type: ignore[arg-type]


def _key(row: Row[Fields]) -> str:
    return row.content[0] or ""


def _row(person: Person, day: date) -> Row[Fields]:
    name, place, died_on = person.name_on(day), person.place_on(day), known(person.died_on, day)
    birth = person.birth_date.isoformat() if person.is_birth_day_known else f"{person.birth_date.year}-00-00"
    content = (
        person.addressee_no,
        person.household_no,
        name.written,
        name.kana,
        birth,
        person.sex_code,
        place.postal_code,
        place.address,
        place.detail,
        person.phone,
        died_on.isoformat() if died_on else None,
        "1" if person.is_protected else "0",
        "1" if person.has_guardian else "0",
        "1" if person.is_on_welfare else "0",
        person.language_code,
        *_foreign_names(person.foreign),
        *_former_name(person, day),
        *_former_place(person, day),
    )
    return Row(content, 0, None)


def _foreign_names(names: ForeignNames | None) -> Fields:
    """本名 in Latin letters, 漢字氏名, カタカナ併記, 通称 and its reading: each in a column of its own."""
    if names is None:
        return (None,) * 5
    kanji, alias = names.kanji, names.alias
    return (
        names.latin.written, kanji.written if kanji else None, names.katakana.written,
        alias.written if alias else None, alias.kana if alias else None,
    )  # fmt: skip


def _former_name(person: Person, day: date) -> Fields:
    former = person.former_name
    if former is None or known(person.renamed_on, day) is None:
        return (None,) * 3
    return former.written, former.kana, str(person.renamed_on)


def _former_place(person: Person, day: date) -> Fields:
    """The day since when one lives here, why, and where one lived before (前住所)."""
    if known(person.moved_on, day) is None:
        return (None,) * 5
    place = person.previous_place
    before = (place.postal_code, place.address, place.detail) if place else (None,) * 3
    return str(person.moved_on), person.move_code, *before


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


def _make_reader(state: State, connection: db.Connection) -> None:
    connection.execute("select pg_advisory_lock(7131122)")
    role = sql.Identifier(READER)
    if not connection.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone():
        connection.execute(sql.SQL("create role {} login").format(role))
    password = sql.Literal(state.secret(f"pg_{READER}"))
    connection.execute(sql.SQL("alter role {} password {}").format(role, password))
    connection.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(role))
