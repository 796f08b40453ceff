"""One source from its folder to raw: land, check, load."""

from contextlib import suppress
from datetime import date
from pathlib import Path

from receivables.errors import InputRejectedError
from receivables.ingest.accounts import BatchResult, batches
from receivables.ingest.steps import check, land, load
from receivables.settings import State


def ingest_source(source: str, *, drop: Path, as_of: date, state: State) -> list[BatchResult]:
    """Take in what lies in `drop`/`source` for `as_of`; the results of its batches.

    Does not raise when a batch is refused: its result has the reason.
    """
    taken = check(source, land(source, drop=drop, as_of=as_of, state=state), state=state)
    with suppress(InputRejectedError):  # the results say so
        load(source, taken, state=state)
    return [result for result in batches(as_of=as_of, state=state) if result.batch_id in taken]
