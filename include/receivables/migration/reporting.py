"""The run's report from its facts (移行検証報告書): what the groups tell, what was explained, who must sign."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from receivables import db, standard
from receivables.migration.characters import identification
from receivables.migration.checks import EXPLAINED, FAIL, NOT_RUN, Check
from receivables.migration.facts import GroupStory
from receivables.migration.runs import Run, previous_of
from receivables.migration.semantics import CERTAINTY_JA, STATUS_JA, affected
from receivables.migration.signoff import Differing, Report, acceptance_lines, keep_report, report_model, required
from receivables.migration.signoff.fact_lines import (
    BurnDown,
    ChangedMeaning,
    CharacterLine,
    DifferenceLine,
    PreviousRun,
    Readiness,
    TargetLine,
)
from receivables.migration.signoff.facts import FinanceLine, Place, RunFacts, RunRow
from receivables.migration.spec import Spec
from receivables.settings import State

CITY = "世田谷区"
_MEASURES = {
    "assessed_yen": "調定額", "received_yen": "収入済額", "written_off_yen": "不納欠損額",
    "uncollected_yen": "収入未済額", "refund_pending_yen": "還付未済額",
}  # fmt: skip
_ASPECTS = {  # 準備状況: what stands behind each aspect
    "仕様": ("C-001", "C-110"), "対応表": ("R-001", "R-002", "R-032"), "コード": ("C-040", "R-050"),
    "文字": ("C-070",), "形式": ("C-010", "C-020", "C-021", "C-030", "C-051", "C-090", "C-100"),
    "整合": ("C-031", "C-050", "C-060", "C-080", "R-040", "R-041"),
    "照合": ("R-010", "R-011", "R-020", "R-030", "R-031", "R-060", "R-090"),
}  # fmt: skip
_STEPS = (
    "一つのスナップショットから移行表を作る（段階化）",
    "受入先プロファイルでファイルを書き出す",
    "書出しとは別の読取りで全ファイルを読み直す",
    "倉庫の独立計算・移行表・ファイルを全行・全項目で照合する",
    "再照合: receivables migration reconcile {run_id}",
)


def keep(
    connection: db.Connection, run: Run, spec: Spec, stories: Sequence[GroupStory], checks: Sequence[Check],
    differences: Sequence[DifferenceLine], open_: tuple[int, int], *, state: State,
) -> Report:  # fmt: skip
    """Make the report of one reconciliation and keep it; refused once somebody has signed the run."""
    facts = RunFacts(
        run=_row(connection, run, spec),
        groups=tuple(each.facts for each in stories),
        checks=tuple(checks),
        unexplained_rows=open_[0],
        unexplained_yen=open_[1],
        signers=required(_moving(run)),
        differences=tuple(differences),
        finance=tuple(_finance(run)),
        changed=tuple(ChangedMeaning(**each) for each in run.changed or ()),
        ledger=tuple(line for each in stories for line in each.ledger),
        codes=tuple(line for each in stories for line in each.codes),
        characters=tuple(_characters(connection, run)),
        previous=_previous(connection, run),
        burn_down=tuple(_burn_down(connection, run, checks, open_)),
        acceptances=acceptance_lines(connection, run.run_id),
        sample=tuple(line for each in stories for line in each.sample),
        files=tuple(line for each in stories for line in each.files),
        targets=tuple(_targets(run)),
        readiness=tuple(_readiness(stories, checks)),
        environment={"PostgreSQL": _version(connection)},
        steps=tuple(step.format(run_id=run.run_id) for step in _STEPS),
    )
    return keep_report(connection, report_model(facts), state=state)


def keep_changed(connection: db.Connection, run: Run) -> None:
    """Count whom changed meanings touch while the warehouse stands at the snapshot's day; the report tells it later."""
    told = [
        asdict(ChangedMeaning(
            each.entry.id, each.entry.what, each.entry.old.rule, each.entry.new.rule,
            CERTAINTY_JA[each.entry.certainty],
            f"{STATUS_JA[each.entry.decision.status]}（{each.entry.decision.owner}）",
            *((each.total.persons, each.total.claims, each.total.yen) if each.total else (None, None, None)),
        ))
        for each in affected(connection, run.snapshot_date)
    ]  # fmt: skip
    connection.execute("update migration.run set changed = %s::jsonb where run_id = %s", [json.dumps(told), run.run_id])


def lines_of(differences: Sequence[Differing], checks: Sequence[Check], groups: dict[str, Any]) -> list[DifferenceLine]:
    """The differences with what people need to judge them."""
    by_place = {(each.group or "", each.id, each.legs): each for each in checks}
    found = []
    for each in differences:
        check = by_place.get(each.place[:3])
        bench = groups.get(each.group)
        item = bench.spec.label(each.component) if bench and each.component else "（行全体）"
        keys = tuple(check.keys[:5]) if check else ()
        is_explained = check is not None and check.status == EXPLAINED
        found.append(DifferenceLine(each, item, check.cause if check else None, keys, is_explained))
    return found


def _row(connection: db.Connection, run: Run, spec: Spec) -> RunRow:
    made = connection.execute("select made_by from migration.run where run_id = %s", [run.run_id]).fetchone()
    return RunRow(
        run_id=run.run_id, kind=run.kind, city=CITY, edition=run.edition,
        is_draft=standard.edition(run.edition).meta.status == "draft", profile=run.profile,
        profile_title=spec.profile.description, snapshot=run.snapshot_date.isoformat(),
        published_batch=run.published_batch, revision=run.revision, spec_sha256=run.spec_sha256,
        map_sha256=run.map_sha256, profile_sha256=run.profile_sha256, sources=tuple(run.plan["sources"]),
        made_by=None if made is None or made[0] is None else str(made[0]),
    )  # fmt: skip


def _moving(run: Run) -> list[str]:
    return [target["claim_type"] for target in run.plan["targets"]]


def _finance(run: Run) -> Iterator[FinanceLine]:
    for gap in (run.finance or {}).get("gaps", ()):
        place = Place(gap["subject"], "", gap["levy_year"], None, gap["category"])
        yield FinanceLine(
            place, _MEASURES.get(gap["measure"], gap["measure"]), gap["warehouse_yen"], gap["finance_yen"],
            "会計の統制値",
        )  # fmt: skip


def _characters(connection: db.Connection, run: Run) -> Iterator[CharacterLine]:
    table = identification(connection, run.run_id)
    for decision in ("unresolved", "provisional", "substituted", "confirmed"):
        for row in table[decision]:
            yield CharacterLine(
                row["source_code"], row["codes"], str(row.get("target") or ""), row["class"], decision,
                row["row_count"], row["person_count"] or 0, str(row.get("basis") or ""),
            )  # fmt: skip


def _previous(connection: db.Connection, run: Run) -> PreviousRun | None:
    before = previous_of(connection, run)
    if before is None:
        return None
    rows = connection.execute(
        "select now.group_id, coalesce(old.staged_rows, 0), coalesce(now.staged_rows, 0)"
        " from migration.run_group as now left join migration.run_group as old"
        " on old.run_id = %s and old.group_id = now.group_id where now.run_id = %s order by now.position",
        [before.run_id, run.run_id],
    ).fetchall()
    then_and_now = {str(group): (int(str(then)), int(str(now))) for group, then, now in rows}
    return PreviousRun(before.run_id, before.snapshot_date.isoformat(), before.verdict, then_and_now)


def _burn_down(
    connection: db.Connection, run: Run, checks: Sequence[Check], open_: tuple[int, int]
) -> Iterator[BurnDown]:
    """The last ten runs of the same kind, oldest first, and this one."""
    rows = connection.execute(
        """
        select run_id, snapshot, failed, open_rows, open_yen, explained from (
            select r.run_id, r.snapshot_date::text as snapshot, r.created_at, coalesce(r.unexplained_rows, 0)
                as open_rows, coalesce(r.unexplained_yen, 0) as open_yen,
                count(c.*) filter (where c.status = 'FAIL') as failed,
                count(c.*) filter (where c.status = 'EXPLAINED') as explained
            from migration.run as r left join migration.recon_result as c on r.run_id = c.run_id
            where r.kind = %s and r.verdict is not null
                and r.created_at < (select created_at from migration.run where run_id = %s)
            group by r.run_id order by r.created_at desc limit 10
        ) as latest order by created_at
        """,
        [run.kind, run.run_id],
    ).fetchall()
    for row in rows:
        yield BurnDown(str(row[0]), str(row[1]), *(int(str(value)) for value in row[2:]))
    yield BurnDown(
        run.run_id, run.snapshot_date.isoformat(), sum(each.status == FAIL for each in checks), *open_,
        sum(each.status == EXPLAINED for each in checks),
    )  # fmt: skip


def _targets(run: Run) -> Iterator[TargetLine]:
    for target in run.plan["targets"]:
        yield TargetLine(
            target["claim_type"], target["claim_type"], target["source_code"], target["target"],
            target["standard_system"], target["state"], target["cut_over_on"], target["subject_code"], target["basis"],
        )  # fmt: skip


def _readiness(stories: Sequence[GroupStory], checks: Sequence[Check]) -> Iterator[Readiness]:
    for story in stories:
        mine = [each for each in checks if each.group == story.facts.id]
        yield Readiness(story.facts.id, {aspect: _state(mine, ids) for aspect, ids in _ASPECTS.items()})


def _state(checks: Sequence[Check], ids: Sequence[str]) -> str:
    found = [each for each in checks if each.id in ids]
    if not found:
        return "none"
    if any(each.status in (FAIL, NOT_RUN) for each in found):
        return "blocked"
    is_noted = any(each.status == EXPLAINED or (each.id == "C-110" and each.cause) for each in found)
    return "attention" if is_noted else "ready"


def _version(connection: db.Connection) -> str:
    found = connection.execute("show server_version").fetchone()
    return str(found[0]) if found else ""
