"""Exemption of claims whose debtor has stayed without means (免除).

Law: 地方自治法施行令第171条の7第1項: ten years after the first due date, or after the first extension where that
was made later, of a claim extended for want of means (第171条の6第1項第1号); no vote of the assembly (第3項).
"""

from collections.abc import Sequence
from datetime import date

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.errors import InputRejectedError
from receivables.law.clock import Event
from receivables.law.extension import first_extension

ARTICLE = "地方自治法施行令第171条の7第1項"
YEARS = 10
OTHER_LAW = "other_law"  # an act or ordinance of its own, such as 災害弔慰金の支給等に関する法律第14条第1項


def exemption_from(due: date, events: Sequence[Event]) -> date | None:
    """The first day on which the claim may be exempted; None without an extension. 地方自治法施行令第171条の7第1項."""
    first = first_extension(events)
    return None if first is None else last_day_of_months(max(due, first.on) + ONE_DAY, 12 * YEARS) + ONE_DAY


def exemption(due: date, events: Sequence[Event]) -> tuple[date | None, str | None]:
    """The last day of an exempted claim, and the fact that is missing. 地方自治法施行令第171条の7第1項.

    Raises InputRejectedError when the claim was exempted before it may be.
    """
    given = min((event for event in events if event.type == "exempted"), key=lambda event: event.on, default=None)
    if given is None:
        return None, None
    if given.ground == OTHER_LAW:
        return given.on, None
    earliest = exemption_from(due, [event for event in events if event.on <= given.on])
    if earliest is None:
        return None, "extension.on"
    if given.on < earliest:
        raise InputRejectedError(
            f"exempted on {given.on}, but not before {earliest} ({ARTICLE}); correct the date, "
            f"or give ground {OTHER_LAW} where another law exempts"
        )
    return given.on, None
