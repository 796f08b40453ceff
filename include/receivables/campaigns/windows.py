"""Send windows (送信時間帯): a moment is inside or outside, always in Asia/Tokyo.

No statute limits a ward's messages; the yardstick is 貸金業法第21条 and its rules. Window,
holidays (国民の祝日) and the closing days of the year's end (年末年始) come from the playbook.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from receivables.calendar import is_holiday
from receivables.campaigns.terms import SendWindow

TOKYO = ZoneInfo("Asia/Tokyo")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def business_day(at: datetime) -> date:
    """The date in Tokyo of the moment `at`, which must carry an offset."""
    if at.tzinfo is None:
        raise ValueError("a moment without an offset has no date in Tokyo")
    return at.astimezone(TOKYO).date()


def is_open(window: SendWindow, at: datetime) -> bool:
    """True when a message may leave at `at`."""
    local = at.astimezone(TOKYO)
    day = business_day(at)
    if _WEEKDAYS[day.weekday()] not in window.weekdays or _is_closed_day(window, day):
        return False
    if not window.on_holidays and is_holiday(day):
        return False
    return window.opens <= local.time() < window.closes


def _is_closed_day(window: SendWindow, day: date) -> bool:
    mark, first, last = f"{day:%m-%d}", window.closed_from, window.closed_to
    return first <= mark <= last if first <= last else mark >= first or mark <= last
