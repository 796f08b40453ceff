"""The report's one model (移行検証報告書のモデル): fifteen sections of plain data, whose canonical JSON people sign.

Page and PDF are drawn from it alone. It holds figures, names of items and keyed hashes; never a row's value that could
name a person.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from receivables.migration.checks import FAIL, NOT_RUN, Check, verdict_of
from receivables.migration.signoff.differing import gated
from receivables.migration.signoff.facts import GroupFacts, Legs, RunFacts

LEGS = "SWGFTL"
CONSISTENCY = ("C-030", "C-031", "C-040", "C-050", "C-051", "C-060", "C-070", "C-080", "C-090")


def report_model(run: RunFacts) -> dict[str, Any]:
    """The report of one reconciliation as one model; the same facts give the same model."""
    return {
        "cover": asdict(run.run),
        "summary": _summary(run),
        "counts": [_counts(group) for group in run.groups],
        "amounts": {
            "groups": [_amounts(group) for group in run.groups if group.amounts],
            "finance": [asdict(each) for each in run.finance],
        },
        "items": {
            "differences": [_plain(each) for each in run.differences],
            "changed": [asdict(each) for each in run.changed],
        },
        "ledger": [asdict(each) for each in run.ledger],
        "codes": {
            "used": [asdict(each) for each in run.codes if each.rows and each.target_code is not None],
            "unused": [asdict(each) for each in run.codes if not each.rows and each.target_code is not None],
            "unmapped": [asdict(each) for each in run.codes if each.target_code is None],
        },
        "characters": [asdict(each) for each in run.characters],
        "consistency": {
            "checks": [each.as_dict() for each in run.checks if each.id in CONSISTENCY],
            "spec": [
                {"group": each.id, "name": each.name, "evidence": each.evidence, "unverified": list(each.unverified),
                 "empty": list(each.empty)}
                for each in run.groups
            ],
        },
        "previous": _previous(run),
        "acceptances": [_plain(each) for each in run.acceptances],
        "sample": [asdict(each) for each in run.sample],
        "files": [asdict(each) for each in run.files],
        "procedure": {
            "steps": list(run.steps), "environment": run.environment,
            "targets": [asdict(each) for each in run.targets],
        },
        "signers": [{"role": each.name, "title": each.title} for each in run.signers],
    }  # fmt: skip


def _summary(run: RunFacts) -> dict[str, Any]:
    """The verdict, which is FAIL as well when a group was staged and nobody looked at it; and all figures in all."""
    unchecked = {each.id for each in run.groups} - {each.group for each in run.checks}
    checked = gated(run.checks, run.unexplained_rows, run.unexplained_yen)
    return asdict(replace(checked, verdict=FAIL) if unchecked else checked) | {
        "groups": [
            {"group": each.id, "name": each.name}
            | {
                "rows": _sums(line.rows for line in each.counts),
                "persons": _sums(line.persons for line in each.counts),
                "yen": _sums(line.yen for line in each.amounts),
                "status": _status([check for check in run.checks if check.group == each.id]),
                "digests": each.digests,
            }
            for each in run.groups
        ],
        "checks": [each.as_dict() for each in run.checks],
        "by_status": _by_status(run.checks),
        "explained": sum(each.outcome == "explained" for each in run.acceptances),
        "readiness": [
            {
                "group": each.group,
                "aspects": [list(pair) for pair in each.aspects.items()],
            }  # JSON keeps no order of keys
            for each in run.readiness
        ],
    }


def _status(checks: list[Check]) -> str:
    """What a group's checks say together; without a check nothing was looked at."""
    return verdict_of(checks) if checks else NOT_RUN


def _by_status(checks: Iterable[Check]) -> dict[str, int]:
    found: dict[str, int] = dict.fromkeys(("PASS", "EXPLAINED", "FAIL", "NOT RUN"), 0)
    for each in checks:
        found[each.status] += 1
    return found


def _counts(group: GroupFacts) -> dict[str, Any]:
    """件数・人数照合表 of a group: one line per 科目, 年度 and 現年/滞繰."""
    return {
        "group": group.id, "name": group.name,
        "lines": [asdict(line.place) | {"rows": line.rows, "persons": line.persons} for line in group.counts],
    }  # fmt: skip


def _amounts(group: GroupFacts) -> dict[str, Any]:
    """金額照合表 of a group: each amount item in all, and each of its cells."""
    items: dict[str, dict[str, Any]] = {}
    for line in group.amounts:
        item = items.setdefault(line.component, {"component": line.component, "item": line.item, "lines": []})
        item["lines"].append(asdict(line.place) | {"yen": line.yen})
    found = [item | {"yen": _sums(line["yen"] for line in item["lines"])} for item in items.values()]
    return {"group": group.id, "name": group.name, "items": found}


def _previous(run: RunFacts) -> dict[str, Any]:
    before = run.previous
    return {
        "run": before and {"run_id": before.run_id, "snapshot": before.snapshot, "verdict": before.verdict},
        "rows": [
            {"group": name, "before": then, "now": now}
            for name, (then, now) in (before.rows if before else {}).items()
        ],
        "rolls": [asdict(each) | {"unexplained": each.unexplained} for each in (before.rolls if before else ())],
        "burn_down": [asdict(each) for each in run.burn_down],
    }  # fmt: skip


def _sums(lines: Iterable[Legs]) -> Legs:
    """Per leg that was counted anywhere, the sum; a leg nobody counted is not there."""
    found: dict[str, int] = defaultdict(int)
    for line in lines:
        for leg, value in line.items():
            found[leg] += value
    return {leg: found[leg] for leg in LEGS if leg in found}


def _plain(line: Any) -> dict[str, Any]:
    """A line with its difference laid flat."""
    whole = asdict(line)
    flat: dict[str, Any] = whole.pop("differing")
    return flat | whole
