"""One night's matching (照合): keys out of the vault, the matching over them, its outcome into identity.

What the matching knew last night is kept in the warehouse, so that a night does again only what a change can reach.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

import pyarrow as pa
from psycopg import sql
from psycopg.types.json import Jsonb

from receivables import db
from receivables.identity import exchange, reaching
from receivables.identity.holders import retired
from receivables.identity.keying import Keys
from receivables.identity.matching import Resolution, part, resolve
from receivables.identity.models import InForce

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


def match(connection: db.Connection, *, as_of: date, using: InForce) -> Night:
    """Bring identity.pair and identity.cluster to the keys in the vault; what was pending is done.

    The outcome is the same whether only what changed is done again or the whole (tested); every move of an anchor is
    an event. Nothing pending and nothing new to go `using`: nothing is done. Inside a transaction.
    """
    persons, changed = (_count(connection, name) for name in ("vault.person_key", "identity.pending"))
    last = connection.execute("select edition from identity.matched_by").fetchone()
    is_as_before = last is not None and last[0] == _edition(using)
    if not persons or (not changed and is_as_before):
        return Night(persons, 0, is_whole=False, events=0)
    is_whole = not is_as_before or changed > _MOST_CHANGED * persons
    events = _do_whole(connection, using, as_of, is_first=not last) if is_whole else _do_part(connection, using, as_of)
    connection.execute("truncate identity.pending")  # deleted, a first night's million rows would be read by the next
    return Night(persons, changed, is_whole, events)


def persons_in(connection: db.Connection, *table: str) -> pa.Table:
    """The persons of a table that has the columns of vault.person_key, as the matching takes them."""
    return exchange.read(connection, sql.Identifier(*table), PERSON, called={"addressee_no": "source_debtor_key"})


def _do_whole(connection: db.Connection, using: InForce, as_of: date, *, is_first: bool) -> int:
    before = None if is_first else _before(connection, using, ("identity", "pair"), ("identity", "cluster"))
    persons = persons_in(connection, "vault", "person_key")
    found = resolve(persons, declaration=using.declaration, model=using.model, previous=before,
                    retired=retired(connection))  # fmt: skip
    _replace(connection, "pair", ("ref_l", "ref_r"), found.pairs.select(list(PAIR)), before and before.pairs)
    _replace(connection, "cluster", ("person_ref",), found.clusters, before and before.clusters)
    connection.execute("delete from identity.matched_by")
    said = [Jsonb(asdict(using.model)), _edition(using)]
    connection.execute("insert into identity.matched_by (settings, edition) values (%s, %s)", said)
    _keep(connection, "unknown_number", found.orphans, {"ref": "person_ref"})
    _keep(connection, "slip", found.slips, {"ref": "person_ref", "other": "other_ref"})
    _note_trust(connection, found, as_of)
    return _note_events(connection, found, as_of)


def _do_part(connection: db.Connection, using: InForce, as_of: date) -> int:
    pending = [str(ref) for (ref,) in connection.execute("select person_ref from identity.pending").fetchall()]
    with part(using.declaration, using.model, pending, retired(connection)) as work:
        reaching.bring_near(connection, using.declaration)
        made = work.score(persons_in(connection, "near_person"))
        reaching.bring_orphans(connection)
        orphans = exchange.read(connection, sql.Identifier("orphan"), {"ref": "text"})
        slips = work.find_slips(orphans, persons_in(connection, "slip_person"))
        reaching.bring_scope(connection, made=made, slips=slips)
        before = _before(connection, using, ("scope_pair",), ("scope_cluster",))
        elsewhere = exchange.read(connection, sql.Identifier("elsewhere"), {"anchor": "text"})
        again = exchange.read(connection, sql.Identifier("slip_again"), {"ref": "text", "other": "text"})
        scope = persons_in(connection, "scope_person")
        found = work.regroup(scope, before.pairs, before.clusters, elsewhere, again)
    _replace(connection, "pair", ("ref_l", "ref_r"), found.pairs.select(list(PAIR)), before.pairs)
    _replace(connection, "cluster", ("person_ref",), found.clusters, before.clusters)
    return _note_events(connection, found, as_of)


def _edition(using: InForce) -> str:
    """A fingerprint of all that decides an outcome besides the persons: rules, weights, and what is kept for a part."""
    decides = json.dumps([_EDITION, repr(using.declaration), using.model.settings, using.model.shares], sort_keys=True)
    return hashlib.sha256(decides.encode()).hexdigest()


def _before(connection: db.Connection, using: InForce, pairs: tuple[str, ...], clusters: tuple[str, ...]) -> Resolution:
    """What was found before, of everybody or of those in scope."""
    return Resolution(
        exchange.read(connection, sql.Identifier(*pairs), PAIR),
        exchange.read(connection, sql.Identifier(*clusters), CLUSTER),
        pa.table({}),
        using.model,
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
