"""Control totals (突合値): rows and yen counted at every hop, compared at every arrow.

Two totals that differ stop the line and name the smallest cell that differs.
"""

from collections.abc import Sequence
from typing import NamedTuple

from receivables import db
from receivables.errors import InvariantBrokenError


class ControlTotal(NamedTuple):
    """Rows and yen of one measure and fiscal year (年度; None: the hop does not know it)."""

    measure: str
    fiscal_year: int | None
    rows: int
    yen: int


class Difference(NamedTuple):
    """One cell in which two hops differ."""

    measure: str
    fiscal_year: int | None
    rows: int
    yen: int


def record(
    connection: db.Connection, *, batch_id: str, source: str, table_name: str, hop: str, totals: Sequence[ControlTotal]
) -> None:
    """Keep the totals that `hop` counted for a batch, in place of earlier ones of the same hop."""
    connection.execute("delete from ops.control_total where batch_id = %s and hop = %s", [batch_id, hop])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.control_total (batch_id, source, table_name, hop, measure, fiscal_year, rows, yen)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [(batch_id, source, table_name, hop, *total) for total in totals],
        )


def recorded(connection: db.Connection, *, batch_id: str, hop: str) -> list[ControlTotal]:
    """The totals that `hop` counted for a batch."""
    found = connection.execute(
        "select measure, fiscal_year, rows, yen from ops.control_total where batch_id = %s and hop = %s"
        " order by measure, fiscal_year nulls first",
        [batch_id, hop],
    )
    return [ControlTotal(*row) for row in found]  # type: ignore[arg-type]


def differences(before: Sequence[ControlTotal], after: Sequence[ControlTotal]) -> list[Difference]:
    """Every cell in which two hops differ, the smallest difference first."""
    cells: dict[tuple[str, int | None], list[int]] = {}
    for sign, totals in ((-1, before), (1, after)):
        for total in totals:
            cell = cells.setdefault((total.measure, total.fiscal_year), [0, 0])
            cell[0] += sign * total.rows
            cell[1] += sign * total.yen
    found = [Difference(*key, rows, yen) for key, (rows, yen) in cells.items() if rows or yen]
    return sorted(found, key=lambda cell: (abs(cell.yen), abs(cell.rows), cell.measure, cell.fiscal_year or 0))


def require_equal(before: Sequence[ControlTotal], after: Sequence[ControlTotal], *, where: str) -> None:
    """Stop when two hops differ. Raises InvariantBrokenError naming the smallest cell that differs."""
    found = differences(before, after)
    if found:
        cell = found[0]
        raise InvariantBrokenError(
            f"{where}: {cell.measure}, fiscal year {cell.fiscal_year or 'unknown'}: {cell.rows:+} rows,"
            f" {cell.yen:+} yen, and {len(found) - 1} more cells; nothing was kept, look at ops.control_total"
        )
