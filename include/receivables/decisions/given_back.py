"""還付・充当後の未納: who had paid owes again, and no campaign writes before both books were looked at."""

from receivables import db
from receivables.decisions.proposing import propose
from receivables.errors import InputRejectedError
from receivables.settings import State

# The fingerprint is the one of dbt's claims_told_of: one more repayment, or another amount, and it is held again.
_GIVEN_BACK = """
    select
        array_agg(event_id order by event_id),
        md5(string_agg(concat_ws(' ', event_id, amount_yen), ',' order by event_id))
    from mart.fct_claim_events
    where claim_id = %s and event_type in ('refunded', 'offset') and withdrawn_on is null and event_date <= as_of
"""


def propose_owed(claim_id: str, *, reason: str, user: str, is_owed: bool = True, state: State) -> str:
    """Say that a claim which owes again after 還付・充当 is rightly owed; the decision's id, for another to confirm.

    `is_owed` False takes such a word back: the claim is held again.

    Raises InputRejectedError when the published books tell of nothing that was given back on this claim.
    """
    with db.connect(state, "etl", doing=f"what was given back on {claim_id}") as connection:
        found = connection.execute(_GIVEN_BACK, [claim_id]).fetchone()
    if found is None or found[0] is None:
        raise InputRejectedError(
            f"{claim_id}: nothing was refunded or offset on it (mart.fct_claim_events); no decision is due"
        )
    events, facts = found
    return propose(
        "given_back",
        claim_id,
        "owed" if is_owed else "not_owed",
        reason=reason,
        facts=str(facts),
        evidence={"events": events},
        user=user,
        state=state,
    )
