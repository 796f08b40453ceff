"""The migration plan (移行計画): which claims go where, which groups are staged from what, and in which order.

Where a kind of claim goes is the city's decision and stands in one seed that the warehouse reads too.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache

from receivables.errors import InputRejectedError
from receivables.settings import PROJECT

TARGETS = PROJECT / "dbt_project" / "seeds" / "migration" / "claim_targets.csv"

# 投入順: parents before children; 時効 is computed last, from everything else.
GROUPS = {
    "atena": "person", "sofusaki": "contact_point", "chotei_shuno": "claim", "shuno_rireki": "receipt",
    "tokusoku": "dunning", "taino_meisai": "delinquency", "bunno_keikaku": "plan_line", "yuyo": "deferral",
    "entaikin_gemmen": "exemption", "tainoshobun": "seizure", "kofu_yokyu": "filing", "shikkoteishi": "stay",
    "kanpu": "overpayment", "kesson": "write_off", "saikoku_hasso": "reminder", "kosho_keika": "contact",
    "jiko": "prescription",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """Where one kind of claim lives after the move (債権の移行先)."""

    claim_type: str
    source_code: str
    target: str  # standard, integrated, stay
    standard_system: str
    state: str  # done, to_come, none
    cut_over_on: str
    subject_code: str
    basis: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What one run stages: sources whose claims move, and groups in the order of loading."""

    sources: tuple[str, ...]
    groups: tuple[str, ...]
    targets: tuple[Target, ...]

    def as_json(self) -> str:
        """The plan as it is kept with its run."""
        return json.dumps(
            {"sources": self.sources, "groups": self.groups, "targets": [asdict(each) for each in self.targets]},
            ensure_ascii=False,
        )


@cache
def targets() -> tuple[Target, ...]:
    """The city's decision for every kind of claim."""
    with TARGETS.open(encoding="utf-8", newline="") as lines:
        return tuple(Target(**row) for row in csv.DictReader(lines))


def scope(sources: Sequence[str] | None = None, groups: Sequence[str] | None = None) -> Scope:
    """What a run stages: by default every group, of every source whose claims have yet to move.

    Raises InputRejectedError for a source whose claims stay, or a group that no source feeds.
    """
    moving = _distinct(each.source_code for each in targets() if each.state == "to_come")
    known = _distinct(each.source_code for each in targets() if each.target != "stay")
    _refuse_unknown("--sources", sources, known, "has no claims that move; those that do")
    _refuse_unknown("--groups", groups, tuple(GROUPS), "is fed by no source; those that are")
    chosen = moving if sources is None else tuple(name for name in known if name in sources)
    return Scope(
        chosen,
        tuple(name for name in GROUPS if groups is None or name in groups),
        tuple(each for each in targets() if each.source_code in chosen),
    )


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _refuse_unknown(option: str, given: Sequence[str] | None, known: Sequence[str], why: str) -> None:
    for name in given or ():
        if name not in known:
            raise InputRejectedError(f"{option} {name!r} {why}: {', '.join(known)}")
