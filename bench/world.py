"""Where the suite runs: a server of its own in a temporary state, the deliveries, and the look at what came."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from psycopg import sql

from bench.deliveries import COLUMNS, Delivery, deliver
from bench.rounds import Answer
from receivables import city, contracts, database, db, ingest, server
from receivables.ingest import ledger, tables
from receivables.ingest.ledger import Batch
from receivables.settings import State

AS_OF = date(2026, 6, 19)  # of the made-up ward
CONTRACTS = Path(__file__).parent / "contracts"
PLAIN = {"due_date": "date", "levied_on": "date", "assessed_yen": "bigint", "principal_yen": "bigint",
         "fee_yen": "bigint", "levy_year": "integer", "term_no": "integer"}  # fmt: skip
_OF_A_NIGHT = ("load", "control_total", "set_aside_row", "validation", "validation_document", "profile", "conversion",
               "gaiji")  # fmt: skip


@dataclass(slots=True)
class World:
    """The running server and the made-up deliveries."""

    state: State
    postmaster: int
    whole: Delivery  # day 1
    next_day: Delivery  # day 2
    tenth: Delivery  # day 1 of a tenth of the rows
    tenth_next: Delivery
    keys: dict[Path, Answer] = field(default_factory=dict)

    def key(self, delivery: Delivery) -> Answer:
        """Rows, yen and hash sum of what is true of a delivery; rows and yen as the generator counted them."""
        if delivery.truth not in self.keys:
            with db.connect(self.state) as connection:
                make(connection, "bench.truth", typed=True)
                fill(connection, "bench.truth", delivery.truth)
            found = self.fingerprint("bench.truth")
            assert found[:2] == (delivery.good_rows, delivery.good_yen), "the generator contradicts its own files"
            self.keys[delivery.truth] = found
        return self.keys[delivery.truth]

    def fingerprint(self, relation: str) -> Answer:
        """Rows, yen and the hash sum over all thirteen columns of `relation`."""
        parts = sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Identifier(name), sql.SQL(PLAIN.get(name, "text"))) for name in COLUMNS
        )
        query = sql.SQL(
            "select count(*), sum(assessed_yen::bigint)::bigint, sum(hashtextextended(row({})::text, 0)) from {}"
        ).format(parts, sql.SQL(relation))
        with db.connect(self.state) as connection:
            found = connection.execute(query).fetchone()
        assert found is not None
        return tuple(int(str(part or 0)) for part in found)

    def settle(self) -> None:
        """Have the server write out what the contender before left behind."""
        with db.connect(self.state, autocommit=True) as connection:
            connection.execute("checkpoint")

    def landed(self, source: str, delivery: Delivery) -> Batch:
        """The landed batch of one delivery, by the real entry point."""
        ids = ingest.land(source, drop=delivery.drop, as_of=delivery.day, state=self.state)
        with db.connect(self.state, "etl") as connection:
            (batch,) = ledger.read(connection, ids)
        assert batch.state == "landed", batch.state
        return batch


@contextmanager
def world(rows: int) -> Iterator[World]:
    """A server and deliveries of `rows` rows and of a tenth; all of it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)  # the server may run as another user and reads the files itself
    state, before = State(folder / "state"), os.environ.get("RECEIVABLES_CONTRACTS")
    os.environ["RECEIVABLES_CONTRACTS"] = str(CONTRACTS)
    try:
        running = server.ensure_running(state)
        assert running is not None, "unset RECEIVABLES_DSN: the suite measures a server of its own"
        database.initialise(state)
        tables.create_tables(state)
        with db.connect(state) as connection:
            connection.execute("create schema bench")
        postmaster = int((Path(running.data) / "postmaster.pid").read_text().split()[0])
        made = [deliver(folder / name, count, day_no=day) for name, count in (("whole", rows), ("tenth", rows // 10))
                for day in (1, 2)]  # fmt: skip
        yield World(state, postmaster, made[0], made[1], made[2], made[3])
    finally:
        os.environ.pop("RECEIVABLES_CONTRACTS", None)
        if before is not None:
            os.environ["RECEIVABLES_CONTRACTS"] = before
        server.stop(state)
        shutil.rmtree(folder, ignore_errors=True)


def open_ward(world: World, residents: int) -> None:
    """A made-up ward's deliveries instead of what was there before; from here the contracts are the project's own."""
    os.environ.pop("RECEIVABLES_CONTRACTS", None)
    tables.create_tables(world.state)
    forget(world.state)  # a ward that grows fivefold in a day is refused
    shutil.rmtree(world.state.ward)
    city.make(residents=residents, seed=1, as_of=AS_OF, days=0, out=world.state.ward, state=world.state)


def contract_table(source: str) -> contracts.Table:
    """The one table of a contract of the suite's own."""
    return contracts.contract(source, CONTRACTS).tables[0]


def make(connection: db.Connection, name: str, *, typed: bool, places: bool = False) -> None:
    """An empty unlogged table of the thirteen columns; with `places`, of the held table's three besides."""
    columns = [f"{column} {PLAIN.get(column, 'text') if typed else 'text'}" for column in COLUMNS]
    if places:
        columns += ["_line_no bigint", "_byte_offset bigint", "_raw_bytes integer"]
    db.run_script(connection, f"drop table if exists {name}; create unlogged table {name} ({', '.join(columns)})")


def fill(connection: db.Connection, name: str, file: Path) -> None:
    """COPY of a CSV file by the server itself: the limit."""
    connection.execute(sql.SQL("copy {} from {} (format csv)").format(sql.SQL(name), sql.Literal(str(file))))


def forget(state: State) -> None:
    """Make the next round a first night again."""
    with db.connect(state) as connection:
        relations = connection.execute(
            "select format('%%I.%%I', table_schema, table_name) from information_schema.tables"
            " where table_schema in ('raw', 'vault', 'quarantine')"
            " or table_schema = 'ops' and table_name = any(%s)",
            [list(_OF_A_NIGHT)],
        ).fetchall()
        db.run_script(connection, f"truncate {', '.join(str(name) for (name,) in relations)} cascade")
