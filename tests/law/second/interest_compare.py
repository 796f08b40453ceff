"""Both sides on late damages and refund interest from a seed."""

from dataclasses import replace
from random import Random

from tests.law.second import engine
from tests.law.second.charge_cases import EDGE_YEN, LATEST
from tests.law.second.charge_compare import Difference
from tests.law.second.day_by_day import Damages, late_damages, refund_interest
from tests.law.second.rate_tables import NUMBER
from tests.law.second.walked_calendar import as_date

EARLIEST = NUMBER["2000-01-01"]  # no refund rate is on file before
TURNS = [NUMBER[day] for day in ("2020-04-01", "2021-01-01", "2022-01-01", "2024-02-29", "2026-01-01", "2026-04-01")]


def differences(seed: int, count: int) -> list[Difference]:
    """The cases of a seed that the two sides answer differently; damages and interest by turns."""
    draw, found = Random(seed), []
    for number in range(count):
        case = _case(draw)
        if number % 2:
            case = _with_terms(draw, case) if engine.HAS_AGREED_RATES else case
            told, second, product = f"late damages {_told(case)}", late_damages(case), engine.damages(case)
        else:
            plain = case.principal, case.delay_from, case.paid
            told, second, product = f"refund interest {_told(case)}", refund_interest(*plain), engine.refund(*plain)
        if second != product:
            found.append(Difference(seed, number, told, str(product), str(second)))
    return found


def _case(draw: Random) -> Damages:
    principal = draw.choice([int(draw.choice(EDGE_YEN)), draw.randrange(400) * 1000, draw.randrange(5_000_000)])
    first = draw.choice([draw.randrange(EARLIEST, LATEST), draw.choice(TURNS) + draw.randrange(-2, 2)])
    last = min(LATEST, draw.choice([first + draw.randrange(-1, 1500), draw.choice(TURNS) + draw.randrange(-1, 2)]))
    return Damages(principal, first, last)


def _with_terms(draw: Random, case: Damages) -> Damages:
    """The case with payments on the edges of its days, an agreed rate or a penalty, and the other year basis."""
    days = [case.delay_from - 1, case.delay_from, case.paid - 1, case.paid, case.paid + 1]
    if case.paid > case.delay_from:
        days += [draw.randrange(case.delay_from, case.paid) for _ in range(5)]
    payments, left = [], case.principal
    for day in draw.sample(days, draw.choice([0, 0, 1, 2, 3])):
        payments.append((day, draw.choice([left, left // 3, min(left, 7), min(left, 1000)])))
        left -= payments[-1][1]
    return replace(
        case,
        payments=tuple(one for one in payments if one[1]),
        agreed=draw.choice([0, 0, 20, 30, 31, 50, 51, 146]),
        penalty=draw.choice([0, 0, 0, 10, 50]),
        is_actual=draw.random() < 0.3,
    )


def _told(case: Damages) -> str:
    """The case in words; payments as dates and yen."""
    payments = ", ".join(f"{as_date(day)} {yen}" for day, yen in case.payments) or "none"
    return (
        f"on {case.principal} yen, {as_date(case.delay_from)}..{as_date(case.paid)}, payments {payments},"
        f" agreed {case.agreed}, penalty {case.penalty}, year basis {'actual' if case.is_actual else '365'}"
    )
