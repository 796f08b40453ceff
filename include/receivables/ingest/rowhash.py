"""One hash for a row's values (行ハッシュ): lengths are part of it, so no two rows share it by running together."""

import hashlib
from collections.abc import Sequence


def row_hash(values: Sequence[str | None]) -> str:
    """Hexadecimal hash of typed values in contract order; an empty value and an empty text differ."""
    parts = ("-" if value is None else f"{len(value)}:{value}" for value in values)
    return hashlib.blake2b("|".join(parts).encode(), digest_size=16).hexdigest()
