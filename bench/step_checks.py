"""Step 3, the fifteen expectations of the contract on what is held: ours against one hand-written scan, and peers.

Every contender is first shown a copy in which three expectations are broken and must name exactly these three;
then it is timed on the clean table.
"""

from collections.abc import Callable
from contextlib import suppress

from psycopg import sql

from bench.great_suite import validated
from bench.rounds import Answer, Contender, Gate, Step
from bench.step_clean import Cleaning
from bench.world import World, contract_table
from receivables import db
from receivables.ingest import expectations, tables
from receivables.ingest.ledger import Batch
from receivables.ingest.rejection import BatchRejectedError

LIMIT, OURS = "one hand-written scan", "ours: expectations.validate"
PLANTED = ("claim_code in set", "person_name not null", "principal_yen at least 0")
ROW_RULES = {
    **{f"{name} not null": f"{name} is null" for name in
       ("instalment_no", "addressee_no", "claim_code", "levy_year", "person_name", "due_date", "assessed_yen")},
    **{f"{name} at least 0": f"{name} < 0" for name in ("assessed_yen", "principal_yen", "fee_yen")},
    "claim_code in set": "claim_code not in ('01','02','03','04','05','06','07','08','09','10','11','12')",
    "instalment_no digits": "instalment_no !~ '^[0-9]{12}$'",
    "addressee_no digits": "addressee_no !~ '^[0-9]{15}$'",
    "levied_on up to due_date": "levied_on > due_date",
}  # fmt: skip
_WORD = {"not_be_null": "not null", "be_between": "at least 0", "be_in_set": "in set", "match_regex": "digits"}
Check = Callable[[str], Answer]  # of the batch id: how many expectations were looked at, and those not met


def checks_step(world: World) -> Step:
    """The contenders of the checks."""
    held = Cleaning(world, world.whole, "bench_csv")
    held.work()
    batch = held.batch
    planted = plant(world, batch)
    ways: list[tuple[str, Check, str]] = [
        (LIMIT, lambda batch_id: scanned(world, batch_id), "a parallel aggregate, and uniqueness by group"),
        (
            OURS,
            lambda batch_id: ours(world, batch, batch_id),
            "index of the key, one scan, GX on the counts",
        ),
        ("GX SQL, BOOLEAN_ONLY", lambda batch_id: validated(world, batch.table, batch_id, "BOOLEAN_ONLY"), "default"),
        ("GX SQL, SUMMARY", lambda batch_id: validated(world, batch.table, batch_id, "SUMMARY"), "default"),
        ("15 queries", lambda batch_id: one_by_one(world, batch_id), "one after the other"),
    ]
    contenders = [contender(world, way, batch, planted) for way in ways]
    return Step("checks", "15 expectations on the held table", LIMIT, contenders, [Gate(OURS, LIMIT, 1.5)])


def contender(world: World, way: tuple[str, Check, str], batch: Batch, planted: str) -> Contender:
    """A way to check; its answer is the last one on the clean table and the one on the planted table."""
    name, check, setting = way
    seen: dict[str, Answer] = {}

    def first() -> None:
        if "planted" not in seen:
            seen["planted"] = check(planted)
        drop_index(world, batch.batch_id)

    return Contender(name, lambda: seen.update(clean=check(batch.batch_id)),
                     lambda: (*seen["clean"], *seen["planted"]), (15, (), 15, PLANTED), world.whole.good_rows,
                     setting, before=first)  # fmt: skip


def drop_index(world: World, batch_id: str) -> None:
    """Every way begins without an index on the key."""
    with db.connect(world.state) as connection:
        found = connection.execute(
            "select indexrelid::regclass::text from pg_index where indrelid = %s::regclass",
            [tables.held(batch_id).as_string()],
        ).fetchall()
        for (name,) in found:
            connection.execute(f"drop index {name}".encode())


def plant(world: World, batch: Batch) -> str:
    """A copy of what is held with three expectations broken; its batch id."""
    batch_id = f"{batch.batch_id}-planted"
    table = tables.held(batch_id)
    with db.connect(world.state, "etl") as connection:
        tables.hold(connection, batch.table, batch_id)
        connection.execute(sql.SQL("insert into {} select * from {}").format(table, tables.held(batch.batch_id)))
        for change, remainder in (("claim_code = 'XX'", 11), ("person_name = null", 12), ("principal_yen = -1", 13)):
            connection.execute(
                sql.SQL("update {} set {} where instalment_no::bigint %% 500 = %s").format(table, sql.SQL(change)),
                [remainder],
            )
        connection.execute(
            "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
            " file_bytes) select %s, source, table_name, business_date, 'landed', file_name, file_sha256, file_bytes"
            " from ops.load where batch_id = %s",
            [batch_id, batch.batch_id],
        )
    return batch_id


def ours(world: World, batch: Batch, batch_id: str) -> Answer:
    """What the intake does, and what it keeps."""
    given = Batch(batch_id, batch.table, batch.business_date, "landed", batch.file_name, batch.file_sha256, None,
                  frozenset())  # fmt: skip
    with db.connect(world.state, "etl") as connection:
        connection.execute("delete from ops.validation where batch_id = %s", [batch_id])
        connection.commit()
        tables.index_keys(connection, batch.table, batch_id)  # how ingest holds keys apart
        connection.commit()
        with suppress(BatchRejectedError):  # the results say so
            expectations.validate(connection, "bench_csv", given, state=world.state)
        found = connection.execute(
            "select expectation, column_name, success from ops.validation where batch_id = %s", [batch_id]
        ).fetchall()
    return len(found), tuple(sorted(word(str(kind), column) for kind, column, success in found if not success))


def word(kind: str, column: object) -> str:
    """An expectation of Great Expectations in the words of the hand-written scan."""
    if column is None:
        return "levied_on up to due_date"
    return f"{column} " + next((plain for part, plain in _WORD.items() if part in kind), "unique")


def scanned(world: World, batch_id: str) -> Answer:
    """The limit: one parallel aggregate for the row rules, and the search for repeated keys."""
    held = tables.held(batch_id).as_string()
    counts = ", ".join(f"count(*) filter (where {rule})" for rule in ROW_RULES.values())
    with db.connect(world.state, "etl") as connection:
        found = _one(connection, f"select {counts} from {held}")  # noqa: S608
        repeated = _one(connection, _unique(held))
    failed = [name for name, count in zip(ROW_RULES, found, strict=True) if count]
    return len(found) + 1, tuple(sorted([*failed, *(["instalment_no unique"] if repeated[0] else [])]))


def one_by_one(world: World, batch_id: str) -> Answer:
    """A query for each expectation, as one test a rule does."""
    held = tables.held(batch_id).as_string()
    queries = {name: f"select count(*) from {held} where {rule}" for name, rule in ROW_RULES.items()}  # noqa: S608
    queries["instalment_no unique"] = _unique(held)
    with db.connect(world.state, "etl") as connection:
        failed = [name for name, query in queries.items() if _one(connection, query)[0]]
    return len(queries), tuple(sorted(failed))


def _unique(held: str) -> str:
    (key,) = contract_table("bench_csv").key
    return f"select count(*) from (select {key} from {held} group by {key} having count(*) > 1) as repeated"  # noqa: S608


def _one(connection: db.Connection, query: str) -> tuple[object, ...]:
    found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return found
