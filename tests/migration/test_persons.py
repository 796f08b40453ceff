"""宛名: one row a person, whichever departments tell the name and in whichever order."""

import unicodedata

import pytest
from psycopg import sql

from receivables import db
from receivables.migration.fragments import fragments, query
from receivables.settings import State
from tests.conftest import AS_OF


@pytest.mark.parametrize(
    ("file", "keys", "kana"),
    [("warehouse/atena", "warehouse_keys (atena_no)", "shimei_kana"),
     ("source/person", "claim_keys (addressee_no)", "person_kana")],
)  # fmt: skip
def test_a_name_that_one_department_tells_without_its_reading_keeps_the_reading(
    published: State, file: str, keys: str, kana: str
) -> None:
    """Seen on the whole ward: 273 people outside the register were told by two departments."""
    with db.connect(published) as connection:
        person, name, told = connection.execute(
            "select addressee_no, person_name, person_kana from migration.persons_told(%s)"
            " where person_kind = '2' and person_kana is not null order by 1 limit 1", [AS_OF]
        ).fetchone() or (None, None, None)  # fmt: skip
        assert person is not None
        for department in ("a0", "zz"):  # told before all others, and after
            connection.execute(
                f"create table vault.{department}__claims (_batch_id text, _line_no bigint, person_name text);"
                f" create table raw.{department}__claims (_batch_id text, _line_no bigint, addressee_no text,"
                " _known_from date, _known_to date)".encode()
            )
            connection.execute(f"insert into vault.{department}__claims values ('b', 1, %s)".encode(), [name])
            connection.execute(
                f"insert into raw.{department}__claims values ('b', 1, %s, '2026-01-01', null)".encode(), [person]
            )
        connection.execute(f"create temp table {keys} as select %s::text".encode(), [person])
        asked = query(file, fragments(["nhi"], sql.Literal(AS_OF)))
        found = connection.execute(sql.SQL("select {} from ({}) as q where {} = {}").format(
            sql.Identifier(kana), asked, sql.Identifier("source_key"), sql.Literal(person)
        )).fetchall()  # fmt: skip
        connection.rollback()

    assert [unicodedata.normalize("NFKC", row[0] or "") for row in found] == [unicodedata.normalize("NFKC", str(told))]
