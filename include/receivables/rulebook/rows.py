"""One seed row read into what the law functions take; a ValueError names the column (規則の行)."""

from datetime import date
from typing import TypeVar, cast, get_args

from receivables.claims import LegalClass
from receivables.law.charging import Rate
from receivables.law.clock import PrescriptionRule, RestartRule
from receivables.law.due_dates import ClosingDay, ClosingKind
from receivables.law.dunning import DunningRule
from receivables.law.late_charge import LateChargeRule, Rounding
from receivables.law.late_damages import LegalRate
from receivables.law.refund_interest import Occasion, RefundInterestRule, StartRule
from receivables.rulebook.book import PenaltyRate, RankedComponent

Row = dict[str, str]
T = TypeVar("T")


def whole(row: Row, column: str) -> int:
    """A whole number; ValueError names the column."""
    text = row[column]
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column} {text!r} is not a whole number")
    return int(text)


def whole_or_none(row: Row, column: str) -> int | None:
    """A whole number, None where the cell is empty."""
    return whole(row, column) if row[column] else None


def day(row: Row, column: str) -> date:
    """A date; ValueError names the column."""
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        raise ValueError(f"{column} {row[column]!r} is not a date YYYY-MM-DD") from None


def days(row: Row) -> tuple[date, date]:
    """The closed range of days on which a row is in force."""
    first, last = day(row, "effective_from"), day(row, "effective_to")
    if last < first:
        raise ValueError(f"effective_to {last} is before effective_from {first}")
    return first, last


def one_of(row: Row, column: str, known: tuple[str, ...]) -> str:
    """One of the words that are known; ValueError names the column and them."""
    if row[column] not in known:
        raise ValueError(f"{column} is {' or '.join(known)}, not {row[column]!r}")
    return row[column]


def named(row: Row, column: str, known: dict[str, T], seed: str) -> T:
    """The row of another seed that a cell names."""
    if row[column] not in known:
        raise ValueError(f"{column} {row[column]!r} is not in {seed}")
    return known[row[column]]


def yes(row: Row, column: str) -> bool:
    """True or false."""
    return one_of(row, column, ("true", "false")) == "true"


def legal_class(row: Row) -> LegalClass:
    """債権区分."""
    return LegalClass(one_of(row, "legal_class", tuple(LegalClass)))


def rate(row: Row) -> Rate:
    """延滞金の割合."""
    return Rate(*days(row), whole(row, "low_permille"), whole(row, "high_permille"), row["citation"])


def single_rate(row: Row) -> Rate:
    """還付加算金・猶予期間の割合."""
    return Rate(*days(row), whole(row, "permille"), whole(row, "permille"), row["citation"])


def legal_rate(row: Row) -> LegalRate:
    """法定利率."""
    return LegalRate(*days(row), whole(row, "permille"), row["citation"])


def penalty_rate(row: Row) -> PenaltyRate:
    """違約金の割合."""
    return PenaltyRate(row["claim_type"], *days(row), whole(row, "permille"), row["citation"])


def ranked_component(row: Row) -> RankedComponent:
    """充当の順序."""
    return RankedComponent(row["applies_to"], whole(row, "rank"), row["component_code"], *days(row), row["citation"])


def late_charge_rule(row: Row) -> LateChargeRule:
    """延滞金の計算方法."""
    return LateChargeRule(
        rule_id=row["rule_id"],
        base_unit=whole(row, "base_unit"),
        base_minimum=whole(row, "base_minimum"),
        low_months=whole(row, "low_months"),
        segment_rounding=cast("Rounding", one_of(row, "segment_rounding", get_args(Rounding))),
        result_unit=whole(row, "result_unit"),
        result_minimum=whole(row, "result_minimum"),
        charged_from_fiscal_year=whole_or_none(row, "charged_from_fiscal_year"),
        citation=row["citation"],
    )


def refund_interest_rule(row: Row) -> RefundInterestRule:
    """還付加算金の端数."""
    return RefundInterestRule(
        rule_id=row["rule_id"],
        base_unit=whole(row, "base_unit"),
        base_minimum=whole(row, "base_minimum"),
        result_unit=whole(row, "result_unit"),
        result_minimum=whole(row, "result_minimum"),
        citation=row["citation"],
    )


def start_rule(row: Row) -> StartRule:
    """還付加算金の起算."""
    occasion = cast("Occasion", one_of(row, "occasion", get_args(Occasion)))
    return StartRule(row["rule_id"], occasion, whole(row, "months"), row["citation"])


def dunning_rule(row: Row) -> DunningRule:
    """督促の期限."""
    waits = whole_or_none(row, "seizable_after_days")
    return DunningRule(row["rule_id"], whole_or_none(row, "within_days"), waits, row["citation"])


def closing_day(row: Row) -> ClosingDay:
    """閉庁日."""
    kind = cast("ClosingKind", one_of(row, "kind", get_args(ClosingKind)))
    if kind == "weekday" and not 1 <= whole(row, "value") <= 7:
        raise ValueError(f"value {row['value']!r} is not a weekday: 1 is Monday, 7 is Sunday")
    if kind == "month_day":
        date.fromisoformat(f"2000-{row['value']}")
    return ClosingDay(row["rule_id"], kind, row["value"], *days(row), row["citation"])


def prescription_rule(row: Row) -> PrescriptionRule:
    """時効の規則."""
    return PrescriptionRule(
        rule_id=row["rule_id"],
        legal_class=legal_class(row),
        years=whole(row, "years"),
        years_before_2020=whole_or_none(row, "years_before_2020"),
        restart_rule=cast("RestartRule", one_of(row, "restart_rule", get_args(RestartRule))),
        notice_renews=yes(row, "notice_renews"),
        needs_invocation=yes(row, "needs_invocation"),
        period_article=row["period_article"],
        dunning_article=row["dunning_article"],
        presumed_within_days=whole_or_none(row, "presumed_within_days"),
    )
