"""Stay of execution on claims that are enforced like taxes (滞納処分の執行停止).

Law: 地方税法第15条の7第1項 (grounds: 1 no assets, 2 living would become extremely hard, 3 whereabouts and assets
unknown), 第4項 (three years extinguish), 第5項 (at once, only on ground 1), 第15条の8第1項 (cancellation).
The prescription clock goes on meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.errors import InputRejectedError
from receivables.law.clock import ENFORCED, Course, Event

STAY_YEARS = 3
GROUNDS = frozenset({"1", "2", "3"})
THREE_YEARS, AT_ONCE = "地方税法第15条の7第4項", "地方税法第15条の7第5項"


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in force: since when, on which ground, and the last day on which the claim still stands."""

    since: date
    ground: str | None
    until: date
    is_immediate: bool

    @property
    def article(self) -> str:
        """The paragraph by which it ends the claim."""
        return AT_ONCE if self.is_immediate else THREE_YEARS

    def days_left(self, as_of: date) -> int:
        """Days until the claim is extinguished; 0 once it is (消滅までの日数)."""
        return max((self.until - as_of).days + 1, 0)


def execution_stay(events: Sequence[Event], *, as_of: date) -> Stay | None:
    """The stay in force on `as_of`, or by which the claim was extinguished before. 地方税法第15条の7第4項・第5項.

    Three years count from the first stay that nobody cancelled since; a later decision under it
    begins no new three years. Raises InputRejectedError for a ground that the law does not know.
    """
    turns = [event for event in events if event.type in ("execution_stay", "stay_cancelled") and event.on <= as_of]
    running: Stay | None = None
    for event in sorted(turns, key=_order):
        if running is not None and running.until < event.on:
            break  # extinguished; nothing brings it back
        if event.type == "stay_cancelled":
            running = None
        elif running is None or event.is_immediate:
            running = _stay(event)
    return running


def _order(event: Event) -> tuple[date, bool, bool, str]:
    return event.on, event.type == "stay_cancelled", event.is_immediate, event.ground or ""


def _stay(event: Event) -> Stay:
    if event.ground is not None and event.ground not in GROUNDS:
        raise InputRejectedError(f"execution_stay on ground {event.ground!r}: the grounds are 1, 2, 3 ({THREE_YEARS})")
    if event.is_immediate and event.ground not in ("1", None):
        raise InputRejectedError(f"execution_stay on ground {event.ground} is not immediate: only ground 1 ({AT_ONCE})")
    three_years = last_day_of_months(event.on + ONE_DAY, 12 * STAY_YEARS)
    return Stay(event.on, event.ground, event.on if event.is_immediate else three_years, event.is_immediate)


def stayed(course: Course, event: Event) -> None:
    """執行停止 moves no clock. 地方税法第15条の7第1項. Raises InputRejectedError on other classes of claims."""
    course.must_be(event, ENFORCED, "地方税法第15条の7", "use collection_stop (地方自治法施行令第171条の5)")
    stay = _stay(event)
    course.is_stayed = True
    if event.is_immediate and event.ground is None:
        course.missing.append("execution_stay.ground")
    course.note(event, stay.article, until=stay.until)


def stay_cancelled(course: Course, event: Event) -> None:
    """停止の取消し: the three years are over, and so is the stay. 地方税法第15条の8第1項."""
    course.note(event, "地方税法第15条の8第1項")
