"""Both sides on the same late charges: how many differ, and each difference ready to be run again."""

import json
from dataclasses import dataclass

from receivables.law.late_charge import LateChargeRule
from tests.law.second import engine
from tests.law.second.charge_cases import RULES, generate
from tests.law.second.day_by_day import DEFERRAL, EXEMPT, Charges, late_charge
from tests.law.second.walked_calendar import as_date

KINDS = {DEFERRAL: "deferral", EXEMPT: "exempt"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One case that the two sides answer differently."""

    seed: int
    number: int
    case: str
    product: str
    second: str

    def __str__(self) -> str:
        return f"seed {self.seed}, case {self.number}: {self.case}\n  product {self.product}\n  second  {self.second}"


def product_rule(position: int) -> LateChargeRule:
    """A rule of RULES as the product writes it."""
    rule = RULES[position]
    return LateChargeRule(
        rule_id=f"second_{position}",
        base_unit=rule.base_unit,
        base_minimum=rule.base_minimum,
        low_months=rule.low_months,
        segment_rounding="floor_each" if rule.is_floored_each else "sum_exact",
        result_unit=rule.result_unit,
        result_minimum=rule.result_minimum,
        charged_from_fiscal_year=None,
        citation="differential test",
    )


PRODUCT_RULES = tuple(map(product_rule, range(len(RULES))))


def differences(seed: int, count: int) -> list[Difference]:
    """The cases of a seed that the two sides answer differently: charge or sum before the last cut."""
    cases, rules = generate(seed, count, has_reliefs=engine.HAS_RELIEFS)
    charge, total = late_charge(cases)
    ours = zip(charge.tolist(), total.tolist(), strict=True)
    found = []
    for number, (second, product) in enumerate(zip(ours, _product(cases, rules.tolist()), strict=True)):
        if second != product:
            told = _told(cases, number, int(rules[number]))
            found.append(Difference(seed, number, told, str(product), str(second)))
    return found


def _product(cases: Charges, rules: list[int]) -> list[tuple[int, int]]:
    plain = zip(cases.principal.tolist(), cases.due.tolist(), cases.paid.tolist(), strict=True)
    return [
        engine.charge(PRODUCT_RULES[rule], *one, _payments(cases, number), _reliefs(cases, number))
        for number, (one, rule) in enumerate(zip(plain, rules, strict=True))
    ]


def _payments(cases: Charges, number: int) -> list[tuple[int, int]]:
    slots = zip(cases.pay_day[number].tolist(), cases.pay_yen[number].tolist(), strict=True)
    return [(day, yen) for day, yen in slots if yen]


def _reliefs(cases: Charges, number: int) -> list[tuple[int, int, int]]:
    columns = (cases.relief_kind, cases.relief_first, cases.relief_last)
    return [one for one in zip(*(column[number].tolist() for column in columns), strict=True) if one[0]]


def _told(cases: Charges, number: int, position: int) -> str:
    """The case as a command line; the payments are the JSON of the file it names."""
    paid = [{"paid_on": as_date(day).isoformat(), "amount_yen": yen} for day, yen in _payments(cases, number)]
    payments = json.dumps(paid)
    reliefs = [f"{KINDS[kind]} {as_date(first)}..{as_date(last)}" for kind, first, last in _reliefs(cases, number)]
    rule = PRODUCT_RULES[position]
    names = ("base_unit", "base_minimum", "low_months", "segment_rounding", "result_unit", "result_minimum")
    overrides = " ".join(f"--rule {name}={getattr(rule, name)}" for name in names)
    return (
        f"echo '{payments}' > payments.json; receivables law late-charge --claim-type resident_tax"
        f" --principal {cases.principal[number]} --due {as_date(cases.due[number])}"
        f" --paid {as_date(cases.paid[number])} --payments payments.json {overrides} --json"
        + (f"  # reliefs: {', '.join(reliefs)}" if reliefs else "")
    )
