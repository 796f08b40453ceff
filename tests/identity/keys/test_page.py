"""The page on keys tells what is exported and what was measured."""

from pathlib import Path

import pytest

from bench import address_score
from receivables.identity import keys

PAGE = (Path(__file__).resolve().parents[3] / "docs/identity.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(each for each in keys.__all__ if each[0].islower()))
def test_every_key_function_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_page_tells_the_version() -> None:
    assert f"`KEYS_VERSION` = {keys.KEYS_VERSION}" in PAGE


def test_the_page_tells_the_measured_shares() -> None:
    measured = address_score.score(list(address_score.verdicts()))
    told = [f"| {part} | {share:.4f} |" for part, share in measured.items() if part != "town"]
    told.append(f"{address_score.read_back():.4f} are read back")

    assert [each for each in told if each not in PAGE] == []
