"""What an edition of the standard is made of (版・グループ・項目・コード): checked records, nothing read from disk.

What nobody has seen stays None. A value that follows only from the kind of an item is named in `assumed`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from receivables.errors import InputRejectedError

Type = Literal["code", "date", "decimal", "flag", "int", "text", "time", "year", "yen"]
Evidence = Literal["official", "observed", "observed_partial", "name_only", "reconstructed"]
Charset = Literal["name", "free", "kana", "bank", "digits", "ascii"]

WEAK: tuple[Evidence, ...] = ("observed_partial", "name_only", "reconstructed")
FIXED_BY_NATURE: tuple[Type, ...] = ("date", "time", "flag")  # their length needs no list to be known
_WORDS = {"observed_partial": "一部のみ確認", "name_only": "名称のみ確認", "reconstructed": "類推による復元（未確認）"}
_ASSUMABLE = frozenset({"charset", "required", "repeat", "unit", "null_policy", "is_signed", "code_table"})


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Item(_Record):
    """One item of a group (項目): its place, our column name, the standard's name, type and length.

    `length` counts characters, for numbers the digits before the point (整数部); `scale` those behind it (小数部).
    """

    no: int = Field(ge=1)
    column: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    type: Type
    length: int | None = Field(ge=1)  # None: not known yet, take it from the official list
    key: bool
    scale: int | None = Field(default=None, ge=0)
    required: Literal["always", "conditional", "no"] | None = None  # 必須・条件付必須・任意
    repeat: str | None = None  # 繰返し, as the list writes it
    code_table: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    charset: Charset | None = None
    unit: str | None = None
    null_policy: Literal["not_null", "null"] | None = None  # not_null: 該当なし is '' or 0, never NULL
    is_signed: bool | None = None
    evidence: Evidence | None = None  # None: that of the group
    assumed: tuple[str, ...] = Field(default=(), strict=False)
    official_id: str | None = None  # データ項目ID
    description: str | None = None
    note: str | None = None
    revision: str | None = None  # 改定種別

    @model_validator(mode="after")
    def _assumes_what_is_there(self) -> Self:
        for name in self.assumed:
            if name not in _ASSUMABLE or getattr(self, name) is None:
                raise ValueError(f"assumed: {name!r} may not be assumed or has no value")
        if self.code_table and self.type != "code":
            raise ValueError(f"code_table: an item of type {self.type} has none")
        return self


class Group(_Record):
    """One group of items that travels as one file (グループ)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    interface_id: str | None
    name: str = Field(min_length=1)
    evidence: Evidence
    order_observed: bool
    note: str | None
    load_order: int | None = Field(ge=0)  # 投入順序: parents before their children
    items: tuple[Item, ...] = Field(strict=False)
    official_id: str | None = None  # グループID

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        for key in ("column", "name", "no"):
            refuse_twice(key, [getattr(item, key) for item in self.items])
        numbers = [item.no for item in self.items]
        if numbers != sorted(numbers):
            raise ValueError("no: the items must stand in the order of their numbers")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The header of the group's file: every item's name, in order (項目名)."""
        return tuple(item.name for item in self.items)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell one row from another (主キー)."""
        return tuple(item.column for item in self.items if item.key)

    def item(self, column: str) -> Item:
        """The item of our column name, raising InputRejectedError when the group has none."""
        for found in self.items:
            if found.column == column:
                return found
        raise InputRejectedError(f"group {self.id} has no item with column {column!r}; see {self.name} in the edition")

    def doubts(self, item: Item) -> tuple[str, ...]:
        """Why an item blocks a production run (未確認の理由), in plain words; empty when nothing does."""
        evidence = item.evidence or self.evidence
        found = [_WORDS[evidence]] if evidence in WEAK else []
        if item.length is None and item.type not in FIXED_BY_NATURE:
            found.append("桁数が未確認")
        return tuple(found)

    def is_certain(self, item: Item) -> bool:
        """Whether a production run may rest on the item (本番で使えるか): it was seen, and its length is known."""
        return not self.doubts(item)


class Code(_Record):
    """One code of a table (コード), in force from `valid_from` to `valid_to`, both included; None: not known.

    `evidence` is official, observed, reconstructed or contract:<業務>, the source whose contract uses the code.
    """

    code: str = Field(min_length=1)
    name: str
    valid_from: date | None
    valid_to: date | None
    evidence: str = Field(pattern=r"^(official|observed|reconstructed|contract:[a-z_]+)$")


class Source(_Record):
    """A document an edition was made from (根拠資料); sha256 is None while nobody has obtained it."""

    title: str = Field(min_length=1)
    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$")


class FiscalYears(_Record):
    """The fiscal years whose rows obey an edition (適用年度), both included; None: open or not known."""

    from_: int | None = Field(alias="from")
    to: int | None


class Meta(_Record):
    """What an edition says of itself (meta.yaml)."""

    edition: str = Field(pattern=r"^[0-9a-z][0-9a-z.\-]*$")
    version: str = Field(min_length=1)
    status: Literal["draft", "released"]
    basis: str
    sources: tuple[Source, ...] = Field(strict=False)
    effective_fiscal_years: FiscalYears
    file_profile_default: dict[str, Any]


def refuse_twice(key: str, values: Iterable[object]) -> None:
    """ValueError when `values` hold one twice."""
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{key}: {value!r} is there twice")
        seen.add(value)
