"""The proven bound against published and hand-computed Clopper-Pearson figures."""

from math import comb

import pytest

from receivables.confidence import upper_share
from receivables.errors import InputRejectedError
from receivables.identity.matching.bounds import proven_bound


def by_hand(errors: int, trials: int, share: float) -> float:
    return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(errors + 1))


@pytest.mark.parametrize(("errors", "trials"), [(0, 10), (1, 50), (3, 200), (7, 1000)])
def test_the_upper_bound_is_where_so_few_errors_become_unlikely(errors: int, trials: int) -> None:
    assert by_hand(errors, trials, upper_share(errors, trials, 0.95)) == pytest.approx(0.05, rel=1e-6)


def test_with_no_error_it_is_the_rule_of_three() -> None:
    assert upper_share(0, 2_995, 0.95) < 0.001 < upper_share(0, 2_994, 0.95)
    assert upper_share(5, 5, 0.95) == 1.0


def test_the_lowest_weight_that_is_proven_is_chosen() -> None:
    judged = [(30.0 - at / 1000, True) for at in range(3_000)] + [(20.0, False)] * 2 + [(19.0, True)] * 50
    bound = proven_bound(judged)
    assert bound.weight == pytest.approx(27.001)
    assert (bound.labelled_count, bound.error_count) == (3_000, 0)
    assert bound.upper_permille < 1
    assert "3000 labelled pairs at or above, 0 wrong" in bound.report()


def test_an_error_is_outweighed_by_enough_right_pairs() -> None:
    bound = proven_bound([(20.0, False)] + [(10.0, True)] * 5_000)
    assert (bound.weight, bound.error_count) == (10.0, 1)


def test_pairs_of_one_weight_stand_or_fall_together() -> None:
    bound = proven_bound([(20.0, True)] * 2_995 + [(20.0, False)])
    assert bound.weight is None
    assert "nothing is linked by weight" in bound.report()


def test_too_few_labels_prove_nothing() -> None:
    assert proven_bound([(20.0, True)] * 2_994).weight is None
    assert proven_bound([]).weight is None


def test_senseless_limits_are_refused() -> None:
    with pytest.raises(InputRejectedError, match="per mille"):
        proven_bound([], allowed_permille=0)
