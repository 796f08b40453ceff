"""How sure a count of errors makes us (信頼限界): exact, for any number of trials."""


def upper_share(errors: int, trials: int, confidence: float) -> float:
    """The one-sided Clopper-Pearson upper bound of a share, between 0 and 1."""
    from scipy.stats import beta

    return 1.0 if errors >= trials else float(beta.ppf(confidence, errors + 1, trials - errors))
