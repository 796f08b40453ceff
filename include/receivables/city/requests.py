"""A request to ask somebody (催告の依頼): who was to be asked in which wave, and what came of each attempt."""

from dataclasses import dataclass, field
from datetime import date, datetime

from receivables.city.people import Person

PHONE_CENTRE, AUTO_CALL, SMS = "phone_centre", "auto_call", "sms"
TREATED, CONTROL = "treat", "control"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line that a vendor reports (架電・配信の結果); `told_on` is the day of the file that first has it."""

    number: str
    at: datetime  # Asia/Tokyo
    result: str
    told_on: date
    detail: str = ""  # key pressed, reason of a failure
    seconds: int = 0
    promised_on: date | None = None
    promised_yen: int = 0
    settled_at: datetime | None = None


@dataclass(slots=True)
class Request:
    """One debtor of one wave, treated or left alone for comparison (対照)."""

    number: str  # 依頼番号
    source_code: str
    campaign: str
    wave: int
    channel: str
    segment: str
    arm: str
    debtor: Person
    assigned_on: date
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """One claim of a request, with what was still owed on it when the list was drawn up."""

    request: Request
    due_yen: int
    is_first: bool  # the oldest claim stands for the debtor
