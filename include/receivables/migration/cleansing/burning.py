"""Burn-down of defects (データクレンジングの進み具合): opened, mended and open by kind and department; when it ends."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.cleansing.catalogue import SEVERITIES, catalogue
from receivables.migration.cleansing.trend import LAST, forecast

# One measurement a day: the last one made of that day, so that counts of one day never count twice.
_DAYS = """
    select distinct on (as_of) measurement_no, as_of, run_id, defect_ids
    from migration.defect_measurement where %(until)s::date is null or as_of <= %(until)s
    order by as_of, measurement_no desc
"""
_COUNTS = """
    select measurement_no, defect_id, owner_dept, rows, yen, oldest_on from migration.defect
    where measurement_no = any(%(measurements)s)
"""
_COMMON = """
    select now.defect_id, now.owner_dept, count(*)
    from migration.defect_case as now inner join migration.defect_case as before
        using (defect_id, owner_dept, case_id)
    where now.measurement_no = %s and before.measurement_no = %s
    group by now.defect_id, now.owner_dept
"""
Cell = tuple[str, str]  # defect, department
Count = tuple[int, int, date | None]  # rows, yen, oldest


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of defect in one department; `opened` and `mended` since the day before, None on the first."""

    defect_id: str
    title: str
    severity: str
    owner_dept: str
    open: int
    yen: int
    opened: int | None
    mended: int | None
    oldest_on: date | None
    age_days: int | None
    ends_on: date | None
    forecast: str


@dataclass(frozen=True, slots=True)
class Section:
    """All kinds of defect of one department; those that are new in the list are not in `opened` and `mended`."""

    owner_dept: str
    open: int
    yen: int
    opened: int | None
    mended: int | None
    age_days: int | None
    ends_on: date | None
    forecast: str


@dataclass(frozen=True, slots=True)
class BurnDown:
    """What is to mend on `as_of`, against `before`; `points` are all days, by severity, for the chart."""

    as_of: date
    run_id: str | None
    before: date | None
    lines: tuple[Line, ...]
    sections: tuple[Section, ...]
    points: tuple[tuple[date, Mapping[str, int]], ...]
    unknowable: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`: lines, points and what cannot be known."""
        return {
            "as_of": self.as_of, "run_id": self.run_id, "before": self.before,
            "defects": [asdict(line) for line in self.lines],
            "departments": [asdict(section) for section in self.sections],
            "points": [{"as_of": day, **rows} for day, rows in self.points],
            "unknowable": [{"defect_id": id, "title": title, "why": why} for id, title, why in self.unknowable],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Measured:
    number: int
    as_of: date
    run_id: str | None
    defects: frozenset[str]
    counts: Mapping[Cell, Count]


def burn_down(
    connection: db.Connection, *, as_of: date | None = None, owner_dept: str | None = None, last: int = LAST
) -> BurnDown:
    """Compare the measurements up to `as_of` (default: all), of every department or of `owner_dept`.

    Raises InputRejectedError when nothing was measured.
    """
    days = _measured(connection, as_of)
    if not days:
        raise InputRejectedError("no defects were measured yet: run `receivables migration defects` for a day first")
    now, before = days[-1], days[-2] if len(days) > 1 else None
    common = _common(connection, now, before)
    cells = sorted({cell for day in days for cell in day.counts if owner_dept in (None, cell[1])})
    lines = tuple(_line(cell, days, common, last) for cell in cells if cell[0] in now.defects)
    return BurnDown(
        now.as_of, now.run_id, before.as_of if before else None, lines,
        tuple(_section(dept, lines, days, last) for dept in sorted({line.owner_dept for line in lines})),
        tuple((day.as_of, _by_severity(day, cells)) for day in days),
        tuple((each.id, each.title, each.unknowable) for each in catalogue().defects if each.unknowable),
    )  # fmt: skip


def _measured(connection: db.Connection, until: date | None) -> list[_Measured]:
    days: Any = connection.execute(_DAYS, {"until": until}).fetchall()
    counts: dict[int, dict[Cell, Count]] = defaultdict(dict)
    found: Any = connection.execute(_COUNTS, {"measurements": [row[0] for row in days]})
    for number, defect, dept, rows, yen, oldest in found:
        counts[number][defect, dept] = (rows, yen, oldest)
    return [_Measured(number, day, run, frozenset(ids), counts[number]) for number, day, run, ids in days]


def _common(connection: db.Connection, now: _Measured, before: _Measured | None) -> dict[Cell, int]:
    """How many cases are in both."""
    if before is None:
        return {}
    rows: Any = connection.execute(_COMMON, [now.number, before.number])
    return {(defect, dept): count for defect, dept, count in rows}


def _line(cell: Cell, days: list[_Measured], common: Mapping[Cell, int], last: int) -> Line:
    counted = [day for day in days if cell[0] in day.defects]  # a kind that is new has no earlier zero
    now = counted[-1]
    rows, yen, oldest = now.counts.get(cell, (0, 0, None))
    is_compared = len(days) > 1 and cell[0] in days[-2].defects
    stayed = common.get(cell, 0)
    was = days[-2].counts.get(cell, (0, 0, None))[0] if is_compared else 0
    end = forecast([(day.as_of, day.counts.get(cell, (0,))[0]) for day in counted], last=last)
    kind = next((each for each in catalogue().defects if each.id == cell[0]), None)
    return Line(
        cell[0], kind.title if kind else "一覧から外れた不備", kind.severity if kind else "note", cell[1], rows, yen,
        rows - stayed if is_compared else None, was - stayed if is_compared else None,
        oldest, max((now.as_of - oldest).days, 0) if oldest else None, end.ends_on, end.words,
    )  # fmt: skip


def _section(dept: str, lines: Iterable[Line], days: list[_Measured], last: int) -> Section:
    """One department: sums of its lines, and an end by the days on which the same kinds were counted."""
    own = [line for line in lines if line.owner_dept == dept]
    compared = [line for line in own if line.opened is not None]
    series = [
        (day.as_of, sum(day.counts.get((line.defect_id, dept), (0,))[0] for line in own))
        for day in days
        if days[-1].defects <= day.defects
    ]
    end = forecast(series, last=last)
    return Section(
        dept, sum(line.open for line in own), sum(line.yen for line in own),
        sum(line.opened or 0 for line in compared) if compared else None,
        sum(line.mended or 0 for line in compared) if compared else None,
        max((line.age_days for line in own if line.age_days is not None and line.open), default=None),
        end.ends_on, end.words,
    )  # fmt: skip


def _by_severity(day: _Measured, cells: Iterable[Cell]) -> dict[str, int]:
    severity = {each.id: each.severity for each in catalogue().defects}
    found = dict.fromkeys(SEVERITIES, 0)
    for cell in cells:
        found[severity.get(cell[0], "note")] += day.counts.get(cell, (0,))[0]
    return found
