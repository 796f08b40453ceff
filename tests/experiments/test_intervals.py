"""The intervals and boundaries beside statsmodels, scipy's multivariate normal and published tables."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from statsmodels.api import OLS
from statsmodels.stats.proportion import confint_proportions_2indep, power_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans

from receivables import db
from receivables.campaigns.experiments.boundaries import bounds, spent
from receivables.campaigns.experiments.effects import newcombe
from receivables.campaigns.experiments.intervals import Arm, cost_per_1000_yen, gain_in_yen
from receivables.campaigns.experiments.power import effective_size, smallest_effect
from receivables.campaigns.experiments.stopping import next_look, pooled
from receivables.errors import InputRejectedError
from receivables.settings import State
from tests.experiments.simulated import seeded


def arm(name: str, unit: Any, yen: Any) -> Arm:
    """The sums of one arm, from a row for each person."""
    at = np.unique(unit, return_inverse=True)[1]
    people, paid, total = (np.bincount(at, weights=each) for each in (np.ones(len(yen)), np.asarray(yen) > 0, yen))
    whole = [round(float(each)) for each in (
        people.sum(), len(people), 0, paid.sum(), 0, total.sum(), (people**2).sum(), (people * paid).sum(),
        (paid**2).sum(), (people * total).sum(), (total**2).sum(),
    )]  # fmt: skip
    return Arm("r", "", name, *whole)


def drawn(seed: int, *, people: int = 400, households: int = 250) -> tuple[Any, Any]:
    rng = seeded(seed)
    unit = rng.integers(0, households, people)
    luck = rng.random(households)[unit] * 0.5 + rng.random(people) * 0.5
    return unit, np.where(luck < 0.4, np.exp(rng.normal(9, 1, people)).astype(int), 0)


def test_alone_the_yen_are_welchs_as_statsmodels_has_them() -> None:
    one, other = drawn(1)[1], drawn(2, people=150)[1]

    found = gain_in_yen(arm("treat", np.arange(400), one), arm("control", np.arange(150), other))

    assert found is not None
    assert tuple(found[1:]) == pytest.approx(CompareMeans.from_data(one, other).tconfint_diff(usevar="unequal"))


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_drawn_together_the_variance_is_cluster_robust_as_statsmodels_has_it(seed: int) -> None:
    unit, yen = drawn(seed)
    told = OLS(yen.astype(float), np.ones(len(yen))).fit(cov_type="cluster", cov_kwds={"groups": unit})
    paid = OLS((yen > 0).astype(float), np.ones(len(yen))).fit(cov_type="cluster", cov_kwds={"groups": unit})

    found = arm("treat", unit, yen)

    assert found.yen_variance() == pytest.approx(float(told.bse[0]) ** 2)
    assert found.rate_variance() == pytest.approx(float(paid.bse[0]) ** 2)


def test_pairs_that_always_act_as_one_are_worth_half_as_many() -> None:
    yen = drawn(6)[1]
    alone, twice = arm("treat", np.arange(400), yen), arm("treat", np.repeat(np.arange(400), 2), np.repeat(yen, 2))

    assert alone.effective() == (alone.paid, 400)
    assert twice.effective() == pytest.approx((alone.paid, 400), rel=0.005)


def test_nobody_who_paid_leaves_people_worth_what_their_units_are() -> None:
    nobody = arm("treat", np.repeat(np.arange(200), 2), np.zeros(400))

    assert nobody.effective() == (0, 200)


@given(st.permutations(range(60)), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_order_of_people_and_the_names_of_units_change_nothing(order: list[int], shift: int) -> None:
    unit, yen = drawn(7, people=60, households=40)
    assert arm("treat", unit, yen) == arm("treat", (unit * 7 + shift)[order], yen[order])


def test_with_arms_exchanged_the_gain_is_its_own_negative() -> None:
    one, other = arm("treat", *drawn(8)), arm("control", *drawn(9))

    forth, back = gain_in_yen(one, other), gain_in_yen(other, one)

    assert forth is not None
    assert back is not None
    assert tuple(forth) == pytest.approx((-back.estimate, -back.high, -back.low))


def test_a_cost_is_told_only_where_there_surely_was_more_yen() -> None:
    yen = drawn(10)[1]
    rich, poor = arm("treat", np.arange(400), yen + 5000), arm("control", np.arange(400), yen)
    gain = gain_in_yen(rich, poor)
    assert gain is not None

    cost = cost_per_1000_yen(9600, gain, 400)

    assert cost is not None
    assert cost.low < cost.estimate < cost.high
    assert cost.estimate == pytest.approx(9600 * 1000 / (5000 * 400))
    assert cost_per_1000_yen(9600, gain_in_yen(poor, poor), 400) is None
    assert gain_in_yen(arm("treat", np.arange(400), yen), arm("control", np.arange(9), np.full(9, 500))) is None


def test_the_rates_interval_is_newcombes_as_statsmodels_has_it(state: State) -> None:
    rng = seeded(11)
    with db.connect(state, "sender") as connection:
        for _ in range(50):
            treat, control = (int(each) for each in rng.integers(5, 3000, 2))
            paid, other = (int(rng.integers(0, each + 1)) for each in (treat, control))
            found = newcombe(connection, paid, treat, other, control)
            told = confint_proportions_2indep(paid, treat, other, control, compare="diff", method="newcomb")
            assert found is not None
            assert (found.low, found.high) == pytest.approx([1000 * each for each in told], abs=0.006)


@pytest.mark.parametrize(
    ("baseline", "gain", "people"),
    [(100, 10, 14_751), (100, 20, 3_841), (100, 40, 1_035), (100, 60, 492), (100, 100, 199), (300, 10, 33_274),
     (300, 20, 8_393), (300, 40, 2_134), (300, 60, 963), (300, 100, 356), (350, 100, 376)],
)  # fmt: skip
def test_the_smallest_effect_is_that_of_the_usual_table(baseline: int, gain: int, people: int) -> None:
    """People in each of two equal arms at 80 % power and 5 %, two-sided: with one fewer it is not seen any more."""
    at, fewer = smallest_effect(baseline, people, people), smallest_effect(baseline, people - 1, people - 1)
    assert at is not None
    assert fewer is not None
    assert float(at) == pytest.approx(gain, abs=0.06)
    assert at <= fewer


@pytest.mark.parametrize(("treat", "control", "baseline"), [(900, 100, 300), (4000, 1000, 120), (300, 300, 600)])
def test_at_the_smallest_effect_statsmodels_finds_the_power_promised(
    treat: int, control: int, baseline: int
) -> None:  # fmt: skip
    gain = smallest_effect(baseline, treat, control)
    assert gain is not None
    told = power_proportions_2indep(float(gain) / 1000, baseline / 1000, treat, ratio=control / treat)
    assert told.power == pytest.approx(0.8, abs=0.002)


def test_too_few_see_nothing_and_nonsense_is_refused() -> None:
    assert smallest_effect(300, 5, 1) is None
    assert smallest_effect(300, 0, 10) is None
    assert effective_size(100, 200) == 50
    assert effective_size(0, 0) == 0
    with pytest.raises(InputRejectedError, match="baseline"):
        smallest_effect(1000, 10, 10)


# Reboussin, DeMets, Kim and Lan, Controlled Clinical Trials 21 (2000) 190: O'Brien-Fleming type spending, two-sided 5 %
PUBLISHED = {
    2: [2.9626, 1.9686],
    5: [4.8769, 3.3569, 2.6803, 2.2898, 2.0310],
    10: [6.9914, 4.8769, 3.9297, 3.3670, 2.9893, 2.7148, 2.5041, 2.3357, 2.1975, 2.0812],
}


@pytest.mark.parametrize("looks", PUBLISHED)
def test_the_boundaries_are_the_published_ones(looks: int) -> None:
    found = bounds(range(1, looks + 1), [each / looks for each in range(1, looks + 1)])
    assert found == pytest.approx(PUBLISHED[looks], abs=2e-4)


@pytest.mark.parametrize("information", [(1, 2, 3, 4), (1, 1.2, 4, 9), (10, 11, 30, 31)])
def test_all_looks_together_err_as_often_as_promised(information: tuple[float, ...]) -> None:
    """A second opinion: the normal distribution of all four looks at once, as scipy integrates it."""
    at = np.array(information, float)
    found = np.array(bounds(information, [0.25, 0.5, 0.75, 1]))
    together = np.sqrt(np.minimum.outer(at, at) / np.maximum.outer(at, at))
    inside = multivariate_normal(np.zeros(4), together).cdf(found, lower_limit=-found, rng=np.random.default_rng(1))
    assert 1 - inside == pytest.approx(0.05, abs=0.001)
    assert [spent(each, 0.05) for each in (0.25, 1, 2)] == pytest.approx([2 * 7.37e-6, 0.05, 0.05], rel=0.01)


def test_looks_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="rise"):
        bounds([2, 1], [0.5, 1])


def test_trials_without_effect_end_early_at_most_five_times_in_a_hundred() -> None:
    rng, trials, ended = seeded(12), 2000, 0
    for _ in range(trials):
        looks: list[dict[str, Any]] = []
        counts: list[tuple[Arm | None, Arm | None]] = []
        for people in rng.integers(150, 900, 4):
            counts.append((binomial("treat", int(people), rng), binomial("control", int(people) // 3, rng)))
            made = next_look(looks, pooled(counts), 4, 50)
            assert made is not None
            looks.append(made)
            if made["decision"] in ("effective", "harmful"):
                ended += 1
                break
        assert looks[-1]["decision"] != "continue"
    print(f"{ended} of {trials} ended for an effect that is not there")
    assert ended <= 0.05 * trials + 2.6 * (trials * 0.05 * 0.95) ** 0.5


def binomial(name: str, people: int, rng: Any) -> Arm:
    paid = int(rng.binomial(people, 0.3))
    return Arm("r", "", name, people, people, 0, paid, 0, paid, people, paid, paid, paid, paid)
