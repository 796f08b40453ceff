"""Seed files read into the rulebook; what is wrong is told with file, line and key (規則集の読込み)."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

from receivables.errors import InputRejectedError
from receivables.law.charging import Rate, RateTable
from receivables.law.clock import PrescriptionRule
from receivables.law.dunning import DunningRule
from receivables.law.late_charge import LateChargeRule
from receivables.law.late_damages import LegalRate
from receivables.rulebook import rows
from receivables.rulebook.book import ClaimType, ClassRule, Era, Rulebook
from receivables.rulebook.rates import RateTables
from receivables.rulebook.rows import Row

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date.max
_ONE_DAY = timedelta(days=1)
T = TypeVar("T")
Dated = TypeVar("Dated", Rate, LegalRate)


@dataclass(frozen=True, slots=True)
class InForce(Generic[T]):
    """A row and the closed range of days on which it is in force (適用期間)."""

    effective_from: date
    effective_to: date
    value: T


Versions = dict[str, list[InForce[T]]]


def read(folder: Path) -> Rulebook:
    """The rules in `folder`; InputRejectedError names file, line and key of what cannot be read."""
    prescriptions = _versions(folder / "prescription_rules.csv", "rule_id", rows.prescription_rule)
    charges = _versions(folder / "late_charge_rules.csv", "rule_id", rows.late_charge_rule)
    letters = {rule.rule_id: rule for rule in _read(folder / "dunning_rules.csv", rows.dunning_rule)}
    kinds = _versions(folder / "claim_types.csv", "claim_type", lambda row: _Kind(row, prescriptions, charges, letters))
    eras = _eras(kinds, prescriptions, charges)
    newest = {name: kind for era in eras for name, kind in era.kinds.items() if isinstance(kind, ClaimType)}
    return Rulebook(
        claim_types=newest,
        eras=eras,
        class_rules=_covering(folder / "claim_classes.csv", lambda row: _class_rule(row, newest, prescriptions)),
        rates=RateTables(
            RateTable(_gapless(folder / "late_charge_rates.csv", rows.rate)),
            RateTable(_gapless(folder / "refund_interest_rates.csv", rows.single_rate)),
            RateTable(_gapless(folder / "deferral_rates.csv", rows.single_rate)),
            _gapless(folder / "legal_rates.csv", rows.legal_rate),
        ),
        refund_interest_rules=_by_id(folder / "refund_interest_rules.csv", rows.refund_interest_rule),
        refund_interest_starts=_by_id(folder / "refund_interest_starts.csv", rows.start_rule),
        penalty_rates=tuple(_read(folder / "loan_penalty_rates.csv", rows.penalty_rate)),
        closing_days=tuple(_read(folder / "closing_days.csv", rows.closing_day)),
        ranked_components=tuple(_read(folder / "allocation_orders.csv", rows.ranked_component)),
    )


class _Kind:
    """A row of claim_types.csv whose rules are looked up for a day."""

    def __init__(
        self,
        row: Row,
        prescriptions: Versions[PrescriptionRule],
        charges: Versions[LateChargeRule],
        letters: dict[str, DunningRule],
    ) -> None:
        self._row, self._class = row, rows.legal_class(row)
        self._prescription = rows.named(row, "prescription_rule", prescriptions, "prescription_rules.csv")
        charge = row["late_charge_rule"]
        self._charge = rows.named(row, "late_charge_rule", charges, "late_charge_rules.csv") if charge else None
        self._dunning = rows.named(row, "dunning_rule", letters, "dunning_rules.csv")

    def on(self, day: date) -> ClaimType | str:
        """The kind with the rules in force on `day`, or what has no row then."""
        row = self._row
        prescription = _on(self._prescription, day)
        charge = None if self._charge is None else _on(self._charge, day)
        if prescription is None:
            return f"prescription rule {row['prescription_rule']!r} has no row in prescription_rules.csv"
        if self._charge is not None and charge is None:
            return f"late-charge rule {row['late_charge_rule']!r} has no row in late_charge_rules.csv"
        names = row["claim_type"], row["name_ja"], self._class, row["owner_dept"]
        return ClaimType(*names, prescription, charge, row["citation"], self._dunning)


def _eras(kinds: Versions[_Kind], *rules: Versions[PrescriptionRule] | Versions[LateChargeRule]) -> tuple[Era, ...]:
    """The days on which some row begins or ends, each with the kinds as they are from then on."""
    begins = {date.min}
    spans: list[InForce[Any]] = [row for table in (kinds, *rules) for found in table.values() for row in found]
    for row in spans:
        begins.add(row.effective_from)
        begins.update([row.effective_to + _ONE_DAY] if row.effective_to < _LAST_DAY else [])
    return tuple(Era(day, {name: _kind_on(found, day) for name, found in kinds.items()}) for day in sorted(begins))


def _kind_on(versions: list[InForce[_Kind]], day: date) -> ClaimType | str:
    kind = _on(versions, day)
    return "no row in claim_types.csv" if kind is None else kind.on(day)


def _on(versions: list[InForce[T]], day: date) -> T | None:
    return next((row.value for row in versions if row.effective_from <= day <= row.effective_to), None)


def _class_rule(row: Row, kinds: dict[str, ClaimType], prescriptions: Versions[PrescriptionRule]) -> ClassRule:
    kind = rows.named(row, "claim_type", kinds, "claim_types.csv")
    prescribes = rows.named(row, "prescription_rule", prescriptions, "prescription_rules.csv")[-1].value
    if prescribes.legal_class != rows.legal_class(row):
        raise ValueError(f"prescription rule {prescribes.rule_id} is of class {prescribes.legal_class}")
    span = rows.day(row, "basis_from"), rows.day(row, "basis_to")
    own = row["class_rule_id"], kind.claim_type, row["ground_code"]
    return ClassRule(*own, *span, rows.legal_class(row), prescribes, row["citation"])


def _read(file: Path, build: Callable[[Row], T]) -> Iterator[T]:
    if not file.is_file():
        raise InputRejectedError(f"{file.name} is not in the rulebook's folder; it is a seed of the law")
    with file.open(encoding="utf-8", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle, strict=True), start=2):
            if not row.get("citation"):
                raise InputRejectedError(f"{file.name}, line {line}: no citation; every rule names its article")
            try:
                yield build(row)
            except KeyError as error:
                raise InputRejectedError(f"{file.name}, line {line}: no column {error}; add it") from None
            except ValueError as error:
                raise InputRejectedError(f"{file.name}, line {line}: {error}; correct the row") from None


def _by_id(file: Path, build: Callable[[Row], T]) -> dict[str, T]:
    """Rows by their `rule_id`."""
    return dict(_read(file, lambda row: (row["rule_id"], build(row))))


def _versions(file: Path, key: str, build: Callable[[Row], T]) -> Versions[T]:
    """Rows of one key in the order of their days, no two in force at once."""
    found: Versions[T] = {}
    for line, (name, row) in enumerate(_read(file, lambda row: (row[key], InForce(*rows.days(row), build(row)))), 2):
        before = found.setdefault(name, [])
        if before and row.effective_from <= before[-1].effective_to:
            ends = before[-1].effective_to
            raise InputRejectedError(f"{file.name}, line {line}: {key} {name!r} is in force until {ends} already")
        before.append(row)
    return found


def _gapless(file: Path, build: Callable[[Row], Dated]) -> tuple[Dated, ...]:
    """Ranges in order, each beginning the day after the one before: no day has two rates or none between."""
    found = tuple(_read(file, build))
    if not found:
        raise InputRejectedError(f"{file.name} has no row; add the rate in force with its article")
    for line, (before, after) in enumerate(pairwise(found), start=3):
        if after.effective_from != before.effective_to + _ONE_DAY:
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
        begins[own] = rule.basis_to + _ONE_DAY if rule.basis_to < _LAST_DAY else _LAST_DAY
        found[rule.class_rule_id] = rule
    for (claim_type, ground_code), begin in begins.items():
        if begin != _LAST_DAY:
            raise InputRejectedError(f"{file.name}: {claim_type}, {ground_code}: no row from {begin}; add it")
    return found
