"""Step 4, the night: a full copy of which 1 % changed against the day before, by the real entry point."""

from bench.deliveries import Delivery
from bench.rounds import Answer, Contender, Gate, Step
from bench.world import World, forget
from receivables import db, ingest

FIRST, SECOND, TENTH = "day 1", "day 2, 1 % changed", "day 1, a tenth of the rows"
CURRENT = """(select raw.*, person.person_kana, person.person_name, person.address
    from raw.bench_csv__instalments as raw
    inner join vault.bench_csv__instalments as person using (instalment_no)
    where raw._known_to is null and person._known_to is null) as current"""


def night_step(world: World) -> Step:
    """Day 1 into an empty warehouse, day 2 after it."""
    contenders = [
        night(world, FIRST, world.whole, is_first=True),
        night(world, SECOND, world.next_day, is_first=False),
        night(world, TENTH, world.tenth, is_first=True),
    ]
    gates = [Gate(SECOND, FIRST, 0.35, is_whole=True), Gate(FIRST, TENTH, 11, is_whole=True)]
    return Step("night", "land, check and load a full copy of one table", FIRST, contenders, gates)


def night(world: World, name: str, delivery: Delivery, *, is_first: bool) -> Contender:
    """One day's intake; afterwards what holds now must be that day's truth, whatever was there before."""
    return Contender(
        name, lambda: taken_in(world, delivery), lambda: current(world, delivery),
        (*world.key(delivery), delivery.bad_rows, 0), delivery.rows, "ingest_source",
        before=lambda: forget(world.state) if is_first else None,
    )  # fmt: skip


def taken_in(world: World, delivery: Delivery) -> None:
    """The whole intake; AssertionError with the reason when it was refused."""
    found = ingest.ingest_source("bench_csv", drop=delivery.drop, as_of=delivery.day, state=world.state)
    refused = [str(batch) for batch in found if batch.state != "loaded"]
    assert not refused, refused[0]


def current(world: World, delivery: Delivery) -> Answer:
    """Rows, yen and hash sum of the current versions, rows in quarantine of the day, rows that nothing explains."""
    with db.connect(world.state) as connection:
        bad = connection.execute(
            "select count(*) from quarantine.row inner join ops.load using (batch_id) where business_date = %s",
            [delivery.day],
        ).fetchone()
    assert bad is not None
    batches = ingest.batches(as_of=delivery.day, state=world.state)
    unexplained = sum(abs(batch.unexplained_rows) + abs(batch.unexplained_yen) for batch in batches)
    return (*world.fingerprint(CURRENT), bad[0], unexplained)
