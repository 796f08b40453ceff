"""Seizure and court (差押え・交付要求・裁判上の請求): what holds the clock while it lasts, and what follows.

Law: 民法第147条 (court, bankruptcy), 第148条 (execution), 第169条第1項 (ten years after a title), 地方税法第18条の2
第1項第3号・第2項 (taxes: renewal when a filed claim ends, even if the execution is cancelled).
"""

from receivables.calendar import ONE_DAY
from receivables.law.clock import Course, Event

TITLE_YEARS = 10
RENEWING = frozenset({"confirmed", "distributed"})
FIZZLED = frozenset({"withdrawn", "cancelled", "dismissed"})


def seized(course: Course, event: Event) -> None:
    """差押え holds the clock while it lasts. 民法第148条第1項."""
    course.hold(event, "seized", "民法第148条第1項")


def released(course: Course, event: Event) -> None:
    """差押えの終了: the period runs anew. 民法第148条第2項."""
    if course.ended(event, "seized"):
        course.renew(event, event.on + ONE_DAY, "民法第148条第2項")
    else:
        course.note(event, "終了すべき差押えがない")


def seizure_cancelled(course: Course, event: Event) -> None:
    """差押えの取消し (withdrawn, or not according to law): six months, no renewal. 民法第148条第1項かっこ書."""
    if course.ended(event, "seized"):
        course.put_off(event, "民法第148条第1項")
    else:
        course.note(event, "取り消すべき差押えがない")


def claim_filed(course: Course, event: Event) -> None:
    """交付要求・破産手続参加 holds the clock while pending. 地方税法第18条の2第1項第3号, 民法第147条第1項第4号."""
    course.hold(event, "claim_filed", "地方税法第18条の2第1項第3号・民法第147条第1項第4号")


def claim_filing_ended(course: Course, event: Event) -> None:
    """交付要求の終了: for taxes the period runs anew; for others it depends on the outcome. 民法第147条第1項・第2項.

    `outcome` is confirmed (確定, ten years), distributed (配当), or withdrawn, cancelled, dismissed (six months).
    """
    if not course.ended(event, "claim_filed"):
        course.note(event, "終了すべき交付要求がない")
    elif course.rule.restart_rule == "tax_issue_plus_10":
        course.renew(event, event.on + ONE_DAY, "地方税法第18条の2第1項第3号・第2項")
    elif event.outcome in RENEWING:
        if event.outcome == "confirmed":
            course.years = max(course.years, TITLE_YEARS)
        course.renew(event, event.on + ONE_DAY, "民法第147条第2項・第169条")
    else:
        course.put_off(event, "民法第147条第1項")
        if event.outcome not in FIZZLED:
            course.missing.append("claim_filing_ended.outcome")


def action_filed(course: Course, event: Event) -> None:
    """訴え・支払督促 holds the clock while it is pending. 民法第147条第1項第1号・第2号."""
    course.hold(event, "action_filed", "民法第147条第1項")


def action_withdrawn(course: Course, event: Event) -> None:
    """取下げ・却下: ended without a title, six months from then. 民法第147条第1項かっこ書."""
    if course.ended(event, "action_filed"):
        course.put_off(event, "民法第147条第1項")
    else:
        course.note(event, "取り下げるべき訴えがない")


def judgment(course: Course, event: Event) -> None:
    """確定判決: ten years from when it is final, and at every later renewal. 民法第147条第2項・第169条第1項."""
    if event.on <= course.alternative.standing:
        course.years = max(course.years, TITLE_YEARS)
    course.ended(event, "action_filed")
    course.renew(event, event.on + ONE_DAY, "民法第147条第2項・第169条")
