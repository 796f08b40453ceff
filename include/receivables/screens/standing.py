"""What waits for people (承認待ち・署名待ち): the newest campaign run and the newest migration rehearsal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from receivables import db, standard
from receivables.confidence import upper_share
from receivables.errors import InputRejectedError
from receivables.screens import words
from receivables.screens.lookup import found
from receivables.screens.model import Campaign, Check, Excluded, Identity, Migration, MigrationGroup, OtherRun
from receivables.settings import State

# A run that waits for somebody comes before newer ones that do not.
_RUN = """
    select run_id, campaign_name, as_of, playbook ->> 'title' as title, state, treat_count, control_count,
        excluded_count, approvals_required, content_sha256,
        built_at + make_interval(days => expires_after_days) as expires_at,
        (select count(*) from campaign.approval as given where given.run_id = run.run_id) as approval_count,
        (select is_stopped from campaign.switch) as is_stopped
    from campaign.run as run
    where state not in ('superseded', 'cancelled')
    order by (state in ('waiting', 'approved', 'sending')) desc, built_at desc
    limit 1
"""
_OTHERS = """
    select campaign_name as name, playbook ->> 'title' as title, state, treat_count, approvals_required,
        (select count(*) from campaign.approval as given where given.run_id = run.run_id) as approval_count
    from campaign.run as run
    where state in ('waiting', 'approved', 'sending') and run_id <> %(run_id)s
    order by state = 'waiting' desc, built_at desc
"""
_NOTES = """
    select
        array(select distinct campaign_name from campaign.halt where lifted_at is null order by 1) as halted,
        array(
            select reason from campaign.quiet
            where (clock_timestamp() at time zone 'Asia/Tokyo')::date between from_on and until_on and ended_at is null
        ) as quiet,
        (select count(*) from campaign.outbox where state = 'unknown') as unknown,
        (
            select count(*) from campaign.hold
            where review_on <= (clock_timestamp() at time zone 'Asia/Tokyo')::date
                and (valid_to is null or valid_to >= (clock_timestamp() at time zone 'Asia/Tokyo')::date)
        ) as holds_due
"""
_EXCLUDED = """
    select code, count(*) as people
    from campaign.contact cross join lateral unnest(exclusion_codes) as code
    where run_id = %(run_id)s and arm = 'excluded'
    group by code order by people desc, code
"""
_REHEARSAL = """
    select run_id, snapshot_date, edition, profile, verdict, unexplained_rows, unexplained_yen, report_file,
        coalesce(jsonb_array_length(plan -> 'sources'), 0) as systems
    from migration.run order by created_at desc limit 1
"""
_CHECKS = """
    select check_id, title_ja, legs, status, difference, cause, group_id from migration.recon_result
    where run_id = %(run_id)s order by position
"""
_GROUPS = """
    select g.group_id, g.staged_rows, count(c.check_id) as checks,
        count(*) filter (where c.status not in ('PASS', 'EXPLAINED')) as failed,
        count(*) filter (where c.status = 'EXPLAINED') as explained
    from migration.run_group as g left join migration.recon_result as c using (run_id, group_id)
    where g.run_id = %(run_id)s group by g.group_id, g.staged_rows, g.position order by g.position
"""
_SIGNED = (
    "select user_name from migration.signoff where run_id = %(run_id)s and decision = 'accepted' order by signed_at"
)
_MATCHED = """
    select as_of, persons, changed, linked, unlinked, to_review, bound from identity.night
    order by night_no desc limit 1
"""
# 抜取検査 of the last twelve months; who could not be judged counts as wrong.
_SAMPLED = """
    select count(verdict) as judged, count(*) filter (where verdict <> 'same') as wrong,
        count(*) filter (where verdict is null) as waiting
    from identity.sampled where month > to_char(%(as_of)s::date - interval '12 months', 'YYYY-MM')
"""
_CONFIDENCE = 0.95


def identity(connection: db.Connection) -> Identity | None:
    """What the last matching compared, and the upper bound of wrong automatic links; None before the first."""
    nights = found(connection, _MATCHED)
    if not nights:
        return None
    (sampled,) = found(connection, _SAMPLED, {"as_of": nights[0]["as_of"]}) or [{"judged": 0, "wrong": 0, "waiting": 0}]
    judged, wrong = sampled["judged"], sampled["wrong"]
    upper = 1000 * upper_share(wrong, judged, _CONFIDENCE) if judged else None
    return Identity(**nights[0], **sampled, upper_permille=upper)


def campaign(connection: db.Connection) -> Campaign | None:
    """The run that waits for approval or is being sent, else the newest."""
    rows = found(connection, _RUN)
    if not rows:
        return None
    run = rows[0]
    reasons = found(connection, _EXCLUDED, {"run_id": run["run_id"]})
    return Campaign(
        run_id=run["run_id"],
        name=run["campaign_name"],
        title=run["title"] or run["campaign_name"],
        as_of=run["as_of"],
        state=run["state"],
        state_ja=words.CAMPAIGN.get(run["state"], run["state"]),
        treat_count=run["treat_count"],
        control_count=run["control_count"],
        excluded_count=run["excluded_count"],
        approval_count=run["approval_count"],
        approvals_required=run["approvals_required"],
        expires_at=run["expires_at"],
        content_sha256=run["content_sha256"],
        excluded=tuple(Excluded(row["code"], words.exclusion_ja(row["code"]), row["people"]) for row in reasons),
        is_stopped=bool(run["is_stopped"]),
        others=tuple(
            OtherRun(
                each["title"] or each["name"],
                each["name"],
                words.CAMPAIGN[each["state"]],
                each["treat_count"],
                f"{each['approval_count']}／{each['approvals_required']}",
            )
            for each in found(connection, _OTHERS, {"run_id": run["run_id"]})
        ),
        notes=tuple(_notes(*found(connection, _NOTES))),
    )


def _notes(seen: dict[str, Any]) -> Iterator[str]:
    """What somebody must look at, with the command that shows it."""
    if seen["halted"]:
        yield f"停止中の計画: {'、'.join(seen['halted'])}（receivables campaign lift）"
    if seen["quiet"]:
        yield f"本日は送信しない日です: {'、'.join(seen['quiet'])}"
    if seen["unknown"]:
        yield f"送信結果が不明のもの {seen['unknown']:,}件（receivables campaign unknown）"
    if seen["holds_due"]:
        yield f"再確認の日が来た連絡停止 {seen['holds_due']:,}件（receivables hold list --due）"


def migration(connection: db.Connection, state: State) -> Migration | None:
    """The newest rehearsal with every check, and who has signed its report."""
    rows = found(connection, _REHEARSAL)
    if not rows:
        return None
    run = rows[0]
    key = {"run_id": run["run_id"]}
    checks = (
        Check(row["check_id"], row["title_ja"], row["legs"], row["status"], row["difference"], row["cause"],
              _group_ja(run["edition"], row["group_id"]))
        for row in found(connection, _CHECKS, key)
    )  # fmt: skip
    groups = (
        MigrationGroup(_group_ja(run["edition"], row["group_id"]) or "", row["staged_rows"], row["checks"],
                       row["failed"], row["explained"])
        for row in found(connection, _GROUPS, key)
    )  # fmt: skip
    return Migration(
        run_id=run["run_id"],
        snapshot_date=run["snapshot_date"],
        edition=run["edition"],
        profile=run["profile"],
        verdict=run["verdict"],
        unexplained_rows=run["unexplained_rows"],
        unexplained_yen=run["unexplained_yen"],
        systems=run["systems"],
        groups=tuple(groups),
        checks=tuple(checks),
        signed_by=tuple(row["user_name"] for row in found(connection, _SIGNED, key)),
        report_link=report_link(state, run["report_file"]),
    )


def _group_ja(edition: str, group: str | None) -> str | None:
    """The standard's name of a group; its id where the edition is not there any more."""
    try:
        return standard.edition(edition).group(group).name if group else None
    except InputRejectedError:
        return group


def report_link(state: State, name: str | None) -> str | None:
    """The address under which the screen serves a file of the reports folder; None when it is not there."""
    folder = state.root / "reports"
    file = folder / name if name else None
    if file is None or not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
        return None
    return f"reports/{Path(file.resolve()).relative_to(folder.resolve()).as_posix()}"
