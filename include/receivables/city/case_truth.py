"""The truth about case work (滞納整理): what the accepted rows tell of it, and what became of plans."""

from collections.abc import Iterator
from datetime import date

from receivables.city.bills import Bill
from receivables.city.cases import Kind
from receivables.city.plans import outcome
from receivables.city.planting import Act, Fate
from receivables.city.truth import Delivery

CASES = (
    "source", "claim_id", "event_type", "event_date", "effective_on", "until_on", "amount_yen", "ground_code",
)  # fmt: skip
PLANS = ("source", "claim_id", "case_no", "signed_on", "outcome")
_AMOUNT = CASES.index("amount_yen")
_WHOLE = "instalment_plan"


def acts(deliveries: list[Delivery]) -> Iterator[Act]:
    """Every act of the accepted rows; a plan that is told line by line is one act on the sum of its lines."""
    wholes: dict[Act, int] = {}
    for delivery in deliveries:
        for row in delivery.rows:
            if row.fate is not Fate.ACCEPTED:
                continue
            for act in row.acts:
                if act[CASES.index("event_type")] != _WHOLE:
                    yield act
                    continue
                key = (*act[:_AMOUNT], "", *act[_AMOUNT + 1 :])
                wholes[key] = wholes.get(key, 0) + int(str(act[_AMOUNT]))
    for key, yen in wholes.items():
        yield (*key[:_AMOUNT], yen, *key[_AMOUNT + 1 :])


def plans(bills: list[Bill], day: date) -> Iterator[Act]:
    """What every plan signed by `day` has come to: kept, broken, or broken by our own late books."""
    for bill in bills:
        for case in bill.cases:
            is_plan = case.kind is Kind.PLAN or (case.kind is Kind.ACT and case.steps[0].event_type == _WHOLE)
            if is_plan and case.opened_on <= day:
                yield case.source, bill.claim_id, case.number, case.opened_on, outcome(case, day).value
