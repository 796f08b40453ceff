"""Step 7, the warehouse of the made-up ward: dbt's transform against SQL by hand, and the law over every claim."""

from psycopg import sql

from bench.rounds import Answer, Contender, Gate, Step
from bench.world import AS_OF, World, open_ward
from receivables import assess, db, night, warehouse
from receivables.assess.bulk import last_entry, lay_out

HAND, RUN, BUILD = "CREATE TABLE AS by hand", "ours: dbt, two threads", "ours: with seeds, tests, rights"
BARE, LAW = "claims and events read, rows kept", "ours: assess"
_MODELS = ["path:models/staging", "path:models/intermediate", "path:models/marts"]
_FINDINGS = f"law.claim_assessments where as_of = date '{AS_OF}'"
_DAY = {"as_of": AS_OF.isoformat(), "published_batch": "bench"}


def warehouse_steps(world: World, residents: int) -> list[Step]:
    """One whole night of a ward, then its transform and its law again and again."""
    open_ward(world, residents)
    night.night(as_of=AS_OF, drop=world.state.ward, state=world.state)
    warehouse.build_marts(as_of=AS_OF, state=world.state)  # once more: publishing took the first ones away
    return [_transform(world, residents), _law(world)]


def _transform(world: World, residents: int) -> Step:
    """Every table from raw to the marts, no test and no index by hand; dbt has read the project already."""
    models = _compiled(world)
    key = _sizes(world, models)
    rows = sum(int(str(size)) for size in key)
    contenders = [
        Contender(HAND, lambda: _by_hand(world, models), lambda: _sizes(world, models, by_hand=True), key, rows,
                  "one connection, in dbt's order"),
        Contender(RUN, lambda: _run(world), lambda: _sizes(world, models), key, rows, "dbt run"),
        Contender(BUILD, lambda: _build(world), lambda: _sizes(world, models), key, rows, "prepare, build_marts"),
    ]  # fmt: skip
    what = f"raw to marts, {residents:,} residents, {len(models)} tables of {rows:,} rows"
    return Step("transform", what, HAND, contenders, [Gate(RUN, HAND, 0.75, is_wall=True)])


def _law(world: World) -> Step:
    """Every claim judged on its events; the limit moves the same rows and judges nothing."""
    with db.connect(world.state) as connection:
        claims = _count(connection, _FINDINGS)
        still_open = _count(connection, f"{_FINDINGS} and standing <> 'settled'")
    contenders = [
        Contender(BARE, lambda: _read(world), lambda: _assessed(world), (claims,), claims, "one connection"),
        Contender(LAW, lambda: assess.assess(as_of=AS_OF, state=world.state), lambda: _assessed(world), (claims,),
                  claims, "two processes"),
    ]  # fmt: skip
    return Step("assess", f"the law on {claims:,} claims, {still_open:,} of them open", BARE, contenders, [])


def _compiled(world: World) -> list[tuple[str, str, str]]:
    """Schema, name and SQL of every table that dbt would make, in the order in which it would."""
    command = ["compile", "--select", *_MODELS, "--vars", str(_DAY)]
    done = warehouse.invoke(command, world.state)
    return [
        (found.node.schema, found.node.name, found.node.compiled_code)
        for found in done.result.results
        if found.node.resource_type == "model" and found.node.config.materialized == "table"
    ]


def _by_hand(world: World, models: list[tuple[str, str, str]]) -> None:
    with db.connect(world.state) as connection:
        connection.execute("drop schema if exists by_hand cascade")
        connection.execute("create schema by_hand")
        for _, name, query in models:
            made = sql.SQL("create table {} as ").format(sql.Identifier("by_hand", name))
            connection.execute(made + sql.SQL(query))  # type: ignore[arg-type]


def _run(world: World) -> None:
    outcome = warehouse.invoke(["run", "--select", *_MODELS, "--vars", str(_DAY)], world.state)
    assert outcome.success, "dbt run failed"


def _build(world: World) -> None:
    warehouse.prepare(as_of=AS_OF, state=world.state)
    warehouse.build_marts(as_of=AS_OF, state=world.state)


def _sizes(world: World, models: list[tuple[str, str, str]], *, by_hand: bool = False) -> Answer:
    """Rows of every table, in order."""
    with db.connect(world.state) as connection:
        return tuple(_count(connection, f"{'by_hand' if by_hand else schema}.{name}") for schema, name, _ in models)


def _read(world: World) -> None:
    """What assess reads and what it writes, by the server alone: the laid-out claims, and yesterday's rows again."""
    with db.connect(world.state) as connection:
        through = last_entry(connection, AS_OF)
        lay_out(connection, AS_OF, through=through)
        connection.execute("create table by_law as select * from law.claim_assessments")
        connection.rollback()


def _assessed(world: World) -> Answer:
    with db.connect(world.state) as connection:
        return (_count(connection, _FINDINGS),)


def _count(connection: db.Connection, relation: str) -> int:
    found = connection.execute(sql.SQL("select count(*)::bigint from {}").format(sql.SQL(relation))).fetchone()  # type: ignore[arg-type]
    assert found is not None
    return int(found[0])
