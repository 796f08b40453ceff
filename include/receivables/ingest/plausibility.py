"""Whether a batch as a whole can be (全体の妥当性): not empty, not mostly faulty, of a usual size.

Each row may be right and the file still wrong: what vanishes from a full copy would be closed.
"""

from collections.abc import Collection

from receivables.contract_parts import Brake
from receivables.ingest.balance import Account
from receivables.ingest.rejection import BatchRejectedError

MOST_FAULTY = 100  # rows; below that a few bad rows in a small file are no pattern
_FAULTY_SHARE = 5  # one row in five
_ENOUGH_KNOWN = 100


def require_few_faults(faulty_rows: int, all_rows: int, first: str) -> None:
    """UNREADABLE when more than 100 rows and one row in five are quarantined; `first` says where they begin."""
    if faulty_rows > MOST_FAULTY and faulty_rows * _FAULTY_SHARE > all_rows:
        raise BatchRejectedError(
            "UNREADABLE",
            f"{faulty_rows} of {all_rows} rows cannot be accepted, first {first}",
            "compare the file's layout with the contract: it has probably changed",
        )


def require_rows(account: Account, declared_rows: int | None) -> None:
    """EMPTY when there is no row at all; nobody can approve that."""
    if account.rows == 0 and not declared_rows:
        raise BatchRejectedError("EMPTY", "the file holds no rows", "ask the department whether that can be")


def require_volume(accepted_rows: int, known_rows: int, brake: Brake, approved: Collection[str]) -> None:
    """VOLUME when there are far fewer or far more rows than are known so far, and nobody approved that."""
    is_usual = accepted_rows * brake.shrink_factor >= known_rows and accepted_rows <= known_rows * brake.growth_factor
    if known_rows >= _ENOUGH_KNOWN and not is_usual and "VOLUME" not in approved:
        raise BatchRejectedError(
            "VOLUME",
            f"{accepted_rows} rows, {known_rows} are known",
            "ask the department; when it is right, `receivables ingest approve`",
        )
