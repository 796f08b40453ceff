"""Refunds of public assistance (生活保護費返還金・徴収金): means found later (生活保護法63条) or fraud (78条).

One decision claims back the aid of some months. Where the law changed between them it makes two claims, each
with its own part of the period, notice and due dates. Counts, yen and shares are assumptions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from receivables.city.bills import Basis, Bill
from receivables.city.blocks import Block
from receivables.city.habits import REFUND, habit_of
from receivables.city.levies import YEARS_KEPT, month_end
from receivables.city.life import Desk, Rules, write_off_prescribed
from receivables.city.numbers import notice_number
from receivables.city.office_days import fiscal_year, later, on_or_after
from receivables.city.people import Person

REFUND_63, COLLECTION_78 = "63", "78"
_TYPES = {REFUND_63: "seiho_refund_63", COLLECTION_78: "seiho_collection_78"}
# The first day of payment from which the claim may be enforced: 77条の2 (2018), 78条4項 (2014; to be confirmed).
ENFORCED_FROM = {REFUND_63: date(2018, 10, 1), COLLECTION_78: date(2014, 7, 1)}
_PRESCRIPTION_YEARS = 5  # 地方自治法236条1項
_RULES = Rules(REFUND, 0, 20, False, 14, _PRESCRIPTION_YEARS, 2100)  # no 延滞金 known
_FIRST_YEAR = 2012  # of the oldest decision that may still be open
_RESIDENTS_PER_DECISION, _FEWEST = 800, 4  # a year
_FRAUD, _ERROR, _LONG, _BY_INSTALMENTS, _SURCHARGED, _ON_AID = 0.3, 0.1, 0.25, 0.25, 0.6, 0.5  # shares
_MOST_SURCHARGE_PERMILLE = 400  # 78条1項: up to 40 per cent, part of the principal


@dataclass(frozen=True, slots=True)
class _Decision:
    number: str
    article: str
    on: date
    monthly_yen: int
    surcharge_permille: int
    instalments: int


def refund_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every instalment that was open in one of the years kept, decision by decision, each with its whole life."""
    rng, until = block.rng("welfare_refund"), block.as_of
    desk = Desk(_RULES, rng, block.receipt_serials())
    notices, numbers = block.serials(), block.serials()
    kept_from = date(fiscal_year(until) - YEARS_KEPT + 1, 4, 1)
    found: list[Bill] = []
    for year in range(_FIRST_YEAR, fiscal_year(until) + 1):
        for _ in range(max(_FEWEST, block.residents // _RESIDENTS_PER_DECISION)):
            decision, debtor = _decision(rng, year, f"{next(numbers):08d}"), _debtor(rng, people, year)
            if decision.on <= until and year <= debtor.last_year:
                for basis in _bases(rng, decision):
                    notice_no = notice_number(year, next(notices))
                    found.extend(_claim(rng, desk, decision, basis, debtor, notice_no))
    return [bill for bill in found if _is_kept(bill, kept_from)]


def _decision(rng: Random, year: int, number: str) -> _Decision:
    article = COLLECTION_78 if rng.random() < _FRAUD else REFUND_63
    on = on_or_after(date(year, 4, 1) + timedelta(days=rng.randrange(360)))
    surcharge = rng.randint(10, _MOST_SURCHARGE_PERMILLE // 10) * 10 if rng.random() < _SURCHARGED else 0
    count = rng.randint(6, 24) if rng.random() < _BY_INSTALMENTS else 1
    surcharge = surcharge if article == COLLECTION_78 else 0
    return _Decision(number, article, on, rng.randint(8, 40) * 1_000, surcharge, count)


def _debtor(rng: Random, people: list[Person], year: int) -> Person:
    """Who had aid: half of them have it still."""
    day = date(year, 4, 1)
    grown = [person for person in people if person.age(day) >= 20]
    on_aid = [person for person in grown if person.is_on_welfare]
    return rng.choice(on_aid if on_aid and rng.random() < _ON_AID else grown)


def _bases(rng: Random, decision: _Decision) -> Iterator[Basis]:
    """The months claimed back, ending some time before the decision; parted where the law changed."""
    months = rng.randint(24, 60) if rng.random() < _LONG else rng.randint(1, 14)
    last = month_end(decision.on.year, decision.on.month - rng.randint(1, 10))
    start = month_end(last.year, last.month - months) + timedelta(days=1)
    is_error = decision.article == REFUND_63 and rng.random() < _ERROR
    change = ENFORCED_FROM[decision.article]
    spans = [(start, last)]
    if start < change <= last and not is_error:
        spans = [(start, change - timedelta(days=1)), (change, last)]
    for split_seq, (first, end) in enumerate(spans, start=1):
        yield Basis(decision.number, split_seq, decision.on, is_error, first, end)


def _claim(
    rng: Random, desk: Desk, decision: _Decision, basis: Basis, debtor: Person, notice_no: str
) -> Iterator[Bill]:
    habit = habit_of(rng, REFUND)
    months = (basis.last.year - basis.first.year) * 12 + basis.last.month - basis.first.month + 1
    base_yen = decision.monthly_yen * months
    count = min(decision.instalments, base_yen // 4_000)
    parts = zip(_parted(base_yen, count), _parted(base_yen * decision.surcharge_permille // 1_000, count), strict=True)
    for number, (base, surcharge) in enumerate(parts, start=1):
        due = later(decision.on, 30) if count == 1 else month_end(decision.on.year, decision.on.month + number)
        bill = Bill(
            "welfare_refund", f"{basis.decision_no}-{basis.split_seq}-{number:02d}", _TYPES[decision.article], debtor,
            notice_no, number, decision.on.year, decision.on.year, fiscal_year(due), decision.on, due, base + surcharge,
            parts_yen=(base, surcharge), kind_code=decision.article, basis=basis,
            remark_code="分納" if count > 1 else "",
        )  # fmt: skip
        desk.live(bill, habit)
        write_off_prescribed(rng, bill, _PRESCRIPTION_YEARS)
        yield bill


def _parted(yen: int, count: int) -> list[int]:
    """`yen` in equal parts of whole thousands; the last takes the rest."""
    part = yen // count // 1_000 * 1_000
    return [*[part] * (count - 1), yen - part * (count - 1)]


def _is_kept(bill: Bill, kept_from: date) -> bool:
    """Whether the ledger still shows it: what was settled before the years kept has left it."""
    return bill.due_date >= kept_from or bill.paid_yen(kept_from) + bill.written_off_by(kept_from) < bill.assessed_yen
