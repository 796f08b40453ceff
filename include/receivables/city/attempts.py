"""What came of asking (催告の結果): calls of the phone centre and of the dialler, and what became of an SMS.

Shares are assumptions of the synthetic ward. Who is going to pay because of the contact was reached in it.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random

from receivables.city.office_days import later
from receivables.city.requests import AUTO_CALL, PHONE_CENTRE, SMS, Attempt, Request

# 電話催告センターの結果コード (configuration of this vendor)
PERSON, FAMILY, VOICEMAIL, ABSENT, DEAD_LINE, WRONG_NUMBER, REFUSED = "01", "02", "03", "04", "05", "06", "07"
_CALLS = ((PERSON, 26), (FAMILY, 10), (VOICEMAIL, 20), (ABSENT, 30), (DEAD_LINE, 7), (WRONG_NUMBER, 3), (REFUSED, 4))
_NOBODY = (FAMILY, VOICEMAIL, ABSENT)
_LAST = (PERSON, WRONG_NUMBER, REFUSED, DEAD_LINE)
_MOST_CALLS = 3
# オートコールの結果
HEARD, HUNG_UP, BUSY, NO_ANSWER = "END", "CUT", "BUSY", "NOANS"
_RINGS = ((HEARD, 30), (HUNG_UP, 20), (BUSY, 8), (NO_ANSWER, 42))
CONFIRM_KEY, STOP_KEY = "1", "9"
# SMSの配信結果
DELIVERED, UNDELIVERED, CLICKED, OPT_OUT = "delivered", "undelivered", "clicked", "opt_out"
NO_SUCH_NUMBER = "no_such_number"
_FAILURES = (NO_SUCH_NUMBER, "out_of_service", "refused_by_carrier")
_PROMISED = 0.35


def ask(rng: Random, request: Request, due_yen: int, *, pays: bool) -> date:
    """Give `request` its attempts; the day of the last one, after which somebody who `pays` does so."""
    request.attempts = _ASKED[request.channel](rng, request, due_yen, pays)
    debtor = request.debtor
    for attempt in request.attempts:
        if is_stop(attempt):
            debtor.stopped_on = min(debtor.stopped_on or date.max, attempt.told_on)
        if is_stop(attempt) and (request.channel == SMS or attempt.result == WRONG_NUMBER):
            debtor.no_sms_from = min(debtor.no_sms_from or date.max, attempt.told_on)
    return request.attempts[0 if request.channel == SMS else -1].at.date()


def is_stop(attempt: Attempt) -> bool:
    """Whether the person wants no more of it, or the number is somebody else's or nobody's."""
    return attempt.result in (WRONG_NUMBER, REFUSED, OPT_OUT) or attempt.detail in (STOP_KEY, NO_SUCH_NUMBER)


def _phone(rng: Random, request: Request, due_yen: int, pays: bool) -> list[Attempt]:
    found: list[Attempt] = []
    results = [rng.choice(_NOBODY) for _ in range(rng.randrange(_MOST_CALLS))] + [PERSON] if pays else []
    day = later(request.assigned_on, rng.randint(1, 3))
    for at in range(len(results) or _MOST_CALLS):
        result = results[at] if results else _drawn(rng, _CALLS)
        has_promised = result == PERSON and (pays or rng.random() < _PROMISED)
        found.append(
            Attempt(
                f"K{request.number}-{at + 1}", _moment(rng, day, 9, 19), result, later(day, 1),
                promised_on=day + timedelta(days=rng.randint(3, 20)) if has_promised else None,
                promised_yen=due_yen if has_promised else 0,
            )
        )  # fmt: skip
        if result in _LAST:
            break
        day = later(day, rng.randint(1, 3))
    return found


def _dialled(rng: Random, request: Request, due_yen: int, pays: bool) -> list[Attempt]:
    found: list[Attempt] = []
    day = later(request.assigned_on, rng.randint(1, 3))
    for at in range(2):
        result = HEARD if pays else _drawn(rng, _RINGS)
        key = "" if result != HEARD else CONFIRM_KEY if pays else rng.choice(("", "", "", CONFIRM_KEY, STOP_KEY))
        seconds = {HEARD: rng.randint(38, 52), HUNG_UP: rng.randint(2, 30)}.get(result, 0)
        moment = _moment(rng, day, 10, 19)
        found.append(Attempt(f"A{request.number}-{at + 1}", moment, result, later(day, 1), key, seconds))
        if result == HEARD:
            break
        day = later(day, rng.randint(1, 4))
    return found


def _sent(rng: Random, request: Request, due_yen: int, pays: bool) -> list[Attempt]:
    """Delivered or not; then, some hours or days later, clicked or refused: each is a line of its own."""
    day, number = later(request.assigned_on, rng.randint(1, 3)), f"S{request.number}"
    moment = _moment(rng, day, 10, 17)

    def line(result: str, after: timedelta, detail: str = "") -> Attempt:
        settled_at = moment + after
        return Attempt(number, moment, result, later(settled_at.date(), 1), detail, settled_at=settled_at)

    if not pays and rng.random() < 0.09:
        return [line(UNDELIVERED, timedelta(minutes=rng.randint(1, 600)), rng.choice(_FAILURES))]
    found = [line(DELIVERED, timedelta(seconds=rng.randint(4, 900)))]
    if rng.random() < (0.6 if pays else 0.15):
        found.append(line(CLICKED, timedelta(minutes=rng.randint(16, 3_000))))
    elif not pays and rng.random() < 0.03:
        found.append(line(OPT_OUT, timedelta(minutes=rng.randint(16, 4_000))))
    return found


_ASKED: dict[str, Callable[[Random, Request, int, bool], list[Attempt]]] = {
    PHONE_CENTRE: _phone,
    AUTO_CALL: _dialled,
    SMS: _sent,
}


def _drawn(rng: Random, table: tuple[tuple[str, int], ...]) -> str:
    return rng.choices([result for result, _ in table], [weight for _, weight in table])[0]


def _moment(rng: Random, day: date, opens: int, closes: int) -> datetime:
    return datetime.combine(day, time(rng.randrange(opens, closes), rng.randrange(60), rng.randrange(60)))
