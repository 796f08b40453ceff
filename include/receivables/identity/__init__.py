"""名寄せ: one debtor for each person, by a number that the name bears out, by evidence, or by two people.

`debtor_id` is a keyed hash, so it is the same on every night and says nothing to who lacks the key. Who is not in the
register stays unlinked.
"""

from datetime import date

from receivables.settings import State

__all__ = ["bound_ja", "resolve"]


def resolve(*, as_of: date, state: State) -> dict[str, int]:
    """Bring `identity.link` and `identity.contact_fact` to what all sources said on `as_of` (基準日). See nightly."""
    from receivables.identity import nightly  # pyarrow, scipy: not for who only reads the DAGs

    return nightly.resolve(as_of=as_of, state=state)


def bound_ja(*, state: State) -> str:
    """From which weight pairs are linked by evidence, what proves it and how sure it is; said with every run."""
    from receivables.identity import models

    return models.bound_ja(state=state)
