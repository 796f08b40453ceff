"""Extension of the due date of claims that are not enforced like taxes (履行延期の特約・処分).

Law: 地方自治法施行令第171条の6第1項 (five grounds); the agreement acknowledges the claim (民法第152条第1項), and
before the new due date the right cannot be used (民法第166条第1項). One new due date a claim: what is to be
paid in instalments is a claim each.
"""

from collections.abc import Sequence
from datetime import date

from receivables.calendar import ONE_DAY
from receivables.law.clock import UNENFORCED, Course, Event

ARTICLE = "地方自治法施行令第171条の6第1項・民法第152条"


def extension(course: Course, event: Event) -> None:
    """履行延期: renewed from the day after the new due date (`until`). 地方自治法施行令第171条の6第1項.

    Raises InputRejectedError on claims that are enforced like taxes.
    """
    course.must_be(event, UNENFORCED, "地方自治法施行令第171条の6", "use deferral (地方税法第15条第1項)")
    course.renew(event, max(event.on, event.until or event.on) + ONE_DAY, ARTICLE)
    if event.until is None:
        course.missing.append("extension.until")


def first_extension(events: Sequence[Event]) -> Event | None:
    """The extension made first; the ten years of an exemption hang on it. 地方自治法施行令第171条の7第1項."""
    return min((event for event in events if event.type == "extension"), key=lambda event: event.on, default=None)


def extended_until(events: Sequence[Event]) -> tuple[date, date] | None:
    """The first day and the new due date of the extension that reaches furthest. 地方自治法施行令第171条の6第1項."""
    reaching = [(event.until, event.on) for event in events if event.type == "extension" and event.until]
    if not reaching:
        return None
    until, since = max(reaching)
    return since, until
