"""The claiming transaction (送信直前の確認): everything is checked again, then committed, then sent.

Stop reasons are fenced: whoever writes one waits for this transaction, or this transaction
sees it. So no message enters `sending` after a reason against it was committed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from psycopg.rows import args_row, dict_row
from psycopg.types.json import Jsonb

from receivables import db, four_eyes
from receivables.campaigns import approvals, outbox
from receivables.campaigns.certificate import Evidence, is_release, proofs, proofs_sha256, reasons_now
from receivables.campaigns.contacts import Contact, stored_contacts
from receivables.campaigns.outbox import MOST_ATTEMPTS, Message
from receivables.campaigns.playbook import Gateway, Playbook
from receivables.campaigns.reading import Reading, read_candidates
from receivables.campaigns.runs import Run, run_of
from receivables.campaigns.windows import business_day, is_open
from receivables.errors import InvariantBrokenError
from receivables.settings import State

LEASE_SECONDS = 4.0  # a claimed message is called within this time or not at all
CHECK_SECONDS = 1.0  # what the last look before a call may take: a worker that was asleep since does not call

_READY = """
    select contact_id, false from campaign.outbox
    where run_id = %(run_id)s and state = 'ready' and attempt < %(most)s
    order by contact_id limit %(limit)s
    for update skip locked
"""
# A carrier that deduplicates is given what is unknown once more, as long as its promise holds through the call.
_AGAIN = """
    select contact_id, true from campaign.outbox
    where run_id = %(run_id)s and state = 'unknown' and attempt < %(most)s and settle_at < clock_timestamp()
        and dedup_until > clock_timestamp() + make_interval(secs => %(call)s)
    order by settle_at limit %(limit)s
    for update skip locked
"""
_SENDING = """
    update campaign.outbox set state = 'sending', attempt = attempt + 1, claimed_by = %(worker)s,
        send_by = clock_timestamp() + make_interval(secs => %(lease)s),
        settle_at = clock_timestamp() + make_interval(secs => %(settle)s),
        dedup_until = case when state = 'unknown' then dedup_until
            when %(dedup)s > 0 then clock_timestamp() + make_interval(secs => %(dedup)s) end,
        contact_date = %(day)s, outcome = null, changed_at = clock_timestamp()
    where contact_id = %(contact_id)s and state in ('ready', 'unknown')
    returning reference, attempt
"""
_SUPPRESSED = """
    update campaign.outbox set state = 'suppressed', suppressed_codes = %(codes)s, changed_at = clock_timestamp()
    where contact_id = %(contact_id)s and state = 'ready'
"""
# It may have been sent before the reason was known, so it is not said to be held back: it stays unknown.
_LEFT = """
    update campaign.outbox set outcome = 'stopped_in_doubt', settle_at = dedup_until
    where contact_id = %(contact_id)s and state = 'unknown'
"""
_CERTIFICATE = """
    insert into campaign.certificate (contact_id, run_id, attempt, is_released, proofs, sha256)
    select contact_id, run_id, attempt, %(is_released)s, %(proofs)s, %(sha256)s
    from campaign.outbox where contact_id = %(contact_id)s
"""
_LINKS = """
    select debtor_id, min(method) as method, min(probability)::text as probability, min(batch_id) as batch_id
    from identity.link where debtor_id = any(%s) group by debtor_id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim gave: messages to call now, or why there are none."""

    messages: list[Message] = field(default_factory=list)
    held_count: int = 0  # a reason was found against them
    held_because: str | None = None  # stopped, recalled, halted, window_closed, quiet_day, stale_source


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment that counts: the database's clock, moved by what the caller passed as `now`."""

    offset: timedelta
    is_window_ignored: bool

    def day(self, run: Run, at: datetime) -> date:
        """The business day at the moment `at`: the run's own where the window is ignored."""
        return run.as_of if self.is_window_ignored else business_day(at)

    def moment(self, connection: db.Connection) -> datetime:
        """Now, as far as windows and business days are concerned."""
        with connection.cursor(row_factory=args_row(lambda at: at)) as cursor:
            found = cursor.execute("select clock_timestamp()").fetchone()
        assert isinstance(found, datetime)
        return found + self.offset


@dataclass(frozen=True, slots=True)
class Claimer:
    """Claims messages of one approved run for one worker."""

    state: State
    run: Run
    playbook: Playbook
    contacts: Mapping[str, Contact]  # the approved list, proven at the start
    clock: Clock
    terms: Gateway
    worker: str
    lease_seconds: float = LEASE_SECONDS

    @property
    def call_seconds(self) -> float:
        """How long after its claim a message may still reach the carrier: it may wait to connect and to write."""
        return self.lease_seconds + CHECK_SECONDS + 2 * self.terms.timeout_seconds

    def claim(self, limit: int) -> Claimed:
        """Claim up to `limit` messages; commits before it returns.

        A run that was recalled gives none, and what of it is still queued is cancelled.

        Raises NeedsApprovalError or InvariantBrokenError when the run may not be sent (any more).
        """
        with db.connect(self.state, "sender", doing=f"claim {self.run.run_id}") as connection:
            connection.execute("set local lock_timeout = '20s'")
            is_stopped = connection.execute("select campaign.fence()").fetchone() == (True,)
            at = self.clock.moment(connection)
            if is_stopped:
                return Claimed(held_because="stopped")
            if connection.execute("select campaign.is_halted(%s)", [self.run.run_id]).fetchone() == (True,):
                return Claimed(held_because="halted")
            if not self.clock.is_window_ignored and not is_open(self.playbook.send_window, at):
                return Claimed(held_because="window_closed")
            quiet = connection.execute("select campaign.is_quiet(%s)", [self.clock.day(self.run, at)])
            if quiet.fetchone() == (True,):
                return Claimed(held_because="quiet_day")
            return self._claim(connection, at, limit)

    def _claim(self, connection: db.Connection, at: datetime, limit: int) -> Claimed:
        run = run_of(connection, self.run.run_id)
        if run.state == "cancelled":
            outbox.cancel(connection, run.run_id)
            return Claimed(held_because="recalled")
        approvers = approvals.require(connection, run, self.state.secret(four_eyes.KEY))
        chosen = self._chosen(connection, limit)
        if not chosen:
            return Claimed()
        contacts = self._unchanged(connection, list(chosen))
        day = self.clock.day(self.run, at)
        found = read_candidates(
            connection,
            self.playbook,
            as_of=self.run.as_of,
            day=day,
            phone_key=self.state.secret("hmac_phone"),
            debtor_ids=[str(contact.debtor_id) for contact in contacts.values()],
        )
        if found.stale:
            return Claimed(held_because="stale_source")
        seen = Evidence(
            run_id=self.run.run_id, content_sha256=self.run.content_sha256,
            template_sha256=self.run.template_sha256, approvers=approvers, day=day, at=at,
            is_window_ignored=self.clock.is_window_ignored, sources=found.sources,
            links=_links(connection, contacts),
        )  # fmt: skip
        return self._decide(connection, chosen, contacts, found, seen)

    def _chosen(self, connection: db.Connection, limit: int) -> dict[str, bool]:
        """What is to be claimed, locked, and whether the carrier may have it already."""
        wanted = {
            "run_id": self.run.run_id, "most": MOST_ATTEMPTS, "limit": limit,
            "call": self.call_seconds,
        }  # fmt: skip
        with connection.cursor(
            row_factory=args_row(lambda contact, is_again: (str(contact), bool(is_again)))
        ) as cursor:
            again = cursor.execute(_AGAIN, wanted).fetchall() if self.terms.kind == "dedup" else []
            return dict([*again, *cursor.execute(_READY, {**wanted, "limit": limit - len(again)}).fetchall()])

    def _unchanged(self, connection: db.Connection, chosen: list[str]) -> dict[str, Contact]:
        """The chosen rows, read again: a row that differs from the approved one stops everything."""
        stored = stored_contacts(connection, self.run.run_id, [self.contacts[each].subject_key for each in chosen])
        for each in chosen:
            approved = self.contacts[each]
            now = stored.get(approved.subject_key)
            if now is None or now.line() != approved.line():
                raise InvariantBrokenError(f"contact {each} of {self.run.run_id} is not as approved; nothing is sent")
        return {each: self.contacts[each] for each in chosen}

    def _decide(
        self, connection: db.Connection, chosen: Mapping[str, bool], contacts: dict[str, Contact], found: Reading,
        seen: Evidence,
    ) -> Claimed:  # fmt: skip
        by_subject = {each.subject_key: each for each in found.candidates}
        messages, held = [], 0
        for contact_id, contact in contacts.items():
            candidate = by_subject.get(contact.subject_key)
            reasons = reasons_now(contact, candidate, self.playbook, seen.day)
            taken = proofs(contact, candidate, reasons, self.playbook, seen)
            is_released = not reasons and is_release(taken)
            if is_released:
                number = found.numbers[str(contact.debtor_id)]
                messages.append(self._take(connection, contact_id, contact, number, seen, chosen[contact_id]))
            else:
                _hold_back(connection, contact_id, reasons or ("X23_contact_block",), is_again=chosen[contact_id])
                held += 1
            _certify(connection, contact_id, taken, is_released=is_released)
        return Claimed(messages, held)

    def _take(
        self, connection: db.Connection, contact_id: str, contact: Contact, number: str, seen: Evidence, is_again: bool
    ) -> Message:
        row = connection.execute(_SENDING, {
            "contact_id": contact_id, "worker": self.worker, "lease": self.lease_seconds,
            "settle": self.call_seconds + self.terms.settle_seconds, "dedup": self.terms.dedup_seconds, "day": seen.day,
        }).fetchone()  # fmt: skip
        assert row is not None
        assert isinstance(row[1], int)
        return Message(contact_id, str(row[0]), row[1], number, is_again, contact.level)


def _hold_back(connection: db.Connection, contact_id: str, codes: tuple[str, ...], *, is_again: bool) -> None:
    connection.execute(_LEFT if is_again else _SUPPRESSED, {"contact_id": contact_id, "codes": list(codes)})


def _certify(connection: db.Connection, contact_id: str, taken: dict[str, Any], *, is_released: bool) -> None:
    connection.execute(_CERTIFICATE, {
        "contact_id": contact_id, "is_released": is_released, "proofs": Jsonb(taken), "sha256": proofs_sha256(taken),
    })  # fmt: skip


def _links(connection: db.Connection, contacts: dict[str, Contact]) -> dict[str, dict[str, Any]]:
    wanted = [str(contact.debtor_id) for contact in contacts.values()]
    with connection.cursor(row_factory=dict_row) as cursor:
        return {row.pop("debtor_id"): row for row in cursor.execute(_LINKS, [wanted])}
