"""What follows for the whole copy when only its changes were read (前回との差): last copy - gone + new (ADR 22).

Whatever is counted over rows can be added and subtracted: control totals, profile, broken rows of each rule. The
totals of raw after loading are counted over all its rows, and must equal what was added up here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from psycopg import sql

from receivables import control_totals, db
from receivables.control_totals import ControlTotal
from receivables.errors import InvariantBrokenError
from receivables.ingest import profile, tables
from receivables.ingest.ledger import Batch
from receivables.ingest.profile import Cell
from receivables.ingest.remembered import NotAsBeforeError
from receivables.ingest.rules import Rule, broken_rows
from receivables.ingest.totals import totals

T = TypeVar("T", ControlTotal, Cell)


def require_new_keys(connection: db.Connection, batch: Batch) -> None:
    """NotAsBeforeError when a new row has the key of one that stays: both must then be looked at together."""
    held, gone = tables.held(batch.batch_id), tables.gone(batch.batch_id)
    connection.execute(sql.SQL("analyze {}").format(held))
    connection.execute(sql.SQL("analyze {}").format(gone))
    found = connection.execute(
        sql.SQL("""
            select exists (
                select 1 from {held} as held inner join {raw} as known on {same} and known._known_to is null
                where not exists (select 1 from {gone} as gone where {is_gone})
            )
        """).format(
            held=held, raw=sql.Identifier("raw", batch.table.name), gone=gone,
            same=tables.same_key(batch.table, "known", "held"), is_gone=tables.same_key(batch.table, "gone", "held"),
        )
    ).fetchone()  # fmt: skip
    if found and found[0]:
        raise NotAsBeforeError


def control_totals_of(connection: db.Connection, batch: Batch, follows: str | None) -> list[ControlTotal]:
    """The batch's totals at the hop `check`."""
    return _added_up(
        connection, batch, follows, lambda relation: totals(connection, batch, relation),
        lambda last: control_totals.recorded(connection, batch_id=last, hop="load"),
    )  # fmt: skip


def profile_of(connection: db.Connection, batch: Batch, follows: str | None) -> list[Cell]:
    """The batch's profile."""
    return _added_up(
        connection, batch, follows, lambda relation: profile.profile(connection, batch.table, relation),
        lambda last: profile.kept(connection, last),
    )  # fmt: skip


def broken_rows_of(connection: db.Connection, batch: Batch, rules: Sequence[Rule]) -> list[int]:
    """How many rows of the batch break each rule."""
    found = broken_rows(connection, rules, tables.held(batch.batch_id))
    if batch.follows is None:
        return found
    gone = broken_rows(connection, rules, tables.gone(batch.batch_id))
    last = _last_counts(connection, batch.follows, rules)
    return [before - lost + new for before, lost, new in zip(last, gone, found, strict=True)]


def _last_counts(connection: db.Connection, follows: str, rules: Sequence[Rule]) -> list[int]:
    known = {
        tuple(row[:3]): int(str(row[3]))
        for row in connection.execute(
            "select expectation, column_name, wording, unexpected_count from ops.validation where batch_id = %s",
            [follows],
        )
    }
    try:
        return [known[rule.kind, rule.column, rule.meaning.wording] for rule in rules]
    except KeyError:
        raise InvariantBrokenError(
            f"batch {follows} was not judged by the rules of today; delete the folder lines/ of the state and run again"
        ) from None


def _added_up(
    connection: db.Connection, batch: Batch, follows: str | None,
    count: Callable[[sql.Composable], list[T]], last: Callable[[str], list[T]],
) -> list[T]:  # fmt: skip
    found = count(tables.held(batch.batch_id))
    if follows is None:
        return found
    return _sum(((1, last(follows)), (-1, count(tables.gone(batch.batch_id))), (1, found)))


def _sum(parts: Iterable[tuple[int, list[T]]]) -> list[T]:
    """Cells with the same name added, the empty ones left out; order as PostgreSQL counts them: none first."""
    rows: Counter[tuple[str, object]] = Counter()
    yen: Counter[tuple[str, object]] = Counter()
    kind: type[T] | None = None
    for sign, cells in parts:
        for cell in cells:
            kind = type(cell)
            rows[cell[0], cell[1]] += sign * cell.rows
            yen[cell[0], cell[1]] += sign * cell.yen
    if kind is None:
        return []
    names = sorted((name for name in rows if rows[name] or yen[name]), key=lambda name: (name[0], str(name[1] or "")))
    return [kind(*name, rows[name], yen[name]) for name in names]  # type: ignore[arg-type]
