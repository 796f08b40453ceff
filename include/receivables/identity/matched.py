"""One night's matching (照合): keys out of the vault, the matching over them, its outcome into identity.

What the matching knew last night is kept in the warehouse, so that a night does again only what a change can reach.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from psycopg import sql
from psycopg.types.json import Jsonb

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.identity import exchange, reaching
from receivables.identity.holders import retired
from receivables.identity.keying import Keys
from receivables.identity.matching import Model, Resolution, japanese, part, resolve

BOUND = Path(__file__).with_name("bound.json")  # made by bench.prove_bound
SHIPPED = Path(__file__).with_name("model.json")  # trained on the made-up ward, without its truth
_MOST_CHANGED = 0.02  # above this share of all persons the whole is done at once
_EDITION = 2  # of what is kept for a night that does a part; another one makes the next night do the whole
_TYPES = {"birth_year": "integer", "birth_month": "integer", "birth_day": "integer", "is_deceased": "boolean"}
PERSON = {"person_ref": "text", "source_code": "text", "addressee_no": "text"} | {
    name: _TYPES.get(name, "text") for name in Keys._fields
}
_WEIGHTS = ("mw_surname", "mw_given", "mw_birth", "mw_sex", "mw_address", "mw_phone")
PAIR = {name: "text" for name in ("ref_l", "ref_r", "outcome", "method", "reasons", "evidence")} | {
    name: "double precision" for name in ("weight", *_WEIGHTS)
} | {"decided": "text"}  # fmt: skip
CLUSTER = {"person_ref": "text", "anchor": "text"}
_TRUST = """
    insert into identity.source_trust
        (as_of, source_code, numbered, registered, corroborated, trust_permille)
    values (%s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Night:
    """How much a night's matching did: persons in all, those it looked at anew, and whether it did the whole."""

    persons: int
    changed: int
    is_whole: bool
    events: int


def bound() -> dict[str, Any]:
    """The proven bound of automatic links by evidence: `weight` in bits, what it was proven on, how sure.

    Raises InvariantBrokenError when the declaration links below it: then nothing is linked at all.
    """
    told: dict[str, Any] = json.loads(BOUND.read_text(encoding="utf-8"))
    most_liberal = japanese().decision.link_weight
    if told["weight"] is None or most_liberal < told["weight"]:
        raise InvariantBrokenError(
            f"links by evidence begin at {most_liberal} bits and are proven from {told['weight']} bits on"
            " (identity/bound.json); raise link_weight in japanese.yaml or prove a lower bound"
        )
    return told | {"link_weight": most_liberal}


def bound_ja(proven: dict[str, Any]) -> str:
    """The bound in one line where staff read: from which weight links are made, what was proven, and how sure it is."""
    return (
        f"自動結合は{proven['link_weight']:g}ビットから（証明された下限 {proven['weight']:.2f}ビット："
        f"{proven['confirmed_count']:,}組を確かめ誤り{proven['confirmed_errors']}、"
        f"95％の信頼度で{proven['confirmed_upper_permille']:.3f}‰以下。合成した人々による証明で、実データによるものではない）"
    )


def match(connection: db.Connection, *, as_of: date) -> Night:
    """Bring identity.pair and identity.cluster to the keys in the vault; what was pending is done.

    The outcome is the same whether only what changed is done again or the whole (tested); every move of an anchor is
    an event. Nothing pending: nothing is done. Inside a transaction.
    """
    persons, changed = (_count(connection, name) for name in ("vault.person_key", "identity.pending"))
    model, (last, edition) = model_in_force(), _last_model(connection)
    is_as_before = last == model and edition == _EDITION
    if not persons or (not changed and is_as_before):
        return Night(persons, 0, is_whole=False, events=0)
    is_whole = not is_as_before or changed > _MOST_CHANGED * persons
    events = _do_whole(connection, model, last, as_of) if is_whole else _do_part(connection, model, as_of)
    connection.execute("truncate identity.pending")  # deleted, a first night's million rows would be read by the next
    return Night(persons, changed, is_whole, events)


def _do_whole(connection: db.Connection, model: Model, last: Model | None, as_of: date) -> int:
    before = _before(connection, "identity", "pair", "cluster", last) if last else None
    persons = _persons(connection, sql.Identifier("vault", "person_key"))
    found = resolve(persons, model=model, previous=before, retired=retired(connection))
    _replace(connection, "pair", ("ref_l", "ref_r"), found.pairs.select(list(PAIR)), before and before.pairs)
    _replace(connection, "cluster", ("person_ref",), found.clusters, before and before.clusters)
    connection.execute("delete from identity.matched_by")
    said = Jsonb({"settings": model.settings, "shares": model.shares})
    connection.execute("insert into identity.matched_by (settings, edition) values (%s, %s)", [said, _EDITION])
    _keep(connection, "unknown_number", found.orphans, {"ref": "person_ref"})
    _keep(connection, "slip", found.slips, {"ref": "person_ref", "other": "other_ref"})
    _note_trust(connection, found, as_of)
    return _note_events(connection, found, as_of)


def _do_part(connection: db.Connection, model: Model, as_of: date) -> int:
    said = japanese()
    pending = [str(ref) for (ref,) in connection.execute("select person_ref from identity.pending").fetchall()]
    with part(said, model, pending, retired(connection)) as work:
        reaching.bring_near(connection, said)
        made = work.score(_persons(connection, sql.Identifier("near_person")))
        reaching.bring_orphans(connection)
        orphans = exchange.read(connection, sql.Identifier("orphan"), {"ref": "text"})
        slips = work.find_slips(orphans, _persons(connection, sql.Identifier("slip_person")))
        reaching.bring_scope(connection, made=made, slips=slips)
        before = _before(connection, None, "scope_pair", "scope_cluster", model)
        elsewhere = exchange.read(connection, sql.Identifier("elsewhere"), {"anchor": "text"})
        scope = _persons(connection, sql.Identifier("scope_person"))
        found = work.regroup(scope, before.pairs, before.clusters, elsewhere)
    _replace(connection, "pair", ("ref_l", "ref_r"), found.pairs.select(list(PAIR)), before.pairs)
    _replace(connection, "cluster", ("person_ref",), found.clusters, before.clusters)
    return _note_events(connection, found, as_of)


def model_in_force() -> Model:
    """The model that comes with the program: the one that the bound was proven for."""
    return Model.load(SHIPPED)


def _last_model(connection: db.Connection) -> tuple[Model | None, int | None]:
    """The model of the last matching, and the edition of what it left; None before the first."""
    row = connection.execute("select settings, edition from identity.matched_by").fetchone()
    return (Model(**dict(row[0])), int(str(row[1]))) if row else (None, None)  # type: ignore[call-overload]


def _persons(connection: db.Connection, table: sql.Identifier) -> pa.Table:
    return exchange.read(connection, table, PERSON, called={"addressee_no": "source_debtor_key"})


def _before(connection: db.Connection, schema: str | None, pairs: str, clusters: str, model: Model) -> Resolution:
    """What was found before, of everybody or of those in scope."""
    place = (schema,) if schema else ()
    return Resolution(
        exchange.read(connection, sql.Identifier(*place, pairs), PAIR),
        exchange.read(connection, sql.Identifier(*place, clusters), CLUSTER),
        pa.table({}),
        model,
    )


def _note_events(connection: db.Connection, found: Resolution, as_of: date) -> int:
    events = found.events.append_column("as_of", pa.array([as_of] * len(found.events), pa.date32()))
    exchange.write(connection, sql.Identifier("identity", "event"), events)
    return len(events)


def _note_trust(connection: db.Connection, found: Resolution, as_of: date) -> None:
    if found.trust is not None:
        connection.execute("delete from identity.source_trust where as_of = %s", [as_of])
        connection.cursor().executemany(_TRUST, ((as_of, *each.values()) for each in found.trust.to_pylist()))


def _count(connection: db.Connection, relation: str) -> int:
    found = connection.execute(sql.SQL("select count(*) from {}").format(sql.SQL(relation))).fetchone()
    assert found is not None
    return int(str(found[0]))


def _keep(connection: db.Connection, name: str, rows: pa.Table | None, called: dict[str, str]) -> None:
    """Make a table hold `rows`, of which `called` says what a column is called in the database."""
    assert rows is not None
    table = sql.Identifier("identity", name)
    connection.execute(sql.SQL("truncate {}").format(table))
    exchange.write(connection, table, rows.rename_columns([called[column] for column in rows.column_names]))
    connection.execute(sql.SQL("analyze {}").format(table))


def _replace(
    connection: db.Connection, name: str, key: tuple[str, ...], now: pa.Table, before: pa.Table | None
) -> None:
    """Make a table hold `now`; where it held `before`, only what differs is touched."""
    table = sql.Identifier("identity", name)
    if before is None:
        connection.execute(sql.SQL("truncate {}").format(table))
        exchange.write(connection, table, now)
        connection.execute(sql.SQL("analyze {}").format(table))
        return
    gone, new = _differences(now, before)
    keys = sql.SQL(", ").join(map(sql.Identifier, key))
    if len(gone):
        connection.execute(
            sql.SQL("create temp table gone on commit drop as select {} from {} limit 0").format(keys, table)
        )
        exchange.write(connection, sql.Identifier("gone"), gone.select(list(key)))
        connection.execute(sql.SQL("delete from {} where ({}) in (select {} from gone)").format(table, keys, keys))
        connection.execute("drop table gone")
    exchange.write(connection, table, new)


def _differences(now: pa.Table, before: pa.Table) -> Iterable[pa.Table]:
    """The rows of `before` that are no more, and those of `now` that are new."""
    from receivables.identity.matching.workspace import workspace

    with workspace() as place:
        place.register("now_rows", now)
        place.register("rows_before", before.select(now.column_names).cast(now.schema))
        return (
            place.sql("select * from rows_before except all select * from now_rows").to_arrow_table(),
            place.sql("select * from now_rows except all select * from rows_before").to_arrow_table(),
        )
