"""The call (送信の実行): paced over all workers, and looked at once more in the transaction that holds reasons still.

From the last look to the recorded answer nobody can commit a reason against the message: whoever
writes one waits for the call, or the call does not happen.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from psycopg.rows import args_row, class_row

from receivables import db
from receivables.campaigns import outbox
from receivables.campaigns.breaker import Breaker
from receivables.campaigns.channels.sms import SmsGateway
from receivables.campaigns.claiming import CHECK_SECONDS, Claimer
from receivables.campaigns.exclusions import full_code, in_force
from receivables.campaigns.outbox import Message
from receivables.campaigns.rendering import parts_count, text_of_level
from receivables.campaigns.windows import is_open

_LOCKED = "55P03"
_LONGEST_PAUSE = 0.5
_SLOT_SECONDS = 0.06  # later than this a call takes a new slot: however many workers are late, no second is too full
_SLOT = """
    insert into campaign.pacer as slot (gateway, next_at)
    values (%(gateway)s, clock_timestamp() + %(gap)s)
    -- A slot that was missed by less than itself is made up for, so that small delays do not add up.
    on conflict (gateway) do update set next_at = greatest(slot.next_at, clock_timestamp() - %(gap)s) + %(gap)s
    returning extract(epoch from next_at - %(gap)s - clock_timestamp())
"""
_LAST_LOOK = """
    select box.state = 'sending' and box.attempt = %(attempt)s and clock_timestamp() < box.send_by as is_mine,
        stop.is_stopped or made.state <> 'sending' or campaign.is_halted(made.run_id)
            or campaign.is_quiet(coalesce(%(day)s, ((clock_timestamp() + %(offset)s) at time zone 'Asia/Tokyo')::date))
            as is_stopped,
        clock_timestamp() as at,
        campaign.reasons_against(
            box.debtor_id, box.channel,
            coalesce(%(day)s, ((clock_timestamp() + %(offset)s) at time zone 'Asia/Tokyo')::date)
        ) as codes
    from campaign.outbox as box
    inner join campaign.run as made using (run_id)
    cross join campaign.switch as stop
    where box.contact_id = %(contact_id)s
    for update of box
"""


_CLOSING = timedelta(seconds=0.5)  # no call begins so late that the carrier might accept after the window has closed
Step = Literal["done", "late", "stop"]


@dataclass(frozen=True, slots=True)
class LastLook:
    """What is so in the moment before the call."""

    is_mine: bool  # claimed by us, and in time
    is_stopped: bool  # all sending, this run, or its campaign
    at: datetime
    codes: list[str]


@dataclass(slots=True)
class Caller:
    """Hands claimed messages of one worker to the carrier, one after the other."""

    claimer: Claimer
    gateway: SmsGateway
    breaker: Breaker
    rest_seconds: float = 0.0  # what the carrier asked for with its last answer

    def call_all(self, messages: Sequence[Message]) -> None:
        """Call for each message; what may not be called any more stays `sending` and is settled later."""
        claimer = self.claimer
        try:
            with db.connect(claimer.state, "sender", autocommit=True, doing="send") as connection:
                connection.execute("set lock_timeout = '4s'")
                if claimer.terms.kind != "neither":  # a lost answer can be found out again
                    connection.execute("set synchronous_commit = off")
                for at, message in enumerate(messages):
                    if not self._is_done_with(connection, message):
                        outbox.not_called(connection, messages[at:], claimer.worker)
                        return
        except db.DatabaseError as error:
            if error.sqlstate != _LOCKED:  # somebody is long in writing reasons: they are waited for at the next claim
                raise

    def _is_done_with(self, connection: db.Connection, message: Message) -> bool:
        """Call for one message in its slot; False when nothing of this claim may be called any more."""
        step: Step = "late"
        text = text_of_level(self.claimer.run.template_text, message.level)
        while step == "late":
            slot = self._wait_for_slot(connection, parts_count(text))
            with connection.transaction():
                step = self._call(connection, message, text, slot)
            time.sleep(self.rest_seconds)
            self.rest_seconds = 0.0
        return step == "done"

    def _wait_for_slot(self, connection: db.Connection, parts: int) -> float:
        """Wait until it is this worker's turn for a message of `parts`; when that was (monotonic seconds)."""
        gap = timedelta(seconds=1) * parts / self.claimer.terms.parts_per_second
        began = time.monotonic()
        with connection.cursor(row_factory=args_row(float)) as cursor:
            wait = cursor.execute(_SLOT, {"gateway": self.gateway.name, "gap": gap}).fetchone() or 0.0
        time.sleep(max(0.0, wait))
        return max(began, began + wait)

    def _call(self, connection: db.Connection, message: Message, text: str, slot: float) -> Step:
        """Call for one message unless a reason came up against it or its slot has gone by."""
        connection.execute("select campaign.fence_reasons()")
        began = time.monotonic()
        now = self._last_look(connection, message)
        if now is None or not self._may_call(now) or time.monotonic() - began > CHECK_SECONDS:
            return "stop"
        day = self.claimer.clock.day(self.claimer.run, now.at)
        codes = in_force({full_code(code) for code in now.codes}, day, self.claimer.playbook.purpose)
        if codes:
            if not message.is_again:
                outbox.stop(connection, message, codes)
            return "done"
        if time.monotonic() > slot + _SLOT_SECONDS:
            return "late"
        outcome = self.gateway.send(message.reference, to=message.number, text=text)
        outbox.record(connection, message, outcome, self.claimer.terms.settle_seconds)
        self.breaker.note(outcome.kind != "unclear", time.monotonic())
        self.rest_seconds = min(outcome.retry_after_seconds, _LONGEST_PAUSE)
        return "done"

    def _last_look(self, connection: db.Connection, message: Message) -> LastLook | None:
        clock = self.claimer.clock
        with connection.cursor(row_factory=class_row(LastLook)) as cursor:
            return cursor.execute(_LAST_LOOK, {
                "contact_id": message.contact_id, "attempt": message.attempt, "offset": clock.offset,
                "day": self.claimer.run.as_of if clock.is_window_ignored else None,
            }).fetchone()  # fmt: skip

    def _may_call(self, now: LastLook) -> bool:
        """Ours, in time, not stopped, window open, and the carrier not in trouble."""
        if not now.is_mine or now.is_stopped or self.breaker.pause_seconds(time.monotonic()):
            return False
        clock, window = self.claimer.clock, self.claimer.playbook.send_window
        at = now.at + clock.offset
        return clock.is_window_ignored or (is_open(window, at) and is_open(window, at + _CLOSING))
