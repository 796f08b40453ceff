"""Result codes (結果コード) of those who call for us: what they mean is data, seeds/ingest/contact_outcomes.csv."""

import csv
from functools import cache

from receivables.settings import SEEDS


def meaning(channel: str, code: str, detail: str) -> dict[str, str] | None:
    """What a vendor's code means: the row of exactly this detail, else of any; None for a code that is in none."""
    return _outcomes().get((channel, code, detail)) or _outcomes().get((channel, code, ""))


def dead_codes() -> list[str]:
    """The codes that say a number does not reach the person (不通・番号違い), each as channel, blank, code."""
    return sorted(
        f"{channel} {code}"
        for (channel, code, detail), row in _outcomes().items()
        if row["point_state"] in ("dead", "reassigned") and not detail
    )


@cache
def _outcomes() -> dict[tuple[str, str, str], dict[str, str]]:
    with (SEEDS / "ingest" / "contact_outcomes.csv").open(encoding="utf-8", newline="") as rows:
        return {(row["channel"], row["result_code"], row["detail_code"]): row for row in csv.DictReader(rows)}
