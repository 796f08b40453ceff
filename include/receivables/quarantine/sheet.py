"""The correction file (訂正票): one line per field of a row, so that every table fits one sheet and one CSV.

A blank in 訂正後の値 leaves the field as it is; 「（空欄）」 empties it.
"""

import hashlib
import hmac
from typing import NamedTuple

HEADING = ("訂正票", "行ID", "照合", "所管", "業務", "ファイル", "行", "理由", "対処", "項目名", "項目", "現在の値",
           "訂正後の値", "要訂正")  # fmt: skip
SHEET = "訂正票"
EMPTY = "（空欄）"
CORRECTED = HEADING.index("訂正後の値")
WHOLE_RECORD = "-"  # the line that shows a record whose shape is wrong
KEY = "correction_key"  # the secret that ties each line of a file to its row


class Line(NamedTuple):
    """One line of the file, as it comes back."""

    line_no: int
    export_id: str
    row_id: str
    mark: str
    name: str
    corrected: str
    is_formula: bool


def mark(key: str, export_id: str, row_id: str, raw_sha256: str) -> str:
    """The check code (照合符号) of a row in one export: a changed or copied id does not match it."""
    said = "\n".join((export_id, row_id, raw_sha256)).encode()
    return hmac.new(key.encode(), said, hashlib.sha256).hexdigest()[:16]
