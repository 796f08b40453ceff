"""What the rulebook holds, and how the row in force is chosen (規則の適用)."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import groupby
from operator import attrgetter

from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.law.allocation import ORDERS_SEED, Rank
from receivables.law.charging import RateTable
from receivables.law.clock import PrescriptionRule
from receivables.law.due_dates import ClosingDay
from receivables.law.dunning import DunningRule
from receivables.law.late_charge import LateChargeRule
from receivables.law.late_damages import LegalRate
from receivables.law.refund_interest import RefundInterestRule, StartRule
from receivables.rulebook.rates import RateTables, RunningOut

WARNING_DAYS = 60  # next year's rates are announced by the end of November


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
    dunning_rule: DunningRule


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
class PenaltyRate:
    """The rate of 違約金 of loans of one kind contracted in a closed range of days, in thousandths a year."""

    claim_type: str
    effective_from: date
    effective_to: date
    permille: int
    citation: str


@dataclass(frozen=True, slots=True)
class RankedComponent:
    """Which rank a component has among those that money pays, on a closed range of days (充当の順序)."""

    applies_to: str
    rank: int
    component_code: str
    effective_from: date
    effective_to: date
    citation: str


@dataclass(frozen=True, slots=True)
class Era:
    """From a day on, the kinds as their rows in force have them; a text says which row is missing."""

    begins: date
    kinds: dict[str, ClaimType | str]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything the seeds say; `claim_types` has the newest row of each kind."""

    claim_types: dict[str, ClaimType]
    eras: tuple[Era, ...]
    class_rules: dict[str, ClassRule]
    rates: RateTables
    refund_interest_rules: dict[str, RefundInterestRule]
    refund_interest_starts: dict[str, StartRule]
    penalty_rates: tuple[PenaltyRate, ...]
    closing_days: tuple[ClosingDay, ...]
    ranked_components: tuple[RankedComponent, ...]

    @property
    def late_charge_rates(self) -> RateTable:
        """延滞金の割合."""
        return self.rates.late_charge_rates

    @property
    def refund_interest_rates(self) -> RateTable:
        """還付加算金の割合."""
        return self.rates.refund_interest_rates

    @property
    def deferral_rates(self) -> RateTable:
        """猶予期間の延滞金の割合."""
        return self.rates.deferral_rates

    @property
    def legal_rates(self) -> tuple[LegalRate, ...]:
        """法定利率."""
        return self.rates.legal_rates

    def claim_type(self, name: str, on: date | None = None) -> ClaimType:
        """The kind called `name` as it holds for a claim due (a loan: contracted) on `on`; without a day the newest.

        InputRejectedError names the seed and the kinds there are, or the row that is missing on that day.
        """
        newest = self.claim_types.get(name)
        if newest is None:
            raise InputRejectedError(
                f"claim type {name!r} is not in dbt_project/seeds/law/claim_types.csv; "
                f"add its row with article and department. There are: {', '.join(sorted(self.claim_types))}"
            )
        if on is None:
            return newest
        found = self.eras[bisect_right(self.eras, on, key=lambda era: era.begins) - 1].kinds[name]
        if isinstance(found, str):
            raise InputRejectedError(f"claim type {name!r} on {on}: {found}; add the row that was in force")
        return found

    def class_rule(self, claim_type: str, ground_code: str, first: date, last: date) -> ClassRule | None:
        """The one row that holds for everything paid out from `first` to `last`; None where the law changes between."""
        for rule in self.class_rules.values():
            is_of = rule.claim_type == claim_type and rule.ground_code == ground_code
            if is_of and rule.basis_from <= first <= last <= rule.basis_to:
                return rule
        return None

    def kind_of(self, claim_type: str, class_rule_id: str | None, on: date | None = None) -> ClaimType:
        """The kind as it holds for one claim: with the claim's own class where the kind does not settle it.

        `on` as in `claim_type`. Raises InputRejectedError for a claim that should have a class of its
        own and has none: nothing is assumed.
        """
        kind = self.claim_type(claim_type, on)
        rule = self.class_rules.get(class_rule_id or "")
        if (rule.claim_type if rule else None) != (claim_type if self._is_classed(claim_type) else None):
            raise InputRejectedError(
                f"a claim of type {claim_type!r} stands under class rule {class_rule_id!r}; its row in "
                "dbt_project/seeds/law/claim_classes.csv must be of that type: see how its source's bases are read"
            )
        return _under(kind, rule) if rule else kind

    def _is_classed(self, claim_type: str) -> bool:
        return any(rule.claim_type == claim_type for rule in self.class_rules.values())

    def penalty_permille(self, claim_type: str, contract_date: date) -> int | None:
        """違約金 of loans contracted on a day, in thousandths a year; None where no row sets one."""
        for rate in self.penalty_rates:
            if rate.claim_type == claim_type and rate.effective_from <= contract_date <= rate.effective_to:
                return rate.permille
        return None

    def allocation_order(self, claim_type: str, legal_class: LegalClass, on: date) -> tuple[Rank, ...]:
        """The order in force on a day for a kind of claim, else for its class (充当の順序).

        Raises InputRejectedError naming the seed when there is none.
        """
        for applies_to in (claim_type, str(legal_class)):
            found = _ranks(self.ranked_components, applies_to, on)
            if found:
                return found
        raise InputRejectedError(
            f"no order of allocation for {claim_type} ({legal_class}) on {on}; add it to {ORDERS_SEED}"
        )

    def running_out(self, as_of: date, within_days: int = WARNING_DAYS) -> tuple[RunningOut, ...]:
        """The rate tables that do not reach `within_days` beyond `as_of`, with last day and the seed to add to."""
        return self.rates.running_out(as_of, within_days)


@cache  # asked for claim after claim of one due date
def _ranks(known: tuple[RankedComponent, ...], applies_to: str, on: date) -> tuple[Rank, ...]:
    found = [row for row in known if row.applies_to == applies_to and row.effective_from <= on <= row.effective_to]
    ranks = groupby(sorted(found, key=attrgetter("rank")), key=attrgetter("rank"))
    together = [list(rows) for _, rows in ranks]
    return tuple(Rank(tuple(row.component_code for row in rows), rows[0].citation) for rows in together)


def _under(kind: ClaimType, rule: ClassRule) -> ClaimType:
    own = {"legal_class": rule.legal_class, "prescription_rule": rule.prescription_rule, "citation": rule.citation}
    return replace(kind, **own)  # type: ignore[arg-type]
