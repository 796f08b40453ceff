"""The note that comes with a day's files (送付票): rows, yen and SHA-256 of each."""

import hashlib
from datetime import date
from pathlib import Path

from receivables.city.papers import Tally


def write_note(drop: Path, day: date, tallies: dict[str, Tally]) -> None:
    """`soufu_<day>.csv` beside the files it speaks of."""
    lines = ["ファイル名,件数,金額合計,SHA256"]
    for name, tally in tallies.items():
        with (drop / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{name},{tally.rows},{tally.yen},{digest}")
    (drop / f"soufu_{day:%Y%m%d}.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode())
