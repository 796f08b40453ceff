"""The proven bound (証明された下限): from which weight on links are wrong so rarely that no eye is needed."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from receivables.confidence import upper_share
from receivables.errors import InputRejectedError


@dataclass(frozen=True, slots=True)
class Bound:
    """The lowest weight (bits) at which wrong links are surely rare enough; `weight` is None if there is none.

    Of the `labelled_count` judged pairs at or above it `error_count` are wrong; with `confidence_permille` the true
    share of wrong links there is at most `upper_permille`, which is below `allowed_permille`.
    """

    weight: float | None
    labelled_count: int
    error_count: int
    upper_permille: float
    allowed_permille: float
    confidence_permille: int

    def report(self) -> str:
        """The bound in words, for the record of its approval."""
        sure = f"{self.confidence_permille / 10:g} % (one-sided, Clopper-Pearson)"
        if self.weight is None:
            return (
                f"no bound: {self.labelled_count} labelled pairs, {self.error_count} wrong; not even the strongest"
                f" are proven below {self.allowed_permille:g} ‰ at {sure}."
                " Label more pairs; until then nothing is linked by weight."
            )
        return (
            f"bound {self.weight:.2f} bits: {self.labelled_count} labelled pairs at or above, {self.error_count} wrong;"
            f" wrong links at most {self.upper_permille:.3f} ‰ at {sure}, allowed {self.allowed_permille:g} ‰"
        )


def proven_bound(
    judged: Iterable[tuple[float, bool]], *, allowed_permille: float = 1.0, confidence_permille: int = 950
) -> Bound:
    """The lowest weight at which the upper confidence bound of the share of wrong links is below `allowed_permille`.

    `judged` are (weight in bits, whether the two are one person) of pairs drawn at random from those that would be
    linked; pairs of one weight stand or fall together. With no error it takes 2,995 pairs to prove 1 ‰ at 95 %. The
    bound is for one look at the labels: choosing among thresholds on the same labels makes it somewhat hopeful, so
    confirm a bound on labels that did not choose it. Raises InputRejectedError for limits that make no sense.
    """
    if not 0 < allowed_permille < 1000 or not 0 < confidence_permille < 1000:
        raise InputRejectedError("a proven bound needs an allowed share and a confidence between 0 and 1000 per mille")
    ordered = sorted(judged, key=lambda pair: -pair[0])
    best: Bound | None = None
    errors = 0
    for at, (weight, is_one) in enumerate(ordered, start=1):
        errors += not is_one
        if at < len(ordered) and ordered[at][0] == weight:
            continue
        upper = 1000 * upper_share(errors, at, confidence_permille / 1000)
        if upper < allowed_permille:
            best = Bound(weight, at, errors, upper, allowed_permille, confidence_permille)
    return best or Bound(None, len(ordered), errors, 1000.0, allowed_permille, confidence_permille)


def confirmed_bound(choosing: Iterable[tuple[float, bool]], confirming: Iterable[tuple[float, bool]]) -> dict[str, Any]:
    """The bound that `choosing` proves (what `Bound` tells), confirmed on labels that did not choose it.

    Of those of `confirming` at or above it: `confirmed_count`, `confirmed_errors`, `confirmed_upper_permille` (95 %).
    """
    bound = proven_bound(choosing)
    above = [is_one for weight, is_one in confirming if bound.weight is not None and weight >= bound.weight]
    wrong = above.count(False)
    return asdict(bound) | {
        "confirmed_count": len(above),
        "confirmed_errors": wrong,
        "confirmed_upper_permille": round(1000 * upper_share(wrong, len(above), 0.95), 4),
    }
