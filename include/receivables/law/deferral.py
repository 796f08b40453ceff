"""Deferral of payment and of the sale of what was seized (徴収猶予・換価の猶予).

Law: 地方税法第15条第1項 (on application), 第15条の5第1項 (ex officio), 第15条の6第1項 (on application),
第18条の2第4項 (time does not run meanwhile); an application acknowledges the claim (民法第152条第1項).
"""

from collections.abc import Sequence
from datetime import date

from receivables.calendar import ONE_DAY
from receivables.law.clock import ENFORCED, Course, Event

ARTICLE = "地方税法第18条の2第4項"
INSTEAD = "use extension (地方自治法施行令第171条の6)"


def deferred_until(event: Event, known: Sequence[Event]) -> date | None:
    """Last day of a deferral, cut short when it is cancelled; None when nobody told. 地方税法第15条の3第1項."""
    if event.until is None:
        return None
    cancelled = [
        each.on
        for each in known
        if each.type == "deferral_cancelled"
        and event.on <= each.on <= event.until
        and (each.reference is None or each.reference == event.reference)
    ]
    return min([event.until, *cancelled])


def deferral(course: Course, event: Event) -> None:
    """徴収猶予: the application acknowledges the claim, and time stands still. 地方税法第18条の2第4項.

    Raises InputRejectedError on claims that are not enforced like taxes.
    """
    course.must_be(event, ENFORCED, "地方税法第15条第1項", INSTEAD)
    until = deferred_until(event, course.known)
    if until is None:
        course.lack(event, "until")
    else:
        course.renew(event, until + ONE_DAY, ARTICLE)


def conversion_deferral(course: Course, event: Event) -> None:
    """換価の猶予: on application as a deferral; ex officio none acknowledges. 地方税法第15条の5第1項・第15条の6第1項.

    Raises InputRejectedError on claims that are not enforced like taxes.
    """
    course.must_be(event, ENFORCED, "地方税法第15条の5第1項", INSTEAD)
    until = deferred_until(event, course.known)
    if until is None:
        course.lack(event, "until")
    elif event.ground == "application":
        course.renew(event, until + ONE_DAY, ARTICLE)
    else:
        course.pause(event, until, ARTICLE)
        if event.ground != "ex_officio":
            course.missing.append(f"{event.type}.ground")
