"""Whether a batch as a whole can be (全体の妥当性): not empty, not mostly faulty, not a fraction of the day before.

Each row may be right and the file still wrong: what vanishes from a full copy would be closed.
"""

from receivables.ingest.balance import Account
from receivables.ingest.rejection import BatchRejectedError

MOST_FAULTY = 100  # rows; below that a few bad rows in a small file are no pattern
_FAULTY_SHARE = 5  # one row in five
_ENOUGH_KNOWN = 100
_SHRUNK = 2  # half of what is known


def require_few_faults(faulty_rows: int, all_rows: int, first: str) -> None:
    """UNREADABLE when more than 100 rows and one row in five are quarantined; `first` says where they begin."""
    if faulty_rows > MOST_FAULTY and faulty_rows * _FAULTY_SHARE > all_rows:
        raise BatchRejectedError(
            "UNREADABLE",
            f"{faulty_rows} of {all_rows} rows cannot be accepted, first {first}",
            "compare the file's layout with the contract: it has probably changed",
        )


def require_volume(account: Account, declared_rows: int | None, known_rows: int, *, is_confirmed: bool) -> None:
    """EMPTY when there is no row, or fewer than half of those known so far and nobody confirmed that."""
    if account.rows == 0 and not declared_rows:
        raise BatchRejectedError("EMPTY", "the file holds no rows", "ask the department whether that can be")
    if known_rows >= _ENOUGH_KNOWN and account.accepted_rows * _SHRUNK < known_rows and not is_confirmed:
        raise BatchRejectedError(
            "EMPTY",
            f"only {account.accepted_rows} rows, {known_rows} are known",
            "ask the department; when it is right, run again with --confirmed",
        )
