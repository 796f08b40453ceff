"""統合の取消し: a merge that people made and that was wrong is taken apart again, and what it caused is told.

The matching's groups were never touched by the merge, so nothing has to be guessed to restore them: the next night
parts the two as they were. Sending stops at once; it takes the second person only to part them.
"""

from typing import Any

from receivables.campaigns.doubting import caused_since, stop_for
from receivables.errors import InputRejectedError
from receivables.identity import review
from receivables.settings import State


def unmerge(debtor: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Propose that a merged debtor is two persons again; its id may be the one that was kept or the one that was lost.

    From this moment nothing is sent to either id and what was queued is cancelled. Returns `decisions` to confirm,
    `debtors` concerned, contacts `cancelled`, and what went out since the merge: `sent` and `held`. Raises
    InputRejectedError when no merge in force made this debtor.
    """
    merges = review.merges_of(debtor, state=state)
    if not merges:
        raise InputRejectedError(
            f"{debtor}: no merge of people made this debtor; `receivables identity events` tells why"
        )
    debtors = sorted({each[side] for each in merges for side in ("kept_id", "lost_id")})
    cancelled = stop_for(debtors, day=review.last_night(state), state=state)
    since = min(each["from_on"] for each in merges)
    pairs = sorted({each["pair"] for each in merges})
    return {
        "decisions": [review.answer(pair, "different", user=user, why=why, state=state) for pair in pairs],
        "debtors": debtors,
        "since": since,
        "cancelled": cancelled,
        **caused_since(debtors, since=since, state=state),
    }
