"""Stop of collection of claims that are not enforced like taxes (徴収停止).

Law: 地方自治法施行令第171条の5 (1 a closed company without assets, 2 whereabouts unknown, 3 a small amount below
the cost). The claim stays and its clock goes on; local tax is outside by 地方自治法第240条第4項第1号.
"""

from collections.abc import Sequence
from datetime import date

from receivables.errors import InputRejectedError
from receivables.law.clock import UNENFORCED, Course, Event

GROUNDS = frozenset({"1", "2", "3"})


def collection_stop(course: Course, event: Event) -> None:
    """徴収停止 moves no clock. 地方自治法施行令第171条の5.

    Raises InputRejectedError on claims that are enforced like taxes, and for a ground that the order does not know.
    """
    course.must_be(event, UNENFORCED, "地方自治法施行令第171条の5", "use execution_stay (地方税法第15条の7)")
    if event.ground is not None and event.ground not in GROUNDS:
        raise InputRejectedError(f"collection_stop on ground {event.ground!r}: the grounds are 1, 2, 3 (第171条の5)")
    course.note(event, "地方自治法施行令第171条の5")


def stopped_since(events: Sequence[Event]) -> date | None:
    """Since when collection is stopped and not resumed; None when it goes on. 地方自治法施行令第171条の5."""
    since: date | None = None
    turns = (event for event in events if event.type in ("collection_stop", "collection_resumed"))
    for event in sorted(turns, key=lambda event: (event.on, event.type)):
        since = None if event.type == "collection_resumed" else since or event.on
    return since
