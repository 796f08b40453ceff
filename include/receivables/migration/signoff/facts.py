"""All that the sign-off report is made of (報告書の材料): plain data, so that a report can be made without a database.

Yen are whole numbers. Legs are letters: S source, W warehouse, G staged, F file, T new system, L finance. Keys are
keyed hashes: no 宛名番号, no name and no address ever comes in here.
"""

from dataclasses import dataclass, field

from receivables.migration.checks import Check
from receivables.migration.signoff.differing import Differing
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
class DifferenceLine:
    """One difference with what people need to judge it: where, how much, why perhaps, and the first keys."""

    differing: Differing
    item: str  # the component's name, or （行全体）
    cause: str | None  # 推定原因
    keys: tuple[str, ...] = ()  # the first keyed hashes
    is_explained: bool = False


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Source rows of one kind that ended in one disposition for one reason (台帳)."""

    group: str
    entity: str  # kind of source row in words: 調定, 収納 …
    source: str
    disposition: str  # staged, excluded, rejected, merged
    reason: str | None  # code
    title: str  # of the reason
    rows: int
    yen: int


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code of a code table: the map's and the rows that used it (コード変換)."""

    group: str
    table: str
    source_code: str
    target_code: str | None  # None: in no map 未対応
    target_name: str
    valid_from: str
    valid_to: str
    rows: int
    expected_rows: int | None = None  # by the warehouse; None: not counted apart
    is_merged: bool = False  # several source codes to this one, as declared


@dataclass(frozen=True, slots=True)
class CharacterLine:
    """One character that is no plain one (文字同定), with how it was decided."""

    source: str
    code: str  # of the source, hexadecimal
    target: str  # code point, MJ or GJ number; '' when there is none
    character_class: str  # 文字の区分
    decision: str  # 同定済, 暫定, 代替, 未定
    rows: int
    persons: int
    basis: str


@dataclass(frozen=True, slots=True)
class RollLine:
    """R-080 of one group and subject: what was, what came and went, and what is now, in yen."""

    group: str
    subject: str
    before: int
    assessed: int  # new 調定
    received: int
    written_off: int
    corrected: int  # 更正, signed
    now: int

    @property
    def unexplained(self) -> int:
        """What the movements do not account for."""
        return self.now - (self.before + self.assessed - self.received - self.written_off + self.corrected)


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """The run before this one of the same kind (前回)."""

    run_id: str
    snapshot: str
    verdict: str | None
    rows: dict[str, tuple[int, int]]  # group: rows then and now
    rolls: tuple[RollLine, ...] = ()


@dataclass(frozen=True, slots=True)
class BurnDown:
    """One rehearsal in the row of them (不具合の推移): what stood open when it was reconciled."""

    run_id: str
    snapshot: str
    failed_checks: int
    open_rows: int
    open_yen: int
    explained: int  # accepted differences


@dataclass(frozen=True, slots=True)
class AcceptanceLine:
    """One acceptance as tested in this run; `acceptance_lines` reads them."""

    acceptance_id: str
    differing: Differing  # as it was accepted
    rows_now: int
    yen_now: int
    outcome: str  # explained, void, expired, waiting
    reason: str  # code, title and the free reason
    ticket: str
    proposed_by: str
    approved_by: str | None
    limit: str
    note: str | None


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One row for eyes (目視確認), found by file and record; amounts and dates only."""

    group: str
    stratum: str  # why it was drawn 抽出区分
    file_name: str
    row_no: int
    key: str
    shown: str  # what to compare: 調定額 10,000 円、…


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file as written."""

    file_name: str
    group: str
    rows: int
    yen: int  # over all its amount items
    bytes: int
    sha256: str
    first_key: str | None
    last_key: str | None


@dataclass(frozen=True, slots=True)
class TargetLine:
    """Where one kind of claim goes (移行計画)."""

    claim_type: str
    name: str  # of the claim
    source: str
    target: str  # standard, integrated, stay
    system: str
    state: str  # done, to_come, none
    cut_over_on: str
    subject_code: str
    basis: str


@dataclass(frozen=True, slots=True)
class ChangedMeaning:
    """An item whose meaning or form changes on the way (意味の変わる項目), with the rows it touches."""

    group: str
    item: str
    before: str
    after: str
    effect: str  # what users of the new system must know
    rows: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """How ready one group is, aspect by aspect (準備状況): ready, attention, blocked or none (対象外)."""

    group: str
    aspects: dict[str, str]  # 仕様, 対応表, コード, 文字, 照合 … in the order of the columns: state


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
