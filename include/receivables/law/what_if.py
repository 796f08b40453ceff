"""What each event did to the clock: the last days that would result if it were void (時効の説明).

Law: 地方自治法第236条第4項, 民法第147条～第152条 (what renews and postpones), read through `prescription`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from receivables.law.clock import Event, PrescriptionRule
from receivables.law.prescription import in_order, prescription


@dataclass(frozen=True, slots=True)
class WhatIf:
    """An event of the clock, and the last days without it."""

    event: str
    on: date
    date_safe: date | None
    date_alternative: date | None
    cause: str


def what_if(
    *,
    due: date,
    as_of: date,
    rule: PrescriptionRule,
    events: Sequence[Event] = (),
    contract_date: date | None = None,
    claim_id: str | None = None,
) -> tuple[WhatIf, ...]:
    """For each entry of the clock after the first: the last days if that event had no effect. 地方自治法第236条第4項.

    In the order of `prescription(...).clock`; the arguments are the same and so are the errors.
    """
    known = in_order(rule, events, as_of)
    found = []
    for at, event in enumerate(known):
        others = [*known[:at], *known[at + 1 :]]
        void = prescription(
            due=due, as_of=as_of, rule=rule, events=others, contract_date=contract_date, claim_id=claim_id
        )
        found.append(WhatIf(event.type, event.on, void.date_safe, void.date_alternative, void.cause))
    return tuple(found)
