"""Deadlines of 督促 (督促の期限): claims that no list covers while the last day for their letter comes near.

The letter must leave within twenty days of the due date (地方税法第329条第1項・第463条の25第1項); where the law
names no days (地方自治法第231条の3第1項, 地方自治法施行令第171条) the ward's own count. Lists are started by hand.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.handover.standing import LATER
from receivables.campaigns.playbook import Playbook, playbooks
from receivables.campaigns.reading import overdue_claims, published
from receivables.campaigns.stages import OverdueClaim, eligible_claims
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.law.dunning import Dunning, dunning
from receivables.rulebook import rulebook
from receivables.settings import SEEDS, State

_THRESHOLDS = SEEDS / "marts" / "work_list_thresholds.csv"
# A list that nobody can approve any more, or whose approvals have run out, covers nobody; nor does a contact that came
# to nothing. Who is left to people (手作業の督促) is so by the newest list only: the reason may be gone by the next.
_LISTED = """
    with alive as (
        select r.run_id, r.state, r.built_at = max(r.built_at) over (partition by r.campaign_name) as is_newest,
            case
                when r.state = 'waiting'
                    then clock_timestamp() <= r.built_at + make_interval(days => r.expires_after_days)
                when r.state in ('approved', 'sending') then r.approvals_required <= (
                    select count(*) from campaign.approval as a
                    where a.run_id = r.run_id and a.expires_at > clock_timestamp()
                )
                else true
            end as is_valid
        from campaign.run as r
        where r.purpose = 'dunning' and r.state in ('waiting', 'approved', 'sending', 'done')
    )
    select unnest(c.claim_ids) as claim_id, c.exclusion_codes as codes,
        case
            when b.state in ('accepted', 'delivered') then 'under_way'
            when b.state not in ('ready', 'sending', 'unknown') or not r.is_valid then null
            when c.arm = 'excluded' then case when r.is_newest then 'by_hand' end
            when r.state = 'waiting' then 'waiting'
            else 'under_way'
        end as standing
    from campaign.contact as c
    inner join alive as r using (run_id)
    left join campaign.outbox as b using (contact_id)
    where c.claim_ids && %s::text[]
"""
_STANDINGS = ("under_way", "waiting", "by_hand", "near")  # how a claim in time stands: the best that is so counts


@dataclass(frozen=True, slots=True)
class Due:
    """One claim whose 督促 is due, the last day for it and the playbook that makes its list."""

    claim: OverdueClaim
    playbook: str
    limit_on: date
    is_statutory: bool  # False: the law names no days, the ward does
    citation: str


def dunning_due(day: date, *, within_days: int | None = None, state: State) -> dict[str, Any]:
    """How many claims have their last day for 督促 from `day` to `within_days` later, by claim type (督促の期限).

    Only claims that a list of `day` could hold: at their stage, unpaid, held by nothing. Of those in time `near` are in
    no list, `waiting` in one that waits for approval, `under_way` in one approved or sent, `by_hand` left to people by
    the newest list; `late` have their last day behind them and are in no list. `first_limit_on` is the earliest last
    day of the `near`. Without `within_days` the row dunning_warning_days of work_list_thresholds.csv counts. Raises
    InputRejectedError before anything was published.
    """
    within = threshold("dunning_warning_days") if within_days is None else within_days
    with db.connect(state, "sender", doing="look for 督促 that are due") as connection:
        seen = published(connection)
        if seen is None:
            raise InputRejectedError("nothing is published yet: run a night first")
        due = [one for one in _all_due(connection, day) if one.limit_on <= day + timedelta(days=within)]
        listed = _listed(connection, [one.claim.claim_id for one in due])
    rows = [_row(group, listed, day) for group in _by_type(due)]
    return {"day": day, "within_days": within, "published_as_of": seen["as_of"],
            "claim_types": [row for row in rows if any(row[each] for each in (*_STANDINGS, "late"))]}  # fmt: skip


def require_dunning(day: date, *, state: State) -> None:
    """Raise InvariantBrokenError while a claim still in time for its 督促 is in no list; says what to build by when.

    What is too late already cannot be mended by a list made today rather than tomorrow, so it does not fail.
    """
    near = [each for each in dunning_due(day, state=state)["claim_types"] if each["near"]]
    if near:
        said = "; ".join(f"{each['near']} of {each['claim_type']} by {each['first_limit_on']}" for each in near)
        names = sorted({each["playbook"] for each in near})
        to_do = ", ".join(f"`receivables campaign build {name} --as-of {day}`" for name in names)
        raise InvariantBrokenError(
            f"督促 is due for claims that are in no list: {said}. Make the lists and have them approved: {to_do}"
        )


@cache
def threshold(name: str, file: Path = _THRESHOLDS) -> int:
    """The ward's own number `name` (一覧の基準値); InputRejectedError when there is no such row."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, strict=True):
            if row["threshold"] == name:
                return int(row["value"])
    raise InputRejectedError(f"{file.name}: no row {name}; add it with its value")


def _all_due(connection: db.Connection, day: date) -> Iterator[Due]:
    for playbook in playbooks():
        if playbook.purpose == "dunning":
            yield from _due(overdue_claims(connection, playbook, day), playbook, day)


def _due(claims: Sequence[OverdueClaim], playbook: Playbook, day: date) -> Iterator[Due]:
    """Those that a list of `day` would hold. As there, a payment on the way to one claim holds all of its contact."""
    one_per = playbook.audience.one_per
    paying = {claim.subject_key(one_per) for claim in claims if claim.provisional_yen > 0}
    for claim in eligible_claims(claims, playbook, day):
        if claim.due_date is not None and claim.subject_key(one_per) not in paying:
            limit = _limit(claim.claim_type, claim.due_date)
            assert limit.limit_on is not None
            is_statutory = rulebook().claim_type(claim.claim_type, claim.due_date).dunning_rule.within_days is not None
            yield Due(claim, playbook.name, limit.limit_on, is_statutory, limit.citation)


@cache  # asked for claim after claim of one due date
def _limit(claim_type: str, due: date) -> Dunning:
    """The law's last day, else the ward's: as mart.agg_dunning counts afterwards whether it was kept."""
    rule = rulebook().claim_type(claim_type, due).dunning_rule
    if rule.within_days is None:
        rule = replace(rule, within_days=threshold("dunning_within_days"))
    return dunning(due, rule)


def _listed(connection: db.Connection, claim_ids: Sequence[str]) -> dict[str, str]:
    """How each claim stands in the lists there are; not one that is in none."""
    found: dict[str, set[str]] = defaultdict(set)
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_LISTED, [list(claim_ids)]):
            is_later = row["standing"] == "by_hand" and set(row["codes"]) <= LATER
            if row["standing"] and not is_later:
                found[row["claim_id"]].add(row["standing"])
    return {claim_id: min(standings, key=_STANDINGS.index) for claim_id, standings in found.items()}


def _by_type(due: Iterable[Due]) -> list[list[Due]]:
    groups: dict[str, list[Due]] = defaultdict(list)
    for one in due:
        groups[one.claim.claim_type].append(one)
    return [groups[name] for name in sorted(groups)]


def _row(group: Sequence[Due], listed: dict[str, str], day: date) -> dict[str, Any]:
    first = group[0]
    in_time = [one for one in group if one.limit_on >= day]
    standing = [listed.get(one.claim.claim_id, "near") for one in in_time]
    open_days = [one.limit_on for one, how in zip(in_time, standing, strict=True) if how == "near"]
    return {
        "claim_type": first.claim.claim_type,
        "name_ja": rulebook().claim_type(first.claim.claim_type).name_ja,
        "playbook": first.playbook, "is_statutory": first.is_statutory, "citation": first.citation,
        **{how: standing.count(how) for how in _STANDINGS},
        "first_limit_on": min(open_days, default=None),
        "late": sum(one.limit_on < day and one.claim.claim_id not in listed for one in group),
    }  # fmt: skip
