"""The intake's desk, used here for what it sets aside."""

from tests.ingest.conftest import clean, desk, intake  # noqa: F401
