"""Control totals of finance (段L): kept per day and accounting year, and the warehouse's own figures in the same form.

The warehouse's own figures in finance's form show finance what is asked for. To feed them back proves nothing: leg L
is only a leg while the figures come from the books of finance.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.rows import class_row

from receivables import db
from receivables.calendar import fiscal_year
from receivables.errors import InputRejectedError
from receivables.migration.control.published import require_published
from receivables.migration.control.reading import (
    CATEGORY_JA,
    HEADINGS,
    MEASURES,
    FinanceFile,
    FinanceTotal,
    read_finance_file,
)
from receivables.reports import digest

_OWN = """
    with moved as (
        select claim_id, sum(received_yen)::bigint as received_yen, sum(written_off_yen)::bigint as written_off_yen
        from intermediate.int_collection__flows where fiscal_year = %(year)s group by claim_id
    ),
    yearly as (
        select coalesce(subjects.subject, claims.claim_type) as subject,
            coalesce(claims.levy_year, claims.fiscal_year) as levy_year, openings.collection_category,
            openings.assessed_yen, coalesce(moved.received_yen, 0) as received_yen,
            coalesce(moved.written_off_yen, 0) as written_off_yen
        from intermediate.int_collection__openings as openings
        inner join intermediate.int_claims__unioned as claims using (claim_id)
        left join moved using (claim_id)
        left join law.finance_subjects as subjects on claims.claim_type = subjects.claim_type
        where openings.fiscal_year = %(year)s
    )
    select row_number() over (order by subject, levy_year, collection_category)::integer + 1 as line_no, subject,
        levy_year, collection_category, sum(assessed_yen)::bigint as assessed_yen,
        sum(received_yen)::bigint as received_yen, sum(written_off_yen)::bigint as written_off_yen,
        sum(greatest(assessed_yen - received_yen - written_off_yen, 0))::bigint as uncollected_yen,
        sum(greatest(received_yen + written_off_yen - assessed_yen, 0))::bigint as refund_pending_yen
    from yearly group by subject, levy_year, collection_category order by subject, levy_year, collection_category
"""
_KEPT = """
    select line_no, subject, levy_year, collection_category, assessed_yen, received_yen, written_off_yen,
        uncollected_yen, refund_pending_yen
    from migration.finance_total where as_of = %s and accounting_year = %s order by line_no
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was kept of a file: its lines, its digest, and which 科目 only one side knows."""

    as_of: date
    accounting_year: int
    file_name: str
    sha256: str
    lines: int
    unknown_subjects: tuple[str, ...]
    missing_subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TotalGap:
    """One measure of one line that finance and the warehouse tell differently (差異); `yen` is finance − warehouse."""

    subject: str
    levy_year: int
    collection_category: str
    measure: str
    finance_yen: int
    warehouse_yen: int

    @property
    def yen(self) -> int:
        """By how much."""
        return self.finance_yen - self.warehouse_yen


def take(
    connection: db.Connection, file: Path, as_of: date, *, accounting_year: int | None = None,
    refunds_in_received: bool = True,
) -> Taken:  # fmt: skip
    """Read `file` and keep it as what finance says of `as_of`; a second file of the same day takes its place.

    `accounting_year` (会計年度) is the one of that day unless given: in April and May two years' books are open.
    """
    found = read_finance_file(file, refunds_in_received=refunds_in_received)
    year, sha256 = accounting_year or fiscal_year(as_of), digest(file.read_bytes())
    connection.execute("delete from migration.finance_file where as_of = %s and accounting_year = %s", [as_of, year])
    connection.execute(
        "insert into migration.finance_file (as_of, accounting_year, file_name, sha256, has_refunds)"
        " values (%s, %s, %s, %s, %s)",
        [as_of, year, file.name, sha256, found.has_refunds],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into migration.finance_total (as_of, accounting_year, line_no, subject, levy_year,"
            " collection_category, assessed_yen, received_yen, written_off_yen, uncollected_yen, refund_pending_yen,"
            " file_sha256) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (as_of, year, each.line_no, *each.key, each.assessed_yen, each.received_yen, each.written_off_yen,
                 each.uncollected_yen, each.refund_pending_yen, sha256)
                for each in found.totals
            ],
        )  # fmt: skip
    rows: Any = connection.execute("select distinct subject from law.finance_subjects").fetchall()
    known, told = {row[0] for row in rows}, {each.subject for each in found.totals}
    return Taken(as_of, year, file.name, sha256, len(found.totals), tuple(sorted(told - known)),
                 tuple(sorted(known - told)))  # fmt: skip


def finance_totals(connection: db.Connection, as_of: date, *, accounting_year: int | None = None) -> FinanceFile | None:
    """What finance said of `as_of`, for check R-021; None when nothing was taken, which is NOT RUN and no pass."""
    which = [as_of, accounting_year or fiscal_year(as_of)]
    file = connection.execute(
        "select has_refunds from migration.finance_file where as_of = %s and accounting_year = %s", which
    ).fetchone()
    if file is None:
        return None
    cursor = connection.cursor(row_factory=class_row(FinanceTotal))
    return FinanceFile(tuple(cursor.execute(_KEPT, which).fetchall()), bool(file[0]))


def own_totals(
    connection: db.Connection, as_of: date, *, accounting_year: int | None = None
) -> tuple[FinanceTotal, ...]:
    """The warehouse's own figures of `as_of` in finance's form: principal of final receipts in the year's books.

    A kind of claim without a 科目 (seed finance_subjects) stands under its own code, so that nothing is lost.
    """
    require_published(connection, as_of)
    cursor = connection.cursor(row_factory=class_row(FinanceTotal))
    return tuple(cursor.execute(_OWN, {"year": accounting_year or fiscal_year(as_of)}).fetchall())


def compare_totals(finance: FinanceFile, own: Sequence[FinanceTotal]) -> list[TotalGap]:
    """R-021: every measure of every line that differs, a line that only one side has against zero.

    科目 that the warehouse does not keep at all are finance's own business and left out; the other way is a gap.
    Where finance does not tell 還付未済額, 収入済額 is compared without it.
    """
    kept = {each.subject for each in own}
    left = {each.key: each for each in finance.totals if each.subject in kept}
    right = {each.key: each if finance.has_refunds else each.without_refunds() for each in own}
    gaps = []
    for key in sorted(left.keys() | right.keys()):
        for measure in MEASURES.values():
            theirs, ours = (getattr(side[key], measure) if key in side else 0 for side in (left, right))
            if theirs != ours:
                gaps.append(TotalGap(*key, measure, theirs, ours))
    return gaps


def export_totals(totals: Sequence[FinanceTotal]) -> bytes:
    """The totals as the file that finance would deliver: UTF-8 with BOM, CR LF, as Excel opens it."""
    if not totals:
        raise InputRejectedError("there are no totals of that day to write; build the warehouse of the day first")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for each in totals:
        yen = [getattr(each, measure) for measure in MEASURES.values()]
        writer.writerow([each.subject, each.levy_year, CATEGORY_JA[each.collection_category], *yen])
    return out.getvalue().encode("utf-8-sig")
