"""What became of a night's deliveries (取込結果): one result a batch, and the sum that must close."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from psycopg.rows import class_row

from receivables import db
from receivables.settings import State

ENDED = ("loaded",)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One batch: rows and yen declared and where they went; amounts in yen.

    Released rows (解放) were corrected here and loaded; `released_yen` is what the file declared for them,
    `corrected_yen` by how much their corrections differ from that.
    """

    batch_id: str
    source: str
    table_name: str
    state: str
    declared_rows: int | None
    declared_yen: int | None
    accepted_rows: int
    accepted_yen: int
    quarantined_rows: int
    quarantined_yen: int
    duplicate_rows: int
    duplicate_yen: int
    excluded_rows: int
    excluded_yen: int
    released_rows: int
    released_yen: int
    corrected_yen: int
    reason_code: str | None
    reason: str | None

    @property
    def unexplained_rows(self) -> int:
        """Rows declared that are nowhere; a refused batch has none, for none of it counts."""
        if self.state not in ENDED or self.declared_rows is None:
            return 0
        kept = self.accepted_rows + self.quarantined_rows + self.duplicate_rows + self.excluded_rows
        return self.declared_rows - kept - self.released_rows

    @property
    def unexplained_yen(self) -> int:
        """Yen declared that are nowhere."""
        if self.state not in ENDED or self.declared_yen is None:
            return 0
        kept = self.accepted_yen + self.quarantined_yen + self.duplicate_yen + self.excluded_yen
        return self.declared_yen - kept - self.released_yen


def batches(*, as_of: date, state: State) -> list[BatchResult]:
    """Every batch of `as_of` that still counts, in the order it came.

    A refusal no longer counts once the table was loaded for that day, nor a version that another superseded.
    """
    columns = ", ".join(each.name for each in fields(BatchResult))
    query = (
        f"select {columns} from ops.load as load where business_date = %s and state not in ('superseded', 'correction')"  # noqa: S608
        " and not (state in ('rejected', 'held', 'missing') and exists (select 1 from ops.load as later"
        " where later.table_name = load.table_name and later.business_date = load.business_date"
        " and later.state = 'loaded' and later.created_at > load.created_at))"
        " order by source, table_name, created_at"
    )
    with db.connect(state, "etl", doing="read the batches") as connection:
        cursor = connection.cursor(row_factory=class_row(BatchResult))
        return cursor.execute(query.encode(), [as_of]).fetchall()


def account(*, as_of: date, state: State) -> dict[str, Any]:
    """The night's batches, what is unexplained over all of them (both must be 0), and files nobody agreed on."""
    found = batches(as_of=as_of, state=state)
    return {
        "as_of": as_of.isoformat(),
        "batches": [asdict(batch) for batch in found],
        "unexplained_rows": sum(abs(batch.unexplained_rows) for batch in found),
        "unexplained_yen": sum(abs(batch.unexplained_yen) for batch in found),
        "stray_files": _stray_files(as_of, state),
    }


def _stray_files(as_of: date, state: State) -> dict[str, int]:
    with db.connect(state, "etl", doing="count the stray files") as connection:
        return dict(
            connection.execute(
                "select source, count(*) from quarantine.stray_file where business_date = %s group by 1 order by 1",
                [as_of],
            ).fetchall()  # type: ignore[arg-type]
        )
