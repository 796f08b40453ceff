"""One instalment as the department that levied it knows it, over its whole life.

A life is planned once, without regard to any day. `seen` then cuts it at a business date, so
that the files of following days continue those of the first.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from receivables.city.people import Person
from receivables.city.requests import Asked

if TYPE_CHECKING:
    from receivables.city.cases import Case


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt (収納). `advised_on` is the day of the preliminary notice (速報), when the channel sends one."""

    receipt_no: str
    channel_code: str
    paid_on: date
    advised_on: date | None
    received_on: date
    principal_yen: int
    charge_yen: int = 0

    @property
    def total_yen(self) -> int:
        """本税（料）と延滞金の計; dunning fees (督促手数料) are not charged in this ward."""
        return self.principal_yen + self.charge_yen


@dataclass(frozen=True, slots=True)
class SeenReceipt:
    """A receipt as the file of one day shows it: preliminary (速報) or final (確報)."""

    receipt: Receipt
    is_provisional: bool
    received_on: date


@dataclass(frozen=True, slots=True)
class Basis:
    """What a claim is founded on (決定): a decision, and the days between which the money was paid out."""

    decision_no: str
    split_seq: int
    decided_on: date
    is_office_error: bool
    first: date
    last: date


@dataclass(slots=True)
class Bill:
    """One instalment (期別): levied, perhaps paid, dunned or written off."""

    source_code: str
    claim_key: str
    claim_type: str
    debtor: Person
    notice_no: str
    instalment_no: int
    levy_year: int
    tax_year: int
    fiscal_year: int
    levied_on: date
    due_date: date
    assessed_yen: int
    parts_yen: tuple[int, ...] = ()
    contract_date: date | None = None
    subject: Person | None = None  # for whom it is owed: the child of a nursery fee
    object_no: str = ""  # for which thing: 軽自管理番号
    kind_code: str = ""
    remark_code: str = ""
    basis: Basis | None = None
    receipts: list[Receipt] = field(default_factory=list)
    dunned_on: date | None = None
    arrived_on: date | None = None
    returned_on: date | None = None
    dunning_deadline: date | None = None
    written_off_on: date | None = None
    written_off_yen: int = 0
    write_off_cause_code: str = ""
    asked: list[Asked] = field(default_factory=list)  # the waves (催告) in which somebody was asked for it
    cases: "list[Case]" = field(default_factory=list)  # the case work (滞納整理) on it

    @property
    def claim_id(self) -> str:
        """The warehouse's name for this claim."""
        return f"{self.source_code}:{self.claim_key}"

    def is_levied(self, day: date) -> bool:
        """Whether the bill existed (調定済) on `day`."""
        return self.levied_on <= day

    def seen(self, day: date) -> list[SeenReceipt]:
        """The receipts known on `day`; money on its way shows as preliminary, or not at all."""
        found = []
        for receipt in self.receipts:
            if receipt.received_on <= day:
                found.append(SeenReceipt(receipt, False, receipt.received_on))
            elif receipt.advised_on is not None and receipt.advised_on <= day:
                found.append(SeenReceipt(receipt, True, receipt.advised_on))
        return found

    def paid_yen(self, day: date) -> int:
        """Principal known to be paid on `day`, preliminary notices included."""
        return sum(one.receipt.principal_yen for one in self.seen(day))

    def written_off_by(self, day: date) -> int:
        """不納欠損額 as booked by `day`."""
        return self.written_off_yen if self.written_off_on and self.written_off_on <= day else 0


def known(event_date: date | None, day: date) -> date | None:
    """`event_date` when it has happened by `day`, else nothing."""
    return event_date if event_date is not None and event_date <= day else None
