"""Last night's deliveries (昨夜の取込): per source and file, what came, what was kept, what was set aside and why."""

from collections import defaultdict
from datetime import date
from typing import Any

from receivables import contracts, db
from receivables.screens import words
from receivables.screens.lookup import found
from receivables.screens.model import Delivery, SetAside, Source

# A file that was loaded stays loaded, whatever is delivered after it.
_DELIVERIES = """
    select distinct on (source, table_name)
        batch_id, source, table_name, state, accepted_rows, accepted_yen, quarantined_rows, quarantined_yen,
        duplicate_rows, excluded_rows, reason_code, reason
    from ops.load
    where business_date = %(day)s
    order by source, table_name, (state = 'loaded') desc, created_at desc, batch_id desc
"""
_SET_ASIDE = """
    select row.batch_id, row.reason_code, count(*) as rows, coalesce(sum(row.amount_yen), 0)::bigint as yen
    from quarantine.row as row
    join ops.load as load using (batch_id)
    where load.business_date = %(day)s and row.state = 'open'
    group by row.batch_id, row.reason_code
    order by rows desc, row.reason_code
"""


def newest_day(connection: db.Connection) -> date | None:
    """The last business date (基準日) for which anything was delivered."""
    rows = found(connection, "select max(business_date) as day from ops.load")
    return rows[0]["day"] if rows else None


def sources(connection: db.Connection, day: date | None) -> tuple[Source, ...]:
    """Every source with a contract, and what came of it on `day`; a file nobody recorded is 未着."""
    rows = found(connection, _DELIVERIES, {"day": day}) if day else []
    if not rows:
        return ()
    reasons: dict[str, list[SetAside]] = defaultdict(list)
    for row in found(connection, _SET_ASIDE, {"day": day}):
        title = words.reason_ja(row["reason_code"]) or row["reason_code"]
        reasons[row["batch_id"]].append(SetAside(row["reason_code"], title, row["rows"], row["yen"]))
    came = {row["table_name"]: row for row in rows}
    return tuple(
        Source(
            contract.source,
            _japanese(contract.description),
            contract.department,
            tuple(_delivery(table, came.get(table.name), reasons) for table in contract.tables),
        )
        for contract in contracts.all_contracts()
    )


def _delivery(table: contracts.Table, row: dict[str, Any] | None, reasons: dict[str, list[SetAside]]) -> Delivery:
    if row is None:
        label, tone = words.DELIVERY["missing"]
        return Delivery(table.name, _japanese(table.description), "missing", label, tone, 0, 0, 0, 0, 0, 0, None, None)
    label, tone = words.DELIVERY.get(row["state"], (row["state"], "watch"))
    if tone == "good" and row["quarantined_rows"]:
        label, tone = f"{label}・一部隔離", "watch"
    return Delivery(
        table_name=table.name,
        title=_japanese(table.description),
        state=row["state"],
        state_ja=label,
        tone=tone,
        accepted_rows=row["accepted_rows"],
        accepted_yen=row["accepted_yen"] if table.yen else None,
        quarantined_rows=row["quarantined_rows"],
        quarantined_yen=row["quarantined_yen"] if table.yen else None,
        duplicate_rows=row["duplicate_rows"],
        excluded_rows=row["excluded_rows"],
        reason_ja=words.reason_ja(row["reason_code"]),
        reason=row["reason"],
        set_aside=tuple(reasons[row["batch_id"]]),
    )


def _japanese(description: str) -> str:
    """The Japanese half of a description: up to the first English sentence."""
    return description.split(". ")[0].rstrip(".")
