"""The shift from calling to answering (架電から受電への転換の検証): what is known for and against it.

Three parts: what calling adds over messages by arms drawn by chance, what weeks drawn by chance brought, and how many
calls a mailing would bring in.
"""

import csv
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from receivables import db
from receivables.campaigns.experiments import inbound, weeks
from receivables.campaigns.experiments.effects import published_day
from receivables.campaigns.experiments.league import HORIZON_DAYS
from receivables.campaigns.experiments.pooling import difference
from receivables.campaigns.experiments.waves import Waves, waves
from receivables.errors import InputRejectedError
from receivables.settings import State

OUTBOUND = ("phone_centre",)  # a person calls; everything else leaves the calling to the debtor
HEADER = ("day", "calls")
_COUNTED = """
    insert into campaign.inbound_load (day, calls, told_by) values (%s, %s, %s)
    on conflict (day) do update set calls = excluded.calls, told_by = excluded.told_by, told_at = clock_timestamp()
"""


def shift_report(*, channel: str, messages: int, on: date | None, state: State) -> dict[str, Any]:
    """The comparison so far, and the load of `messages` on `channel` sent on `on` (default: the next office day)."""
    with db.connect(state, "sender", doing="shift report") as connection:
        as_of = published_day(connection)
        kinds = waves(connection, HORIZON_DAYS, key=lambda row: (_kind(row["channel"]),))
        return {
            "as_of": as_of, "horizon_days": HORIZON_DAYS,
            "arms": [{**asdict(each), "uplift": each.uplift._asdict(), "kind": _kind(each.channel)} for each in kinds],
            "outbound_minus_inbound": _gap(kinds),
            "weeks": weeks.compared(connection),
            "load": inbound.forecast(connection, channel, messages=messages, on=on or inbound.office_days(as_of, 2)[1]),
        }  # fmt: skip


def record_calls(file: Path, *, user: str, state: State) -> int:
    """Take in counted calls from a CSV with the columns day and calls; a day told again replaces the old count.

    Raises InputRejectedError with the line; then nothing is taken in.
    """
    rows = []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != HEADER:
            raise InputRejectedError(f"{file.name}: the columns must be {','.join(HEADER)}")
        for number, row in enumerate(reader, start=2):
            try:
                rows.append((date.fromisoformat(row["day"]), int(row["calls"]), user))
            except (TypeError, ValueError):
                raise InputRejectedError(f"{file.name} line {number}: a day YYYY-MM-DD and a whole number") from None
            if rows[-1][1] < 0:
                raise InputRejectedError(f"{file.name} line {number}: calls must not be negative")
    with db.connect(state, "sender", doing="record calls") as connection:
        connection.cursor().executemany(
            _COUNTED,
            rows,
        )
    return len(rows)


def _kind(channel: str) -> str:
    return "outbound" if channel in OUTBOUND else "inbound"


def _gap(kinds: list[Waves]) -> dict[str, float] | None:
    by = {_kind(each.channel): each.uplift for each in kinds}
    return difference(by["outbound"], by["inbound"])._asdict() if len(by) == len(("outbound", "inbound")) else None
