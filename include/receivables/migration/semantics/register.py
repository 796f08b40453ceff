"""The register of changed meanings (制度・仕様の相違の台帳), as data: old rule, new rule, how sure, who decides."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

REGISTER = Path(__file__).with_name("register.yaml")
CERTAINTY_JA = {"read": "公開資料で確認", "observed": "観察による（正式版で確認）", "unverified": "未確認（GK）"}
STATUS_JA = {"open": "未決", "decided": "決定済み"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OldRule(_Strict):
    """How it is today (現行の規則), in which system, and who says so."""

    rule: str
    system: str
    source: str


class NewRule(_Strict):
    """How it will be (標準の規則), in which standard, and who says so."""

    rule: str
    standard: str
    source: str


class Decision(_Strict):
    """Who decides, whether it is decided, and on what day (決定)."""

    owner: str
    date: date | None
    status: Literal["open", "decided"]
    note: str | None = None


class Entry(_Strict):
    """One difference: what it is, its rules, whom it touches, what to do."""

    id: str
    what: str
    old: OldRule
    new: NewRule
    certainty: Literal["read", "observed", "unverified"]
    claim_types: Literal["all", "moving"] | tuple[str, ...]  # moving: those that do not stay in this ledger
    touches: str | None = None
    uncountable: str | None = None
    decision: Decision
    action: str

    @model_validator(mode="after")
    def _is_counted_or_says_why_not(self) -> "Entry":
        if (self.touches is None) == (self.uncountable is None):
            raise ValueError(f"{self.id}: give either touches or uncountable")
        return self


class _Register(_Strict):
    entries: tuple[Entry, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "_Register":
        if len({each.id for each in self.entries}) < len(self.entries):
            raise ValueError("two entries have one id")
        return self


@cache
def register() -> tuple[Entry, ...]:
    """The project's register, in order."""
    return _Register.model_validate(yaml.safe_load(REGISTER.read_text(encoding="utf-8"))).entries
