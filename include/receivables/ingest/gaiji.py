"""外字 of each source (外字の台帳と対応表): which private-use codes came, and what the ward decided that they are.

One vendor's code F041 is another's F041 of another shape, so a map belongs to one source and lies beside its
contract: `gaiji.csv`, one row per decision, with the character's number in the MJ文字情報一覧表 and who decided.
Text is mapped on loading; the record's own bytes are kept.
"""

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from receivables import contracts, db
from receivables.contracts import ContractError, Table
from receivables.ingest.fields import has_gaiji
from receivables.ingest.ledger import Batch
from receivables.settings import State

HEADER = ["encoding", "code", "text", "mj", "basis", "decided_on", "decided_by"]
_INVENTORY = """
    with dated as (
        select seen.*, load.business_date,
            max(load.business_date) over (partition by seen.source, seen.encoding, seen.code) as last_seen_on
        from ops.gaiji as seen
        inner join ops.load as load using (batch_id)
    )
    select source, encoding, code,
        (sum(rows) filter (where business_date = last_seen_on))::bigint as rows,
        min(business_date)::text as first_seen_on, last_seen_on::text,
        case when bool_and(is_mapped) filter (where business_date = last_seen_on)
            then 'mapped' else 'unmapped' end as state
    from dated
    group by source, encoding, code, last_seen_on
    order by source, encoding, code
"""
_MJ = re.compile(r"MJ[0-9]{6}")


def governed(source: str) -> dict[str, str]:
    """The text that each 外字 of `source` stands for, by its private-use character; ContractError for a wrong row."""
    file = contracts.beside(source, "gaiji.csv")
    return _read(file, file.stat().st_mtime_ns) if file.exists() else {}


@lru_cache(64)
def _read(file: Path, _changed_ns: int) -> dict[str, str]:
    found: dict[str, str] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        if rows.fieldnames != HEADER:
            raise ContractError(f"{file.parent.name}/{file.name}: the header must be {','.join(HEADER)}")
        for number, row in enumerate(rows, start=2):
            where = f"{file.parent.name}/{file.name} line {number}"
            char = _character(row, where)
            if char in found:
                raise ContractError(f"{where}: code {row['code']} is there twice; remove one")
            found[char] = row["text"]
    return found


def _character(row: dict[str, str], where: str) -> str:
    try:
        char = bytes.fromhex(row["code"]).decode(row["encoding"])
    except (ValueError, LookupError):
        raise ContractError(f"{where}: key code: no character of that encoding; write its bytes in hex") from None
    if len(char) != 1 or not has_gaiji(char):
        raise ContractError(f"{where}: key code: is not one private-use character; only those are mapped")
    if not row["text"] or has_gaiji(row["text"]) or "\ufffd" in row["text"]:
        raise ContractError(f"{where}: key text: must be a character everybody knows; correct it")
    if not _MJ.fullmatch(row["mj"]) or not all(row[key] for key in HEADER):
        raise ContractError(f"{where}: every decision needs mj (MJ000000), basis, decided_on and decided_by")
    return char


def keep_seen(connection: db.Connection, source: str, batch: Batch, seen: dict[str, int]) -> None:
    """Enter the codes of a batch in the inventory: how many rows held each."""
    encoding = _encoding(batch.table)
    known = governed(source)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.gaiji (batch_id, source, encoding, code, rows, is_mapped)"
            " values (%s, %s, %s, %s, %s, %s)",
            [(batch.batch_id, source, encoding, char.encode(encoding).hex().upper(), rows, char in known)
             for char, rows in sorted(seen.items())],
        )  # fmt: skip


def inventory(state: State) -> list[dict[str, Any]]:
    """Every code that ever came, by source: rows of its last day, first and last day, mapped or not."""
    with db.connect(state, "etl", doing="list the gaiji") as connection:
        found = connection.cursor(row_factory=dict_row).execute(_INVENTORY).fetchall()
    for row in found:
        char = bytes.fromhex(row["code"]).decode(row["encoding"])
        row["text"] = governed(row["source"]).get(char)
    return found


def _encoding(table: Table) -> str:
    return table.encoding or "utf-8"
