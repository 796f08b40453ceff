"""Dispatch (送信): claim, call, record; settle what is unknown; stop at once when told to.

Any number of workers may run this at the same time, and any of them may be killed at any
moment: what it had claimed is looked up by another.
"""

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from psycopg.rows import args_row, dict_row

from receivables import db, four_eyes
from receivables.campaigns import outbox, receipts
from receivables.campaigns.breaker import Breaker
from receivables.campaigns.channels.sms import GatewaySilentError, SmsGateway
from receivables.campaigns.claiming import Claimed, Claimer, Clock
from receivables.campaigns.outbox import Message
from receivables.campaigns.playbook import Gateway, gateway_terms
from receivables.campaigns.windows import business_day, is_open
from receivables.errors import EnvironmentFailureError, InputRejectedError, InvariantBrokenError, NeedsApprovalError
from receivables.settings import State

_BATCH = 20
_LOOK_UPS = 10
_LONGEST_WAIT = 0.5
_SLOT = """
    insert into campaign.pacer as slot (gateway, next_at)
    values (%(gateway)s, clock_timestamp() + %(gap)s)
    on conflict (gateway) do update set next_at = greatest(slot.next_at, clock_timestamp()) + %(gap)s
    returning extract(epoch from next_at - %(gap)s - clock_timestamp())
"""
_MAY_CALL = """
    select box.state = 'sending' and box.attempt = %s and clock_timestamp() < box.send_by as is_mine,
        stop.is_stopped or exists (
            select from campaign.hold as doubt -- 人違いの疑い, told after the message was claimed
            inner join identity.also_known_as(array[box.debtor_id]) as also on doubt.debtor_id = also.was
            where doubt.exclusion_code = 'X25' and doubt.valid_to is null
        ) or exists (
            select from campaign.halt as halt inner join campaign.run as made using (campaign_name)
            where made.run_id = box.run_id and halt.lifted_at is null
        ) as is_stopped,
        clock_timestamp() as at
    from campaign.outbox as box cross join campaign.switch as stop
    where box.contact_id = %s
"""


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
        """Work until nothing is open; returns why it stopped early, or None."""
        while True:
            self.settle()
            if self.breaker.has_given_up:
                return "gateway_down"
            time.sleep(self.breaker.pause_seconds(time.monotonic()))
            claimed = self._claim()
            if claimed is None:
                continue
            if claimed.held_because:
                return claimed.held_because
            if claimed.messages:
                self._send_all(claimed.messages)
            elif not claimed.suppressed_count:
                wait = self._seconds_to_settle()
                if wait is None:
                    return None
                time.sleep(min(wait, _LONGEST_WAIT))

    def settle(self) -> None:
        """Ask the carrier about every message whose settle time is over (照会)."""
        if self.breaker.pause_seconds(time.monotonic()):
            return
        with db.connect(self.state, "sender", doing="settle") as connection:
            for found in outbox.unsettled(connection, self.claimer.run.run_id, _LOOK_UPS):
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

    def _claim(self) -> Claimed | None:
        limit = 1 if self.breaker.openings else max(1, min(_BATCH, self.terms.parts_per_second // self._parts()))
        try:
            return self.claimer.claim(limit)
        except db.DatabaseError as error:
            if error.constraint == "one_contact_a_day":  # another campaign took the same person just now
                return None
            raise

    def _parts(self) -> int:
        return self.claimer.run.parts_count

    def _send_all(self, messages: list[Message]) -> None:
        """Call for each message; one that may not be called any more stays `sending` and is looked up later."""
        with db.connect(self.state, "sender", autocommit=True, doing="send") as connection:
            for message in messages:
                self._wait_for_slot(connection)
                if self.breaker.pause_seconds(time.monotonic()) or not self._may_call(connection, message):
                    return
                outcome = self.gateway.send(message.reference, to=message.number, text=self.claimer.run.template_text)
                outbox.record(connection, message, outcome, self.terms.settle_seconds)
                self.breaker.note(outcome.kind != "unclear", time.monotonic())
                time.sleep(min(outcome.retry_after_seconds, _LONGEST_WAIT))

    def _wait_for_slot(self, connection: db.Connection) -> None:
        gap = timedelta(seconds=1) * self._parts() / self.terms.parts_per_second
        with connection.cursor(row_factory=args_row(float)) as cursor:
            wait = cursor.execute(_SLOT, {"gateway": self.gateway.name, "gap": gap}).fetchone()
        time.sleep(max(0.0, wait or 0.0))

    def _may_call(self, connection: db.Connection, message: Message) -> bool:
        """The last look before the call: still ours, in time, not stopped, window open."""
        with connection.cursor(row_factory=dict_row) as cursor:
            now = cursor.execute(_MAY_CALL, [message.attempt, message.contact_id]).fetchone()
        if now is None or not now["is_mine"] or now["is_stopped"]:
            return False
        clock = self.claimer.clock
        return clock.is_window_ignored or is_open(self.claimer.playbook.send_window, now["at"] + clock.offset)

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
    url, ignored = str(installed["url"]), ignore_window or installed.get("ignore_window") is True
    if ignored:
        _refuse_real_carrier(url)
    key = state.secret(four_eyes.KEY)
    with db.connect(state, "sender", doing=f"dispatch {run_id}") as connection:
        _refuse_while_stopped(connection)
        run, contacts = outbox.approved_list(connection, run_id, key)
        playbook = run.rules()
        terms = terms or gateway_terms(playbook.gateway).with_changes(installed.get("terms"))
        clock = _clock(connection, now, ignored)
        day = run.as_of if ignored else business_day(clock.moment(connection))
        outbox.fill(connection, run, day=day, is_window_ignored=ignored)
    with SmsGateway(url, token=state.secret("sms_gateway_token"), terms=terms) as gateway:
        claimer = Claimer(state, run, playbook, contacts, clock, terms, worker=f"worker-{os.getpid()}")
        worker = kind(state, claimer, gateway, terms)
        stopped_because = worker.run()
        return _close(state, run_id, gateway, worker.duplicate_count, stopped_because)


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
    """The carrier's address as whoever installed it wrote it into the state directory."""
    if not (state.root / "gateway.json").exists():
        raise EnvironmentFailureError('no SMS gateway: give --gateway URL or write {"url": …} to gateway.json')
    return dict(state.read_json("gateway.json"))


def _refuse_real_carrier(url: str) -> None:
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InputRejectedError("--ignore-window is for the simulator on this machine only, never for a real carrier")


def _clock(connection: db.Connection, now: datetime | None, is_window_ignored: bool) -> Clock:
    if now is None:
        return Clock(timedelta(0), is_window_ignored)
    if now.tzinfo is None:
        raise InputRejectedError("now must carry an offset, as in 2026-06-19T10:00:00+09:00")
    return Clock(now.astimezone(UTC) - Clock(timedelta(0), False).moment(connection), is_window_ignored)


def _refuse_while_stopped(connection: db.Connection) -> None:
    query = "select changed_by from campaign.switch where is_stopped"
    row = connection.execute(query).fetchone()
    if row:
        raise NeedsApprovalError(f"all sending was stopped by {row[0]}: `receivables campaign resume` first")
