"""What the screens show (画面の内容): figures, words and where to look further; no person."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Tone = Literal["good", "watch", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Quarantined rows of one delivery with one reason (隔離)."""

    reason_code: str
    reason_ja: str
    rows: int
    yen: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one file or snapshot (取込バッチ)."""

    table_name: str
    title: str
    state: str
    state_ja: str
    tone: Tone
    accepted_rows: int
    accepted_yen: int | None  # None: the file holds no money
    quarantined_rows: int
    quarantined_yen: int | None
    duplicate_rows: int
    excluded_rows: int
    reason_ja: str | None
    reason: str | None
    set_aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One department's system last night (業務)."""

    source: str
    title: str
    department: str
    deliveries: tuple[Delivery, ...]

    @property
    def short_title(self) -> str:
        """The title without what stands in brackets."""
        return self.title.partition("（")[0]

    @property
    def system(self) -> str:
        """What stands in brackets: the system it comes from (業務システム)."""
        return self.title.partition("（")[2].rstrip("）")

    @property
    def has_arrived(self) -> bool:
        """True when every file of the source is loaded."""
        return bool(self.deliveries) and all(each.state in ("loaded", "duplicate") for each in self.deliveries)


@dataclass(frozen=True, slots=True)
class RatePoint:
    """A collection rate at one month-end, its two parts kept (収納率)."""

    month: str
    numerator_yen: int
    denominator_yen: int
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Collection:
    """One claim type, year and category with its month-ends (収納状況)."""

    claim_type: str
    title: str
    fiscal_year: int
    category: Literal["current", "arrears"]
    points: tuple[RatePoint, ...]
    assessed_yen: int
    uncollected_yen: int
    written_off_yen: int

    @property
    def last(self) -> RatePoint:
        """The newest month-end."""
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Ageing:
    """Overdue claims of one type in one class of days (滞納の年齢)."""

    claim_type: str
    title: str
    bucket: str
    claim_count: int
    outstanding_yen: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """People not contacted for one reason (除外)."""

    code: str
    reason_ja: str
    people: int


@dataclass(frozen=True, slots=True)
class OtherRun:
    """Another run that is not over: several playbooks may wait at once."""

    title: str
    name: str
    state_ja: str
    treat_count: int
    approvals: str  # given／required


@dataclass(frozen=True, slots=True)
class Campaign:
    """The newest run of a campaign (催告), the others that are not over, and what people must look at."""

    run_id: str
    name: str
    title: str
    as_of: date
    state: str
    state_ja: str
    treat_count: int
    control_count: int
    excluded_count: int
    approval_count: int
    approvals_required: int
    expires_at: datetime
    content_sha256: str
    excluded: tuple[Excluded, ...]
    is_stopped: bool
    others: tuple[OtherRun, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is who last night, and what the judged samples prove (名寄せ)."""

    as_of: date
    persons: int
    changed: int
    linked: int
    unlinked: int
    to_review: int
    bound: dict[str, Any] | None  # from which weight evidence links and what proves it; None: an earlier edition's
    judged: int
    wrong: int
    waiting: int
    upper_permille: float | None  # None: nothing judged, nothing proven


@dataclass(frozen=True, slots=True)
class Check:
    """One reconciliation check (照合)."""

    check_id: str
    title: str
    legs: str
    status: str
    difference: int
    cause: str | None
    group: str | None = None  # the standard's name of the group; None: of the run as a whole


@dataclass(frozen=True, slots=True)
class MigrationGroup:
    """One group of a rehearsal (移行グループ): rows staged, checks made and those that do not pass."""

    name: str
    rows: int | None
    checks: int
    failed: int
    explained: int

    @property
    def verdict(self) -> str | None:
        """As of the run; None before it is reconciled."""
        worst = "FAIL" if self.failed else "EXPLAINED" if self.explained else "PASS"
        return worst if self.checks else None


@dataclass(frozen=True, slots=True)
class Migration:
    """The newest rehearsal and what its reconciliation says (移行リハーサル)."""

    run_id: str
    snapshot_date: date
    edition: str
    profile: str
    verdict: str | None
    unexplained_rows: int | None
    unexplained_yen: int | None
    systems: int  # 業務: whose claims move in it
    groups: tuple[MigrationGroup, ...]
    checks: tuple[Check, ...]
    signed_by: tuple[str, ...]
    report_link: str | None

    @property
    def agreeing(self) -> tuple[Check, ...]:
        """The checks that passed."""
        return tuple(check for check in self.checks if check.status == "PASS")

    @property
    def differing(self) -> tuple[Check, ...]:
        """The checks that did not, the worst first."""
        order = ("FAIL", "EXPLAINED")
        rest = [check for check in self.checks if check.status != "PASS"]
        return tuple(sorted(rest, key=lambda check: order.index(check.status) if check.status in order else len(order)))


@dataclass(frozen=True, slots=True)
class Night:
    """The whole page 「昨夜の状況」. None or empty: there is nothing yet, and the page says what to run."""

    business_date: date | None
    published_batch: str | None = None
    published_as_of: date | None = None
    published_at: datetime | None = None
    sources: tuple[Source, ...] = ()
    collection: tuple[Collection, ...] = ()
    ageing: tuple[Ageing, ...] = ()
    identity: Identity | None = None
    campaign: Campaign | None = None
    migration: Migration | None = None
    data_docs_link: str | None = None

    @property
    def overdue_yen(self) -> int:
        """滞納額: what is overdue and open."""
        return sum(each.outstanding_yen for each in self.ageing)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every delivery of every source."""
        return tuple(delivery for source in self.sources for delivery in source.deliveries)
