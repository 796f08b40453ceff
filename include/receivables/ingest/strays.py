"""What lies in a department's folder and is no delivery (契約外のファイル): noted with its escaped name, never opened.

A name is text that somebody else chose: it is compared and shown, never used as a path, and since it may name
a person it is kept beside the quarantined rows.
"""

import fnmatch
import re
import stat
import unicodedata
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from receivables import db
from receivables.contracts import Contract
from receivables.ingest.spool import escaped, is_safe
from receivables.ingest.transport import CONNECTION_FILE

_DAY = "[0-9]" * 8


def note_strays(connection: db.Connection, contract: Contract, found: Iterable[Path], as_of: date) -> None:
    """Keep what is in the folder today and matches no file of the contract, whatever its date."""
    connection.execute(
        "delete from quarantine.stray_file where source = %s and business_date = %s", [contract.source, as_of]
    )
    agreed = _agreed(contract)
    for file in found:
        if reason := _reason(file, agreed):
            connection.execute(
                "insert into quarantine.stray_file (source, business_date, file_name, reason) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                [contract.source, as_of, escaped(file.name), reason],
            )


def _agreed(contract: Contract) -> list[re.Pattern[str]]:
    forms = [form for table in contract.tables for form in (table, table.as_export) if form]
    names = {name for form in forms for name in (form.file, form.control.file, CONNECTION_FILE) if name}
    return [
        re.compile(fnmatch.translate(unicodedata.normalize("NFC", name).replace("{date}", _DAY)))
        for name in sorted(names)
    ]


def _reason(file: Path, agreed: list[re.Pattern[str]]) -> str | None:
    if not is_safe(file.name):
        return "NAME"
    if not any(pattern.match(unicodedata.normalize("NFC", file.name)) for pattern in agreed):
        return "UNEXPECTED"
    try:
        return None if stat.S_ISREG(file.lstat().st_mode) else "NOT_A_FILE"
    except FileNotFoundError:  # gone since it was seen
        return None
