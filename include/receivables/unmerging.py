"""統合の取消し: what was wrongly made one is taken apart again, and what it caused is told.

The matching's groups were never touched by people's merges, so nothing has to be guessed to restore them: the next
night parts the two as they were. Sending stops at one person's doubt; it takes the second only to part them.
"""

from datetime import date
from typing import Any

from receivables.campaigns.doubting import caused_since, stop_for
from receivables.errors import InputRejectedError
from receivables.identity import joins, quality, review
from receivables.settings import State


def unmerge(debtor: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Propose that a merged debtor is two persons again; its id may be the one that was kept or the one that was lost.

    Every pair by which people made it one is proposed. From this moment nothing is sent to any of the ids and what was
    queued is cancelled. Returns `decisions` to confirm, `debtors` concerned, contacts `cancelled`, and what went out
    since the merge: `sent` and `held`. Raises InputRejectedError when no merge in force made this debtor, or when the
    answer was on the holder of a number (番号の再利用) and on no pair.
    """
    found = joins.merged(debtor, state=state)
    if found.since is None:
        raise InputRejectedError(f"{debtor}: no merge of people made this debtor (identity.merge)")
    if not found.pairs:
        raise InputRejectedError(
            f"{debtor}: an answer on the holder of a number made this debtor, not a pair; take it back with"
            " `receivables identity holder answer DEBTOR another` for the one that `holder list` names"
        )
    return _doubt(found.pairs, found.debtors, found.since, user=user, why=why, state=state)


def reject(pair: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Propose that the two of a pair are two persons; if they are one debtor now, sending to it stops at once.

    Returns what `unmerge` does; of two who were never one, `debtors` and what follows are empty.
    """
    debtors = joins.debtors_of(pair, state=state)
    are_one = len(debtors) == 1
    return _doubt([pair], debtors if are_one else [], date.min, user=user, why=why, state=state)


def judge(pair: str, verdict: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Judge a sampled pair; `different` is a doubt like any other and stops sending (see `reject`)."""
    quality.judge(pair, verdict, user=user, why=why, state=state)
    doubt = reject(pair, user=user, why=why, state=state) if verdict == "different" else {}
    return {"pair": pair, "verdict": verdict, **doubt}


def _doubt(pairs: list[str], debtors: list[str], since: date, *, user: str, why: str, state: State) -> dict[str, Any]:
    # The proposals first: they check who asks and why, and a hold that nobody can answer would stand for ever.
    told = [review.answer(pair, "different", user=user, why=why, debtors=debtors, state=state) for pair in pairs]
    cancelled = stop_for(debtors, day=review.last_night(state), state=state) if debtors else []
    caused = caused_since(debtors, since=since, state=state) if debtors else {"sent": [], "held": []}
    return {"decisions": told, "debtors": debtors, "since": since, "cancelled": cancelled, **caused}
