"""400 made-up campaigns with a known effect, and 400 with none: the intervals hold what they promise."""

from typing import Any

from scipy.stats import binom

from receivables import db
from receivables.campaigns.experiments.effects import Effect, effects_of
from receivables.campaigns.runs import run_of
from tests.campaigns.conftest import World
from tests.experiments.simulated import Population, book, population, seeded, simulate

CAMPAIGNS = 400
PEOPLE = 500


def measured(world: World, people: Population, seed: int, unit_of: Any) -> list[Effect]:
    rng = seeded(seed)
    with world.connection.transaction():
        for at in range(CAMPAIGNS):
            simulate(world, f"r{at}", book(f"salt {seed} {at}", unit_of(at)), people, rng)
    world.run("analyze campaign.contact, mart.fct_receipts, campaign.run")
    with db.connect(world.state, "sender") as connection:
        found = [effects_of(connection, run_of(connection, f"r{at}")) for at in range(CAMPAIGNS)]
    return [next(each for each in both if each.arm == "treat") for both in found]


def alternately(at: int) -> str:
    return ("debtor", "household")[at % 2]


def holds(effect: Effect, true_permille: float, true_yen: float) -> tuple[bool, bool]:
    assert effect.uplift_low_permille is not None
    assert effect.uplift_high_permille is not None
    assert effect.gain_low_yen is not None
    assert effect.gain_high_yen is not None
    return (
        effect.uplift_low_permille <= true_permille <= effect.uplift_high_permille,
        effect.gain_low_yen <= true_yen <= effect.gain_high_yen,
    )


def test_the_interval_holds_the_truth_in_93_of_100_campaigns(world: World) -> None:
    people = population(PEOPLE, effect=0.08, rng=seeded(7))

    found = [holds(each, people.true_permille, people.true_yen) for each in measured(world, people, 8, alternately)]

    for unit in (0, 1):
        rates, yen = (sum(column) for column in zip(*found[unit::2], strict=True))
        print(f"{('debtor', 'household')[unit]}: rate {rates}, yen {yen} of {CAMPAIGNS // 2}")
    assert sum(rate for rate, _ in found) >= 0.93 * CAMPAIGNS
    assert sum(yen for _, yen in found) >= 0.93 * CAMPAIGNS


def test_with_no_effect_intervals_miss_zero_as_seldom_as_they_say(world: World) -> None:
    people = population(PEOPLE, effect=0, rng=seeded(17))

    found = [holds(each, 0, 0) for each in measured(world, people, 18, alternately)]

    seldom, often = binom.ppf([0.001, 0.999], CAMPAIGNS, 0.05)
    for column in zip(*found, strict=True):
        misses = CAMPAIGNS - sum(column)
        print(f"{misses} of {CAMPAIGNS} miss zero; {seldom:.0f} to {often:.0f} are chance")
        assert seldom <= misses <= often
