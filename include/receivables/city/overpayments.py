"""過誤納 of enforced claims: what was paid twice is given back (還付), set off against other arrears (充当), or waits.

The claim that takes what is set off is not told here (充当明細 would), and its ledger shows no receipt for it.
"""

from datetime import date

from receivables.city.bills import Bill
from receivables.city.cases import Kind, Office, Step, open_case, owed_yen
from receivables.city.office_days import later

_PAID_BACK, _SET_OFF = 0.72, 0.75  # of all; of those whose debtor owes something else
_PAID_TWICE = "1"  # 過誤納事由


def give_back(office: Office, theirs: list[Bill]) -> None:
    """Give each over-paid bill of one debtor its refund, offset or neither (還付未済)."""
    for bill in theirs:
        received = sorted(bill.receipts, key=lambda one: one.received_on)
        over = sum(one.principal_yen for one in received) - bill.assessed_yen
        if over > 0 and not bill.written_off_on:
            _settle(office, bill, over, received[-1].received_on, theirs)


def _settle(office: Office, bill: Bill, over: int, found_on: date, theirs: list[Bill]) -> None:
    rng = office.rng
    noticed = later(found_on, rng.randint(10, 25))
    owed = max((owed_yen(each, noticed) for each in theirs if each is not bill and each.due_date < noticed), default=0)
    offset = min(over, owed) if owed and rng.random() < _SET_OFF else 0
    steps = [Step("found", found_on, amount_yen=over, ground_code=_PAID_TWICE), Step("noticed", noticed)]
    if offset:
        steps.append(Step("offset", noticed, amount_yen=offset, issued_on=noticed, ground_code=_PAID_TWICE))
    if over > offset and rng.random() < _PAID_BACK:
        paid = later(noticed, rng.randint(10, 60))
        refunded = Step("refunded", paid, amount_yen=over - offset, issued_on=noticed, ground_code=_PAID_TWICE)
        steps.append(refunded)
    open_case(office, Kind.OVERPAYMENT, bill, steps, yen=over)
