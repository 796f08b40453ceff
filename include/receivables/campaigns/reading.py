"""What selection and sending read from the warehouse, inside the caller's transaction.

The sender sees figures of every department, facts about contact, and phone numbers only of
the debtors it asks for; each number is turned into its keyed hash on arrival.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from psycopg.rows import args_row, class_row, dict_row

from receivables.calendar import rolled
from receivables.campaigns import already, dead_ends
from receivables.campaigns.candidates import Candidate, candidates
from receivables.campaigns.exclusions import UNKNOWN_REASON, full_code
from receivables.campaigns.frequency import contact_dates
from receivables.campaigns.freshness import SourceState, rests_on_all, source_states, stale_sources
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.points import points_of
from receivables.campaigns.stages import OverdueClaim
from receivables.db import Connection
from receivables.errors import InputRejectedError

_CLAIMS = """
    select
        claim_id, source_code, claim_type, owner_dept, debtor_id,
        outstanding_yen::bigint as outstanding_yen, coalesce(provisional_yen, 0)::bigint as provisional_yen,
        prescription_state, prescription_date_safe, dunned_on, dunning_deadline, standing, held_by, due_date
    from mart.fct_delinquencies
    where claim_type = any(%(claim_types)s) and (%(debtor_ids)s::text[] is null or debtor_id = any(%(debtor_ids)s))
        and (not %(is_before_dunning)s or dunned_on is null)
"""
# 納期限後に納付した債権: paid after the due date, so another way to pay may help (口座振替・キャッシュレス勧奨).
_SETTLED_LATE = """
    select
        c.claim_id, c.source_code, c.claim_type, c.owner_dept, c.debtor_id, 0::bigint as outstanding_yen,
        0::bigint as provisional_yen, c.prescription_state, c.prescription_date_safe, null::date as dunned_on,
        null::date as dunning_deadline, c.standing, null::text as held_by, c.due_date, c.last_paid_on
    from mart.fct_claims as c
    where c.claim_type = any(%(claim_types)s) and (%(debtor_ids)s::text[] is null or c.debtor_id = any(%(debtor_ids)s))
        and c.outstanding_yen = 0 and c.received_yen > 0 and c.last_paid_on > c.due_date
        and c.last_paid_on between %(earliest)s and %(latest)s
"""
# What this project itself sent: a claim gets its 督促状 once, whether or not its department has noted the day yet.
_WRITTEN = """
    select unnest(about.claim_ids) as claim_id, about.subject_key, sent.contact_date, made.purpose,
        (made.campaign_name, made.as_of) = (%(name)s, %(as_of)s) as is_same_list,
        sent.state in ('sending', 'unknown') as is_under_way,
        coalesce((made.playbook -> 'letter' ->> 'deadline_days')::integer, 0) as deadline_days
    from campaign.contact as about
    inner join campaign.outbox as sent using (contact_id)
    inner join campaign.run as made on sent.run_id = made.run_id
    -- By claim, not by debtor: whoever a claim is said to be of now, it was written about.
    where about.claim_ids && %(claim_ids)s::text[] and sent.contact_date is not null
        and sent.state in ('sending', 'unknown', 'accepted', 'delivered')
        and (made.purpose = 'dunning' or made.campaign_name = %(name)s)
    order by 1, 3
"""
# also_known_as: what was said of, or sent to, an id that is one with another now counts for the other too.
_FACTS = """
    select debtor_id, exclusion_code from identity.contact_fact
    where debtor_id = any(%(debtor_ids)s) and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
    union
    select also.debtor_id, held.exclusion_code from campaign.hold as held
    inner join identity.also_known_as(%(debtor_ids)s) as also on held.debtor_id = also.was
    where held.valid_from <= %(day)s and (held.valid_to is null or held.valid_to >= %(day)s)
        and (held.channel is null or held.channel = %(channel)s)
    union
    select debtor_id, 'X28' from identity.contact_point
    where debtor_id = any(%(debtor_ids)s) and channel = case %(channel)s when 'letter' then 'address' else 'phone' end
        and state in ('returned', 'dead', 'reassigned') and since <= %(day)s
    union
    select debtor_id, 'X11' from identity.channel_stop
    where debtor_id = any(%(debtor_ids)s) and channel = %(channel)s and stopped_on <= %(day)s
"""
_QUARANTINED = "select claim_id from campaign.quarantined_of(%s)"
_BLOCKED = "select debtor_id from mart.dim_debtors where contact_block and debtor_id = any(%s)"


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read for a set of candidates, and how fresh it is."""

    candidates: list[Candidate]
    sources: dict[str, SourceState]
    stale: frozenset[str]
    numbers: dict[str, str]  # debtor_id → where it goes; never leaves the process, never stored


def read_candidates(
    connection: Connection,
    playbook: Playbook,
    *,
    as_of: date,
    day: date,
    phone_key: str,
    debtor_ids: Sequence[str] | None = None,
) -> Reading:
    """The candidates of the list of `as_of`, all or those of `debtor_ids`, as they stand on `day`.

    A stop reason is looked for in every place that may hold one; an unknown one counts too.
    """
    claims = _claims(connection, playbook, day, debtor_ids)
    known = sorted({claim.debtor_id for claim in claims if claim.debtor_id} | set(debtor_ids or ()))
    claims = _with_letters(connection, claims, playbook, as_of)
    sources = source_states(connection, day)
    needed = rests_on_all({claim.source_code for claim in claims})
    stale = stale_sources(sources, needed, day, playbook.max_data_age_days) | _stale_marts(connection, playbook, day)
    points = points_of(connection, playbook.channel, known, phone_key)
    facts = _facts(connection, known, day, playbook.channel, with_blocks=debtor_ids is None)
    found_against = [(held.debtor_key, "X24_quarantined") for held in _quarantined(connection, claims)]
    found_against += [(each, already.CODE) for each in already.who_pay_so(connection, playbook.purpose, known, day)]
    found_against += [(each, dead_ends.CODE) for each in dead_ends.found(connection, points, playbook, as_of)]
    for key, code in found_against:
        facts[key] = facts.get(key, frozenset()) | {code}
    found = candidates(
        claims,
        facts=facts,
        phones={debtor: tuple(point.phone for point in each) for debtor, each in points.items()},
        contact_dates=contact_dates(connection, known, playbook, as_of=as_of, day=day),
        stale_sources=stale,
        one_per=playbook.audience.one_per,
    )
    single = {debtor: each[0].value for debtor, each in points.items() if len(each) == 1}
    return Reading(found, sources, stale, single)


def overdue_claims(connection: Connection, playbook: Playbook, day: date) -> list[OverdueClaim]:
    """Every published claim that the playbook looks at on `day`, with what this project wrote about it by then."""
    return _with_letters(connection, _claims(connection, playbook, day, None), playbook, day)


def published_batch(connection: Connection, as_of: date) -> str:
    """The batch that readers see; raises InputRejectedError when it is not of `as_of`."""
    found = published(connection)
    if found is None or found["as_of"] != as_of:
        seen = found["as_of"] if found else "nothing"
        raise InputRejectedError(f"the published marts are of {seen}, not of {as_of}: run the night of {as_of} first")
    return str(found["published_batch"])


def published(connection: Connection) -> dict[str, Any] | None:
    """The published batch that readers see now, and its business date; None before the first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select published_batch, as_of from ops.published_batch where is_current").fetchone()


def _stale_marts(connection: Connection, playbook: Playbook, day: date) -> frozenset[str]:
    """`marts` when the published figures are older than agreed: what was loaded since is not in them yet."""
    found = published(connection)
    is_old = found is None or found["as_of"] < day - timedelta(days=playbook.max_data_age_days)
    return frozenset({"marts"} if is_old else ())


def _claims(
    connection: Connection, playbook: Playbook, day: date, debtor_ids: Sequence[str] | None
) -> list[OverdueClaim]:
    audience, stage = playbook.audience, playbook.aim.stage
    wanted = {
        "claim_types": list(audience.claim_types),
        "debtor_ids": None if debtor_ids is None else list(debtor_ids),
        "is_before_dunning": stage == "before_dunning",
        "earliest": day - timedelta(days=audience.days_until or audience.days_from),
        "latest": day - timedelta(days=audience.days_from),
    }
    with connection.cursor(row_factory=class_row(OverdueClaim)) as cursor:
        return cursor.execute(_SETTLED_LATE if stage == "settled_late" else _CLAIMS, wanted).fetchall()


def _with_letters(
    connection: Connection, claims: list[OverdueClaim], playbook: Playbook, as_of: date
) -> list[OverdueClaim]:
    """The claims with what this project itself wrote about them: 督促, and the steps of this campaign's ladder."""
    dunned: dict[str, tuple[date, date]] = {}
    under_way: set[str] = set()
    reminded: dict[str, list[date]] = defaultdict(list)
    subjects = {claim.claim_id: claim.subject_key(playbook.audience.one_per) for claim in claims}
    wanted = {"claim_ids": list(subjects), "name": playbook.name, "as_of": as_of}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_WRITTEN, wanted):
            claim_id, day = row["claim_id"], row["contact_date"]
            # The list itself, made again: this very contact. Of another one it was written, whoever owes it now.
            if row["is_same_list"] and row["subject_key"] == subjects.get(claim_id):
                continue
            if row["purpose"] != "dunning":
                reminded[claim_id].append(day)
            elif row["is_under_way"]:
                under_way.add(claim_id)
            else:
                dunned.setdefault(claim_id, (day, rolled(day + timedelta(days=row["deadline_days"]))))
    return [_written(each, dunned.get(each.claim_id), reminded.get(each.claim_id, ()), under_way) for each in claims]


def _written(
    claim: OverdueClaim, letter: tuple[date, date] | None, reminded: Sequence[date], under_way: set[str]
) -> OverdueClaim:
    """The claim with our own 督促状 (its day and the deadline printed), where its department tells of none."""
    own = letter if letter and not claim.dunned_on else (claim.dunned_on, claim.dunning_deadline)
    return replace(
        claim,
        dunned_on=own[0],
        dunning_deadline=own[1],
        reminded_on=tuple(reminded),
        is_being_dunned=claim.claim_id in under_way,
    )


def _quarantined(connection: Connection, claims: list[OverdueClaim]) -> list[OverdueClaim]:
    with connection.cursor(row_factory=args_row(str)) as cursor:
        held = set(cursor.execute(_QUARANTINED, [[claim.claim_id for claim in claims]]))
    return [claim for claim in claims if claim.claim_id in held]


def _facts(
    connection: Connection, known: list[str], day: date, channel: str, *, with_blocks: bool
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    wanted = {"debtor_ids": known, "day": day, "channel": channel}
    with connection.cursor(row_factory=args_row(lambda debtor, code: (str(debtor), str(code)))) as cursor:
        for debtor, code in cursor.execute(_FACTS, wanted):
            found[debtor].add(full_code(code))
    if with_blocks:
        # Sending asks the facts themselves: fewer views to lock while a night may be publishing.
        with connection.cursor(row_factory=args_row(str)) as cursor:
            for debtor in cursor.execute(_BLOCKED, [known]):
                found[debtor] = found[debtor] or {UNKNOWN_REASON}
    return {debtor: frozenset(codes) for debtor, codes in found.items()}
