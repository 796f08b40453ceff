"""Continuing (送信の続行): what was interrupted is dispatched again, run by run, as long as its approvals hold.

A closed window, a quiet day, a silent carrier, a halt, the kill switch or a lost worker leave messages queued or of
unknown fate; only another dispatch sends or settles them. Dispatch is safe beside itself, so this is too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import args_row

from receivables import db
from receivables.campaigns.dispatching import dispatch
from receivables.campaigns.outbox import MOST_ATTEMPTS
from receivables.campaigns.playbook import Gateway
from receivables.campaigns.switch import is_stopped
from receivables.errors import EnvironmentFailureError, NeedsApprovalError, ReceivablesError
from receivables.settings import State

# Approved and never begun; begun and not at its end; recalled with something in flight, which is only settled. What
# waits for people alone, or was refused by the carrier too often, no dispatch can help. 督促 first: it has its day.
_OPEN = """
    select made.run_id
    from campaign.run as made
    cross join lateral (
        select
            count(*) filter (
                where box.state = 'sending' or (box.state = 'unknown' and box.settle_at is not null)
            ) as in_flight,
            count(*) filter (where box.state = 'ready' and box.attempt < %s) as queued,
            count(*) filter (where box.state in ('ready', 'sending', 'unknown')) as unfinished
        from campaign.outbox as box where box.run_id = made.run_id
    ) as sent
    where made.state = 'approved'
        or (made.state = 'sending' and (sent.in_flight + sent.queued > 0 or sent.unfinished = 0))
        or (made.state = 'cancelled' and sent.in_flight > 0)
    order by made.purpose <> 'dunning', made.as_of, made.built_at, made.run_id
"""


@dataclass(frozen=True, slots=True)
class _Fault:
    run_id: str
    error: Exception

    def __str__(self) -> str:
        """Only our own errors are told in words: they hold nobody's data."""
        told = str(self.error) if isinstance(self.error, ReceivablesError) else type(self.error).__name__
        return told if told.startswith(self.run_id) else f"{self.run_id}: {told}"


def continue_runs(
    *,
    state: State,
    gateway_url: str | None = None,
    now: datetime | None = None,
    terms: Gateway | None = None,
) -> list[dict[str, Any]]:
    """Dispatch every run that is approved and has something open (続行), 督促 first; what became of each.

    Each has `run_id`, `became` (`done`, `waits`, `unapproved`: its approvals hold no more), `waiting` (messages; None
    where nobody looked) and `because`, a reason of dispatch or `people` where only people can find out. While all
    sending is stopped every run waits, `stopped`. The arguments are those of dispatch.

    A run that fails keeps no other from being tried; at the end the first fault's kind of error is raised and names
    all that failed.
    """
    found, faults = [], []
    for run_id in _open_runs(state):
        try:
            told = dispatch(run_id, state=state, gateway_url=gateway_url, now=now, terms=terms)
            found.append(_became(run_id, told["waiting"], told["stopped_because"]))
        except NeedsApprovalError:
            if is_stopped(state):
                found.append(_row(run_id, "waits", None, "stopped"))
            else:
                found.append(_row(run_id, "unapproved", None, None))
        except Exception as error:  # whatever it is, the next run is another matter
            faults.append(_Fault(run_id, error))
    if faults:
        _raise(faults, len(found))
    return found


def _open_runs(state: State) -> list[str]:
    with (
        db.connect(state, "sender", doing="look for runs to continue") as connection,
        connection.cursor(row_factory=args_row(str)) as cursor,
    ):
        return cursor.execute(_OPEN, [MOST_ATTEMPTS]).fetchall()


def _became(run_id: str, waiting: int, stopped_because: str | None) -> dict[str, Any]:
    if not waiting and stopped_because in (None, "recalled"):
        return _row(run_id, "done", 0, stopped_because)
    return _row(run_id, "waits", waiting, stopped_because or "people")


def _row(run_id: str, became: str, waiting: int | None, because: str | None) -> dict[str, Any]:
    return {"run_id": run_id, "became": became, "waiting": waiting, "because": because}


def _raise(faults: list[_Fault], others: int) -> None:
    first = faults[0].error
    kind = type(first) if type(first).__module__ == ReceivablesError.__module__ else EnvironmentFailureError
    raise kind(
        f"{len(faults)} of {len(faults) + others} runs could not be continued, the others were tried: "
        + "; ".join(map(str, faults))
        + "; `receivables campaign dispatch RUN` shows one alone"
    ) from first
