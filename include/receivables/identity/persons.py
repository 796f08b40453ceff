"""The persons of all sources (名寄せの対象者) and the keys of those who changed since the last night.

Whoever has a name in a contract's vault is a person to match. Sources that bring a 宛名番号 alone have nothing that
could bear it out: they are linked by the number, see `linking`.
"""

from collections.abc import Iterator
from datetime import date

from psycopg import sql

from receivables import contracts, db
from receivables.contracts import Table
from receivables.identity.keying import Keys, Written, keys_of
from receivables.identity.keys import KEYS_VERSION
from receivables.processes import side_by_side
from receivables.settings import State

HANDS = 2  # processes that make keys
_ROWS_AT_ONCE = 20_000
NUMBER, NAME, KANA = "addressee_no", "person_name", "person_kana"
# Every writing of a person in one table; a second name under one number is a person of its own until somebody knows.
_COLLECT = """
    insert into vault.person_found (person_ref, source_code, source_debtor_key, written, fingerprint)
    with writings as (
        select raw.addressee_no as number, array[{written}]::text[] as written
        from raw.{table} as raw left join vault.{table} as vault on {same_key}
            and vault._known_from <= {as_of} and (vault._known_to is null or vault._known_to > {as_of})
        where raw._known_from <= {as_of} and (raw._known_to is null or raw._known_to > {as_of})
            and raw.addressee_no is not null and ({source} = 'register' or coalesce({names}) is not null)
    ),
    counted as (
        select number, written, row_number() over (partition by number order by count(*) desc, written) as place
        from writings group by number, written
    )
    select
        {source} || ':' || number || case when place > 1 then '#' || left(md5(written::text), 8) else '' end,
        {source}, number, written, hashtextextended(written::text, {version})
    from counted
"""
_GONE = """
    with gone as (
        delete from vault.person_key as k
        where not exists (select from vault.person_found as f where f.person_ref = k.person_ref)
        returning person_ref
    )
    insert into identity.pending (person_ref) select person_ref from gone on conflict do nothing
"""
_STALE = """
    create unlogged table vault.person_stale as
    select f.person_ref, f.source_code, f.source_debtor_key, f.fingerprint, f.written,
        abs(hashtext(f.person_ref) % {hands}) as hand
    from vault.person_found as f
    left join vault.person_key as k on f.person_ref = k.person_ref
    where k.fingerprint is distinct from f.fingerprint
"""


def collect(connection: db.Connection, *, as_of: date, state: State) -> None:
    """Bring vault.person_key to what the sources say on `as_of`, and enter who is new, changed or gone as pending.

    Keys are made for those alone, on two processes. A new edition of the keys makes everybody new. What is pending
    stays so until a matching has taken it up. `connection` is an administrator's, in autocommit.
    """
    connection.execute("truncate vault.person_found")
    for table in named_tables():
        connection.execute(_collecting(table, as_of))
    connection.execute("analyze vault.person_found")
    connection.execute(_GONE)
    connection.execute("drop table if exists vault.person_stale")
    connection.execute(_STALE.format(hands=HANDS).encode())
    connection.execute("grant select on vault.person_stale to etl")
    connection.execute("insert into identity.pending select person_ref from vault.person_stale on conflict do nothing")
    fresh = connection.execute("select count(*) from vault.person_stale").fetchone()
    is_many = fresh is not None and int(str(fresh[0])) > _ROWS_AT_ONCE
    calls: list[tuple[int | None, State]] = [(hand, state) for hand in range(HANDS)] if is_many else [(None, state)]
    for _ in side_by_side(make_keys, calls, processes=len(calls)):
        pass
    db.run_script(connection, "drop table vault.person_stale; truncate vault.person_found; analyze vault.person_key")


def named_tables() -> Iterator[Table]:
    """Every table of a contract that tells a person's number and name."""
    for contract in contracts.all_contracts():
        for table in contract.tables:
            names = {column.name: column.pii for column in table.columns}
            if NUMBER in names and names.get(NAME):
                yield table


def make_keys(hand: int | None, state: State) -> None:
    """One process's share of vault.person_stale, from what was written to keys."""
    columns = ("person_ref", "source_code", "source_debtor_key", "fingerprint", *Keys._fields)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with (
        db.connect(state, "etl", doing="make keys") as target,
        db.connect(state, "etl", doing="read persons") as source,
        source.cursor(name="persons") as persons,
    ):
        target.execute("create temp table made (like vault.person_key) on commit drop")
        persons.itersize = _ROWS_AT_ONCE
        persons.execute(
            "select person_ref, source_code, source_debtor_key, fingerprint, written from vault.person_stale"
            " where %s::integer is null or hand = %s", [hand, hand],
        )  # fmt: skip
        with target.cursor().copy(sql.SQL("copy made ({}) from stdin").format(names)) as rows:
            for row in persons:
                rows.write_row((*row[:4], *keys_of(Written(*row[4]))))  # type: ignore[misc]
        target.execute("delete from vault.person_key where person_ref in (select person_ref from made)")
        target.execute("insert into vault.person_key select * from made")


def _collecting(table: Table, as_of: date) -> sql.Composed:
    there = {column.name: column.pii for column in table.columns}
    written = [
        sql.SQL("{}.{}::text").format(sql.SQL("vault" if there[name] else "raw"), sql.Identifier(name))
        if name in there else sql.SQL("null::text")
        for name in Written._fields
    ]  # fmt: skip
    names = [sql.Identifier("vault", name) for name in (NAME, KANA) if name in there]
    same_key = sql.SQL(" and ").join(sql.SQL("raw.{0} = vault.{0}").format(sql.Identifier(name)) for name in table.key)
    return sql.SQL(_COLLECT).format(
        written=sql.SQL(", ").join(written), names=sql.SQL(", ").join(names), table=sql.Identifier(table.name),
        same_key=same_key,
        as_of=sql.Literal(as_of), source=sql.Literal(table.name.partition("__")[0]), version=sql.Literal(KEYS_VERSION),
    )  # fmt: skip
