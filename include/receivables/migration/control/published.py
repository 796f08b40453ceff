"""The day at which the published warehouse stands (公開済みの基準日): what is counted is of the day it is told for."""

from datetime import date

from receivables import db
from receivables.errors import InputRejectedError


def require_published(connection: db.Connection, as_of: date) -> None:
    """InputRejectedError unless the warehouse that readers see stands at `as_of` (基準日)."""
    found = connection.execute("select as_of from ops.published_batch where is_current").fetchone()
    if found is None or found[0] != as_of:
        stands = f"stands at {found[0]}" if found else "is not published yet"
        raise InputRejectedError(
            f"--as-of {as_of}: the warehouse {stands}; take that day, or run `receivables night` for {as_of} first"
        )
