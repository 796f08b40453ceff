"""A register made by hand, and the nights over it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from receivables import db, decisions, identity
from receivables.identity import review
from receivables.identity.pseudonyms import debtor_id
from receivables.ingest import tables
from receivables.settings import State

AS_OF = date(2026, 6, 19)
_SOURCES = """
    create table if not exists staging.stg_register__persons (
        source_debtor_key text, died_on date, is_deceased boolean, is_protected boolean, has_guardian boolean,
        is_on_welfare boolean, language_code text, batch_id text, moved_on date
    );
    create table if not exists intermediate.int_claims__unioned (
        source_code text, source_debtor_key text, batch_id text, claim_id text
    );
    create table if not exists intermediate.int_claim_events__unioned (
        claim_id text, event_type text, event_date date, issued_on date, arrived_on date, returned_on date,
        batch_id text
    );
    create table if not exists intermediate.int_contacts__unioned (
        source_code text, source_debtor_key text, channel text, point_state text, stops_channels text,
        attempted_on date, attempted_at timestamptz, batch_id text, contact_id text
    );
"""


@dataclass
class World:
    """Persons of the register with a claim each of a source that tells no names."""

    state: State
    day: date = AS_OF

    def run(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with db.connect(self.state) as connection:
            done = connection.execute(query.encode(), arguments)
            return done.fetchall() if done.description else []

    def night(self) -> dict[str, int]:
        self.day += timedelta(days=1)
        return identity.resolve(as_of=self.day, state=self.state)

    def links(self) -> list[tuple[Any, ...]]:
        return self.run("select source_code, source_debtor_key, debtor_id from identity.link order by 1, 2")

    def decide(self, pair: str, said: str) -> None:
        one = review.answer(pair, said, user="officer_a", why="戸籍で確認", state=self.state)
        decisions.confirm(one, user="chief_tax", state=self.state)

    def id_of(self, number: str) -> str:
        return debtor_id(number, key=self.state.secret("hmac_debtor"))


def person(world: World, number: str, name: str, kana: str, born: str) -> None:
    raw = {"addressee_no": number, "sex_code": "1", "is_protected": False,
           "has_guardian": False, "is_on_welfare": False, "language_code": "ja"}  # fmt: skip
    told = {
        "addressee_no": number,
        "household_no": number[5:],
        "person_name": name,
        "person_kana": kana,
        "birth_date": born,
    }
    for schema, row in (("raw", raw), ("vault", told)):
        row |= {"_batch_id": "b", "_line_no": 1, "_byte_offset": 0, "_known_from": date(2026, 1, 1)}
        world.run(
            f"insert into {schema}.register__persons ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
            *row.values(),
        )
    world.run(
        "insert into staging.stg_register__persons values (%s, null, false, false, false, false, 'ja', 'b', null)",
        number,
    )
    world.run("insert into intermediate.int_claims__unioned values ('resident_tax', %s, 'b')", number)


def made(state: State) -> World:
    """A world without anybody."""
    tables.create_tables(state)
    world = World(state)
    world.run("create schema if not exists staging")
    world.run("create schema if not exists intermediate")
    with db.connect(state) as connection:
        db.run_script(connection, _SOURCES)
    return world
