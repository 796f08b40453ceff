"""What was confirmed becomes what the nights go by (判断の反映)."""

from datetime import date

from receivables import db, four_eyes
from receivables.decisions.confirming import require
from receivables.decisions.proposing import decision_of
from receivables.errors import InvariantBrokenError, NeedsApprovalError
from receivables.settings import State

_CONFIRMED = """
    select decision_id from decision.proposal as p
    where state = 'approved' and not exists (
        select from decision.in_force as f
        where f.decision_id = p.decision_id
            or (f.kind = p.kind and f.subject = p.subject and f.taken_up_at > p.made_at) -- overtaken
    )
    order by made_at, decision_id
"""


def take_up(connection: db.Connection, *, as_of: date, state: State) -> int:
    """Enter what was confirmed since the last night, effective from `as_of` (基準日) on; how many.

    Every signature is checked here, before anything goes by it: InvariantBrokenError names a decision that claims to be
    confirmed and whose signature does not hold. A confirmation that ran out before a night came is left out.
    """
    taken = 0
    for (decision_id,) in connection.execute(_CONFIRMED).fetchall():
        decision = decision_of(connection, str(decision_id))
        try:
            require(connection, decision, state.secret(four_eyes.KEY))
        except NeedsApprovalError as refused:
            if "signature" in str(refused):
                raise InvariantBrokenError(f"{refused}; somebody wrote past decision.record_approval") from None
            continue
        connection.execute(
            "insert into decision.in_force (decision_id, kind, subject, answer, facts, effective_on)"
            " values (%s, %s, %s, %s, %s, %s)",
            [decision.decision_id, decision.kind, decision.subject, decision.answer, decision.facts, as_of],
        )
        taken += 1
    return taken
