"""Corrections that stand (有効な訂正): a department's next full copy neither undoes nor doubles what was released.

A release or discard holds while the copy still has the same wrong bytes. It ends, and says why, when the
department sends the row itself, sends other wrong bytes, or sends nothing: then its copy is the truth again.
"""

from dataclasses import dataclass
from typing import Literal

from psycopg import sql
from psycopg.rows import class_row

from receivables import db
from receivables.control_totals import ControlTotal
from receivables.ingest import tables
from receivables.ingest.ledger import Batch
from receivables.ingest.totals import totals

# One row of a batch by its content: the same wrong bytes have the same id every night, in any file.
ROW_ID = """
    table_name || '-' || left(encode(sha256(raw), 'hex'), 20) || '-'
    || row_number() over (partition by batch_id, raw order by line_no)
"""
Kind = Literal["release", "discard"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One correction, and where this batch holds the row it corrects (None: no longer)."""

    row_id: str
    proposal_id: str
    kind: Kind
    batch_id: str
    line_no: int
    at_line: int | None


def carry(connection: db.Connection, batch: Batch) -> list[ControlTotal]:
    """Apply the standing corrections to a batch before it is merged; rows and yen that were added to it."""
    if batch.table.delivery == "increment":  # the same bytes in the next file are another event
        return []
    released: list[int] = []
    for one in _standing(connection, batch):
        if one.kind == "discard":
            if one.at_line is None:
                _end(connection, one, batch, "GONE")
            else:
                settle(connection, batch.batch_id, one.at_line, one.proposal_id, kind="discard", yen=None)
        elif reason := _end_reason(connection, batch, one):
            _end(connection, one, batch, reason)
        else:
            assert one.at_line is not None
            yen = _hold(connection, batch, one)
            settle(connection, batch.batch_id, one.at_line, one.proposal_id, kind="release", yen=yen)
            released.append(one.at_line)
    return _totals_of(connection, batch, released) if released else []


def settle(
    connection: db.Connection, batch_id: str, line_no: int, proposal_id: str, *, kind: Kind, yen: int | None
) -> int:
    """Take a row out of quarantine in the account of its batch; the declared yen that leave with it.

    `yen` is the corrected amount. A row whose amount cannot be read leaves with its corrected amount, at most
    with what the unreadable rows have in common, and the last of them with all of that.
    """
    declared = _declared_yen(connection, batch_id, line_no, yen)
    state, part = ("released", "released") if kind == "release" else ("discarded", "excluded")
    connection.execute(
        "update quarantine.row set state = %s, proposal_id = %s, settled_yen = %s, settled_at = clock_timestamp()"
        " where batch_id = %s and line_no = %s",
        [state, proposal_id, declared, batch_id, line_no],
    )
    connection.execute(
        sql.SQL(
            "update ops.load set quarantined_rows = quarantined_rows - 1, quarantined_yen = quarantined_yen - %s,"
            " {rows} = {rows} + 1, {yen} = {yen} + %s, corrected_yen = corrected_yen + %s where batch_id = %s"
        ).format(rows=sql.Identifier(f"{part}_rows"), yen=sql.Identifier(f"{part}_yen")),
        [declared, declared, 0 if yen is None else yen - declared, batch_id],
    )
    if kind == "discard":
        connection.execute(
            "insert into ops.set_aside_row (batch_id, source, line_no, byte_offset, kind, reason_code, amount_yen)"
            " select batch_id, source, line_no, byte_offset, 'excluded', 'DISCARDED', %s from quarantine.row"
            " where batch_id = %s and line_no = %s",
            [declared, batch_id, line_no],
        )
    return declared


def _declared_yen(connection: db.Connection, batch_id: str, line_no: int, yen: int | None) -> int:
    found = connection.execute(
        """
        select this.amount_yen, batch.quarantined_yen - coalesce(sum(other.amount_yen), 0)::bigint,
            count(*) filter (where other.line_no is not null and other.amount_yen is null)
        from quarantine.row as this
        inner join ops.load as batch using (batch_id)
        left join quarantine.row as other
            on this.batch_id = other.batch_id and other.state in ('open', 'corrected')
        where this.batch_id = %s and this.line_no = %s
        group by this.amount_yen, batch.quarantined_yen
        """,
        [batch_id, line_no],
    ).fetchone()
    assert found is not None
    amount, rest, unreadable = (None if part is None else int(str(part)) for part in found)
    if amount is not None:
        return amount
    assert rest is not None
    return rest if unreadable == 1 else min(yen or 0, rest)


def _standing(connection: db.Connection, batch: Batch) -> list[Standing]:
    cursor = connection.cursor(row_factory=class_row(Standing))
    return cursor.execute(
        sql.SQL("""
            with aside as (
                select {row_id} as row_id, line_no from quarantine.row where batch_id = %(batch)s
            )
            select standing.row_id, standing.proposal_id, standing.kind, standing.batch_id, standing.line_no,
                aside.line_no as at_line
            from correction.standing as standing
            left join aside on standing.row_id = aside.row_id
            where standing.table_name = %(table)s and standing.ended_on is null
            order by standing.row_id
        """).format(row_id=sql.SQL(ROW_ID)),
        {"batch": batch.batch_id, "table": batch.table.name},
    ).fetchall()


def _end_reason(connection: db.Connection, batch: Batch, one: Standing) -> str | None:
    """Why a release no longer holds; None while the copy has the same wrong bytes and nothing better."""
    table = batch.table
    columns = [column.name for column in tables.raw_columns(table)]
    found = connection.execute(
        sql.SQL("""
            select {unchanged} from {raw} as known inner join {held} as held on {same}
            where known._batch_id = %s and known._line_no = %s and known._known_to is null
        """).format(
            raw=sql.Identifier("raw", table.name), held=tables.held(batch.batch_id),
            same=tables.same_key(table, "known", "held"), unchanged=tables.same_content(columns, "known", "held"),
        ),
        [one.batch_id, one.line_no],
    ).fetchone()  # fmt: skip
    if found is None:
        return "GONE" if one.at_line is None else None
    if one.at_line is not None:
        return "KEY_TAKEN"
    return "CORRECTED_AT_SOURCE" if found[0] else "CHANGED_AT_SOURCE"


def _hold(connection: db.Connection, batch: Batch, one: Standing) -> int | None:
    """Put the corrected row among those the copy brings; its yen, None when the table has none."""
    table = batch.table
    vault = tables.vault_columns(table)
    columns = [*tables.raw_columns(table), *(column for column in table.columns if column.pii)]
    source = sql.SQL("{} as known").format(sql.Identifier("raw", table.name))
    if vault:
        source = sql.SQL("{} inner join {} as person on {} and person._known_to is null").format(
            source, sql.Identifier("vault", table.name), tables.same_key(table, "known", "person")
        )
    values = sql.SQL(", ").join(sql.Identifier("person" if column.pii else "known", column.name) for column in columns)
    added = connection.execute(
        sql.SQL("""
            insert into {held} ({names}, _line_no, _byte_offset, _raw_bytes)
            select {values}, row.line_no, row.byte_offset, length(row.raw)
            from {source}
            inner join quarantine.row as row on row.batch_id = %s and row.line_no = %s
            where known._batch_id = %s and known._line_no = %s and known._known_to is null
            returning {yen}
        """).format(
            held=tables.held(batch.batch_id), names=tables.names(columns), values=values, source=source,
            yen=sql.Identifier(table.yen) if table.yen else sql.SQL("null::bigint"),
        ),
        [batch.batch_id, one.at_line, one.batch_id, one.line_no],
    ).fetchone()  # fmt: skip
    assert added is not None
    return None if table.yen is None else int(str(added[0] or 0))


def _end(connection: db.Connection, one: Standing, batch: Batch, reason: str) -> None:
    connection.execute(
        "update correction.standing set ended_on = %s, end_reason = %s where row_id = %s and proposal_id = %s",
        [batch.business_date, reason, one.row_id, one.proposal_id],
    )


def _totals_of(connection: db.Connection, batch: Batch, lines: list[int]) -> list[ControlTotal]:
    relation = sql.SQL("(select * from {} where _line_no = any({})) as carried").format(
        tables.held(batch.batch_id), sql.Literal(lines)
    )
    return totals(connection, batch, relation)
