"""Letters, words and signatures that move the clock (通知・督促・催告・協議・承認).

Law: 地方自治法第236条第4項 (notice and dunning renew), 地方税法第18条の2第1項 (taxes: ten days after issue),
第20条第4項 (a posted letter's arrival), 民法第150条 (催告), 第151条 (negotiation agreed in writing), 第152条 (承認).
"""

from datetime import date, timedelta

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.law.clock import GRACE_MONTHS, TOO_LATE, Course, Event, PrescriptionRule

NEW_CIVIL_CODE = date(2020, 4, 1)
TAX_DAYS = timedelta(days=11)  # ten days must have passed after the day of issue
NO_PROOF_CHANNELS = frozenset({"sms", "auto_call"})  # arrival cannot be shown: no effect by default


def notified(course: Course, event: Event) -> None:
    """納入の通知 renews where the law says so. 地方自治法第236条第4項."""
    if course.rule.notice_renews:
        day = event.arrived_on or event.on
        course.renew(event, day + ONE_DAY, "地方自治法第236条第4項", happened=day)
    else:
        course.note(event, "納入の通知に更新の効力はない")


def dunned(course: Course, event: Event) -> None:
    """督促: only the first that reaches the debtor renews. 地方自治法第236条第4項, 地方税法第18条の2第1項第2号."""
    if course.is_dunned or event.returned_on is not None or _is_returned(course, event):
        course.note(event, "二度目以降・返戻の督促に更新の効力はない")
        return
    course.is_dunned = True
    if course.rule.restart_rule == "tax_issue_plus_10":
        issued = event.issued_on or event.on
        course.renew(event, issued + TAX_DAYS, "地方税法第18条の2第1項第2号", happened=issued)
        return
    arrived = arrival(course.rule, event)
    if arrived is None:
        course.lack(event, "arrived_on")
        return
    first, last = arrived
    later = max(event.designated_deadline or last, last)
    course.renew(
        event,
        first + ONE_DAY,
        course.rule.dunning_article,
        later=later + ONE_DAY,
        happened=last,
        happened_earlier=first,
    )


def _is_returned(course: Course, event: Event) -> bool:
    """Whether a later record says that this letter came back; without a number, the letter sent last."""
    returns = [each for each in course.known if each.type == "dunning_returned" and each.on >= event.on]
    for each in returns:
        if each.reference and event.reference:
            if each.reference == event.reference:
                return True
        elif not any(other.type == "dunned" and event.on < other.on <= each.on for other in course.known):
            return True
    return False


def arrival(rule: PrescriptionRule, event: Event) -> tuple[date, date] | None:
    """The first and the last day on which a letter can have arrived; None where nothing tells. 地方税法第20条第4項.

    A posted letter is presumed to have arrived when mail usually does (borrowed by 介護保険法第143条):
    not before the day after its issue, and within the days that the rule names.
    """
    if event.arrived_on is not None:
        return event.arrived_on, event.arrived_on
    if rule.presumed_within_days is None:
        return None
    issued = event.issued_on or event.on
    return issued + ONE_DAY, issued + timedelta(days=rule.presumed_within_days)


def acknowledged(course: Course, event: Event) -> None:
    """承認 (pledge, part payment, instalment plan): renews every claim it is about. 民法第152条第1項."""
    if event.scope is not None and course.claim_id is None:
        course.lack(event, "claim_id")
    elif event.scope is not None and course.claim_id not in event.scope:
        course.note(event, "承認の範囲外")
    else:
        course.renew(event, event.on + ONE_DAY, "民法第152条")


def reminded(course: Course, event: Event) -> None:
    """催告: six months at most, and none while an earlier one or a negotiation runs. 民法第150条第1項・第2項."""
    if event.channel in NO_PROOF_CHANNELS or event.returned_on is not None:
        course.note(event, "到達を証明できない催告は効力なしとして扱う")
        return
    day = event.arrived_on or event.on
    until, is_put_off, is_standing = last_day_of_months(day + ONE_DAY, GRACE_MONTHS), False, False
    for track in course.tracks:
        is_standing = is_standing or day <= track.standing
        if max(track.reminded_until, track.agreed_until) < day <= track.standing:
            track.reminded_until = until
            is_put_off = True
    if is_put_off:
        course.note(event, "民法第150条", until=until)
    else:
        course.note(event, "民法第150条第2項" if is_standing else TOO_LATE)


def negotiation_agreed(course: Course, event: Event) -> None:
    """協議の合意 in writing: a year at most each, five in all, none in a 催告's grace. 民法第151条第1項～第3項.

    Agreements from before 2020-04-01 have no such effect (平成29年法律第44号附則第10条).
    """
    if event.is_written is None:
        course.lack(event, "is_written")
        return
    if not event.is_written or event.on < NEW_CIVIL_CODE:
        course.note(event, "書面によらない合意・施行日前の合意に効力はない")
        return
    year = last_day_of_months(event.on + ONE_DAY, 12)
    wanted, until = min(event.until or year, year), None
    for track in course.tracks:
        if track.reminded_until < event.on <= track.standing:
            limit = min(wanted, last_day_of_months(track.last + ONE_DAY, 12 * 5))
            track.agreed_until = max(track.agreed_until, limit)
            until = until or limit
    course.note(event, "民法第151条" if until else "民法第151条第3項", until=until)


def negotiation_refused(course: Course, event: Event) -> None:
    """協議の続行を拒絶する通知: an agreement's grace ends six months after it at the latest. 民法第151条第1項第3号."""
    day = event.arrived_on or event.on
    until = last_day_of_months(day + ONE_DAY, GRACE_MONTHS)
    for track in course.tracks:
        track.agreed_until = min(track.agreed_until, until)
    ends = course.safe.agreed_until
    course.note(event, "民法第151条第1項第3号", until=ends if day <= ends else None)
