"""A published warehouse with claims of every section, and ways to look at it as somebody else."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "warehouse"))

from handmade import AS_OF, Handmade

from receivables import identity, ledger, publish, warehouse
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
        for claim_id in (f"resident_tax:2025-2025-000000000{number}-01", f"nhi:000000000{number}-01"):
            watched(one, claim_id)
    one.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=one.state)
    one.write_acts()
    ledger.record(as_of=AS_OF, state=one.state)
    identity.resolve(as_of=AS_OF, state=one.state)
    one.assess()
    warehouse.build_marts(as_of=AS_OF, state=one.state)
    publish.publish(as_of=AS_OF, state=one.state)
    return one


def watched(one: Handmade, claim_id: str) -> None:
    """A claim that is on every work list: it ends soon, is stayed, has a plan and a deferral."""
    one.act(claim_id, "plan_due", AS_OF - timedelta(days=200), until_on=AS_OF, document_no="1", amount_yen=500)
    one.act(claim_id, "deferral", AS_OF - timedelta(days=100), until_on=AS_OF, document_no="2")
    one.act(claim_id, "execution_stay", AS_OF - timedelta(days=90), ground_code="1", document_no="3")
    one.judged(claim_id, held_by="execution_stay", held_until=AS_OF + timedelta(days=1000),
               prescription_state="running", prescription_date_safe=AS_OF + timedelta(days=90))  # fmt: skip
