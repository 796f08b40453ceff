"""The outbox (送信箱): a message is claimed and committed before the call, and never re-sent blindly.

Four rules: the claim is committed first; anything but a clear answer is `unknown`; nothing
`sending` or `unknown` goes back to `ready` before the settle time and a look-up that says
"never seen" (a carrier that deduplicates is given it again under the same reference instead);
every change of state names the state it expects. Triggers hold the last two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import args_row, class_row

from receivables import db
from receivables.campaigns import approvals
from receivables.campaigns.channels.sms import Outcome
from receivables.campaigns.contacts import Contact, contact_id_of, content_sha256, stored_contacts
from receivables.campaigns.playbook import Gateway
from receivables.campaigns.rendering import parts_by_level, text_sha256
from receivables.campaigns.runs import Run, run_of
from receivables.errors import InvariantBrokenError, NeedsApprovalError

MOST_ATTEMPTS = 8

_FILL = """
    insert into campaign.outbox (contact_id, run_id, debtor_id, channel, reference, parts_count, is_statutory)
    select c.contact_id, c.run_id, c.debtor_id, r.channel, c.reference,
        case r.channel when 'sms' then (%(parts)s::integer[])[c.level] else r.parts_count end, r.purpose = 'dunning'
    from campaign.contact as c
    inner join campaign.run as r using (run_id)
    where c.run_id = %(run_id)s and c.arm = 'treat'
    order by c.contact_id
    on conflict do nothing
"""
_START = """
    update campaign.run
    set state = 'sending', dispatched_on = coalesce(dispatched_on, %(day)s),
        is_window_ignored = is_window_ignored or %(is_window_ignored)s
    where run_id = %(run_id)s and state in ('approved', 'sending')
"""
_ACCEPTED = """
    update campaign.outbox set state = 'accepted', accepted_at = clock_timestamp(), outcome = %(code)s,
        changed_at = clock_timestamp()
    where contact_id = %(contact_id)s and state = 'sending' and attempt = %(attempt)s
"""
_REFUSED = """
    update campaign.outbox set state = 'failed_perm', contact_date = null, outcome = %(code)s,
        changed_at = clock_timestamp()
    where contact_id = %(contact_id)s and state = 'sending' and attempt = %(attempt)s
"""
_UNCLEAR = """
    update campaign.outbox set state = 'unknown', outcome = %(code)s, changed_at = clock_timestamp(),
        settle_at = clock_timestamp() + make_interval(secs => %(settle)s)
    where contact_id = %(contact_id)s and state = 'sending' and attempt = %(attempt)s
"""
_STOPPED = """
    update campaign.outbox set state = 'suppressed', suppressed_codes = %(codes)s, contact_date = null,
        changed_at = clock_timestamp()
    where contact_id = %(contact_id)s and state = 'sending' and attempt = %(attempt)s
"""
_NOT_CALLED = """
    update campaign.outbox set outcome = 'not_called'
    where contact_id = any(%(contact_ids)s) and state = 'sending' and claimed_by = %(worker)s
"""
_CANCEL = """
    update campaign.outbox set state = 'cancelled', outcome = 'recalled', changed_at = clock_timestamp()
    where run_id = %s and state = 'ready'
"""
# What was claimed and never answered is unknown, too. Without anybody to ask it is given again, or left to people.
_LET_GO = """
    update campaign.outbox set state = 'unknown', outcome = coalesce(outcome, 'no_answer'),
        changed_at = clock_timestamp()
    where run_id = %(run_id)s and state = 'sending' and settle_at < clock_timestamp()
"""
_GIVE_UP = """
    update campaign.outbox set settle_at = null, changed_at = clock_timestamp()
    where run_id = %(run_id)s and state = 'unknown' and settle_at < clock_timestamp()
        and (dedup_until is null or attempt >= %(most)s
            or dedup_until < clock_timestamp() + make_interval(secs => %(call)s))
"""
_FINISH = """
    update campaign.run set state = 'done'
    where run_id = %(run_id)s and state = 'sending' and not exists (
        select from campaign.outbox where run_id = %(run_id)s and state in ('ready', 'sending', 'unknown')
    ) and not exists (select from campaign.handover where run_id = %(run_id)s and state = 'made')
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One claimed message; `number` lives only until the call."""

    contact_id: str
    reference: str
    attempt: int
    number: str
    is_again: bool = False  # the carrier may have it already and takes it for the same message
    level: int = 1  # 段階: which of the approved texts it says

    def __repr__(self) -> str:
        """Without the number: this may end in a log."""
        return f"Message({self.contact_id}, attempt {self.attempt})"


def approved_list(connection: db.Connection, run_id: str, key: str) -> tuple[Run, dict[str, Contact]]:
    """The run and its rows by contact id, after proving that they are what two people approved.

    Raises NeedsApprovalError when approvals are missing, InvariantBrokenError when stored rows,
    text or rules no longer give the approved hash.
    """
    run = run_of(connection, run_id)
    approvals.require(connection, run, key)
    if run.state not in ("approved", "sending", "done", "cancelled"):
        raise NeedsApprovalError(f"{run_id} is {run.state}: build it again and have it approved")
    stored = stored_contacts(connection, run_id)
    found = content_sha256(
        stored.values(),
        name=run.campaign_name,
        as_of=run.as_of,
        playbook_json=run.rules().model_dump_json(),
        template=run.template_sha256,
    )
    if found != run.content_sha256 or text_sha256(run.template_text) != run.template_sha256:
        raise InvariantBrokenError(f"{run_id}: the stored list or text is not the approved one; nothing is sent")
    return run, {contact_id_of(run_id, key): contact for key, contact in stored.items()}


def fill(connection: db.Connection, run: Run, *, day: date, is_window_ignored: bool) -> int:
    """Put the treated contacts of an approved run into the outbox, once for ever; returns how many are new."""
    connection.execute("select campaign.index_phones()")
    connection.execute(_START, {"run_id": run.run_id, "day": day, "is_window_ignored": is_window_ignored})
    return connection.execute(_FILL, {"run_id": run.run_id, "parts": parts_by_level(run.template_text)}).rowcount


def record(connection: db.Connection, message: Message, outcome: Outcome, settle_seconds: float) -> None:
    """Store what the reply means. Does nothing when another worker has settled the message since."""
    statement = {"accepted": _ACCEPTED, "refused": _REFUSED, "unclear": _UNCLEAR}[outcome.kind]
    connection.execute(statement, {
        "contact_id": message.contact_id, "attempt": message.attempt, "code": outcome.code,
        "settle": max(settle_seconds, outcome.retry_after_seconds),
    })  # fmt: skip


def stop(connection: db.Connection, message: Message, codes: Sequence[str]) -> None:
    """A reason came up between claim and call: the message was not called and never will be."""
    connection.execute(_STOPPED, {"contact_id": message.contact_id, "attempt": message.attempt, "codes": list(codes)})


def not_called(connection: db.Connection, messages: Sequence[Message], worker: str) -> None:
    """Note that `worker` gave these up before calling; they are settled like any other all the same."""
    connection.execute(_NOT_CALLED, {"contact_ids": [each.contact_id for each in messages], "worker": worker})


def cancel(connection: db.Connection, run_id: str) -> int:
    """Cancel what of the run is queued (取消); returns how many."""
    return connection.execute(_CANCEL, [run_id]).rowcount


def let_go(connection: db.Connection, run_id: str, terms: Gateway, call_seconds: float) -> None:
    """Where the carrier is not simply asked: what nobody answered is unknown, and in the end it waits for people."""
    if terms.kind != "lookup":
        connection.execute(_LET_GO, {"run_id": run_id})
    if not terms.lookup:
        connection.execute(_GIVE_UP, {"run_id": run_id, "call": call_seconds, "most": MOST_ATTEMPTS})


def finish(connection: db.Connection, run_id: str) -> None:
    """Mark the run done when nothing of it is open any more."""
    connection.execute(_FINISH, {"run_id": run_id})


def state_counts(connection: db.Connection, run_id: str) -> dict[str, int]:
    """How many messages of the run are in which state."""
    query = "select state, count(*) from campaign.outbox where run_id = %s group by state order by state"
    with connection.cursor(row_factory=args_row(lambda state, count: (str(state), int(count)))) as cursor:
        return dict(cursor.execute(query, [run_id]).fetchall())


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A message of which nobody knows yet whether the carrier has it."""

    contact_id: str
    reference: str
    attempt: int


def unsettled(
    connection: db.Connection, run_id: str, limit: int, terms: Gateway, call_seconds: float
) -> Sequence[Unsettled]:
    """Messages to ask the carrier about, locked for this transaction: their settle time is over.

    One that may still be given again under its reference is left to the next claim.
    """
    query = """
        select contact_id, reference, attempt from campaign.outbox
        where run_id = %(run_id)s and state in ('sending', 'unknown') and settle_at < clock_timestamp()
            and (%(kind)s <> 'dedup' or state = 'unknown' and (dedup_until is null or attempt >= %(most)s
                or dedup_until < clock_timestamp() + make_interval(secs => %(call)s)))
        order by settle_at limit %(limit)s
        for update skip locked
    """
    if not terms.lookup:
        return []
    wanted = {"run_id": run_id, "limit": limit, "kind": terms.kind, "most": MOST_ATTEMPTS, "call": call_seconds}
    with connection.cursor(row_factory=class_row(Unsettled)) as cursor:
        return cursor.execute(query, wanted).fetchall()


def settle_as_accepted(connection: db.Connection, found: Unsettled, status: str) -> None:
    """The carrier has it: whatever the reply was, it must not go out again."""
    connection.execute(
        """
        update campaign.outbox set state = 'accepted', looked_up_at = clock_timestamp(),
            accepted_at = clock_timestamp(), outcome = %s, changed_at = clock_timestamp()
        where contact_id = %s and state in ('sending', 'unknown')
        """,
        [f"looked_up_{status}", found.contact_id],
    )


def settle_as_never_seen(connection: db.Connection, found: Unsettled) -> None:
    """The carrier never saw it: it may be claimed again."""
    connection.execute(
        """
        update campaign.outbox set state = 'ready', looked_up_at = clock_timestamp(), contact_date = null,
            outcome = 'looked_up_never_seen', changed_at = clock_timestamp()
        where contact_id = %s and state in ('sending', 'unknown')
        """,
        [found.contact_id],
    )


def ask_later(connection: db.Connection, found: Unsettled, seconds: float) -> None:
    """The carrier could not be asked: try again after `seconds`."""
    connection.execute(
        """
        update campaign.outbox set settle_at = clock_timestamp() + make_interval(secs => %s)
        where contact_id = %s and state in ('sending', 'unknown')
        """,
        [seconds, found.contact_id],
    )
