"""The cohort brake (対象者の構成のブレーキ): a list unlike the one before, or unlike everybody it was drawn from.

A code that slipped by two years, a department that fell out, a list ten times as long: nothing in a single row is wrong
then, only the whole is. Such a list is built and shown, and nobody can approve it until somebody has written why.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from receivables import db
from receivables.campaigns.candidates import Decision
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.terms import CohortLimits
from receivables.errors import InputRejectedError
from receivables.settings import State

_OLDEST = 6
Cell = tuple[str, str]
_STORE = "insert into campaign.cohort (run_id, dimension, cell, listed, candidates) values (%s, %s, %s, %s, %s)"
_BEFORE = """
    select dimension, cell, listed from campaign.cohort where run_id = (
        select run_id from campaign.run
        where campaign_name = %s and run_id <> %s and dispatched_on is not null
        order by dispatched_on desc, built_at desc limit 1
    )
"""
_SHIFT = "insert into campaign.shift (run_id, shifts) values (%s, %s)"
_REASON = "insert into campaign.shift_reason (run_id, user_name, reason) values (%s, %s, %s) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class Cohort:
    """How many people of each kind are on a list, and among all who were looked at."""

    listed: Counter[Cell]
    candidates: Counter[Cell]


def cohort_of(decisions: Iterable[Decision], day: date) -> Cohort:
    """The make-up of a list on `day`: by department, by years since the oldest due date, by standing of the claims."""
    found = Cohort(Counter(), Counter())
    for each in decisions:
        cells = _cells(each, day)
        found.candidates.update(cells)
        if each.arm != "excluded":
            found.listed.update(cells)
    return found


def shifts(now: Cohort, before: Counter[Cell], limits: CohortLimits) -> list[dict[str, Any]]:
    """What of `now` is too far from the run `before`, or from everybody looked at; empty when nothing is.

    Shares are per mille of the people of one list. A list of fewer people than `smallest_list` is not judged.
    """
    found: list[dict[str, Any]] = []
    people, then = now.listed["people", "all"], before["people", "all"]
    if max(people, then) < limits.smallest_list:
        return found
    if then and abs(people - then) * 1000 > limits.most_growth_permille * then:
        found.append(_shift("people", "all", "last_run", now=people, was=then))
    for against, other, limit in (
        ("last_run", before, limits.most_shift_permille),
        ("everybody", now.candidates, limits.most_bias_permille),
    ):
        total = other["people", "all"]
        for cell in sorted(set(now.listed) | set(other)):
            if cell[0] == "people" or not total or not people:
                continue
            share, was = now.listed[cell] * 1000 // people, other[cell] * 1000 // total
            if abs(share - was) > limit:
                found.append(_shift(*cell, against, now=share, was=was))
    return found


def judge(connection: db.Connection, run_id: str, playbook: Playbook, found: Cohort) -> None:
    """Keep the make-up of a new list, and what of it must be explained before anybody may approve it."""
    cells = sorted(found.candidates)
    connection.cursor().executemany(
        _STORE, [(run_id, *cell, found.listed[cell], found.candidates[cell]) for cell in cells]
    )
    before: Counter[Cell] = Counter()
    for dimension, cell, listed in connection.execute(_BEFORE, [playbook.name, run_id]).fetchall():
        before[str(dimension), str(cell)] = int(str(listed))
    told = shifts(found, before, playbook.cohort)
    if told:
        connection.execute(_SHIFT, [run_id, Jsonb(told)])


def explain_shift(run_id: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Write down why a list is not like the one before; then it may be approved, by others. Once for ever.

    Raises InputRejectedError when there is nothing to explain, or no reason.
    """
    if not user.strip() or len(why.strip()) < 10:
        raise InputRejectedError("a shift needs a user and a reason in words that an auditor understands (--as, --why)")
    with db.connect(state, "sender", doing=f"explain shift {run_id}") as connection:
        found = connection.execute("select shifts from campaign.shift where run_id = %s", [run_id]).fetchone()
        if found is None:
            raise InputRejectedError(
                f"{run_id}: nothing of its make-up has shifted; see `receivables campaign preview`"
            )
        connection.execute(_REASON, [run_id, user, why])
    return {"run_id": run_id, "shifts": found[0], "explained_by": user, "reason": why}


def _cells(decided: Decision, day: date) -> set[Cell]:
    claims = decided.claims or decided.candidate.claims
    due = min((claim.due_date for claim in claims if claim.due_date), default=None)
    years = "unknown" if due is None else str(min(max((day - due).days // 365, 0), _OLDEST))
    return {
        ("people", "all"),
        ("years_overdue", years),
        *(("department", claim.owner_dept) for claim in claims),
        *(("standing", claim.standing or "unknown") for claim in claims),
    }


def _shift(dimension: str, cell: str, against: str, *, now: int, was: int) -> dict[str, Any]:
    return {"dimension": dimension, "cell": cell, "against": against, "now": now, "was": was}
