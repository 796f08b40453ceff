"""Who must sign a migration's report (署名者の役割), as the municipality configures it.

The roles stand in `131121/roles.csv`; who holds one is on the roster of approvers, by the duty `migration_sign:<role>`.
"""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from receivables import db
from receivables.errors import InputRejectedError
from receivables.settings import SEEDS

FILE = Path(__file__).parent / "131121" / "roles.csv"  # 世田谷区
CLAIM_TYPES = SEEDS / "law" / "claim_types.csv"
OWNER = "owner:"
DUTY = "migration_sign:"
_HELD = "select role, title_ja from migration.signer where run_id = %s order by position"
_HOLDERS = """
    select distinct user_name from campaign.approver
    where %s = any(duties)
        and (clock_timestamp() at time zone 'Asia/Tokyo')::date between valid_from and coalesce(valid_to, 'infinity')
    order by user_name
"""


@dataclass(frozen=True, slots=True)
class Role:
    """One role that signs: its name on the roster and what it is called in the report."""

    name: str
    title: str


@cache
def configured(file: Path = FILE) -> tuple[Role, ...]:
    """Every role of the municipality, in the order in which it signs."""
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(Role(row["role"], row["title_ja"]) for row in csv.DictReader(lines, strict=True))


def required(claim_types: Iterable[str], file: Path = FILE) -> tuple[Role, ...]:
    """The roles that sign a run which moves `claim_types`: each owner department of them (所管課), then all others.

    Raises InputRejectedError for a claim type that no department owns, or a department without a role.
    """
    owners = _owners()
    wanted = set()
    for claim_type in claim_types:
        if claim_type not in owners:
            raise InputRejectedError(f"claim type {claim_type!r} has no owner department in {CLAIM_TYPES.name}")
        wanted.add(OWNER + owners[claim_type])
    roles = configured(file)
    missing = wanted - {role.name for role in roles}
    if missing:
        raise InputRejectedError(f"{file.name} has no role {', '.join(sorted(missing))}: add who signs for it")
    return tuple(role for role in roles if role.name in wanted or not role.name.startswith(OWNER))


def fix_signers(connection: db.Connection, run_id: str, roles: Sequence[Role]) -> None:
    """Keep with the run who must sign it; refused by the database once somebody has signed."""
    connection.execute("delete from migration.signer where run_id = %s", [run_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into migration.signer (run_id, role, title_ja, position) values (%s, %s, %s, %s)",
            [(run_id, role.name, role.title, at) for at, role in enumerate(roles, start=1)],
        )


def signers_of(connection: db.Connection, run_id: str) -> tuple[Role, ...]:
    """Who must sign the run, in their order."""
    return tuple(Role(str(name), str(title)) for name, title in connection.execute(_HELD, [run_id]).fetchall())


def holders(connection: db.Connection, role: str) -> tuple[str, ...]:
    """Who is on the roster for this role today (Japan)."""
    return tuple(str(user) for (user,) in connection.execute(_HOLDERS, [DUTY + role]).fetchall())


def person(user: str) -> str:
    """One spelling for one person, so that nobody counts twice; InputRejectedError for nobody."""
    named = unicodedata.normalize("NFKC", user).strip().lower()
    if not named:
        raise InputRejectedError("--as is empty: name the user who signs")
    return named


@cache
def _owners() -> dict[str, str]:
    with CLAIM_TYPES.open(encoding="utf-8", newline="") as lines:
        return {row["claim_type"]: row["owner_dept"] for row in csv.DictReader(lines)}
