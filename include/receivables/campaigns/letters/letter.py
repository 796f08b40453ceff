"""What one letter says (書面): plain values, made by the caller in the moment of printing and forgotten after it.

Names and addresses are in `Recipient` alone; nothing here shows them when printed to a log.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from receivables.campaigns.letters.slips import Slip
from receivables.claims import LegalClass
from receivables.yen import Yen

Kind = Literal["dunning", "reminder", "direct_debit", "cashless"]
DEMANDS: tuple[Kind, ...] = ("dunning", "reminder")  # they name claims and a day to pay by


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom (宛名): postal code `123-4567`, the address in lines as it should be read, the name without 様."""

    postal_code: str = field(repr=False)
    address_lines: tuple[str, ...] = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LetterClaim:
    """One instalment that is asked for (請求の内訳), in yen as it stands on the day of issue.

    `name` is the claim's Japanese name (科目), `instalment` what the bill calls it (第3期, 10月分). A claim without a
    slip (rent: the operator collects) is asked for all the same. `late_charge_yen` is None where it is not known what
    has accrued: the letter says so (別途) and asks for the principal alone, never for a guess.
    """

    claim_type: str
    legal_class: LegalClass
    name: str
    fiscal_year: int
    instalment: str
    due_date: date
    principal_yen: Yen
    late_charge_yen: Yen | None
    slip: Slip | None = None

    @property
    def total_yen(self) -> Yen:
        """Unpaid principal and late charge (未納額と延滞金の合計), as far as it is known."""
        return Yen(self.principal_yen + (self.late_charge_yen or 0))


@dataclass(frozen=True, slots=True)
class Letter:
    """One envelope's content (封書): 督促状, 催告書, 口座振替勧奨 or キャッシュレス納付の案内.

    `office` is a key of the city's offices (所管課); `deadline_date` the day named in the letter (指定期限), which
    demands must have: 地方自治法第231条の3第1項, 地方自治法施行令第171条. `charged_until` is the last day that its late
    charges count (延滞金の計算の末日): the business date of the warehouse, which may lie before the day of issue.
    """

    token: str
    kind: Kind
    issued_on: date
    office: str
    recipient: Recipient
    deadline_date: date | None = None
    charged_until: date | None = None
    claims: tuple[LetterClaim, ...] = ()

    @property
    def total_yen(self) -> Yen:
        """All that is asked for (納付していただく額)."""
        return Yen(sum(claim.total_yen for claim in self.claims))
