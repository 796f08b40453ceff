"""Accepted differences tested anew (説明の再検査): by every reconciliation, against the numbers of that run.

One row, one yen or one key more or less, and the acceptance is void for good; it stays on record with both numbers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from psycopg.rows import class_row, dict_row

from receivables import db, four_eyes
from receivables.decisions.confirming import require
from receivables.decisions.proposing import decision_of
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.migration.checks import EXPLAINED, FAIL, Check
from receivables.migration.signoff.acceptance import Acceptance, evidence_of, facts_of, limit_in_words, reasons
from receivables.migration.signoff.differing import (
    NEVER_EXPLAINED,
    NO_KEYS,
    Differing,
    differing_of,
    keep_differing,
)
from receivables.migration.signoff.fact_lines import AcceptanceLine
from receivables.settings import State

# In question for a run: seen in it or before it, of the same sources and a staged group, not void or expired before it.
_IN_QUESTION = """
    select a.acceptance_id, a.base_run, array(select jsonb_array_elements_text(a.sources)) as sources,
        a.group_id as "group", a.check_id as "check", a.legs, a.component, a.kind, a.rows, a.yen, a.keys_sha256,
        a.reason_code, a.reason, a.ticket, a.valid_runs, a.valid_until, a.proposed_by,
        (
            select count(*) from migration.run as further
            where further.created_at > base.created_at and further.created_at <= this.created_at
                and coalesce(further.plan -> 'sources', '[]') = a.sources
        )::integer as runs_since,
        this.snapshot_date as snapshot
    from migration.acceptance as a
    inner join migration.run as base on a.base_run = base.run_id
    inner join migration.run as this on this.run_id = %(run)s and this.created_at >= base.created_at
    where a.sources = coalesce(this.plan -> 'sources', '[]')
        and (
            a.group_id = ''
            or exists (select from migration.run_group as g where g.run_id = this.run_id and g.group_id = a.group_id)
        )
        and not exists (
            select from migration.acceptance_test as t inner join migration.run as earlier on t.run_id = earlier.run_id
            where t.acceptance_id = a.acceptance_id and t.outcome in ('void', 'expired')
                and earlier.created_at < this.created_at
        )
    order by a.proposed_at, a.acceptance_id
"""
_TESTED = """
    insert into migration.acceptance_test (run_id, acceptance_id, outcome, rows, yen, keys_sha256, approved_by, note)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_LINES = """
    select a.acceptance_id, a.group_id as "group", a.check_id as "check", a.legs, a.component, a.kind, a.rows, a.yen,
        a.keys_sha256, t.rows as rows_now, t.yen as yen_now, t.outcome, a.reason_code, a.reason, a.ticket,
        a.proposed_by, t.approved_by, a.base_run, a.valid_runs, a.valid_until, t.note
    from migration.acceptance_test as t inner join migration.acceptance as a on t.acceptance_id = a.acceptance_id
    where t.run_id = %s order by a.group_id collate "C", a.check_id, a.legs, a.component, a.kind, a.acceptance_id
"""


@dataclass(frozen=True, slots=True)
class Tested:
    """One acceptance against the numbers of one run (再検査)."""

    acceptance: Acceptance
    now: Differing
    outcome: str
    approved_by: str | None
    note: str | None


def apply(
    connection: db.Connection, run_id: str, checks: Sequence[Check], differences: Sequence[Differing], *, state: State
) -> list[Check]:
    """Test every live acceptance against the numbers of this run; the checks with what is explained by now.

    Keeps the differences and the outcome of each test. A failed check becomes EXPLAINED when each of its differences
    is accepted with exactly its rows, yen and keys, and they account for all that the check counted.
    """
    keep_differing(connection, run_id, differences)
    now = {each.place: each for each in differences}
    with connection.cursor(row_factory=class_row(Acceptance)) as cursor:
        asked = cursor.execute(_IN_QUESTION, {"run": run_id}).fetchall()
    with db.connect(state, "approver", doing=f"look at the acceptances of {run_id}") as approvals:
        tested = [
            _tested(approvals, each, now.get(each.place, Differing(*each.place, 0, 0, NO_KEYS)), state)
            for each in asked
        ]  # fmt: skip
    connection.execute("delete from migration.acceptance_test where run_id = %s", [run_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            _TESTED,
            [
                (run_id, each.acceptance.acceptance_id, each.outcome, each.now.rows, each.now.yen, each.now.keys_sha256,
                 each.approved_by, each.note)
                for each in tested
            ],
        )  # fmt: skip
    explained = {each.now.place: each for each in tested if each.outcome == "explained"}
    return [_explained(check, differences, explained) for check in checks]


def still_open(connection: db.Connection, run_id: str) -> list[Differing]:
    """The differences of the run's last reconciliation that no live acceptance explains (説明の無い差異)."""
    rows = connection.execute(
        "select a.group_id, a.check_id, a.legs, a.component, a.kind from migration.acceptance_test as t"
        " inner join migration.acceptance as a on t.acceptance_id = a.acceptance_id"
        " where t.run_id = %s and t.outcome = 'explained'",
        [run_id],
    ).fetchall()
    return [each for each in differing_of(connection, run_id) if each.place not in set(rows)]


def _tested(approvals: db.Connection, given: Acceptance, now: Differing, state: State) -> Tested:
    try:
        decision = decision_of(approvals, given.acceptance_id)
    except InputRejectedError:
        return Tested(given, now, "void", None, "判断の記録がない")
    if decision.state != "approved":
        return Tested(given, now, "waiting", None, "承認待ち：もう一人の承認がない")
    try:
        approver = "、".join(require(approvals, decision, state.secret(four_eyes.KEY)))
    except NeedsApprovalError:
        return Tested(given, now, "void", None, "承認が有効でない（署名不一致、または承認者が名簿から外れた）")
    if decision.facts != facts_of(evidence_of(asdict(given))):
        return Tested(given, now, "void", approver, "承認された内容と台帳の内容が異なる")
    if given.is_expired:
        return Tested(given, now, "expired", approver, f"期限切れ：{given.limit}")
    changed = [
        f"{name} {before:,} → {after:,}"
        for name, before, after in (("行", given.rows, now.rows), ("円", given.yen, now.yen))
        if before != after
    ] or (["キーが異なる"] if given.keys_sha256 != now.keys_sha256 else [])
    if changed:
        return Tested(given, now, "void", approver, "数値が変わった：" + "、".join(changed))
    return Tested(given, now, "explained", approver, None)


def _explained(check: Check, differences: Sequence[Differing], explained: dict[Any, Tested]) -> Check:
    if check.status != FAIL or check.id in NEVER_EXPLAINED:
        return check
    own = [each for each in differences if each.place[:3] == (check.group or "", check.id, check.legs)]
    if not own or any(each.place not in explained for each in own):
        return check
    counted = sum(each.yen if check.grain == "yen" else each.rows for each in own)
    if counted < check.difference:  # part of what the check counted is in no difference: that part is unexplained
        return check
    said = [explained[each.place] for each in own]
    return replace(check, status=EXPLAINED, cause="; ".join(dict.fromkeys(map(_in_words, said))))


def _in_words(tested: Tested) -> str:
    given = tested.acceptance
    return (
        f"説明済み（{given.reason_code} {reasons().get(given.reason_code, '')}）{given.reason}"
        f"［提案 {given.proposed_by}、承認 {tested.approved_by}、票 {given.ticket}、{given.limit}］"
    )


def acceptance_lines(connection: db.Connection, run_id: str) -> tuple[AcceptanceLine, ...]:
    """Every acceptance that this run tested, for its report: as accepted, and as found now."""
    rows = connection.cursor(row_factory=dict_row).execute(_LINES, [run_id]).fetchall()
    return tuple(
        AcceptanceLine(
            row["acceptance_id"],
            Differing(*(row[name] for name in Differing.__slots__)),
            row["rows_now"], row["yen_now"], row["outcome"],
            f"{row['reason_code']} {reasons().get(row['reason_code'], '')}：{row['reason']}",
            row["ticket"], row["proposed_by"], row["approved_by"],
            limit_in_words(row["base_run"], row["valid_runs"], row["valid_until"]), row["note"],
        )
        for row in rows
    )  # fmt: skip
