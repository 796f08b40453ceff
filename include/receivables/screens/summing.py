"""What the page says in one breath (要約), and the rows of its tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from receivables.calendar import book_closing
from receivables.era import date_to_wareki
from receivables.screens import words
from receivables.screens.charts import year_ja
from receivables.screens.model import Collection, Night, Tone


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement of the summary, and how much it needs somebody."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class RateRow:
    """One line of the collection table: the last closed year beside the running one."""

    title: str
    category_ja: str
    closed: Collection | None
    running: Collection | None
    change: Decimal | None


def summary(night: Night) -> tuple[Sentence, ...]:
    """The night in sentences, what needs somebody first."""
    if night.business_date is None:
        return (Sentence("まだ夜間処理の記録がありません。", "quiet"),)
    said = [_arrived(night), _published(night), *_set_aside(night), *_waiting(night), *_migrated(night)]
    order: dict[Tone, int] = {"bad": 0, "watch": 1, "good": 2, "quiet": 3}
    return tuple(sorted(said, key=lambda sentence: order[sentence.tone]))


def closed_year(night: Night) -> int | None:
    """The newest fiscal year whose books have closed in the figures (出納閉鎖済), None when there is none."""
    today = night.published_as_of
    ended = [each.fiscal_year for each in night.collection if today and book_closing(each.fiscal_year) < today]
    return max(ended, default=None)


def running_year(night: Night) -> int | None:
    """The newest fiscal year there are figures for (当年度)."""
    return max((each.fiscal_year for each in night.collection), default=None)


def rate_rows(night: Night) -> tuple[RateRow, ...]:
    """Claim type × 現年・滞繰: rate and what is uncollected, closed year beside running year."""
    made = []
    for claim_type in kinds(night.collection):
        for category in ("current", "arrears"):
            years = {
                each.fiscal_year: each
                for each in night.collection
                if (each.claim_type, each.category) == (claim_type, category)
            }
            if years:
                closed, running = years.get(closed_year(night) or -1), years.get(running_year(night) or -1)
                title = next(iter(years.values())).title
                made.append(RateRow(title, words.CATEGORY[category], closed, running, _change(running, years)))
    return tuple(made)


def uncollected(night: Night) -> tuple[int | None, list[tuple[str, int, int]]]:
    """収入未済額 per claim type in the newest closed year, or in the running one while none has closed."""
    year = closed_year(night) or running_year(night)
    shown = [each for each in night.collection if each.fiscal_year == year]
    rows = [
        (
            next(each.title for each in shown if each.claim_type == claim_type),
            sum(each.uncollected_yen for each in shown if (each.claim_type, each.category) == (claim_type, "current")),
            sum(each.uncollected_yen for each in shown if (each.claim_type, each.category) == (claim_type, "arrears")),
        )
        for claim_type in kinds(shown)
    ]
    return year, rows


def kinds(collection: Iterable[Collection]) -> list[str]:
    """The claim types, biggest levy first."""
    levied: dict[str, int] = {}
    for each in collection:
        levied[each.claim_type] = max(levied.get(each.claim_type, 0), each.assessed_yen)
    return sorted(levied, key=lambda claim_type: -levied[claim_type])


def _change(running: Collection | None, years: dict[int, Collection]) -> Decimal | None:
    """Points against the end of the same month a year before (対前年同月末); the running month is not over yet."""
    before = years.get(running.fiscal_year - 1) if running else None
    if running is None or before is None or running.last.rate is None:
        return None
    year, month = running.last.month.split("-")
    then = next((point.rate for point in before.points if point.month == f"{int(year) - 1}-{month}"), None)
    return None if then is None else running.last.rate - then


def _arrived(night: Night) -> Sentence:
    late = [source.short_title for source in night.sources if not source.has_arrived]
    if late:
        return Sentence(f"取り込めていない業務があります：{'、'.join(late)}。", "bad")
    return Sentence(f"{len(night.sources)}業務すべてを取り込みました。", "good")


def _published(night: Night) -> Sentence:
    if night.published_as_of is None:
        return Sentence("まだ公開されたデータがありません。", "watch")
    if night.published_as_of != night.business_date:
        return Sentence(f"公開中のデータは{date_to_wareki(night.published_as_of)}のままです。", "bad")
    return Sentence("集計は公開済みです。", "good")


def _set_aside(night: Night) -> Sequence[Sentence]:
    rows = sum(each.quarantined_rows for each in night.deliveries)
    yen = sum(each.quarantined_yen or 0 for each in night.deliveries)
    return [Sentence(f"{rows:,}行（{yen:,}円）を隔離しています。", "watch")] if rows else []


def _waiting(night: Night) -> Sequence[Sentence]:
    run = night.campaign
    if run is None:
        return []
    if run.is_stopped:
        return [Sentence("催告の送信は緊急停止中です。", "bad")]
    if run.state == "waiting":
        left = run.approvals_required - run.approval_count
        also = sum(each.state_ja == words.CAMPAIGN["waiting"] for each in run.others)
        more = f"ほかに{also}件が待っています。" if also else ""
        return [Sentence(f"催告「{run.title}」が承認を待っています（あと{left}人）。{more}", "watch")]
    return [Sentence(f"催告「{run.title}」は{run.state_ja}です。", "good")]


def _migrated(night: Night) -> Sequence[Sentence]:
    run = night.migration
    if run is None or run.verdict is None:
        return []
    label, tone = words.VERDICT.get(run.verdict, (run.verdict, "watch"))
    return [Sentence(f"移行データの照合は{label}です。", tone)]


def running_label(night: Night) -> str:
    """The heading of the running year: 令和8年度（6月19日現在）, so that nobody reads a half month as a whole."""
    year, today = running_year(night), night.published_as_of
    if year is None:
        return ""
    return f"{year_ja(year)}（{today.month}月{today.day}日現在）" if today else year_ja(year)
