"""Nights over persons made by hand: what is left in the warehouse, held to what doing everything anew would give."""

from datetime import date

import pyarrow as pa
from psycopg import sql

from receivables import db
from receivables.identity import exchange, matched
from receivables.identity.matching import Resolution, japanese, resolve
from receivables.identity.models import InForce
from tests.identity.matching.people import Row, table, trained

AS_OF = date(2026, 6, 19)
ROW = list(japanese().columns)
EVENT = {"event": "text", "person_ref": "text", "from_anchor": "text", "to_anchor": "text"}


def as_set(rows: pa.Table) -> set[str]:
    told = [str(sorted(row.items())) for row in rows.to_pylist()]
    assert len(set(told)) == len(told)
    return set(told)


def anchors(found: Resolution) -> dict[str, str]:
    return {row["person_ref"]: row["anchor"] for row in found.clusters.to_pylist()}


def events(found: Resolution) -> set[tuple[str, str, str | None, str | None]]:
    return {tuple(row.values()) for row in found.events.to_pylist()}


def using() -> InForce:
    """The town's model."""
    return InForce("town", trained(), japanese(), {})


class Nights:
    """The first night does the whole, every later one a part."""

    def __init__(self, connection: db.Connection) -> None:
        self.connection = connection
        self.rows: dict[str, Row] = {}
        self.last: Resolution | None = None
        self.retired: tuple[str, ...] = ()
        db.run_script(connection, "truncate vault.person_key, identity.pair, identity.cluster, identity.matched_by,"
                                  " identity.pending, identity.reused")  # fmt: skip

    def night(self, *rows: Row, retired: tuple[str, ...] = ()) -> Resolution:
        """The outcome of a night on which these are the persons; what changed is found, and who bore a retired id."""
        self.retired += retired
        now = {row["person_ref"]: row for row in rows}
        changed = {ref for ref in now | self.rows if now.get(ref) != self.rows.get(ref)}
        self._store(now, changed)
        self.connection.cursor().executemany(
            "insert into identity.reused values (%s, %s, %s) on conflict do nothing",
            [(anchor, anchor, AS_OF) for anchor in retired],
        )
        whole = resolve(table(list(rows)), model=trained(), previous=self.last, retired=self.retired)
        (before,) = self.connection.execute("select coalesce(max(event_no), 0) from identity.event").fetchone() or (0,)
        with self.connection.transaction():
            done = matched.match(self.connection, as_of=AS_OF, using=using())
        assert done.is_whole is (self.last is None)
        found = self._read(int(str(before)))
        for name in ("pairs", "clusters", "events", "orphans", "slips"):
            columns = list(matched.PAIR) if name == "pairs" else getattr(whole, name).column_names
            done_part, done_whole = (as_set(getattr(each, name).select(columns)) for each in (found, whole))
            assert done_part == done_whole, (name, sorted(done_part - done_whole), sorted(done_whole - done_part))
        self.rows, self.last = now, found
        return found

    def store(self, rows: list[Row]) -> None:
        """The keys of many in the vault at once, nobody pending."""
        keys = table(rows).rename_columns(["source_debtor_key" if name == "addressee_no" else name for name in ROW])
        keys = keys.append_column("fingerprint", pa.array([0] * len(keys), pa.int64()))
        exchange.write(self.connection, sql.Identifier("vault", "person_key"), keys)

    def _store(self, now: dict[str, Row], changed: set[str]) -> None:
        """The keys of the changed in the vault, and they pending."""
        self.connection.execute("delete from vault.person_key where person_ref = any(%s)", [list(changed)])
        for ref in changed & set(now):
            told = {("source_debtor_key" if name == "addressee_no" else name): had for name, had in now[ref].items()}
            told |= {"fingerprint": 0, "source_debtor_key": told["source_debtor_key"] or ""}
            self.connection.execute(
                sql.SQL("insert into vault.person_key ({}) values ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, told)), sql.SQL(", ").join(sql.Placeholder() * len(told))
                ),
                list(told.values()),
            )
        self.connection.cursor().executemany("insert into identity.pending values (%s)", [(ref,) for ref in changed])

    def _read(self, before: int) -> Resolution:
        self.connection.execute("drop table if exists event_now")
        self.connection.execute(
            "create temp table event_now as select * from identity.event where event_no > %s", [before]
        )

        def read(name: str, columns: dict[str, str], called: dict[str, str] | None = None) -> pa.Table:
            return exchange.read(self.connection, sql.Identifier("identity", name), columns, called=called)

        return Resolution(
            pairs=read("pair", matched.PAIR),
            clusters=read("cluster", matched.CLUSTER),
            events=exchange.read(self.connection, sql.Identifier("event_now"), EVENT),
            model=trained(),
            orphans=read("unknown_number", {"ref": "text"}, {"ref": "person_ref"}),
            slips=read("slip", {"ref": "text", "other": "text"}, {"ref": "person_ref", "other": "other_ref"}),
        )
