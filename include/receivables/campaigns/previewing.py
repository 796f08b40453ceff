"""Preview (事前確認): what a list would do, in counts, yen and cost; no name, number or address.

The same facts go to the approval screen, to the command line and to the screens.
"""

from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.exclusions import reason_ja
from receivables.campaigns.experiments.registered import lines_ja, preregistration_of, shown
from receivables.campaigns.playbook import Playbook, gateway_terms
from receivables.campaigns.rendering import parts_by_level
from receivables.campaigns.runs import Run, run_of
from receivables.rulebook import rulebook
from receivables.settings import State

ARMS_JA = {"treat": "送信", "control": "対照群（送らない）", "excluded": "除外"}
_CHANNELS_JA = {"sms": "SMS", "letter": "書面", "auto_call": "自動音声", "phone_centre": "電話催告センター"}
_UNITS_JA = {"sms": "通", "letter": "通", "auto_call": "件", "phone_centre": "件"}
_WEEKDAYS_JA = {"mon": "月", "tue": "火", "wed": "水", "thu": "木", "fri": "金", "sat": "土", "sun": "日"}

_ARMS = """
    select arm, count(*) as people, coalesce(sum(outstanding_yen), 0)::bigint as outstanding_yen
    from campaign.contact where run_id = %s group by arm order by arm
"""
_EXCLUSIONS = """
    select code, count(*) as people, coalesce(sum(outstanding_yen), 0)::bigint as outstanding_yen
    from campaign.contact cross join lateral unnest(exclusion_codes) as code
    where run_id = %s and arm = 'excluded' group by code order by code
"""
_COHORT = """
    select array_to_string(owner_depts, '+') as departments, array_to_string(claim_types, '+') as claim_types,
        campaign.amount_band(outstanding_yen) as amount_band,
        min(outstanding_yen) as lowest_yen,
        count(*) filter (where arm = 'treat') as treat, count(*) filter (where arm = 'control') as control
    from campaign.contact where run_id = %s and arm <> 'excluded'
    group by 1, 2, 3 order by 1, 2, 4
"""
_LEVELS = "select level, count(*) as people from campaign.contact where run_id = %s and arm = 'treat' group by level"
_SHIFTS = """
    select s.shifts, r.reason from campaign.shift as s left join campaign.shift_reason as r using (run_id)
    where s.run_id = %s
"""
_BEFORE = """
    select treat_count, as_of from campaign.run
    where campaign_name = %s and run_id <> %s and dispatched_on is not null
    order by dispatched_on desc, built_at desc limit 1
"""


def preview(run_id: str, *, state: State) -> dict[str, Any]:
    """Counts by arm, exclusion and cohort, cost, text and hash of one run."""
    with db.connect(state, "sender", doing=f"preview {run_id}") as connection:
        run = run_of(connection, run_id)
        arms = _rows(connection, _ARMS, run_id)
        exclusions = _rows(connection, _EXCLUSIONS, run_id)
        cohort = _rows(connection, _COHORT, run_id)
        before = _rows(connection, _BEFORE, run.campaign_name, run_id)
        per_message, parts = _parts(run, _rows(connection, _LEVELS, run_id))
        registered = preregistration_of(connection, run_id)
        shifted = _rows(connection, _SHIFTS, run_id)
        given = _rows(connection, "select approver from campaign.approval where run_id = %s order by 1", run_id)
    rules = run.rules()
    cost = gateway_terms(rules.gateway).cost_yen_per_part
    return {
        "run_id": run_id, "campaign": run.campaign_name, "title": rules.title, "channel": rules.channel,
        "as_of": run.as_of.isoformat(), "state": run.state, "maker": run.maker,
        "published_batch": run.published_batch,
        "candidates": run.treat_count + run.control_count + run.excluded_count,
        "arms": arms,
        "exclusions": [{**each, "reason_ja": reason_ja(each["code"])} for each in exclusions],
        "cohort": [{key: value for key, value in each.items() if key != "lowest_yen"} for each in cohort],
        "experiment": shown(registered),
        "shifts": shifted[0]["shifts"] if shifted else [],
        "shift_reason": shifted[0]["reason"] if shifted else None,
        "treat_count_before": before[0]["treat_count"] if before else None,
        "parts_per_message": per_message, "parts": parts, "cost_yen": parts * cost,
        "text": run.template_text, "template_sha256": run.template_sha256, "content_sha256": run.content_sha256,
        "approvals": [each["approver"] for each in given], "approvals_required": run.approvals_required,
    }  # fmt: skip


def preview_text(run_id: str, *, state: State) -> str:
    """The preview as Markdown in Japanese, for the approval screen (no personal data)."""
    found = preview(run_id, state=state)
    lines = [
        f"**{found['title']}** 基準日 {found['as_of']} ／ 作成者 {found['maker']}",
        "",
        "| 区分 | 人数 | 対象額（円） |",
        "|---|---:|---:|",
        *(f"| {ARMS_JA[row['arm']]} | {row['people']:,} | {row['outstanding_yen']:,} |" for row in found["arms"]),
        "",
        "| 除外理由（重複あり） | 人数 |",
        "|---|---:|",
        *(f"| {row['code'][:3]} {row['reason_ja']} | {row['people']:,} |" for row in found["exclusions"]),
        "",
        "| 所管 | 債権 | 金額帯 | 送信 | 対照群 |",
        "|---|---|---|---:|---:|",
        *(
            f"| {row['departments']} | {row['claim_types']} | {row['amount_band']} "
            f"| {row['treat']:,} | {row['control']:,} |"
            for row in found["cohort"]
        ),
        "",
        *shifts_ja(found),
        *lines_ja(found["experiment"]),
        "",
        cost_ja(found),
        _compared(found),
        "",
        f"文面: {found['text']}",
        "",
        f"リストのハッシュ: `{found['content_sha256']}`",
    ]
    return "\n".join(lines)


def describe(playbook: Playbook) -> str:
    """The playbook in plain Japanese, for people who approve rules and not YAML."""
    audience, window = playbook.audience, playbook.send_window
    kinds = "・".join(rulebook().claim_types[each].name_ja for each in audience.claim_types)
    weekdays = "・".join(_WEEKDAYS_JA[day] for day in window.weekdays)
    caps = "、".join(f"{cap.days}日間に{cap.contacts}回まで" for cap in playbook.caps)
    return "\n".join([
        f"{playbook.title}（{playbook.name}）",
        f"目的: {playbook.aim.title_ja}（{_CHANNELS_JA[playbook.channel]}）。",
        f"対象: {kinds} のうち、{_reached(playbook)}方。"
        f"{'お一人につき1回' if audience.one_per == 'debtor' else '債権の種類ごとに1通'}。",
        *_ladder(playbook),
        f"送信: {weekdays}曜の{window.opens:%H:%M}から{window.closes:%H:%M}まで"
        f"（{'' if window.on_holidays else '祝日と'}{window.closed_from}～{window.closed_to}は送らない）。",
        f"回数の上限: {caps}（全所管の電話・SMS・自動音声と本システムの書面の合計）。",
        "督促は法律上の義務であり、対照群を置かず、回数・金額の下限も適用しない。"
        if playbook.aim.is_statutory
        else f"効果を測るため、1000人のうち{playbook.holdout_permille}人には送らない。",
        f"元データが{playbook.max_data_age_days}日より古いときは送らない。",
        f"作成者{playbook.maker}以外の{playbook.approvals_required}人の承認が要る（{playbook.expires_after_days}日で失効）。",
    ])  # fmt: skip


def cost_ja(found: dict[str, Any]) -> str:
    """How many messages, letters or calls a run is charged for, and what they cost."""
    channel, per_message = found["channel"], found["parts_per_message"]
    each = f"（1件 {per_message} 通）" if per_message > 1 else ""
    return f"{_CHANNELS_JA[channel]} {found['parts']:,} {_UNITS_JA[channel]}{each}、費用見込 {found['cost_yen']:,} 円"


def _parts(run: Run, levels: list[dict[str, Any]]) -> tuple[int, int]:
    """Parts (通数) of one message, on a ladder of SMS of its longest text, and of all messages of the list."""
    rules = run.rules()
    if rules.channel != "sms" or not rules.levels:
        return run.parts_count, run.treat_count * run.parts_count
    each = parts_by_level(run.template_text)
    return max(each), sum(each[row["level"] - 1] * row["people"] for row in levels)


def shifts_ja(found: dict[str, Any]) -> list[str]:
    """What is unlike the list before, and why, as somebody wrote it."""
    if not found["shifts"]:
        return []
    names = {"department": "所管", "years_overdue": "経過年数", "standing": "現況", "people": "人数"}
    against = {"last_run": "前回", "everybody": "候補者全体"}
    units = {"people": "人"}
    rows = [
        f"- {names[each['dimension']]} {each['cell']}: {each['now']:,}{units.get(each['dimension'], '‰')}"
        f"（{against[each['against']]} {each['was']:,}{units.get(each['dimension'], '‰')}）"
        for each in found["shifts"]
    ]
    return [
        "**対象者の構成が大きく変わっています**",
        *rows,
        f"理由: {found['shift_reason'] or '未記入（承認できません）'}",
        "",
    ]


def _reached(playbook: Playbook) -> str:
    audience, since = playbook.audience, playbook.aim.counted_from_ja
    days = (
        f"{audience.days_from}日から{audience.days_until}日までの間にあり"
        if audience.days_until
        else f"{audience.days_from}日を過ぎ"
    )
    least = f"、未納が合計{audience.minimum_outstanding_yen:,}円以上の" if audience.minimum_outstanding_yen else "た"
    return f"{since}から{days}{least}".replace("ありた", "ある")


def _ladder(playbook: Playbook) -> list[str]:
    steps = [f"{number}段階目は{each.after_days}日後" for number, each in enumerate(playbook.levels, start=2)]
    return [f"段階: {'、'.join(steps)}（債権ごとに数え、最も進んだ債権の文面を用いる）。"] if steps else []


def _compared(found: dict[str, Any]) -> str:
    before, now = found["treat_count_before"], sum(r["people"] for r in found["arms"] if r["arm"] == "treat")
    return (
        "前回の送信はありません" if before is None else f"前回の送信 {before:,} 人（今回との差 {now - before:+,} 人）"
    )


def _rows(connection: db.Connection, query: Any, *arguments: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, arguments).fetchall()
