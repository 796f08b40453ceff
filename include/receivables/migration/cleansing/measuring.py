"""Counting defects (データ不備の測定): every case of every known kind, kept so that later counts can be compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from receivables import contracts, db
from receivables.migration.cleansing.catalogue import Catalogue, Defect, catalogue
from receivables.migration.control.published import require_published

_KEEP_CASES = """
    insert into migration.defect_case (measurement_no, defect_id, owner_dept, case_id, yen, since_on)
    select %(measurement)s, %(defect)s, coalesce(owner_dept, 'unknown'), case_id, sum(yen), min(since_on)
    from ({query}) as found group by coalesce(owner_dept, 'unknown'), case_id
"""
_ADD_UP = """
    insert into migration.defect (measurement_no, run_id, defect_id, owner_dept, rows, yen, oldest_on)
    select measurement_no, %(run)s, defect_id, owner_dept, count(*), sum(yen), min(since_on)
    from migration.defect_case where measurement_no = %(measurement)s group by measurement_no, defect_id, owner_dept
"""


@dataclass(frozen=True, slots=True)
class DefectCount:
    """Rows and yen of one kind of defect in one department (データ不備の件数・金額)."""

    defect_id: str
    owner_dept: str
    rows: int
    yen: int
    oldest_on: date | None


def measure(connection: db.Connection, run_id: str | None, as_of: date) -> list[DefectCount]:
    """Count every defect of the warehouse published for `as_of` and keep the cases; asked again it replaces its own.

    `connection` is the migrator's. Raises InputRejectedError when the published warehouse stands at another day.
    """
    require_published(connection, as_of)
    known = catalogue()
    connection.execute(
        "delete from migration.defect_measurement where run_id is not distinct from %s and as_of = %s", [run_id, as_of]
    )
    opened = connection.execute(
        "insert into migration.defect_measurement (run_id, as_of, defect_ids) values (%s, %s, %s)"
        " returning measurement_no",
        [run_id, as_of, [each.id for each in known.counted()]],
    ).fetchone()
    assert opened is not None
    measurement = int(str(opened[0]))
    for defect in known.counted():
        _keep(connection, known, defect, measurement, as_of)
    connection.execute(_ADD_UP, {"measurement": measurement, "run": run_id})
    return counts(connection, measurement)


def counts(connection: db.Connection, measurement_no: int) -> list[DefectCount]:
    """What one measurement counted, by defect and department."""
    cursor = connection.cursor(row_factory=class_row(DefectCount))
    return cursor.execute(
        "select defect_id, owner_dept, rows, yen, oldest_on from migration.defect where measurement_no = %s"
        " order by defect_id, owner_dept",
        [measurement_no],
    ).fetchall()


def cases(
    connection: db.Connection, defect_id: str, as_of: date, owner_dept: str | None = None
) -> Iterator[tuple[str, str, int, date | None]]:
    """The cases of one defect as last measured on `as_of`: id, department, yen, since when; for the section to mend.

    They name 宛名番号 and 通知書番号: for the migrator's eyes and the section's own, never for a report.
    """
    rows = connection.execute(
        """
        select case_id, owner_dept, yen, since_on from migration.defect_case
        where defect_id = %(defect)s and (%(dept)s::text is null or owner_dept = %(dept)s) and measurement_no = (
            select max(measurement_no) from migration.defect_measurement where as_of = %(as_of)s
        )
        order by owner_dept, since_on, case_id
        """,
        {"defect": defect_id, "dept": owner_dept, "as_of": as_of},
    )
    for case_id, dept, yen, since_on in rows:
        yield str(case_id), str(dept), int(str(yen)), since_on if isinstance(since_on, date) else None


def _keep(connection: db.Connection, known: Catalogue, defect: Defect, measurement: int, as_of: date) -> None:
    connection.execute(
        _KEEP_CASES.format(query=known.query(defect)).encode(),
        {"measurement": measurement, "defect": defect.id, "as_of": as_of, "increments": _increments()},
    )


def _increments() -> list[str]:
    """Tables whose every delivery counts, not the newest alone."""
    return [t.name for each in contracts.all_contracts() for t in each.tables if t.delivery == "increment"]
