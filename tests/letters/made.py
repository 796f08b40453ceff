"""Made-up letters for the tests; every value can be said otherwise."""

from datetime import date, timedelta
from typing import Any

from receivables.campaigns.letters import Kind, Letter, LetterClaim, Order, Recipient, Slip, seal, slip_number
from receivables.claims import LegalClass
from receivables.yen import Yen

KEY = "a key of the tests"
ISSUED, DEADLINE = date(2026, 12, 4), date(2026, 12, 14)
ORDER = Order("dunning-20261204", post_by_date=date(2026, 12, 8), expires_on=date(2027, 1, 31))
ADDRESS = ("東京都世田谷区世田谷四丁目21番27号", "世田谷ハイツ101号室")
NAME = "世田谷　太郎"


def claim(number: int = 1, *, instalment_no: int = 3, has_slip: bool = True, **given: Any) -> LetterClaim:
    yen = Yen(given.get("principal_yen", 25_000) + (given.get("late_charge_yen", 300) or 0))
    slip = Slip(slip_number("01", f"{2600000000 + number}", instalment_no), yen, DEADLINE) if has_slip else None
    return LetterClaim(**{
        "claim_type": "resident_tax", "legal_class": LegalClass.ENFORCED_PUBLIC, "name": "特別区民税・都民税",
        "fiscal_year": 2026, "instalment": f"第{instalment_no}期", "due_date": date(2026, 10, 31),
        "principal_yen": Yen(25_000), "late_charge_yen": Yen(300), "slip": slip, **given,
    })  # fmt: skip


def letter(
    number: int = 1, *, claims: int | tuple[LetterClaim, ...] = 1, kind: Kind = "dunning", **given: Any
) -> Letter:
    """Letter `number` with these claims or so many, to a person of the same address."""
    recipient = Recipient("154-8504", given.pop("address", ADDRESS), given.pop("name", NAME))
    is_demand = kind in ("dunning", "reminder")
    if isinstance(claims, int):
        claims = tuple(claim(number, instalment_no=at) for at in range(1, claims + 1)) if is_demand else ()
    return Letter(**{
        "token": seal(f"reference {number}", KEY), "kind": kind, "issued_on": ISSUED, "office": "tax",
        "recipient": recipient, "deadline_date": DEADLINE if is_demand else None, "claims": claims,
        "charged_until": ISSUED - timedelta(days=1) if is_demand else None, **given,
    })  # fmt: skip
