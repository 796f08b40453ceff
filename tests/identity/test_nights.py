"""A night that reads and scores only what changed leaves in the warehouse what doing everything anew would."""

from collections.abc import Callable
from datetime import date
from random import Random

import psycopg
import pytest
from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.identity import exchange, matched, reaching
from receivables.identity.matching import japanese, resolve
from receivables.settings import State
from tests.identity.matching.people import Row, person, table, town, trained
from tests.identity.matching.test_delta import as_set, edited

pytestmark = pytest.mark.postgres
AS_OF = date(2026, 6, 19)


@pytest.fixture(scope="module")
def state(new_state: Callable[[], State]) -> State:
    return new_state()


def store(connection: db.Connection, rows: list[Row], changed: set[str]) -> None:
    """The keys of `rows` in the vault, those of `changed` pending."""
    connection.execute("delete from vault.person_key where person_ref = any(%s)", [list(changed)])
    for row in rows:
        if row["person_ref"] in changed:
            told = {("source_debtor_key" if name == "addressee_no" else name): value for name, value in row.items()}
            told |= {"fingerprint": 0, "source_debtor_key": told["source_debtor_key"] or ""}
            connection.execute(
                sql.SQL("insert into vault.person_key ({}) values ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, told)), sql.SQL(", ").join(sql.Placeholder() * len(told))
                ),
                list(told.values()),
            )
    connection.cursor().executemany(
        "insert into identity.pending values (%s) on conflict do nothing", [(ref,) for ref in changed]
    )


@pytest.mark.parametrize("seed", [11, 12])
def test_a_part_of_the_warehouse_is_done_as_the_whole_would_be(
    state: State, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random edits night after night: pairs, groups and events to the row; `seed` makes them again."""
    monkeypatch.setattr(matched, "model_in_force", trained)
    monkeypatch.setattr(matched, "_MOST_CHANGED", 1.0)
    print("seed", seed)  # noqa: T201
    rng, rows = Random(seed), town(250, seed)
    with db.connect(state, autocommit=True) as connection:
        db.run_script(connection, "truncate vault.person_key, identity.pair, identity.cluster, identity.matched_by")
        store(connection, rows, {row["person_ref"] for row in rows})
        with connection.transaction():
            assert matched.match(connection, as_of=AS_OF).is_whole
        before = resolve(table(rows), model=trained())
        for night in range(4):
            rows, changed = edited(rows, rng, night)
            store(connection, rows, changed)
            whole = resolve(table(rows), model=trained(), previous=before)
            with connection.transaction():
                done = matched.match(connection, as_of=AS_OF)
            assert (done.is_whole, done.events) == (False, len(whole.events))
            pairs = exchange.read(connection, sql.Identifier("identity", "pair"), matched.PAIR)
            clusters = exchange.read(connection, sql.Identifier("identity", "cluster"), matched.CLUSTER)
            assert as_set(pairs) == as_set(whole.pairs.select(list(matched.PAIR)))
            assert as_set(clusters) == as_set(whole.clusters)
            before = whole


def test_a_number_whose_row_of_the_register_nobody_touched_is_no_slip(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register has the number, for somebody else; part of a night looks at the department's row alone."""
    monkeypatch.setattr(matched, "model_in_force", trained)
    monkeypatch.setattr(matched, "_MOST_CHANGED", 1.0)
    born = (1970, 5, 17)
    rows = [
        person("register:0000000017", "register", addressee_no="0000000017", born=born),
        person("register:0000000027", "register", addressee_no="0000000027", family="別人", born=(1990, 1, 2)),
        person("nhi:0000000027", "nhi", addressee_no="0000000027", born=born),
    ]
    new = person("care:0000000099", "care", addressee_no="0000000099", born=born)
    with db.connect(state, autocommit=True) as connection:
        db.run_script(connection, "truncate vault.person_key, identity.pair, identity.cluster, identity.matched_by")
        store(connection, rows, {row["person_ref"] for row in rows})
        with connection.transaction():
            matched.match(connection, as_of=AS_OF)
        before = resolve(table(rows), model=trained())
        store(connection, [*rows, new], {"care:0000000099"})
        with connection.transaction():
            assert not matched.match(connection, as_of=AS_OF).is_whole
        whole = resolve(table([*rows, new]), model=trained(), previous=before)
        pairs = exchange.read(connection, sql.Identifier("identity", "pair"), matched.PAIR)
        assert as_set(pairs) == as_set(whole.pairs.select(list(matched.PAIR)))


@pytest.mark.parametrize("name", ["NA", "NULL", "nan", "N/A"])
def test_a_name_that_spells_an_unknown_is_a_name(state: State, name: str) -> None:
    with db.connect(state) as connection:
        connection.execute("create temp table named on commit drop as select %s::text as a, null::text as b", [name])
        read = exchange.read(connection, sql.Identifier("named"), {"a": "text", "b": "text"})
        assert read.to_pylist() == [{"a": name, "b": None}]


def test_every_blocking_rule_finds_its_persons_through_an_index(state: State) -> None:
    """A rule or a derived column that is changed without its index would make every night read everybody."""
    with db.connect(state) as connection:
        connection.execute("set local enable_seqscan = off")
        reaching.compare(connection, japanese())
        for rule in reaching.rules(japanese()):
            plan = "\n".join(str(line) for (line,) in connection.execute(b"explain " + rule.encode()).fetchall())
            assert "on person_key" in plan
            assert "Seq Scan on person_key" not in plan, rule


def test_an_event_once_written_stays(state: State) -> None:
    with db.connect(state) as connection:
        connection.execute("insert into identity.event (as_of, event, person_ref) values (%s, 'created', 'a')", [AS_OF])
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("delete from identity.event")
        connection.rollback()


def test_nothing_is_linked_below_the_proven_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    told = matched.bound()
    assert told["link_weight"] >= told["weight"]
    assert told["confirmed_upper_permille"] < told["allowed_permille"]
    liberal = japanese().with_bound(told["weight"] - 0.5)
    monkeypatch.setattr(matched, "japanese", lambda: liberal)
    with pytest.raises(InvariantBrokenError, match=r"link_weight in japanese\.yaml"):
        matched.bound()
