"""A published warehouse with claims of every section, and ways to look at it as somebody else."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "warehouse"))

from handmade import AS_OF, Handmade

from receivables import identity, publish, warehouse
from receivables.settings import State


@pytest.fixture(scope="session")
def world(new_state: Callable[[], State]) -> Handmade:
    """Two claims of each section, one overdue and dunned, and calls of two of them, published."""
    one = Handmade(new_state())
    one.make_tables()
    for number in "12":
        one.person(number * 15)
        person = {"addressee_no": number * 15, "due_date": AS_OF - timedelta(days=300)}
        one.tax(f"000000000{number}", **person)
        one.tax_receipt(f"000000000{number}", f"00000000000{number}", principal_yen=500)
        one.tax_dunning(f"000000000{number}", AS_OF - timedelta(days=280))
        one.premium(f"000000000{number}", **person)
        one.premium_receipt(f"000000000{number}", f"00000000000{number}", principal_yen=500)
        one.loan(f"000000{number}", received_yen=500, paid_on=AS_OF, **person)
        for system in ("01", "03"):
            one.add("phone_centre__calls", call_no=f"K{system}-{number}", request_no=f"R{number}", system_code=system,
                    campaign_code="after_dunning", wave_no=1, addressee_no=number * 15, called_on=AS_OF,
                    called_at="1030", result_code="01")  # fmt: skip
    one.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=one.state)
    identity.resolve(as_of=AS_OF, state=one.state)
    one.assess()
    warehouse.build_marts(as_of=AS_OF, state=one.state)
    publish.publish(as_of=AS_OF, state=one.state)
    return one
