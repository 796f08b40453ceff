"""Rows and yen of a batch at one hop (突合値), per measure and fiscal year where the table knows it."""

from psycopg import sql

from receivables import db
from receivables.contracts import Table
from receivables.control_totals import ControlTotal
from receivables.ingest.ledger import Batch


def totals(
    connection: db.Connection, batch: Batch, relation: sql.Composable, *, is_current_only: bool = False
) -> list[ControlTotal]:
    """Rows and yen of `relation`; of a versioned table only what holds now."""
    condition = sql.SQL("_known_to is null" if is_current_only else "true")
    table = batch.table
    found = []
    for measure in table.measures or ("rows",):
        amount = sql.Identifier(measure) if table.measures else sql.SQL("0")
        query = sql.SQL(
            "select {}::integer, count(*), coalesce(sum({}), 0)::bigint from {} where {} group by 1 order by 1"
        ).format(_fiscal_year(table), amount, relation, condition)
        found += [ControlTotal(measure, *row) for row in connection.execute(query).fetchall()]  # type: ignore[arg-type]
    return found


def _fiscal_year(table: Table) -> sql.Composable:
    """The table's fiscal year: a column that holds it, or a date it follows from (April to March)."""
    if table.fiscal_year is None:
        return sql.SQL("null::integer")
    column = sql.Identifier(table.fiscal_year)
    if table.column(table.fiscal_year).postgres_type == "date":
        return sql.SQL("extract(year from {} - interval '3 months')").format(column)
    return column
