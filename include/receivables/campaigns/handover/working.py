"""One worker that hands an approved run over in batches (引渡しの実行)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from receivables import db
from receivables.campaigns import outbox
from receivables.campaigns.claiming import Claimer
from receivables.campaigns.exclusions import full_code, in_force
from receivables.campaigns.handover import batches, lists, paper
from receivables.campaigns.handover.batches import Batch
from receivables.campaigns.outbox import Message
from receivables.campaigns.windows import is_open

_AT_ONCE = 100  # claimed in one transaction
LEASE_SECONDS = 1800.0  # printing a batch takes minutes
_MOST = {"letter": 1000, "auto_call": 5000, "phone_centre": 5000}
_OPEN = "select exists (select from campaign.outbox where run_id = %s and state in ('sending', 'unknown'))"
_LAST_LOOK = """
    select box.contact_id,
        box.state = 'sending' and box.claimed_by = %(worker)s and clock_timestamp() < box.send_by as is_mine,
        made.state <> 'sending' or campaign.is_halted(made.run_id) or campaign.is_quiet(%(day)s)
            or %(rests_on)s is distinct from (select published_batch from ops.published_batch where is_current)
            as is_recalled,
        clock_timestamp() as at,
        campaign.reasons_against(box.debtor_id, box.channel, %(day)s) as codes
    from campaign.outbox as box
    inner join campaign.run as made using (run_id)
    where box.contact_id = any(%(contact_ids)s)
    order by box.contact_id
    for update of box
"""
_HANDED = """
    update campaign.outbox set state = 'accepted', accepted_at = clock_timestamp(), outcome = %s,
        changed_at = clock_timestamp()
    where contact_id = any(%s) and state = 'sending'
"""
_UNWRITABLE = """
    update campaign.outbox set state = 'failed_perm', contact_date = null, outcome = %s,
        changed_at = clock_timestamp()
    where contact_id = %s and state = 'sending'
"""


@dataclass(frozen=True, slots=True)
class LastLook:
    """What is so of one contact in the moment before its batch is committed."""

    contact_id: str
    is_mine: bool
    is_recalled: bool
    at: datetime
    codes: list[str]


@dataclass(frozen=True, slots=True)
class Handler:
    """Claims, writes, commits and releases batch after batch."""

    claimer: Claimer

    def run(self) -> str | None:
        """Work until nothing is open; returns why it stopped early, or None. One at a time works on a channel."""
        state, channel = self.claimer.state, self.claimer.playbook.channel
        with db.connect(state, "sender", autocommit=True, doing=f"hand over by {channel}") as gate:
            if gate.execute("select pg_try_advisory_lock(hashtext(%s))", [f"handover.{channel}"]).fetchone() != (True,):
                return "others_at_work"
            batches.sweep(channel, state)
            return self._run()

    def _run(self) -> str | None:
        state = self.claimer.state
        while True:
            self._release()
            batches.settle(state)
            rests_on = batches.published(state)  # before the claims are looked at: a newer night makes them worthless
            messages, held_because = self._collect()
            if messages:
                self._hand_over(messages, rests_on)
            elif held_because:
                return held_because
            else:
                return "waits_to_settle" if self._is_open() else None

    def _collect(self) -> tuple[list[Message], str | None]:
        """The messages of one batch, claimed some at a time, and why there are no more."""
        found: list[Message] = []
        while len(found) < _MOST[self.claimer.playbook.channel]:
            try:
                claimed = self.claimer.claim(_AT_ONCE)
            except db.DatabaseError as error:
                if error.constraint != "one_free_contact_a_day":  # else another campaign took the same person just now
                    raise
                continue
            found += claimed.messages
            if claimed.held_because or not (claimed.messages or claimed.held_count):
                return found, claimed.held_because
        return found, None

    def _hand_over(self, messages: Sequence[Message], rests_on: str | None) -> None:
        claimer, state = self.claimer, self.claimer.state
        with db.connect(state, "sender", autocommit=True, doing=f"hand over {claimer.run.run_id}") as connection:
            day = claimer.clock.day(claimer.run, claimer.clock.moment(connection))
            wanted, tried = list(messages), 0
            while wanted:
                batch, refused = self._write(connection, wanted, day, tried, rests_on)
                with connection.transaction():
                    dropped = self._commit(connection, batch, refused, wanted, day)
                if not dropped:
                    break
                batches.discard(batch.channel, batch.name, state)
                # A reason came up while the batch was being written: it is written again without them.
                wanted, tried = [each for each in wanted if each.contact_id not in dropped], tried + 1
        self._release()

    def _write(
        self, connection: db.Connection, messages: Sequence[Message], day: date, tried: int, rests_on: str | None
    ) -> tuple[Batch, dict[str, tuple[str, ...]]]:
        claimer, rules = self.claimer, self.claimer.playbook
        digest = hashlib.sha256("|".join([str(tried), *(each.reference for each in messages)]).encode()).hexdigest()
        name = f"{rules.name}-{day:%Y%m%d}-{digest[:8]}"
        given: Any = {"day": day, "batch": name, "folder": batches.begin(rules.channel, name, claimer.state)}
        if rules.letter:
            made = paper.write_letters(
                connection, messages, claimer.contacts, claimer.run, **given, state=claimer.state
            )
        else:
            made = lists.write_list(connection, messages, claimer.run, **given, state=claimer.state)
        batch = Batch(name, claimer.run.run_id, rules.channel, rules.purpose, made.expires_on, made.tokens, rests_on)
        return batch, made.refused

    def _commit(
        self, connection: db.Connection, batch: Batch, refused: dict[str, tuple[str, ...]],
        messages: Sequence[Message], day: date,
    ) -> set[str]:  # fmt: skip
        """Enter the batch, if nothing came up against any of its contacts; else whom it must be written without."""
        claimer = self.claimer
        by_id = {each.contact_id: each for each in messages}
        connection.execute("set local lock_timeout = '20s'")
        is_stopped = connection.execute("select campaign.fence()").fetchone() == (True,)
        with connection.cursor(row_factory=class_row(LastLook)) as cursor:
            looks = cursor.execute(_LAST_LOOK, {
                "worker": claimer.worker, "day": day, "contact_ids": list(by_id), "rests_on": batch.rests_on,
            }).fetchall()  # fmt: skip
        closed = not claimer.clock.is_window_ignored and not is_open(
            claimer.playbook.send_window, claimer.clock.moment(connection)
        )
        if is_stopped or closed or any(look.is_recalled for look in looks):
            return set(by_id)
        gone = {look.contact_id for look in looks if not look.is_mine}
        for look in looks:
            codes = in_force({full_code(code) for code in look.codes}, day, claimer.playbook.purpose)
            if codes and look.is_mine:
                outbox.stop(connection, by_id[look.contact_id], codes)
                gone.add(look.contact_id)
        for contact_id, codes in refused.items():
            connection.execute(_UNWRITABLE, [f"unprintable {' '.join(codes)}", contact_id])
        if gone:
            return gone | set(refused)
        if batch.tokens:
            batches.commit(connection, batch, claimer.state)
            connection.execute(_HANDED, [batch.name, list(batch.tokens)])
        return set()

    def _release(self) -> None:
        with db.connect(self.claimer.state, "sender", doing="what day it is") as connection:
            day = self.claimer.clock.day(self.claimer.run, self.claimer.clock.moment(connection))
        batches.release(self.claimer.playbook.channel, self.claimer.state, day=day)

    def _is_open(self) -> bool:
        with db.connect(self.claimer.state, "sender", doing="look what is open") as connection:
            return connection.execute(_OPEN, [self.claimer.run.run_id]).fetchone() == (True,)
