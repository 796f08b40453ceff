"""What happens to a bill after it is sent: receipts by channel, dunning, write-off.

Dunning goes out about 20 days after the due date (tax: 地方税法329条), to those whose money the
department has not seen; money on its way then crosses the letter (行き違い).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from receivables.city.bills import Bill, Receipt
from receivables.city.habits import Habit, Mix, Owed, payments
from receivables.city.numbers import receipt_number
from receivables.city.office_days import fiscal_year, later, on_or_before

DEBIT, COUNTER, SHOP, PHONE, PAYEASY = "01", "02", "03", "04", "05"
_CHANNELS = ((COUNTER, 22), (SHOP, 48), (PHONE, 22), (PAYEASY, 8))
_LAG_DAYS = {DEBIT: (3, 5), COUNTER: (2, 7), SHOP: (8, 14), PHONE: (10, 16), PAYEASY: (2, 4)}
_ADVISED = (SHOP, PHONE)  # these channels send a preliminary notice (速報) first
_HIGH_RATE_PERMILLE = 87


@dataclass(frozen=True, slots=True)
class Rules:
    """How one department duns and writes off."""

    mix: Mix
    system: int  # first digit of its receipt numbers
    dunning_days: int
    is_dunning_before: bool  # True: on the office day before the limit; False: after
    deadline_days: int
    prescription_years: int
    charges_from_year: int


class Desk:
    """One department's collection desk: lives its bills through, numbering receipts as it goes."""

    def __init__(self, rules: Rules, rng: Random, serials: Iterator[int]) -> None:
        self.rules, self._rng, self._serials = rules, rng, serials

    def dunning_date(self, due_date: date) -> date:
        """The day on which letters for `due_date` go out (督促状発付日)."""
        if self.rules.is_dunning_before:
            return on_or_before(due_date + timedelta(days=self.rules.dunning_days))
        return later(due_date, self.rules.dunning_days)

    def live(self, bill: Bill, habit: Habit) -> Bill:
        """Give `bill` its receipts, dunning and write-off."""
        dunning_date = self.dunning_date(bill.due_date)
        owed = Owed(bill.levied_on, bill.due_date, dunning_date, bill.assessed_yen)
        died_on = bill.debtor.died_on
        for paid_on, yen in payments(self._rng, habit, owed, self.rules.mix):
            if died_on and paid_on > died_on:
                break  # the succession (相続) is not settled
            bill.receipts.append(self._receipt(bill, habit, paid_on, yen))
        if bill.paid_yen(dunning_date - timedelta(days=3)) < bill.assessed_yen:
            self._dun(bill, dunning_date)
        return bill

    def _receipt(self, bill: Bill, habit: Habit, paid_on: date, yen: int) -> Receipt:
        rng = self._rng
        channel = DEBIT if habit is Habit.DEBIT and paid_on == bill.due_date else _channel(rng)
        advised_on, received_on = _course(rng, channel, paid_on)
        number = receipt_number(self.rules.system, next(self._serials))
        charge_yen = self._charge(bill.due_date, paid_on, yen)
        return Receipt(number, channel, paid_on, advised_on, received_on, yen, charge_yen)

    def _charge(self, due_date: date, paid_on: date, yen: int) -> int:
        """延滞金 as the payer happened to pay it. A rough figure: the law's own is not computed here."""
        days = (paid_on - due_date).days
        if days < 60 or yen < 2_000 or due_date.year < self.rules.charges_from_year or self._rng.random() < 0.6:
            return 0
        rough = yen // 1_000 * 1_000 * _HIGH_RATE_PERMILLE * days // 365_000
        return rough // 100 * 100 if rough >= 1_000 else 0

    def _dun(self, bill: Bill, dunning_date: date) -> None:
        rng = self._rng
        if rng.random() < 0.004:
            return  # withdrawn (引抜き): the claim is never dunned, and its clock runs on
        bill.dunned_on = dunning_date
        bill.dunning_deadline = later(dunning_date, self.rules.deadline_days)
        if rng.random() < 0.03:
            bill.returned_on = later(dunning_date, rng.randint(5, 9))  # 返戻: nobody lives there
        else:
            bill.arrived_on = dunning_date + timedelta(days=rng.randint(2, 4))


def asked_receipt(rng: Random, number: str, paid_on: date, yen: int) -> Receipt:
    """The receipt of somebody who pays because somebody called or wrote (催告による納付): the principal alone."""
    channel = _channel(rng)
    return Receipt(number, channel, paid_on, *_course(rng, channel, paid_on), yen)


def _course(rng: Random, channel: str, paid_on: date) -> tuple[date | None, date]:
    """When a channel tells of a payment, if it does, and when the department books it."""
    advised_on = later(paid_on, rng.randint(1, 2)) if channel in _ADVISED else None
    return advised_on, later(paid_on, rng.randint(*_LAG_DAYS[channel]))


def write_off_prescribed(rng: Random, bill: Bill, years: int) -> None:
    """Write off (不納欠損) what prescription ended, at the close of that fiscal year; some are overlooked."""
    rest_yen = bill.assessed_yen - sum(receipt.principal_yen for receipt in bill.receipts)
    if rest_yen <= 0 or rng.random() < 0.12:
        return
    last_paid = max((receipt.paid_on for receipt in bill.receipts), default=bill.due_date)
    start = max(bill.dunning_deadline or bill.due_date, last_paid)
    _write_off(bill, rest_yen, date(start.year + years, start.month, min(start.day, 28)), "01")


def write_off_after_stay(rng: Random, bill: Bill) -> None:
    """Write off tax after three years of 執行停止 (地方税法15条の7第4項), or at once (第5項)."""
    rest_yen = bill.assessed_yen - sum(receipt.principal_yen for receipt in bill.receipts)
    chance = rng.random()
    if rest_yen <= 0 or chance > 0.55:
        return
    last_paid = max((receipt.paid_on for receipt in bill.receipts), default=bill.due_date)
    stay_date = max(last_paid, bill.due_date) + timedelta(days=rng.randint(150, 400))
    if chance < 0.08:
        _write_off(bill, rest_yen, stay_date, "03")
    else:
        _write_off(bill, rest_yen, stay_date + timedelta(days=3 * 365 + 1), "02")


def _write_off(bill: Bill, rest_yen: int, extinct_date: date, cause_code: str) -> None:
    bill.written_off_on = on_or_before(date(fiscal_year(extinct_date) + 1, 3, 31))
    bill.written_off_yen, bill.write_off_cause_code = rest_yen, cause_code


def _channel(rng: Random) -> str:
    return rng.choices([code for code, _ in _CHANNELS], [weight for _, weight in _CHANNELS])[0]
