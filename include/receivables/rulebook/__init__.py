"""The rulebook (規則集): dbt_project/seeds/law read into what the law functions take.

The same files are dbt seeds, so that a query in the warehouse sees the rows a figure came from.
"""

from functools import cache
from pathlib import Path

from receivables.rulebook.book import ClaimType, ClassRule, Rulebook
from receivables.rulebook.rates import RunningOut
from receivables.rulebook.reading import read
from receivables.settings import SEEDS

__all__ = ["ClaimType", "ClassRule", "Rulebook", "RunningOut", "rulebook"]


@cache
def rulebook(folder: Path = SEEDS / "law") -> Rulebook:
    """The rules in `folder`; InputRejectedError names file, line and key of what cannot be read."""
    return read(folder)
