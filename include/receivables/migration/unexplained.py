"""What nobody explained (説明の無い差異): keys and yen, kept in a temporary table while a run is reconciled."""

from collections.abc import Sequence

from receivables import db
from receivables.migration.checks import FAIL, Check


def unexplained(connection: db.Connection) -> tuple[int, int]:
    """Keys with a difference nobody explained, and the yen that differ in them over all amount items."""
    rows = connection.execute(
        "select count(distinct (group_id, row_key)), coalesce(sum(yen), 0)::bigint from unexplained"
    ).fetchall()
    return int(str(rows[0][0])), int(str(rows[0][1]))


def take_out(connection: db.Connection, checks: Sequence[Check]) -> None:
    """Take out of the unexplained what people explained: pairs of legs whose row-level checks fail no more."""
    open_ = {(each.group, each.legs) for each in checks if each.id in ("R-011", "R-030") and each.status == FAIL}
    for group, legs in {(each.group, each.legs) for each in checks if each.id == "R-030"} - open_:
        connection.execute("delete from unexplained where group_id = %s and legs = %s", [group, legs])
