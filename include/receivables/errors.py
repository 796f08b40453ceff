"""What can go wrong, with the exit code that scripts rely on.

Every message says what, where and what to do, and never holds a person's data.
"""


class ReceivablesError(Exception):
    """Base of all errors meant for users: shown without a traceback."""

    exit_code = 1


class InputRejectedError(ReceivablesError):
    """A file, row, argument or contract is not as agreed (入力不備)."""

    exit_code = 2


class NeedsApprovalError(ReceivablesError):
    """The act needs the approval of other people first (承認待ち)."""

    exit_code = 3


class InvariantBrokenError(ReceivablesError):
    """Counts or yen that must agree do not (不変条件違反)."""

    exit_code = 4


class EnvironmentFailureError(ReceivablesError):
    """No database, no disk, no port, no browser (環境不備)."""

    exit_code = 5
