"""The readiness matrix as a page (準備状況表の帳票): words in every cell, colour only besides."""

from pathlib import Path

from receivables.migration.readiness.matrix import CHANNELS_JA, STATES_JA, Matrix
from receivables.reports import page

TEMPLATE = Path(__file__).with_name("readiness.html.j2")


def readiness_page(found: Matrix) -> str:
    """One Japanese page for print; holds counts and nothing of a person."""
    return page(TEMPLATE, found=found, channels=CHANNELS_JA, states=STATES_JA)
