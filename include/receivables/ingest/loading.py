"""Loading (取込): what was held becomes raw and vault, in one transaction for the whole source.

Raw is versioned by batch: a full copy closes the rows that changed or vanished and adds what is new; an increment
(差分) closes only what it names anew, and what an earlier file of the same day brought that it replaces.
"""

from psycopg import sql

from receivables import contracts, control_totals, db
from receivables.errors import EnvironmentFailureError, InputRejectedError, InvariantBrokenError
from receivables.ingest import ledger, standing, tables
from receivables.ingest.checking import check
from receivables.ingest.ledger import Batch
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.remembered import forget_others, has_corrections, last_loaded
from receivables.ingest.totals import totals
from receivables.settings import State

_MOST_CHECKS = 3  # of one load: each ends in loading or in a reason


def load(source: str, batch_ids: list[str], *, state: State) -> list[str]:
    """Load every checked batch of `source`; the same ids. Asked again it changes nothing.

    Raises InputRejectedError with the reasons when a batch was refused: nothing of the source is
    loaded then.
    """
    for _ in range(_MOST_CHECKS):
        if not (lost := _load_held(source, batch_ids, state)):
            break
        check(source, batch_ids, state=state)
    else:
        raise EnvironmentFailureError(
            f"{source}: what was checked was gone again {_MOST_CHECKS} times: {', '.join(lost)}"
        )
    with db.connect(state, "etl", doing=f"load {source}") as connection:
        refused = connection.execute(
            "select reason from ops.load where batch_id = any(%s) and state in ('rejected', 'missing') order by 1",
            [batch_ids],
        ).fetchall()
    if refused:
        raise InputRejectedError("\n".join(str(reason) for (reason,) in refused))
    return batch_ids


def _load_held(source: str, batch_ids: list[str], state: State) -> list[str]:
    """Load what is held as it was checked; when some is not, nothing, and which (a crash, another version meanwhile).

    Looked at and loaded under one lock: nobody comes between.
    """
    owner = contracts.contract(source).owner_dept
    with db.connect(state, "etl", doing=f"load {source}") as connection:
        ledger.lock(connection, source)
        checked = [batch for batch in ledger.read(connection, batch_ids) if batch.state == "checked"]
        lost = [batch.batch_id for batch in checked if not _is_held(connection, batch)]
        if lost:
            connection.execute("update ops.load set state = 'landed' where batch_id = any(%s)", [lost])
            return lost
        for batch in checked:
            _load_next(connection, source, batch, owner)
    for batch in checked:
        forget_others(state, batch)
    return []


def _load_next(connection: db.Connection, source: str, batch: Batch, owner: str) -> None:
    """Load one batch, unless another version of its day was loaded meanwhile and nobody approved this one."""
    try:
        ledger.require_only(connection, batch)
    except BatchRejectedError as fault:
        ledger.refuse(connection, batch.batch_id, "rejected", fault, f"{source}, file {batch.file_name}")
    else:
        _load(connection, source, batch, owner)
    tables.release(connection, batch.batch_id)


def _is_held(connection: db.Connection, batch: Batch) -> bool:
    """Whether what was checked is all there, and the copy that it changes is still the newest one, as it was."""
    counted = [tables.count(connection, name(batch.batch_id)) for name in (tables.held, tables.gone)]
    if counted != [batch.held_rows, batch.gone_rows] or batch.follows is None:
        return counted == [batch.held_rows, batch.gone_rows]
    last = last_loaded(connection, batch.table)
    return last is not None and last[0] == batch.follows and not has_corrections(connection, batch.table)


def _load(connection: db.Connection, source: str, batch: Batch, owner_dept: str) -> None:
    newer = connection.execute(
        "select max(business_date) from ops.load where table_name = %s and state = 'loaded'", [batch.table.name]
    ).fetchone()
    if newer and newer[0] and newer[0] > batch.business_date:  # type: ignore[operator]
        raise InvariantBrokenError(f"{source}: {batch.table.name} of {newer[0]} is loaded; an older copy cannot follow")
    _quarantine(connection, source, batch, owner_dept)
    carried = standing.carry(connection, batch)
    _merge(connection, batch, "raw", [column.name for column in tables.raw_columns(batch.table)])
    if vault := tables.vault_columns(batch.table):
        _merge(connection, batch, "vault", [column.name for column in vault])
        _keep_originals(connection, batch)
    after = totals(connection, batch, sql.Identifier("raw", batch.table.name), is_current_only=True)
    named = {"batch_id": batch.batch_id, "source": source, "table_name": batch.table.name}
    control_totals.record(connection, **named, hop="load", totals=after)
    before = control_totals.recorded(connection, batch_id=batch.batch_id, hop="check")
    brought = after if batch.table.delivery == "full" else totals(connection, batch, _named(batch))
    control_totals.require_equal([*before, *carried], brought, where=f"{source}: {batch.table.name}, check and load")
    connection.execute(
        "update ops.load set state = 'superseded' where table_name = %s and business_date = %s and state = 'loaded'",
        [batch.table.name, batch.business_date],
    )
    connection.execute("update ops.load set state = 'loaded' where batch_id = %s", [batch.batch_id])


def _merge(connection: db.Connection, batch: Batch, schema: str, columns: list[str]) -> None:
    target, held = sql.Identifier(schema, batch.table.name), tables.held(batch.batch_id)
    # A table believed to be empty is planned as a loop inside a loop, over rows that are just being inserted;
    # for the few changes to a large one that loop is the way.
    connection.execute("set local enable_nestloop = off" if batch.follows is None else "set local enable_nestloop = on")
    _close(connection, batch, target, columns)
    names = tables.names(tuple(columns))
    connection.execute(
        sql.SQL("""
            insert into {target} ({names}, _batch_id, _line_no, _byte_offset, _known_from)
            select {names}, %(batch)s, _line_no, _byte_offset, %(day)s from {held} as held
            where not exists (select 1 from {target} as known where known._known_to is null and {same})
        """).format(target=target, names=names, held=held, same=tables.same_key(batch.table, "known", "held")),
        {"day": batch.business_date, "batch": batch.batch_id},
    )


def _close(connection: db.Connection, batch: Batch, target: sql.Identifier, columns: list[str]) -> None:
    """End the versions that changed or vanished."""
    held = tables.held(batch.batch_id)
    if batch.follows is not None:
        _close_gone(connection, batch, target, columns)
        return
    same = tables.same_key(batch.table, "known", "held")
    unchanged = tables.same_content(columns, "known", "held")
    connection.execute(
        sql.SQL("""
            update {target} as known set _known_to = %(day)s
            where _known_to is null and ({reach}) and not exists (
                select 1 from {held} as held where {same} and {unchanged}
            )
        """).format(target=target, held=held, same=same, unchanged=unchanged, reach=_reach(batch, held, same)),
        {"day": batch.business_date},
    )
    # A version that began and ended on the same day was never known on any day.
    connection.execute(sql.SQL("delete from {} where _known_to <= _known_from").format(target))
    if batch.table.delivery == "increment":
        _reopen(connection, batch, target)


def _close_gone(connection: db.Connection, batch: Batch, target: sql.Identifier, columns: list[str]) -> None:
    """Of a copy read as changes: only rows that do not stand in it as they were, few, found by their keys."""
    connection.execute(
        sql.SQL("""
            update {target} as known set _known_to = %(day)s from {gone} as gone
            where known._known_to is null and {is_gone} and not exists (
                select 1 from {held} as held where {same} and {unchanged}
            )
        """).format(
            target=target, gone=tables.gone(batch.batch_id), held=tables.held(batch.batch_id),
            is_gone=tables.same_key(batch.table, "known", "gone"), same=tables.same_key(batch.table, "known", "held"),
            unchanged=tables.same_content(columns, "known", "held"),
        ),
        {"day": batch.business_date},
    )  # fmt: skip


def _reach(batch: Batch, held: sql.Identifier, same: sql.Composed) -> sql.Composable:
    """Which known rows a batch speaks of: a full copy of all, an increment of its own and of the same day's."""
    if batch.table.delivery == "full":
        return sql.SQL("true")
    return sql.SQL("_known_from = %(day)s or exists (select 1 from {held} as held where {same})").format(
        held=held, same=same
    )


def _reopen(connection: db.Connection, batch: Batch, target: sql.Identifier) -> None:
    """What only the replaced file of the same day had closed holds again."""
    connection.execute(
        sql.SQL("""
            update {target} as known set _known_to = null where _known_to = %(day)s and not exists (
                select 1 from {held} as held where {same}
            )
        """).format(
            target=target, held=tables.held(batch.batch_id), same=tables.same_key(batch.table, "known", "held")
        ),
        {"day": batch.business_date},
    )


def _named(batch: Batch) -> sql.Composed:
    """The current rows of the keys that an increment names."""
    return sql.SQL(
        "(select known.* from {raw} as known where known._known_to is null"
        " and exists (select 1 from {held} as held where {same})) as named"
    ).format(
        raw=sql.Identifier("raw", batch.table.name), held=tables.held(batch.batch_id),
        same=tables.same_key(batch.table, "known", "held"),
    )  # fmt: skip


def _keep_originals(connection: db.Connection, batch: Batch) -> None:
    """The bytes of the records whose 外字 were mapped, once: of versions that this batch began."""
    connection.execute(
        sql.SQL("""
            insert into vault.original_record (batch_id, table_name, line_no, byte_offset, raw)
            select %(batch)s, %(table)s, aside.line_no, aside.byte_offset, aside.raw from {aside} as aside
            inner join {person} as person on aside.line_no = person._line_no and person._batch_id = %(batch)s
            where aside.kind = 'original'
            on conflict do nothing
        """).format(aside=tables.held_aside(batch.batch_id), person=sql.Identifier("vault", batch.table.name)),
        {"batch": batch.batch_id, "table": batch.table.name},
    )


def _quarantine(connection: db.Connection, source: str, batch: Batch, owner_dept: str) -> None:
    aside = tables.held_aside(batch.batch_id)
    connection.execute(
        sql.SQL("""
            insert into quarantine.row (batch_id, source, table_name, file_name, line_no, byte_offset, raw, reason_code,
                field, amount_yen, owner_dept)
            select %(batch)s, %(source)s, %(table)s, %(file)s, line_no, byte_offset, raw, reason_code, field,
                amount_yen, %(owner)s
            from {} where kind = 'quarantined'
        """).format(aside),
        {"batch": batch.batch_id, "source": source, "table": batch.table.name, "file": batch.file_name,
         "owner": owner_dept},
    )  # fmt: skip
    connection.execute(
        sql.SQL("""
            insert into ops.set_aside_row (batch_id, source, line_no, byte_offset, kind, reason_code, amount_yen)
            select %s, %s, line_no, byte_offset, kind, reason_code, amount_yen from {}
            where kind in ('duplicate', 'excluded')
        """).format(aside),
        [batch.batch_id, source],
    )
