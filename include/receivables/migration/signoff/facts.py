"""All that the sign-off report is made of (報告書の材料): plain data, so that a report can be made without a database.

Yen are whole numbers. Legs are letters: S source, W warehouse, G staged, F file, T new system, L finance. Keys are
keyed hashes: no 宛名番号, no name and no address ever comes in here.
"""

from dataclasses import dataclass, field

from receivables.migration.checks import Check
from receivables.migration.signoff.fact_lines import (
    AcceptanceLine,
    BurnDown,
    ChangedMeaning,
    CharacterLine,
    CodeLine,
    DifferenceLine,
    FileLine,
    LedgerLine,
    PreviousRun,
    Readiness,
    SampleLine,
    TargetLine,
)
from receivables.migration.signoff.roles import Role

Legs = dict[str, int]  # letter of a leg: rows, persons or yen


@dataclass(frozen=True, slots=True)
class RunRow:
    """The run (移行リハーサル): the row of migration.run in words."""

    run_id: str
    kind: str  # rehearsal, production, dry, return
    city: str  # the municipality's name 自治体名
    edition: str  # of the national standard 版
    is_draft: bool
    profile: str  # the receiver's file profile 受入先
    profile_title: str
    snapshot: str  # 基準日, ISO
    published_batch: str
    revision: str | None  # of the program
    spec_sha256: str
    map_sha256: str
    profile_sha256: str
    sources: tuple[str, ...]
    made_by: str | None = None  # 実施者


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of g0 (科目・年度)."""

    subject: str  # 科目コード
    subject_name: str
    levy_year: int | None  # 賦課年度
    fiscal_year: int | None  # 相当年度
    category: str  # 現年分, 滞納繰越分, or '' for groups that have no money


@dataclass(frozen=True, slots=True)
class CountLine:
    """件数・人数 of one cell, per leg that was counted; a leg that is missing was not counted (it is no zero)."""

    place: Place
    rows: Legs
    persons: Legs


@dataclass(frozen=True, slots=True)
class AmountLine:
    """金額 of one amount item in one cell, per leg, in yen."""

    place: Place
    component: str  # the item's column
    item: str  # the item's name in the standard 項目名
    yen: Legs


@dataclass(frozen=True, slots=True)
class FinanceLine:
    """One figure of 決算・収入整理簿 (leg L) beside ours, in yen; None: finance delivered no figure for it."""

    place: Place
    measure: str  # 調定額, 収入済額, 不納欠損額, 収入未済額
    ours: int
    finance: int | None
    basis: str  # which book, of which day


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """One group of the standard (移行グループ) as this run handled it, in the order of loading."""

    id: str
    name: str
    interface_id: str | None
    evidence: str  # how well its items are known (確からしさ)
    counts: tuple[CountLine, ...] = ()
    amounts: tuple[AmountLine, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)  # leg: canonical digest
    unverified: tuple[str, ...] = ()  # items whose length nobody knows yet 桁数未確定
    empty: tuple[str, ...] = ()  # items that no source fills 値なし


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Everything of one run, ready to become a report."""

    run: RunRow
    groups: tuple[GroupFacts, ...]
    checks: tuple[Check, ...]  # after `apply`, in the order to show
    unexplained_rows: int
    unexplained_yen: int
    signers: tuple[Role, ...]  # roles.required(...)
    differences: tuple[DifferenceLine, ...] = ()
    finance: tuple[FinanceLine, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    codes: tuple[CodeLine, ...] = ()
    characters: tuple[CharacterLine, ...] = ()
    previous: PreviousRun | None = None
    burn_down: tuple[BurnDown, ...] = ()  # oldest first, this run last
    acceptances: tuple[AcceptanceLine, ...] = ()
    sample: tuple[SampleLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    targets: tuple[TargetLine, ...] = ()
    changed: tuple[ChangedMeaning, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)  # tool: version
    steps: tuple[str, ...] = ()  # how to do it again, in order, in words or commands
