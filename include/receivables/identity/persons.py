"""The persons of all sources (名寄せの対象者) and the keys of those who changed since the last night.

Whoever has a name in a contract's vault is a person to match. Sources that bring a 宛名番号 alone have nothing that
could bear it out: they are linked by the number, see `linking`.
"""

from collections.abc import Iterator
from datetime import date

from psycopg import sql

from receivables import contracts, database, db
from receivables.contracts import Table
from receivables.identity import holders
from receivables.identity.keying import Keys, Written, keys_of
from receivables.identity.keys import KEYS_VERSION
from receivables.processes import side_by_side
from receivables.settings import State

HANDS = 2  # processes that make keys
_ROWS_AT_ONCE = 20_000
_INDEXES = database.DDL / "34_person_key_indexes.sql"
NUMBER, NAME, KANA = "addressee_no", "person_name", "person_kana"
# 基準日 of what was loaded since the last night, and of what lay in the future then: only on these can a row have begun
# or ended.
_DAYS = """
    select array_agg(distinct business_date), bool_or(exists (
        select from ops.load as twice where twice.table_name = l.table_name
            and twice.business_date = l.business_date and twice.batch_id <> l.batch_id
            and twice.state in ('loaded', 'superseded')
    ))
    from ops.load as l
    where l.table_name = %(table)s and l.state in ('loaded', 'superseded', 'correction') and (
        (l.business_date > %(since)s and l.business_date <= %(as_of)s)
        or not exists (select from identity.collected_batch as seen where seen.batch_id = l.batch_id)
    )
"""
_TOUCHED = """
    insert into vault.number_touched (number)
    select addressee_no from raw.{table}
    where (_known_from = any({days}) or _known_to = any({days})) and addressee_no is not null
    union
    select raw.addressee_no from vault.{table} as vault inner join raw.{table} as raw on {same_key}
    where (vault._known_from = any({days}) or vault._known_to = any({days})) and raw.addressee_no is not null
"""
# Every writing of a person in one table; a second name under one number is a person of its own until somebody knows.
_COLLECT = """
    insert into vault.person_found (person_ref, source_code, source_debtor_key, written, fingerprint)
    with writings as (
        select raw.addressee_no as number, {columns}
        from raw.{table} as raw left join vault.{table} as vault on {same_key}
            and vault._known_from <= {as_of} and (vault._known_to is null or vault._known_to > {as_of})
        where raw._known_from <= {as_of} and (raw._known_to is null or raw._known_to > {as_of})
            and raw.addressee_no is not null and ({source} = 'register' or coalesce({names}) is not null)
            and ({is_whole} or raw.addressee_no in (select t.number from vault.number_touched as t))
    ),
    counted as (
        select number, array[{written}]::text[] as written, count(*) as rows
        from writings group by number, {grouped}
    ),
    ranked as (
        select number, written, row_number() over (partition by number order by rows desc, written) as place
        from counted
    )
    select
        {source} || ':' || number || case when place > 1 then '#' || left(md5(written::text), 8) else '' end,
        {source}, number, written, hashtextextended(written::text, {version})
    from ranked
"""
_GONE = """
    with gone as (
        delete from vault.person_key as k
        where k.source_code = {source}
            and ({is_whole} or k.source_debtor_key in (select t.number from vault.number_touched as t))
            and not exists (select from vault.person_found as f where f.person_ref = k.person_ref)
        returning k.*
    ),
    remembered as ({remember})
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
_HOW_MANY = "select (select count(*) from vault.person_stale), (select count(*) from vault.person_key)"
_SECONDARY = """
    select c.relname from pg_index as i inner join pg_class as c on i.indexrelid = c.oid
    where i.indrelid = 'vault.person_key'::regclass and not i.indisprimary
"""
_SINCE = """
    select as_of from identity.collected
    where table_name = %(table)s and keys_version = %(version)s and as_of <= %(as_of)s and whole_on > %(as_of)s - 7
"""
_COLLECTED = """
    insert into identity.collected as c (table_name, as_of, whole_on, keys_version)
    values (%(table)s, %(as_of)s, %(as_of)s, %(version)s)
    on conflict (table_name) do update set as_of = excluded.as_of, keys_version = excluded.keys_version,
        whole_on = case when %(is_whole)s then excluded.whole_on else c.whole_on end
"""
# Asked before anything is read: what is delivered meanwhile is not in it, and is read the next night.
_LOADED = """
    select array_agg(batch_id) from ops.load
    where table_name = %(table)s and state in ('loaded', 'superseded', 'correction')
        and batch_id not in (select batch_id from identity.collected_batch)
"""
_SEEN = """
    insert into identity.collected_batch (batch_id) select unnest(%(batches)s::text[]) on conflict do nothing
"""


def collect(connection: db.Connection, *, as_of: date, state: State) -> None:
    """Bring vault.person_key to what the sources say on `as_of`, and enter who is new, changed or gone as pending.

    Keys are made for those alone, on two processes. A new edition of the keys makes everybody new. What is pending
    stays so until a matching has taken it up. `connection` is an administrator's, in autocommit.
    """
    connection.execute("truncate vault.person_found")
    noted = [_collect(connection, table, as_of) for table in named_tables()]
    connection.execute("analyze vault.person_found")
    connection.execute("drop table if exists vault.person_stale")
    connection.execute(_STALE.format(hands=HANDS).encode())
    connection.execute("grant select on vault.person_stale to etl")
    connection.execute("insert into identity.pending select person_ref from vault.person_stale on conflict do nothing")
    is_many = _prepare_for_many(connection)
    hands: list[int | None] = [*range(HANDS)] if is_many else [None]
    calls = [(hand, as_of, state) for hand in hands]
    for _ in side_by_side(make_keys, calls, processes=len(calls)):
        pass
    db.run_script(connection, _INDEXES.read_text(encoding="utf-8"))
    # Only now: were it noted before, a night that died making keys would leave the old ones until the next whole.
    for known in noted:
        connection.execute(_COLLECTED, known)
        connection.execute(_SEEN, known)
    db.run_script(connection, "drop table vault.person_stale; truncate vault.person_found; analyze vault.person_key")


def _prepare_for_many(connection: db.Connection) -> bool:
    """Whether many keys are to be made; if most of all, without the indexes, which are then made at one go."""
    row = connection.execute(_HOW_MANY).fetchone()
    stale, kept = (int(str(count)) for count in row or (0, 0))
    if stale > _ROWS_AT_ONCE and 2 * stale > kept:
        for (name,) in connection.execute(_SECONDARY).fetchall():
            connection.execute(sql.SQL("drop index {}").format(sql.Identifier("vault", str(name))))
    return stale > _ROWS_AT_ONCE


def named_tables() -> Iterator[Table]:
    """Every table of a contract that tells a person's number and name."""
    for contract in contracts.all_contracts():
        for table in contract.tables:
            names = {column.name: column.pii for column in table.columns}
            if NUMBER in names and names.get(NAME):
                yield table


def make_keys(hand: int | None, as_of: date, state: State) -> None:
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
        # The planner guesses few rows of a table that was just made, and reads all persons anew for each of them.
        target.execute("analyze made")
        holders.keep_keys(target)
        target.execute("delete from vault.person_key where person_ref in (select person_ref from made)")
        target.execute("insert into vault.person_key select * from made")


def _collect(connection: db.Connection, table: Table, as_of: date) -> dict[str, object]:
    """The persons of one table: of every row once a week and after anything unusual, else of the rows that changed.

    Returns what is to be noted of it when their keys are made.
    """
    known = {"table": table.name, "as_of": as_of, "version": KEYS_VERSION}
    loaded = connection.execute(_LOADED, known).fetchone()
    last = connection.execute(_SINCE, known).fetchone()
    found = connection.execute(_DAYS, known | {"since": last[0]}).fetchone() if last else None
    days, is_twice = found or ([], False)
    is_whole = last is None or bool(is_twice)  # what a day's first delivery told and its second took back left no trace
    if is_whole or days:
        parts = _parts(table, as_of, days=days or [], is_whole=is_whole)
        connection.execute("truncate vault.number_touched")
        if not is_whole:
            connection.execute(sql.SQL(_TOUCHED).format(**parts))
            connection.execute("analyze vault.number_touched")
        connection.execute(sql.SQL(_COLLECT).format(**parts))
        connection.execute(sql.SQL(_GONE).format(**parts))
    return known | {"batches": loaded[0] if loaded else None, "is_whole": is_whole}


def _parts(table: Table, as_of: date, *, days: object, is_whole: bool) -> dict[str, sql.Composable]:
    """What is filled into the statements about one table."""
    there = {column.name: column.pii for column in table.columns}
    told = [name for name in Written._fields if name in there]
    columns = [
        sql.SQL("{}.{}::text").format(sql.SQL("vault" if there[name] else "raw"), sql.Identifier(name)) for name in told
    ]
    written = [sql.Identifier(name) if name in there else sql.SQL("null") for name in Written._fields]
    return {
        "table": sql.Identifier(table.name),
        "source": sql.Literal(table.name.partition("__")[0]),
        "as_of": sql.Literal(as_of),
        "days": sql.SQL("{}::date[]").format(sql.Literal(days)),
        "is_whole": sql.Literal(is_whole),
        "remember": sql.SQL(holders.REMEMBER),
        "version": sql.Literal(KEYS_VERSION),
        "columns": sql.SQL(", ").join(columns),
        "written": sql.SQL(", ").join(written),
        "grouped": sql.SQL(", ").join(map(sql.Identifier, told)),
        "names": sql.SQL(", ").join(sql.Identifier("vault", name) for name in (NAME, KANA) if name in there),
        "same_key": sql.SQL(" and ").join(
            sql.SQL("raw.{0} = vault.{0}").format(sql.Identifier(name)) for name in table.key
        ),
    }
