"""Dispatch (送信): claim, call, record; settle what is unknown; stop at once when told to.

Any number of workers may run this at the same time, and any of them may be killed at any
moment: what it had claimed is looked up by another.
"""

import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from receivables import db, four_eyes
from receivables.campaigns import outbox, receipts
from receivables.campaigns.breaker import Breaker
from receivables.campaigns.calling import Caller
from receivables.campaigns.channels.sms import GatewaySilentError, SmsGateway
from receivables.campaigns.claiming import Claimed, Claimer, Clock
from receivables.campaigns.handover import batches
from receivables.campaigns.handover.working import LEASE_SECONDS, Handler
from receivables.campaigns.playbook import Gateway, gateway_terms
from receivables.campaigns.rendering import parts_by_level
from receivables.errors import EnvironmentFailureError, InputRejectedError, InvariantBrokenError, NeedsApprovalError
from receivables.settings import State

_BATCH = 20
_LOOK_UPS = 10
_LONGEST_WAIT = 0.5
_MOST_OUTAGES, _OUTAGE_SECONDS = 60, 1.0


@dataclass(slots=True)
class Dispatcher:
    """One worker on one approved run."""

    state: State
    claimer: Claimer
    gateway: SmsGateway
    terms: Gateway
    breaker: Breaker = field(default_factory=Breaker)
    duplicate_count: int = 0

    def run(self) -> str | None:
        """Work until nothing is open; returns why it stopped early, or None. A database that restarts is waited for."""
        outages = 0
        while True:
            try:
                is_over, because = self._step()
            except (EnvironmentFailureError, db.DatabaseError) as error:
                outages += 1
                if not _is_gone(error) or outages > _MOST_OUTAGES:
                    raise
                time.sleep(_OUTAGE_SECONDS)  # what was claimed is settled like any other when it is back
            else:
                outages = 0
                if is_over:
                    return because

    def _step(self) -> tuple[bool, str | None]:
        """Settle, claim, call; whether the work is over, and why it stopped early."""
        self.settle()
        if self.breaker.has_given_up:
            return True, "gateway_down"
        time.sleep(self.breaker.pause_seconds(time.monotonic()))
        claimed = self._claim()
        if claimed is None:
            return False, None
        if claimed.held_because and claimed.held_because != "recalled":
            return True, claimed.held_because
        if claimed.messages:
            self._caller.call_all(claimed.messages)
        elif not claimed.held_count:
            wait = self._seconds_to_settle()
            if wait is None:
                return True, claimed.held_because
            time.sleep(min(wait, _LONGEST_WAIT))
        return False, None

    def settle(self) -> None:
        """Find out what became of every message whose settle time is over: by receipt, or by asking (照会)."""
        if self.breaker.pause_seconds(time.monotonic()):
            return
        run_id, call_seconds = self.claimer.run.run_id, self.claimer.call_seconds
        with db.connect(self.state, "sender", doing="settle") as connection:
            receipts.apply_stored(connection)
            outbox.let_go(connection, run_id, self.terms, call_seconds)
            connection.commit()  # asking takes long, and what was found so far need not wait for it
            for found in outbox.unsettled(connection, run_id, _LOOK_UPS, self.terms, call_seconds):
                try:
                    seen = self.gateway.look_up(found.reference)
                except GatewaySilentError:
                    self.breaker.note(False, time.monotonic())
                    outbox.ask_later(connection, found, self.terms.settle_seconds)
                    continue
                self.breaker.note(True, time.monotonic())
                if seen is None:
                    outbox.settle_as_never_seen(connection, found)
                else:
                    self.duplicate_count += seen.accepted_count > 1
                    outbox.settle_as_accepted(connection, found, seen.status)

    @property
    def _caller(self) -> Caller:
        return Caller(self.claimer, self.gateway, self.breaker)

    def _claim(self) -> Claimed | None:
        try:
            return self.claimer.claim(self._limit())
        except db.DatabaseError as error:
            if error.constraint == "one_free_contact_a_day":  # another campaign took the same person just now
                return None
            raise

    def _limit(self) -> int:
        """How many to claim: one where each that is not called after all would be left to people."""
        if self.breaker.openings or self.terms.kind == "neither":
            return 1
        longest = max(parts_by_level(self.claimer.run.template_text))
        return max(1, min(_BATCH, self.terms.parts_per_second // longest))

    def _seconds_to_settle(self) -> float | None:
        query = """
            select extract(epoch from min(settle_at) - clock_timestamp()) from campaign.outbox
            where run_id = %s and state in ('sending', 'unknown')
        """
        with db.connect(self.state, "sender", doing="wait") as connection:
            row = connection.execute(query, [self.claimer.run.run_id]).fetchone()
        return None if row is None or row[0] is None else max(0.01, float(str(row[0])))


def dispatch(
    run_id: str,
    *,
    state: State,
    gateway_url: str | None = None,
    now: datetime | None = None,
    ignore_window: bool = False,
    terms: Gateway | None = None,
    kind: type[Dispatcher] = Dispatcher,
) -> dict[str, Any]:
    """Send the approved list `run_id` (送信), each message at most once; safe to run again and in parallel.

    `now` is the moment it starts (default: the database's clock). `ignore_window` judges by the
    run's own date instead of the clock; it is recorded in the run and works on a loopback
    simulator only. Without `gateway_url` the state's gateway.json says `url` and, if wanted,
    `ignore_window` and changed `terms`; `terms` here replaces the carrier's terms. Raises
    NeedsApprovalError without two valid approvals or while sending is stopped.
    """
    installed = _installed(state) if gateway_url is None else {"url": gateway_url}
    ignored = ignore_window or installed.get("ignore_window") is True
    if ignored:
        require_simulator(state, gateway_url, "--ignore-window")
    key = state.secret(four_eyes.KEY)
    batches.settle(state)  # also of runs whose approval has run out: what they hold must come free
    with db.connect(state, "sender", doing=f"dispatch {run_id}") as connection:
        _refuse_while_stopped(connection)
        run, contacts = outbox.approved_list(connection, run_id, key)
        playbook = run.rules()
        url = str(_required(installed)) if playbook.channel == "sms" else ""
        terms = terms or gateway_terms(playbook.gateway).with_changes(installed.get("terms"))
        clock = _clock(connection, now, ignored)
        outbox.fill(connection, run, day=clock.day(run, clock.moment(connection)), is_window_ignored=ignored)
    if playbook.channel != "sms":
        return _hand_over(Claimer(
            state, run, playbook, contacts, clock, terms, worker=_worker(), lease_seconds=LEASE_SECONDS
        ))  # fmt: skip
    with SmsGateway(url, token=state.secret("sms_gateway_token"), terms=terms) as gateway:
        claimer = Claimer(state, run, playbook, contacts, clock, terms, worker=_worker())
        worker = kind(state, claimer, gateway, terms)
        stopped_because = worker.run()
        return _close(state, run_id, gateway, worker.duplicate_count, stopped_because)


def _worker() -> str:
    return f"worker-{os.getpid()}-{secrets.token_hex(4)}"  # two containers may have one pid


def _hand_over(claimer: Claimer) -> dict[str, Any]:
    """Hand a run over in files (引渡し), and tell of its batches."""
    state, run_id = claimer.state, claimer.run.run_id
    stopped_because = Handler(claimer).run()
    with db.connect(state, "sender", doing=f"dispatch {run_id}") as connection:
        outbox.finish(connection, run_id)
        counts = outbox.state_counts(connection, run_id)
        made = connection.execute("select batch from campaign.handover where run_id = %s order by 1", [run_id])
        names = [str(name) for (name,) in made.fetchall()]
    waiting = sum(counts.get(each, 0) for each in ("ready", "sending", "unknown"))
    return {"run_id": run_id, **counts, "waiting": waiting, "stopped_because": stopped_because, "batches": names}


def _close(
    state: State, run_id: str, gateway: SmsGateway, duplicate_count: int, stopped_because: str | None
) -> dict[str, Any]:
    with db.connect(state, "sender", doing=f"dispatch {run_id}") as connection:
        receipts.collect(connection, gateway)
        outbox.finish(connection, run_id)
        counts = outbox.state_counts(connection, run_id)
    if duplicate_count:
        raise InvariantBrokenError(f"{run_id}: the carrier accepted {duplicate_count} messages more than once")
    waiting = sum(counts.get(each, 0) for each in ("ready", "sending", "unknown"))
    return {"run_id": run_id, **counts, "waiting": waiting, "stopped_because": stopped_because}


def _installed(state: State) -> dict[str, Any]:
    """What whoever installed it wrote into the state directory: the carrier's address, changed terms."""
    return dict(state.read_json("gateway.json")) if (state.root / "gateway.json").exists() else {}


def _required(installed: dict[str, Any]) -> object:
    if "url" not in installed:
        raise EnvironmentFailureError('no SMS gateway: give --gateway URL or write {"url": …} to gateway.json')
    return installed["url"]


def require_simulator(state: State, gateway_url: str | None, option: str) -> None:
    """InputRejectedError unless what sends here is a simulator on this machine: `option` would judge by another day.

    By another day whoever has paid since, or is protected since, would be written to, and caps would count wrongly.
    """
    url = str(gateway_url or _installed(state).get("url", ""))
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InputRejectedError(f"{option} is for the simulator on this machine only, never for a real carrier")


def _clock(connection: db.Connection, now: datetime | None, is_window_ignored: bool) -> Clock:
    if now is None:
        return Clock(timedelta(0), is_window_ignored)
    if now.tzinfo is None:
        raise InputRejectedError("now must carry an offset, as in 2026-06-19T10:00:00+09:00")
    return Clock(now.astimezone(UTC) - Clock(timedelta(0), False).moment(connection), is_window_ignored)


def _is_gone(error: Exception) -> bool:
    """True when the database went away, rather than refused something."""
    code = error.sqlstate if isinstance(error, db.DatabaseError) else None
    return code is None or code.startswith(("08", "57P"))


def _refuse_while_stopped(connection: db.Connection) -> None:
    query = "select changed_by from campaign.switch where is_stopped"
    row = connection.execute(query).fetchone()
    if row:
        raise NeedsApprovalError(f"all sending was stopped by {row[0]}: `receivables campaign resume` first")
