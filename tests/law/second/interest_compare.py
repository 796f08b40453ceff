"""Both sides on late damages and refund interest from a seed."""

from random import Random

from tests.law.second import engine
from tests.law.second.charge_cases import EDGE_YEN, LATEST
from tests.law.second.charge_compare import Difference
from tests.law.second.day_by_day import late_damages, refund_interest
from tests.law.second.rate_tables import NUMBER
from tests.law.second.walked_calendar import as_date

EARLIEST = NUMBER["2000-01-01"]  # no refund rate is on file before
TURNS = [NUMBER[day] for day in ("2020-04-01", "2021-01-01", "2022-01-01", "2024-02-29", "2026-01-01", "2026-04-01")]


def differences(seed: int, count: int) -> list[Difference]:
    """The cases of a seed that the two sides answer differently; damages and interest by turns."""
    draw, found = Random(seed), []
    for number in range(count):
        principal = draw.choice([int(draw.choice(EDGE_YEN)), draw.randrange(400) * 1000, draw.randrange(5_000_000)])
        first = draw.choice([draw.randrange(EARLIEST, LATEST), draw.choice(TURNS) + draw.randrange(-2, 2)])
        last = min(LATEST, draw.choice([first + draw.randrange(-1, 1500), draw.choice(TURNS) + draw.randrange(-1, 2)]))
        dates = f"{as_date(first)}..{as_date(last)}"
        if number % 2:
            name, ours, theirs = "late damages", late_damages, engine.damages
        else:
            name, ours, theirs = "refund interest", refund_interest, engine.refund
        second, product = ours(principal, first, last), theirs(principal, first, last)
        if second != product:
            found.append(Difference(seed, number, f"{name} on {principal} yen, {dates}", str(product), str(second)))
    return found
