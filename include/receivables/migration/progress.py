"""How far a long run is (進み具合): steps say it in a line; who calls decides where it goes."""

from collections.abc import Callable

Say = Callable[[str], None]


def silent(text: str) -> None:
    """Say nothing."""
