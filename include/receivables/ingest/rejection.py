"""How a whole batch is refused (バッチの拒否): one code, and a message that says what to do."""

from receivables.errors import InputRejectedError


class BatchRejectedError(InputRejectedError):
    """One file or snapshot is not as agreed: nothing of it is loaded.

    `where` adds the line and field when they are known. Neither may hold a value of the file.
    """

    def __init__(self, reason_code: str, what: str, to_do: str) -> None:
        super().__init__(f"{reason_code}: {what}; {to_do}")
        self.reason_code = reason_code


class RowFaultError(ValueError):
    """One value is not as agreed; the row goes to quarantine with this reason (隔離理由)."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
