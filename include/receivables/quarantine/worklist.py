"""What waits in quarantine (隔離の作業一覧): rows of the newest copy of each table, since when, why, and what to do."""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from receivables import contracts, db
from receivables.ingest.standing import ROW_ID
from receivables.settings import SEEDS, State

AGES = ((7, "7日以内"), (30, "8〜30日"), (90, "31〜90日"))
_OLDER = "91日以上"
_OPEN = """
    with newest as (
        select batch_id, business_date, file_sha256
        from (
            select *, row_number() over (partition by table_name order by business_date desc, created_at desc) as place
            from ops.load where state = 'loaded'
        ) as loaded
        where place = 1 or table_name = any(%(increments)s)
    ),
    numbered as (
        select *, {row_id} as row_id from quarantine.row
    ),
    since as (
        select numbered.row_id, min(load.business_date) as first_on
        from numbered inner join ops.load as load using (batch_id) group by 1
    )
    select row_id, batch_id, source, table_name, file_name, file_sha256, line_no, byte_offset, raw,
        encode(sha256(raw), 'hex') as raw_sha256,
        reason_code, field, amount_yen, owner_dept, first_on, business_date
    from numbered inner join newest using (batch_id) inner join since using (row_id)
    where state = 'open'
    order by owner_dept, source, table_name, line_no
"""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that waits; `first_on` is the first business date on which these very bytes came."""

    row_id: str
    batch_id: str
    source: str
    table_name: str
    file_name: str
    file_sha256: str
    line_no: int
    byte_offset: int
    raw: bytes
    raw_sha256: str
    reason_code: str
    field: str | None
    amount_yen: int | None
    owner_dept: str
    first_on: date
    business_date: date


def open_rows(connection: db.Connection) -> list[QuarantinedRow]:
    """Every row that waits, by department, source and line: of the newest full copy, of every increment.

    Where the same bytes wait of two increments, the older row shows once the newer is settled.
    """
    increments = [table.name for each in contracts.all_contracts() for table in each.tables
                  if table.delivery == "increment"]  # fmt: skip
    query = sql.SQL(_OPEN).format(row_id=sql.SQL(ROW_ID))
    cursor = connection.cursor(row_factory=class_row(QuarantinedRow))
    found = cursor.execute(query, {"increments": increments}).fetchall()
    newest = {row.row_id: row for row in sorted(found, key=lambda row: row.business_date)}
    return [row for row in found if newest[row.row_id] is row]


def work_list(*, as_of: date, owner_dept: str | None = None, state: State) -> dict[str, Any]:
    """Groups by department, source and reason with rows, yen and ages in days on `as_of`; and proposals that wait."""
    with db.connect(state, "etl", doing="list quarantine") as connection:
        rows = [row for row in open_rows(connection) if owner_dept in (None, row.owner_dept)]
        waiting = connection.execute(
            "select proposal_id, kind, owner_dept, maker, row_count, content_sha256, proposal.state, made_at,"
            " (select count(*) from correction.approval as given where given.proposal_id = proposal.proposal_id)"
            " from correction.proposal as proposal where proposal.state <> 'done' order by made_at"
        ).fetchall()
    named = ("proposal_id", "kind", "owner_dept", "maker", "rows", "content_sha256", "state", "made_at", "approvals")
    groups: dict[tuple[str, str, str], list[QuarantinedRow]] = {}
    for row in rows:
        groups.setdefault((row.owner_dept, row.source, row.reason_code), []).append(row)
    return {
        "as_of": as_of.isoformat(),
        "rows": len(rows),
        "yen": sum(row.amount_yen or 0 for row in rows),
        "groups": [_group(*key, found, as_of) for key, found in groups.items()],
        "proposals": [
            proposal for proposal in (dict(zip(named, each, strict=True)) for each in waiting)
            if owner_dept in (None, proposal["owner_dept"])
        ],
    }  # fmt: skip


def title_ja(reason_code: str) -> str:
    """What a reason code means, in the words staff read (理由)."""
    return _texts().get(reason_code, (reason_code, ""))[0]


def what_to_do_ja(reason_code: str) -> str:
    """How it is mended (対処)."""
    return _texts().get(reason_code, ("", ""))[1]


def _group(owner_dept: str, source: str, reason_code: str, rows: list[QuarantinedRow], as_of: date) -> dict[str, Any]:
    days = [(as_of - row.first_on).days for row in rows]
    return {
        "owner_dept": owner_dept, "source": source, "reason_code": reason_code, "rows": len(rows),
        "yen": sum(row.amount_yen or 0 for row in rows),
        "unreadable_rows": sum(row.amount_yen is None for row in rows),
        "oldest_days": max(days), "ages": dict(Counter(_age(each) for each in days)),
        "reason_ja": title_ja(reason_code), "what_to_do_ja": what_to_do_ja(reason_code),
        "row_ids": [row.row_id for row in rows],
    }  # fmt: skip


def _age(days: int) -> str:
    return next((name for most, name in AGES if days <= most), _OLDER)


@cache
def _texts() -> dict[str, tuple[str, str]]:
    with (SEEDS / "ingest" / "reason_codes.csv").open(encoding="utf-8", newline="") as lines:
        return {row["reason_code"]: (row["title_ja"], row["what_to_do_ja"]) for row in csv.DictReader(lines)}
