"""The declaration of a matching (名寄せの宣言): comparisons, blocking rules and conflicts as data, of any schema."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from receivables.errors import InputRejectedError

_SIDE = re.compile(r"\b([lr])\.(\w+)")
_LEVEL_KEYS = {"sql": "sql_condition", "label": "label_for_charts", "is_null": "is_null_level"}
EFFECTS = ("no_link", "review")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparator (比較項目): its levels from agreement down to ELSE, as Splink's own dictionaries."""

    name: str
    levels: tuple[dict[str, Any], ...]
    frequencies: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One blocking rule: `left` columns of one person equal `right` columns of the other, pairwise."""

    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def is_symmetrical(self) -> bool:
        """Whether the rule reads the same from both sides."""
        return self.left == self.right

    def conditions(self) -> list[str]:
        """SQL over `l` and `r`; two conditions if the sides differ, as Splink joins each pair in one order only."""
        ways = [(self.left, self.right)] if self.is_symmetrical else [(self.left, self.right), (self.right, self.left)]
        return [" and ".join(f"l.{a} = r.{b}" for a, b in zip(*way, strict=True)) for way in ways]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule that forbids a merge whatever the weight (併合禁止), with the reason an official reads."""

    code: str
    effect: str
    in_cluster: bool
    reason: str
    sql: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What lets a pair be linked without a person's eye; weights in bits."""

    review_weight: float
    link_weight: float
    always_told: str = "false"
    hard: str = "false"
    core: str = "true"
    least_extras: int = 0
    extras: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A whole matching; `columns` are what the caller gives, by DuckDB type."""

    title: str
    unique_id: str
    columns: dict[str, str]
    derived: dict[str, str]
    survivor: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    blocking: tuple[Block, ...]
    training: dict[str, Any]
    decision: Decision
    conflicts: tuple[Conflict, ...]
    mistyped: dict[str, Any] | None

    def without(self, comparison: str) -> "Declaration":
        """The same matching without one comparator (アブレーション)."""
        if comparison not in {one.name for one in self.comparisons}:
            raise InputRejectedError(f"the matching '{self.title}' has no comparison '{comparison}'")
        return replace(self, comparisons=tuple(one for one in self.comparisons if one.name != comparison))

    def with_bound(self, link_weight: float) -> "Declaration":
        """The same matching with another weight for automatic links, in bits."""
        return replace(self, decision=replace(self.decision, link_weight=link_weight))

    def settings(self) -> dict[str, Any]:
        """Splink's settings, untrained."""
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": self.unique_id,
            "comparisons": [
                {"output_column_name": one.name, "comparison_levels": list(one.levels)} for one in self.comparisons
            ],
            "blocking_rules_to_generate_predictions": [sql for block in self.blocking for sql in block.conditions()],
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": True,
        }


def japanese() -> Declaration:
    """The matching of a Japanese city's source persons."""
    return read(Path(__file__).with_name("japanese.yaml"))


def read(file: Path) -> Declaration:
    """The declaration in a YAML file; raises InputRejectedError where it makes no sense."""
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    terms = _terms(said.get("terms", {}))
    try:
        conflicts = tuple(
            Conflict(one["code"], one["effect"], one["in_cluster"], one["reason"], one["sql"].format_map(terms))
            for one in said.get("conflicts", [])
        )
        wrong = [one.code for one in conflicts if one.effect not in EFFECTS]
        if wrong:
            raise InputRejectedError(f"{file.name}: conflict '{wrong[0]}' must have the effect {' or '.join(EFFECTS)}")
        return Declaration(
            title=said["title"],
            unique_id=said["unique_id"],
            columns=said["columns"],
            derived=said.get("derived", {}),
            survivor=tuple(said.get("survivor", [])),
            comparisons=tuple(_comparison(one, terms) for one in said["comparisons"]),
            blocking=blocks(said["blocking"]),
            training=said["training"],
            decision=_decision(said["decision"], terms),
            conflicts=conflicts,
            mistyped=said.get("mistyped"),
        )
    except KeyError as missing:
        raise InputRejectedError(f"{file.name}: {missing} is missing or is no term; see japanese.yaml") from missing


def blocks(said: list[dict[str, list[str]]]) -> tuple[Block, ...]:
    """Blocking rules as they stand in a declaration: `same`, or `left` and `right`."""
    return tuple(Block(tuple(one.get("same") or one["left"]), tuple(one.get("same") or one["right"])) for one in said)


def _terms(said: dict[str, str]) -> dict[str, str]:
    terms: dict[str, str] = {}
    for name, sql in said.items():  # a term may use those above it
        terms[name] = sql.format_map(terms)
    return terms


def _comparison(said: dict[str, Any], terms: dict[str, str]) -> Comparison:
    levels = []
    for one in said["levels"]:
        level = {_LEVEL_KEYS[key]: value for key, value in one.items() if key in _LEVEL_KEYS}
        level["sql_condition"] = _SIDE.sub(r"\2_\1", str(one["sql"]).format_map(terms))
        if one.get("by_frequency"):
            level["tf_adjustment_column"] = said["frequencies"]
        levels.append(level)
    return Comparison(said["name"], tuple(levels), said.get("frequencies"))


def _decision(said: dict[str, Any], terms: dict[str, str]) -> Decision:
    sql = {key: said[key].format_map(terms) for key in ("always_told", "hard", "core") if key in said}
    extras = {code: condition.format_map(terms) for code, condition in said.get("extras", {}).items()}
    rest = {key: said[key] for key in ("review_weight", "link_weight")}
    return Decision(**rest, **sql, least_extras=said.get("least_extras", 0), extras=extras)
