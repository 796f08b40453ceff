"""Due dates and the fiscal year a claim belongs to (納期限・会計年度).

Law: 地方税法第20条の5第2項, 地方自治法第4条の2第4項 (a due date on a closed day rolls), 地方自治法施行令第142条第1項
第1号・第2号 (the year of an instalment, by its unrolled day; of irregular revenue, by its notice), 地方自治法第235条の5
(books close on 31 May). Which days are closed is data, dbt_project/seeds/law/closing_days.csv.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from receivables.calendar import ONE_DAY, book_closing, fiscal_year
from receivables.errors import InputRejectedError

Category = Literal["current", "arrears"]
ClosingKind = Literal["weekday", "month_day", "holiday"]


@dataclass(frozen=True, slots=True)
class ClosingDay:
    """A kind of day on which offices are closed (休日の規則), while its row is in force."""

    rule_id: str
    kind: ClosingKind
    value: str  # weekday: 1 Monday to 7 Sunday; month_day: MM-DD; holiday: empty
    effective_from: date
    effective_to: date
    citation: str

    def is_on(self, day: date, is_holiday: Callable[[date], bool]) -> bool:
        """Whether this row closes `day`."""
        if not self.effective_from <= day <= self.effective_to:
            return False
        if self.kind == "weekday":
            return day.isoweekday() == int(self.value)
        return f"{day:%m-%d}" == self.value if self.kind == "month_day" else is_holiday(day)


def rolled_due_date(day: date, closing: tuple[ClosingDay, ...], is_holiday: Callable[[date], bool]) -> date:
    """`day`, or the next office day (納期限の繰延べ). 地方税法第20条の5第2項, 地方自治法第4条の2第4項."""
    while any(rule.is_on(day, is_holiday) for rule in closing):
        day += ONE_DAY
    return day


def accounting_year(*, unrolled_due: date | None = None, notified_on: date | None = None) -> int:
    """Fiscal year of a claim: of its unrolled due date, or of its notice. 地方自治法施行令第142条第1項第1号・第2号.

    An instalment (期別) belongs to the year of the last day of its payment period before any roll,
    irregular revenue (随時) to that of its notice. Raises InputRejectedError unless exactly one is given.
    """
    given = [day for day in (unrolled_due, notified_on) if day is not None]
    if len(given) != 1:
        raise InputRejectedError("the fiscal year hangs on the unrolled due date, or for 随時 on the notice: give one")
    return fiscal_year(given[0])


def collection_category(year: int, on: date) -> Category:
    """`current` (現年分) until the books of fiscal `year` close, `arrears` (滞納繰越分) after. 地方自治法第235条の5."""
    return "current" if on <= book_closing(year) else "arrears"


def open_years(on: date) -> tuple[int, ...]:
    """The fiscal years whose books are open on a day: two in April and May (出納整理期間). 地方自治法第235条の5."""
    year = fiscal_year(on)
    return (year - 1, year) if on <= book_closing(year - 1) else (year,)
