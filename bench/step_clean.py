"""Step 2, CP932 bytes to clean typed rows: what ingest's parse costs against a COPY of the same content as UTF-8."""

from dataclasses import dataclass, field

from bench.deliveries import Delivery
from bench.peers import Peers
from bench.rounds import Answer, Contender, Gate, Step
from bench.world import World, fill, make
from receivables import db
from receivables.ingest import tables
from receivables.ingest.ledger import Batch
from receivables.ingest.parsing import parse
from receivables.ingest.work import Work

LIMIT, CSV, FIXED, TENTH = "COPY of UTF-8 into text", "ours, csv", "ours, fixed width", "ours, csv, a tenth"


@dataclass(slots=True)
class Cleaning:
    """One delivery in one form, and what the last round set aside."""

    world: World
    delivery: Delivery
    source: str
    bad: int = -1
    batch: Batch = field(init=False)

    def __post_init__(self) -> None:
        self.batch = self.world.landed(self.source, self.delivery)

    def work(self) -> None:
        """From the spool into the held table."""
        work = Work(self.batch)
        with db.connect(self.world.state, "etl") as connection:
            tables.hold(connection, self.batch.table, self.batch.batch_id)
            parse(connection, work, self.world.state)
        self.bad = len(work.asides)

    def answer(self) -> Answer:
        """Rows, yen and hash sum of what is held, and the rows set aside."""
        return (*self.world.fingerprint(tables.held(self.batch.batch_id).as_string()), self.bad)

    def contender(self, name: str) -> Contender:
        """The cleaning as a contender."""
        key = (*self.world.key(self.delivery), self.delivery.bad_rows)
        return Contender(name, self.work, self.answer, key, self.delivery.rows, "ingest's parse into the held table")


def clean_step(world: World, peers: Peers) -> Step:
    """The contenders of cleaning."""
    limit = Contender(
        LIMIT, lambda: copy_text(world), lambda: counted(world), (world.whole.rows, world.whole.id_sum),
        world.whole.rows, "unlogged, by the server; nothing is checked", before=lambda: empty(world),
    )  # fmt: skip
    contenders = [
        limit,
        Cleaning(world, world.whole, "bench_csv").contender(CSV),
        Cleaning(world, world.whole, "bench_fixed").contender(FIXED),
        Cleaning(world, world.tenth, "bench_csv").contender(TENTH),
        peers.cleaner("polars clean", world, "read_csv(encoding=cp932-lossy), csv into COPY"),
        peers.cleaner("pandas clean", world, "read_csv(encoding=cp932), csv into COPY"),
        peers.cleaner("python csv clean", world, "csv.reader, dates looked up once, csv into COPY"),
    ]
    gates = [Gate(CSV, LIMIT, 3.5), Gate(FIXED, LIMIT, 3.5), Gate(CSV, TENTH, 11, is_whole=True)]
    return Step("clean", "CP932 with bad rows among it into clean typed rows", LIMIT, contenders, gates)


def empty(world: World) -> None:
    """An empty table of text."""
    with db.connect(world.state) as connection:
        make(connection, "bench.as_text", typed=False)


def copy_text(world: World) -> None:
    """The limit."""
    with db.connect(world.state) as connection:
        fill(connection, "bench.as_text", world.whole.as_text)


def counted(world: World) -> Answer:
    """Rows and the sum of their numbers."""
    with db.connect(world.state) as connection:
        found = connection.execute("select count(*), sum(instalment_no::bigint)::bigint from bench.as_text").fetchone()
    assert found is not None
    return found
