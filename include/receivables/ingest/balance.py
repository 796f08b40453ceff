"""Closing the account of a batch (件数・金額の突合): every row and yen declared is somewhere.

declared = accepted + quarantined + duplicate + excluded. A quarantined row whose amount cannot be
read takes the rest that is missing, but only what such rows can explain; anything else refuses the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

from receivables.ingest.records import Declared
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.rows import Aside

_MOST_COMBINATIONS = 100_000
_ROOM_PER_ROW = 10_000_000  # yen; no instalment is larger, so one unreadable row cannot explain more


@dataclass(slots=True)
class Account:
    """Rows and yen of one batch by what became of them."""

    accepted_rows: int = 0
    accepted_yen: int = 0
    quarantined_rows: int = 0
    quarantined_yen: int = 0  # those that can be read; the rest is added on closing
    duplicate_rows: int = 0
    duplicate_yen: int = 0
    excluded_rows: int = 0
    excluded_yen: int = 0

    @property
    def rows(self) -> int:
        """All rows."""
        return self.accepted_rows + self.quarantined_rows + self.duplicate_rows + self.excluded_rows

    @property
    def yen(self) -> int:
        """All yen that can be read."""
        return self.accepted_yen + self.quarantined_yen + self.duplicate_yen + self.excluded_yen


def close(account: Account, declared: Declared, asides: Sequence[Aside], *, where: str) -> None:
    """Compare with what was declared, and give unreadable rows the rest (残差).

    Adds the rest to `account.quarantined_yen`. Raises BatchRejectedError TRUNCATED or CONTROL_TOTAL
    when rows or yen do not agree; `where` says which record declares them.
    """
    if declared.rows is not None and declared.rows != account.rows:
        code = "TRUNCATED" if account.rows < declared.rows else "CONTROL_TOTAL"
        raise BatchRejectedError(
            code, f"{where} declares {declared.rows} rows, the file holds {account.rows}", "have the file sent again"
        )
    if declared.yen is None:
        return
    rest = declared.yen - account.yen
    unreadable = [aside for aside in asides if aside.amount_yen is None]
    if not _is_explained(rest, unreadable):
        raise BatchRejectedError(
            "CONTROL_TOTAL",
            f"{where} declares {declared.yen} yen, the file holds {account.yen} yen"
            + (f" and {len(unreadable)} rows whose amount cannot be read" if unreadable else ""),
            "have the department check the total and send the file again",
        )
    account.quarantined_yen += rest


def _is_explained(rest: int, unreadable: Sequence[Aside]) -> bool:
    known = [aside.guesses for aside in unreadable if aside.guesses]
    unknown = len(unreadable) - len(known)
    sums = {sum(choice) for choice in islice(product(*known), _MOST_COMBINATIONS)}
    if unknown == 0:
        return rest in sums
    return any(0 <= rest - found <= unknown * _ROOM_PER_ROW for found in sums)
