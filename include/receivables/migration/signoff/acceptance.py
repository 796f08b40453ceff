"""Explained differences (説明済みの差異): two persons accept exact numbers, and every run tests them anew.

Who proposes and who confirms is a decision like any other (receivables.decisions): signed, by another person, with the
duty `migration_accept`. What becomes of it in each run: retesting.py.
"""

import csv
import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from receivables import db, decisions, reports
from receivables.errors import InputRejectedError
from receivables.migration.signoff.differing import NEVER_EXPLAINED, differing_of
from receivables.migration.tables import ROLE
from receivables.settings import State

REASONS = Path(__file__).parent / "131121" / "reasons.csv"  # 世田谷区
KIND = "migration_difference"
MOST_RUNS = 10
_BOUND = (
    "base_run", "sources", "group", "check", "legs", "component", "kind", "rows", "yen", "keys_sha256",
    "reason_code", "reason", "ticket", "valid_runs", "valid_until", "proposed_by",
)  # fmt: skip
_SOURCES = "select coalesce(plan -> 'sources', '[]') from migration.run where run_id = %s"
_INSERT = """
    insert into migration.acceptance (acceptance_id, base_run, sources, group_id, check_id, legs, component, kind, rows,
        yen, keys_sha256, reason_code, reason, ticket, valid_runs, valid_until, proposed_by)
    values (%s, %s, to_jsonb(%s::text[]), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One acceptance as stored, with how old it is for the run in question."""

    acceptance_id: str
    base_run: str
    sources: list[str]
    group: str
    check: str
    legs: str
    component: str
    kind: str
    rows: int
    yen: int
    keys_sha256: str
    reason_code: str
    reason: str
    ticket: str
    valid_runs: int | None
    valid_until: date | None
    proposed_by: str
    runs_since: int
    snapshot: date

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """Where the accepted difference is."""
        return self.group, self.check, self.legs, self.component, self.kind

    @property
    def is_expired(self) -> bool:
        """Whether its runs are used up, or the run's snapshot is later than its last day."""
        runs_over = self.valid_runs is not None and self.runs_since > self.valid_runs
        return runs_over or (self.valid_until is not None and self.snapshot > self.valid_until)

    @property
    def limit(self) -> str:
        """Until when it holds, for people (期限)."""
        return limit_in_words(self.base_run, self.valid_runs, self.valid_until)


def limit_in_words(base_run: str, valid_runs: int | None, valid_until: date | None) -> str:
    """Until when an acceptance holds, for people (期限)."""
    runs = "" if valid_runs is None else f"{base_run} の後 {valid_runs} 回まで"
    day = "" if valid_until is None else f"基準日 {valid_until.isoformat()} まで"
    return "、".join(filter(None, (runs, day)))


@cache
def reasons(file: Path = REASONS) -> dict[str, str]:
    """The reason codes of the municipality with what they are called."""
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["reason_code"]: row["title_ja"] for row in csv.DictReader(lines, strict=True)}


def propose(
    run_id: str, *, place: tuple[str, str, str, str, str], reason_code: str, reason: str, ticket: str, user: str,
    valid_runs: int | None = None, valid_until: date | None = None, state: State,
) -> str:  # fmt: skip
    """Propose that a difference of `run_id` is explained; the acceptance's id, which another person confirms.

    `place` is (group, check, legs, component, kind) of `migration.differing`; the numbers are taken from there, so
    nobody types them. It holds for `valid_runs` further runs, until a run whose snapshot is after `valid_until`, or
    whichever comes first. Raises InputRejectedError for a check that is never explained, a difference that the run
    does not have, an unknown reason code, or no reason, ticket or limit.
    """
    _refuse_unfounded(place[1], reason_code, reason, ticket, valid_runs, valid_until)
    with db.connect(state, ROLE, doing=f"propose an acceptance for {run_id}") as connection:
        found = next((each for each in differing_of(connection, run_id) if each.place == place), None)
        if found is None:
            raise InputRejectedError(f"run {run_id} has no difference {' '.join(place)}; see migration.differing")
        row = connection.execute(_SOURCES, [run_id]).fetchone()
        bound: dict[str, Any] = asdict(found) | {
            "base_run": run_id, "sources": row[0] if row else [], "reason_code": reason_code, "reason": reason,
            "ticket": ticket, "valid_runs": valid_runs, "valid_until": valid_until, "proposed_by": user,
        }  # fmt: skip
        evidence = evidence_of(bound)
        acceptance_id = decisions.propose(
            KIND, ":".join(place), "accept", reason=reason, facts=facts_of(evidence), evidence=evidence, user=user,
            state=state,
        )  # fmt: skip
        connection.execute(_INSERT, [acceptance_id, *(bound[name] for name in _BOUND)])
    return acceptance_id


def approve(acceptance_id: str, *, user: str, state: State) -> dict[str, Any]:
    """Confirm an acceptance as another person, with the duty `migration_accept`; NeedsApprovalError says why not."""
    return decisions.confirm(acceptance_id, user=user, state=state)


def evidence_of(bound: dict[str, Any]) -> dict[str, Any]:
    """All that two persons say yes to, as it is signed."""
    until = bound["valid_until"]
    return {name: bound[name] for name in _BOUND} | {"valid_until": until.isoformat() if until else None}


def facts_of(evidence: dict[str, Any]) -> str:
    """The fingerprint of `evidence_of` that the decision carries."""
    return hashlib.sha256(reports.canonical_json(evidence)).hexdigest()


def _refuse_unfounded(
    check: str, reason_code: str, reason: str, ticket: str, valid_runs: int | None, valid_until: date | None
) -> None:
    if check in NEVER_EXPLAINED:
        raise InputRejectedError(f"{check} is never explained: {NEVER_EXPLAINED[check]}; correct it and rehearse again")
    if reason_code not in reasons():
        raise InputRejectedError(f"no reason code {reason_code!r}; there are: {', '.join(reasons())}")
    if not reason.strip() or not ticket.strip():
        raise InputRejectedError("an acceptance needs its reason and its ticket (票): what was looked at, and where")
    if valid_runs is None and valid_until is None:
        raise InputRejectedError("an acceptance needs a limit: a number of further runs, or a last snapshot day")
    if valid_runs is not None and not 0 <= valid_runs <= MOST_RUNS:
        raise InputRejectedError(f"an acceptance holds for 0 to {MOST_RUNS} further runs, not {valid_runs}")
