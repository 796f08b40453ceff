"""One real batch for all tests that only look at it."""

from pathlib import Path

import pytest

from receivables.campaigns import letters
from tests.letters.made import KEY, ORDER, letter


@pytest.fixture(scope="session")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, letters.Manifest]:
    """Twelve letters of one to six sheets in three files."""
    folder = tmp_path_factory.mktemp("batch")
    some = [letter(number, claims=(1, 1, 2, 1, 4, 1)[number % 6]) for number in range(12)]
    return folder, letters.render(some, folder, ORDER, key=KEY, letters_per_file=5)
