"""One source from its folder to raw: land, check, load."""

from contextlib import suppress
from datetime import date
from pathlib import Path

from receivables.errors import InputRejectedError
from receivables.ingest.accounts import BatchResult, batches
from receivables.ingest.checking import check
from receivables.ingest.landing import land
from receivables.ingest.loading import load
from receivables.settings import State


def ingest_source(
    source: str, *, drop: Path, as_of: date, state: State, is_confirmed: bool = False
) -> list[BatchResult]:
    """Take in what lies in `drop`/`source` for `as_of`; the results of its batches.

    `is_confirmed`: somebody asked the department, so a second content for the day or far fewer rows is right.

    Does not raise when a batch is refused: its result has the reason.
    """
    taken = check(source, land(source, drop=drop, as_of=as_of, state=state, is_confirmed=is_confirmed), state=state)
    with suppress(InputRejectedError):  # the results say so
        load(source, taken, state=state)
    return [result for result in batches(as_of=as_of, state=state) if result.batch_id in taken]
