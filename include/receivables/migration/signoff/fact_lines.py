"""The lines of the report's lists (報告書の明細): plain data, each field as it is shown. See facts.py."""

from dataclasses import dataclass

from receivables.migration.signoff.differing import Differing


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
    """One entry of the register of changed meanings (制度・仕様の相違), with whom it touched on the snapshot's day."""

    id: str
    what: str
    before: str  # the old rule
    after: str  # the new rule
    certainty: str  # 確からしさ
    decision: str  # whether it is decided, and who decides
    persons: int | None  # None: the warehouse cannot count it
    claims: int | None
    yen: int | None  # outstanding


@dataclass(frozen=True, slots=True)
class Readiness:
    """How ready one group is, aspect by aspect (準備状況): ready, attention, blocked or none (対象外)."""

    group: str
    aspects: dict[str, str]  # 仕様, 対応表, コード, 文字, 照合 … in the order of the columns: state
