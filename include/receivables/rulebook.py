"""The rulebook (規則集): dbt_project/seeds/law read into what the law functions take.

The same files are dbt seeds, so that a query in the warehouse sees the rows a figure came from.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeVar, cast

from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.law.charging import Rate
from receivables.law.clock import PrescriptionRule, RestartRule
from receivables.law.late_charge import LateChargeRule, Rounding
from receivables.law.late_damages import LegalRate
from receivables.settings import SEEDS

Row = dict[str, str]
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date.max
T = TypeVar("T")
Dated = TypeVar("Dated", Rate, LegalRate)


@dataclass(frozen=True, slots=True)
class ClaimType:
    """A kind of claim and the law that follows it (債権の種類)."""

    claim_type: str
    name_ja: str
    legal_class: LegalClass
    owner_dept: str
    prescription_rule: PrescriptionRule
    late_charge_rule: LateChargeRule | None
    citation: str


@dataclass(frozen=True, slots=True)
class ClassRule:
    """The class of claims of one kind and ground, on money paid out in a span of days (債権ごとの債権区分)."""

    class_rule_id: str
    claim_type: str
    ground_code: str
    basis_from: date
    basis_to: date
    legal_class: LegalClass
    prescription_rule: PrescriptionRule
    citation: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything the seeds say."""

    claim_types: dict[str, ClaimType]
    class_rules: dict[str, ClassRule]
    late_charge_rates: tuple[Rate, ...]
    refund_interest_rates: tuple[Rate, ...]
    legal_rates: tuple[LegalRate, ...]

    def claim_type(self, name: str) -> ClaimType:
        """The kind called `name`; InputRejectedError names the seed and the kinds there are."""
        found = self.claim_types.get(name)
        if found is None:
            raise InputRejectedError(
                f"claim type {name!r} is not in dbt_project/seeds/law/claim_types.csv; "
                f"add its row with article and department. There are: {', '.join(sorted(self.claim_types))}"
            )
        return found

    def class_rule(self, claim_type: str, ground_code: str, first: date, last: date) -> ClassRule | None:
        """The one row that holds for everything paid out from `first` to `last`; None where the law changes between."""
        for rule in self.class_rules.values():
            is_of = rule.claim_type == claim_type and rule.ground_code == ground_code
            if is_of and rule.basis_from <= first <= last <= rule.basis_to:
                return rule
        return None

    def kind_of(self, claim_type: str, class_rule_id: str | None) -> ClaimType:
        """The kind as it holds for one claim: with the claim's own class where the kind does not settle it.

        Raises InputRejectedError for a claim that should have a class of its own and has none: nothing is assumed.
        """
        kind = self.claim_type(claim_type)
        rule = self.class_rules.get(class_rule_id or "")
        if (rule.claim_type if rule else None) != (claim_type if self._is_classed(claim_type) else None):
            raise InputRejectedError(
                f"a claim of type {claim_type!r} stands under class rule {class_rule_id!r}; its row in "
                "dbt_project/seeds/law/claim_classes.csv must be of that type: see how its source's bases are read"
            )
        return _under(kind, rule) if rule else kind

    def _is_classed(self, claim_type: str) -> bool:
        return any(rule.claim_type == claim_type for rule in self.class_rules.values())


def _under(kind: ClaimType, rule: ClassRule) -> ClaimType:
    own = {"legal_class": rule.legal_class, "prescription_rule": rule.prescription_rule, "citation": rule.citation}
    return replace(kind, **own)  # type: ignore[arg-type]


@cache
def rulebook(folder: Path = SEEDS / "law") -> Rulebook:
    """The rules in `folder`; InputRejectedError names file, line and key of what cannot be read."""
    prescriptions = {rule.rule_id: rule for rule in _read(folder / "prescription_rules.csv", _prescription_rule)}
    charges = {rule.rule_id: rule for rule in _read(folder / "late_charge_rules.csv", _late_charge_rule)}

    def claim_type(row: Row) -> ClaimType:
        return ClaimType(
            row["claim_type"],
            row["name_ja"],
            LegalClass(row["legal_class"]),
            row["owner_dept"],
            prescriptions[row["prescription_rule"]],
            charges[row["late_charge_rule"]] if row["late_charge_rule"] else None,
            row["citation"],
        )

    def class_rule(row: Row) -> ClassRule:
        own = row["class_rule_id"], kinds[row["claim_type"]].claim_type, row["ground_code"]
        days = date.fromisoformat(row["basis_from"]), date.fromisoformat(row["basis_to"])
        prescribes = prescriptions[row["prescription_rule"]]
        if prescribes.legal_class != row["legal_class"]:
            raise ValueError(f"prescription rule {prescribes.rule_id} is of class {prescribes.legal_class}")
        return ClassRule(*own, *days, LegalClass(row["legal_class"]), prescribes, row["citation"])

    kinds = {kind.claim_type: kind for kind in _read(folder / "claim_types.csv", claim_type)}
    return Rulebook(
        kinds,
        _covering(folder / "claim_classes.csv", class_rule),
        _gapless(folder / "late_charge_rates.csv", _rate),
        _gapless(folder / "refund_interest_rates.csv", _single_rate),
        _gapless(folder / "legal_rates.csv", _legal_rate),
    )


def _read(file: Path, build: Callable[[Row], T]) -> Iterator[T]:
    with file.open(encoding="utf-8", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle, strict=True), start=2):
            if not row.get("citation"):
                raise InputRejectedError(f"{file.name}, line {line}: no citation; every rule names its article")
            try:
                yield build(row)
            except (KeyError, ValueError) as error:
                raise InputRejectedError(f"{file.name}, line {line}: {error}; correct the row") from None


def _gapless(file: Path, build: Callable[[Row], Dated]) -> tuple[Dated, ...]:
    """Ranges in order, each beginning the day after the one before: no day has two rates or none between."""
    found = tuple(_read(file, build))
    for line, (before, after) in enumerate(pairwise(found), start=3):
        if after.effective_from != before.effective_to + timedelta(days=1):
            raise InputRejectedError(f"{file.name}, line {line}: must begin the day after {before.effective_to}")
    return found


def _covering(file: Path, build: Callable[[Row], ClassRule]) -> dict[str, ClassRule]:
    """Rows of one kind and ground cover every day once: no claim has two classes or none (債権ごとの債権区分)."""
    found: dict[str, ClassRule] = {}
    begins: dict[tuple[str, str], date] = {}
    for line, rule in enumerate(_read(file, build), start=2):
        own = rule.claim_type, rule.ground_code
        if rule.basis_from != begins.get(own, _FIRST_DAY):
            raise InputRejectedError(f"{file.name}, line {line}: must begin {begins.get(own, _FIRST_DAY)}")
        begins[own] = rule.basis_to + timedelta(days=1) if rule.basis_to < _LAST_DAY else _LAST_DAY
        found[rule.class_rule_id] = rule
    for (claim_type, ground_code), begin in begins.items():
        if begin != _LAST_DAY:
            raise InputRejectedError(f"{file.name}: {claim_type}, {ground_code}: no row from {begin}; add it")
    return found


def _rate(row: Row) -> Rate:
    return Rate(*_range(row), int(row["low_permille"]), int(row["high_permille"]), row["citation"])


def _single_rate(row: Row) -> Rate:
    return Rate(*_range(row), int(row["permille"]), int(row["permille"]), row["citation"])


def _legal_rate(row: Row) -> LegalRate:
    return LegalRate(*_range(row), int(row["permille"]), row["citation"])


def _range(row: Row) -> tuple[date, date]:
    return date.fromisoformat(row["effective_from"]), date.fromisoformat(row["effective_to"])


def _late_charge_rule(row: Row) -> LateChargeRule:
    if row["segment_rounding"] not in ("floor_each", "sum_exact"):
        raise ValueError("segment_rounding is floor_each or sum_exact")
    from_year = row["charged_from_fiscal_year"]
    return LateChargeRule(
        rule_id=row["rule_id"],
        base_unit=int(row["base_unit"]),
        base_minimum=int(row["base_minimum"]),
        low_months=int(row["low_months"]),
        segment_rounding=cast("Rounding", row["segment_rounding"]),
        result_unit=int(row["result_unit"]),
        result_minimum=int(row["result_minimum"]),
        charged_from_fiscal_year=int(from_year) if from_year else None,
        citation=row["citation"],
    )


def _prescription_rule(row: Row) -> PrescriptionRule:
    if row["restart_rule"] not in ("tax_issue_plus_10", "arrival_or_deadline"):
        raise ValueError("restart_rule is tax_issue_plus_10 or arrival_or_deadline")
    return PrescriptionRule(
        rule_id=row["rule_id"],
        legal_class=LegalClass(row["legal_class"]),
        years=int(row["years"]),
        years_before_2020=int(row["years_before_2020"]) if row["years_before_2020"] else None,
        restart_rule=cast("RestartRule", row["restart_rule"]),
        notice_renews=row["notice_renews"] == "true",
        needs_invocation=row["needs_invocation"] == "true",
        period_article=row["period_article"],
        dunning_article=row["dunning_article"],
        presumed_within_days=int(row["presumed_within_days"]) if row["presumed_within_days"] else None,
    )
