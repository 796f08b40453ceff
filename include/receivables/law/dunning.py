"""Dunning (督促): until when the letter must go out, and from when what it claims may be seized.

Law: 地方税法第329条第1項 (taxes: within twenty days of the due date), 地方自治法第231条の3第1項 (other public
claims) and 地方自治法施行令第171条 (all others): no number of days; 国税徴収法第47条第1項第1号 with 地方税法
第331条第1項第1号: seizure when ten days have passed since the day of issue. Days are rows of dunning_rules.csv.
"""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class DunningRule:
    """Days for the letter and days before seizure; None where the law names none (督促の規則)."""

    rule_id: str
    within_days: int | None
    seizable_after_days: int | None
    citation: str


@dataclass(frozen=True, slots=True)
class Dunning:
    """The last day for the letter, whether it kept it, the first day of seizure; None where the law names none."""

    limit_on: date | None
    is_on_time: bool | None
    seizable_from: date | None
    citation: str


def dunning(due: date, rule: DunningRule, *, issued_on: date | None = None) -> Dunning:
    """Limit of the letter for a claim due on `due`, and what follows from its issue. 地方税法第329条第1項.

    The day of issue is the first of the ten days; seizure is possible from the day after they have
    passed (国税徴収法第47条第1項第1号). A late letter is valid: the limit is directory.
    """
    limit = None if rule.within_days is None else due + timedelta(days=rule.within_days)
    is_on_time = None if limit is None or issued_on is None else issued_on <= limit
    waits = rule.seizable_after_days
    seizable = None if waits is None or issued_on is None else issued_on + timedelta(days=waits + 1)
    return Dunning(limit, is_on_time, seizable, rule.citation)
