"""Step 1, loading the bytes: what ingest streams against the server's own COPY of the same rows, and peers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from bench.peers import Peers
from bench.rounds import Contender, Gate, Step
from bench.world import World, contract_table, fill, make
from receivables import db
from receivables.ingest import tables
from receivables.ingest.parsing import accepted
from receivables.ingest.readers import open_reader
from receivables.ingest.work import Work

BLOCK = 1 << 20
HELD_ID = "bench-load"
LIMIT, OURS, TWO, TENTH = "COPY csv by the server", "ours", "ours, two streams", "ours, a tenth of the rows"


class Prepared(NamedTuple):
    """The accepted rows of one delivery: as the COPY text that ingest gives, the same as CSV, and its two halves."""

    text: Path
    csv: Path
    middle: int  # byte offset of a line near the middle of `text`


def load_step(world: World, peers: Peers) -> Step:
    """The contenders of the load."""
    whole, tenth = prepared(world, is_tenth=False), prepared(world, is_tenth=True)
    rows, key = world.whole.good_rows, world.key(world.whole)
    held = tables.held(HELD_ID).as_string()

    def ours(name: str, work: Callable[[], object], *, is_tenth: bool = False) -> Contender:
        delivery = world.tenth if is_tenth else world.whole
        return Contender(name, work, lambda: world.fingerprint(held), world.key(delivery), delivery.good_rows,
                         "psycopg, 1 MiB blocks into the held table", before=lambda: hold(world))  # fmt: skip

    limit = Contender(
        LIMIT, lambda: server_copy(world, whole.csv), lambda: world.fingerprint("bench.copied"), key, rows,
        "typed, unlogged", before=lambda: empty(world),
    )  # fmt: skip
    through = Contender(
        "psycopg pass-through of the csv", lambda: pass_through(world, whole.csv),
        lambda: world.fingerprint("bench.copied"), key, rows, "1 MiB blocks", before=lambda: empty(world),
    )  # fmt: skip
    contenders = [
        limit,
        ours(OURS, lambda: stream(world, whole.text, 0, whole.text.stat().st_size)),
        ours(TWO, lambda: two_streams(world, whole)),
        ours(TENTH, lambda: stream(world, tenth.text, 0, tenth.text.stat().st_size), is_tenth=True),
        through,
        peers.loader("adbc", world, whole.csv, "pyarrow.csv, adbc_ingest"),
        peers.loader("polars", world, whole.csv, "write_database(engine=adbc)"),
        peers.loader("pandas", world, whole.csv, "to_sql, default", part=20),
        peers.loader("dlt", world, whole.csv, "Arrow, csv loader", part=2),
    ]
    gates = [Gate(OURS, LIMIT, 1.15), Gate(TWO, LIMIT, 0.65, is_wall=True), Gate(OURS, TENTH, 11, is_whole=True)]
    return Step("load", "loading the accepted rows into a table of the contract's types", LIMIT, contenders, gates)


def prepared(world: World, *, is_tenth: bool) -> Prepared:
    """Write what ingest would stream of a delivery, once."""
    delivery = world.tenth if is_tenth else world.whole
    batch = world.landed("bench_csv", delivery)
    text, csv = delivery.folder / "accepted.txt", delivery.folder / "accepted.csv"
    reader = open_reader(batch.table, delivery.csv, delivery.day)
    with text.open("wb") as lines, csv.open("wb") as commas:
        for part in accepted(Work(batch), reader):
            raw = part.encode() if isinstance(part, str) else bytes(part)
            lines.write(raw)
            commas.write(raw.replace(b"\\N", b"").replace(b"\t", b","))
    with text.open("rb") as lines:
        lines.seek(text.stat().st_size // 2)
        lines.readline()
        return Prepared(text, csv, lines.tell())


def hold(world: World) -> None:
    """An empty held table, as ingest makes it."""
    with db.connect(world.state, "etl") as connection:
        tables.hold(connection, contract_table("bench_csv"), HELD_ID)


def empty(world: World) -> None:
    """An empty table of the same types for the others."""
    with db.connect(world.state) as connection:
        make(connection, "bench.copied", typed=True, places=True)


def stream(world: World, file: Path, begin: int, end: int) -> None:
    """COPY text from `begin` to `end` of `file` into the held table, as ingest streams it."""
    into = sql.SQL("copy {} from stdin").format(tables.held(HELD_ID))
    with db.connect(world.state, "etl") as connection, connection.cursor().copy(into) as target, file.open("rb") as raw:
        raw.seek(begin)
        while begin < end and (block := raw.read(min(BLOCK, end - begin))):
            target.write(block)
            begin += len(block)


def two_streams(world: World, whole: Prepared) -> None:
    """The two halves on two connections."""
    with ThreadPoolExecutor(2) as pool:
        halves = ((0, whole.middle), (whole.middle, whole.text.stat().st_size))
        for done in [pool.submit(stream, world, whole.text, *half) for half in halves]:
            done.result()


def server_copy(world: World, file: Path) -> None:
    """The limit."""
    with db.connect(world.state) as connection:
        fill(connection, "bench.copied", file)


def pass_through(world: World, file: Path) -> None:
    """The same CSV from the client, unread."""
    with (db.connect(world.state) as connection, file.open("rb") as raw,
          connection.cursor().copy("copy bench.copied from stdin (format csv)") as target):  # fmt: skip
        while block := raw.read(BLOCK):
            target.write(block)
