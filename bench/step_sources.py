"""Step 6, two departments of the made-up ward: the whole intake against a raw COPY of the same files."""

from pathlib import Path

from bench.rounds import Answer, Contender, Step
from bench.world import AS_OF, World, forget, open_ward
from receivables import contracts, db, ingest

MEASURED = ("nhi", "resident_tax")


def source_steps(world: World, residents: int) -> list[Step]:
    """A step for each department; the suite's own contracts are not to be had after it."""
    open_ward(world, residents)
    return [source_step(world, source) for source in MEASURED]


def source_step(world: World, source: str) -> Step:
    """Ours and the raw COPY of one department's files."""
    files = [
        next((world.state.ward / source).glob(table.file_name(AS_OF))) for table in contracts.contract(source).tables
    ]
    lines = sum(file.read_bytes().count(b"\n") for file in files)
    name, limit = f"ours: {source}", "raw COPY of the lines"
    return Step(
        f"source {source}", f"land, check and load of {source}, {lines:,} lines", limit,
        [Contender(limit, lambda: raw_copy(world, files), lambda: copied(world), (lines,), lines, "one text column"),
         Contender(name, lambda: taken_in(world, source), lambda: explained(world, source), (0, 0, 0), lines,
                   "ingest_source", before=lambda: forget(world.state))], [],
    )  # fmt: skip


def taken_in(world: World, source: str) -> None:
    """The whole intake of a department."""
    ingest.ingest_source(source, drop=world.state.ward, as_of=AS_OF, state=world.state)


def explained(world: World, source: str) -> Answer:
    """Batches that are not loaded, rows and yen that nothing explains."""
    found = [batch for batch in ingest.batches(as_of=AS_OF, state=world.state) if batch.source == source]
    assert len(found) == len(contracts.contract(source).tables), "a table is missing"
    return (sum(batch.state != "loaded" for batch in found), sum(abs(batch.unexplained_rows) for batch in found),
            sum(abs(batch.unexplained_yen) for batch in found))  # fmt: skip


def raw_copy(world: World, files: list[Path]) -> None:
    """The limit: the same bytes, a line a row, into one unlogged column; nothing is decoded or checked."""
    with db.connect(world.state) as connection:
        connection.execute("drop table if exists bench.bytes")
        connection.execute("create unlogged table bench.bytes (line text)")
        for file in files:
            lines = file.read_bytes().decode("latin-1").replace("\\", "\\\\").replace("\t", " ").replace("\0", " ")
            with connection.cursor().copy("copy bench.bytes from stdin") as target:
                target.write(lines.replace("\r\n", "\n"))


def copied(world: World) -> Answer:
    """Lines that arrived."""
    with db.connect(world.state) as connection:
        found = connection.execute("select count(*) from bench.bytes").fetchone()
    assert found is not None
    return found
