"""Contracts with departments (連携契約): what each source delivers, in which bytes, and what must hold.

A contract lives in the dbt source YAML of its department, under `config.meta`. Everything about
the source follows from it: reader, checks, expectations, tables, DAG. A contract that cannot be
kept is refused with its file, its key and what to do, before anything is read.
"""

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from receivables import contract_rules as rules
from receivables.contract_parts import (
    Brake,
    Control,
    Exclusion,
    Export,
    LegalBasis,
    Name,
    Place,
    Promise,
    Records,
    Storage,
    Strict,
)
from receivables.errors import InputRejectedError
from receivables.settings import STAGING

Type = Literal["text", "digits", "int", "year", "yen", "date", "wareki", "partial_date", "timestamp", "flag", "code"]
POSTGRES_TYPE = {"yen": "bigint", "date": "date", "wareki": "date", "year": "integer", "int": "integer",
                 "timestamp": "timestamptz", "flag": "boolean"}  # fmt: skip


class ContractError(InputRejectedError):
    """A contract lacks a key, knows one too many or contradicts itself."""


class Column(Strict):
    """One column we keep (項目): where it stands in the source, its type, what is allowed."""

    name: Name
    description: str
    type: Type
    at: Place | None = None  # fixed width: first byte, counted from 1, and length in bytes
    storage: Storage | None = None  # host encodings: packed (COMP-3), zoned, or kanji without shift codes (PIC N)
    from_: str | None = Field(None, alias="from")  # the source's own name of the column
    length: int | None = None
    required: bool = True
    pii: bool = False
    codes: tuple[str, ...] = ()
    reason: Literal["CODE", "CLAIM_TYPE"] = "CODE"  # reason when the value is none of `codes`
    empty_reason: Literal["REQUIRED", "CONTRACT_DATE"] = "REQUIRED"
    unit: Literal[1, 1000] = 1  # yen: 1000 where the source writes 千円; the warehouse holds yen
    grouped: bool = False  # yen: text such as 12,300 is what people of this section type
    serials: bool = False  # wareki: days that Excel made its own dates of are converted and counted
    era_overrun: bool = (
        False  # wareki: 平成31年5月 and later, printed before the era changed, are converted and counted
    )

    @property
    def postgres_type(self) -> str:
        """The type of the warehouse column."""
        return POSTGRES_TYPE.get(self.type, "text")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        rules.check_column(self)
        return self


class Table(Strict):
    """One file, sheet or table of a source (連携ファイル)."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*__[a-z][a-z0-9_]*$", max_length=40)]
    description: str
    purpose: str  # 利用目的
    reader: Literal["csv", "fixed_width", "excel", "postgres", "mariadb", "zengin"]
    file: str
    key: Annotated[tuple[Name, ...], Field(min_length=1)]
    control: Control
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    yen: Name | None = None
    also_yen: tuple[Name, ...] = ()
    fiscal_year: Name | None = None  # the column that tells the fiscal year (年度), for control totals
    sum_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    exclude: tuple[Exclusion, ...] = ()
    legal_basis: LegalBasis | None = None  # where the class (債権区分) hangs on the single claim
    brake: Brake = Brake()
    delivery: Literal["full", "increment"] = "full"  # increment: what a file does not name stays as it was
    promises: tuple[Promise, ...] = ()
    encoding: str | None = None
    layout: str | None = None  # csv: the standard's group whose items are the header, in order
    header: tuple[str, ...] | None = None  # csv: the whole header, where the file has more than we take
    record_bytes: int | None = None
    records: Records | None = None
    sheet: str | None = None
    header_row: int | None = None
    as_of_cell: str | None = None
    total_label: str | None = None
    subtotal_label: str | None = None  # excel: rows of sums between the rows are checked and not loaded
    helper_columns: tuple[str, ...] | None = (
        None  # excel: headings of the section's own, hidden or not, that we do not take
    )
    query_table: str | None = None
    export: Export | None = None  # databases: the file that may lie there instead of the connection file

    @property
    def suffix(self) -> str:
        """The table's short name: `claims` of `nhi__claims`."""
        return self.name.partition("__")[2]

    @property
    def measures(self) -> tuple[str, ...]:
        """Every yen column that is added up at each hop; the controlled one first."""
        return (*((self.yen,) if self.yen else ()), *self.also_yen)

    @property
    def as_export(self) -> "Table | None":
        """The table as its export would be read; None when it has none."""
        if self.export is None:
            return None
        control = Control(kind="manifest", file=self.export.manifest)
        return self.model_copy(update={"reader": "csv", "file": self.export.file, "encoding": self.export.encoding,
                                       "control": control, "query_table": None, "export": None})  # fmt: skip

    def as_delivered(self, file_name: str) -> "Table":
        """The table as the delivery called `file_name` is read: an export's batch is a file, not a snapshot."""
        return self.as_export or self if file_name not in ("", self.file) else self

    def column(self, name: str) -> Column:
        """The column called `name`, KeyError when there is none."""
        return next((column for column in self.columns if column.name == name), None) or _missing(name)

    def file_name(self, as_of: date, pattern: str | None = None) -> str:
        """The file's name (a shell pattern) for a business date (基準日)."""
        return (pattern or self.file).replace("{date}", f"{as_of:%Y%m%d}")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        rules.check_table(self)
        return self


class Contract(Strict):
    """What one department's system delivers (業務システムとの契約)."""

    source: Name
    description: str
    department: str
    owner_dept: Name
    schedule: Annotated[str, StringConstraints(pattern=r"^\S+( \S+){4}$")]
    tables: Annotated[tuple[Table, ...], Field(min_length=1)]
    announces: tuple[Name, ...] = ()  # the sources whose debtors it tells of: payments, refusals, holds

    def table(self, name: str) -> Table:
        """The table called `name`, KeyError when the contract has none."""
        return next((table for table in self.tables if table.name == name), None) or _missing(name)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        rules.check_contract(self)
        return self


def all_contracts(folder: Path | None = None) -> list[Contract]:
    """Every contract under `folder` (default: $RECEIVABLES_CONTRACTS, else the project's), by source."""
    chosen = _folder(folder)
    return [_read(chosen / source / f"_{source}.yml") for source in sources(chosen)]


def sources(folder: Path | None = None) -> list[str]:
    """Names of the sources under `folder`, in order; their contracts are not read."""
    return sorted(found.name for found in _folder(folder).iterdir() if found.is_dir() and any(found.glob("*.*")))


def contract(source: str, folder: Path | None = None) -> Contract:
    """The contract of `source`; ContractError lists the sources there are when it has none."""
    chosen = _folder(folder)
    known = sources(chosen)
    if source not in known:
        raise ContractError(f"no contract for source {source!r}; there are: {', '.join(known) or 'none'}")
    return _read(chosen / source / f"_{source}.yml")


def beside(source: str, name: str) -> Path:
    """A file that lies beside the contract of `source`."""
    return _folder(None) / source / name


def _folder(folder: Path | None) -> Path:
    return folder or Path(os.environ.get("RECEIVABLES_CONTRACTS", STAGING))


def _missing(name: str) -> Any:
    raise KeyError(name)


def _read(file: Path) -> Contract:
    where = f"{file.parent.name}/{file.name}"
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        raise ContractError(f"{where}: no such file; name it after its folder") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ContractError(f"{where}: line {line}: not YAML ({error.problem}); correct the file") from None
    told = (found or {}).get("sources") or []
    if len(told) != 1 or told[0].get("name") != file.parent.name:
        raise ContractError(f"{where}: key sources: give exactly one source, named {file.parent.name!r} as its folder")
    flat = _flat(told[0], "source", ("tables", "columns"))
    try:
        return Contract.model_validate(flat)
    except ValidationError as error:
        raise ContractError(rules.explanation(error, flat, where)) from None


def _flat(found: dict[str, Any], own_name: str, children: tuple[str, ...]) -> dict[str, Any]:
    """Our keys, which dbt nests under config.meta; its own keys (tests, freshness) are not ours."""
    flat = {"description": found.get("description", ""), **(found.get("config") or {}).get("meta", {})}
    if "name" in found:
        flat[own_name] = found["name"]
    if children:
        key, *deeper = children
        flat[key] = [_flat(child, "name", tuple(deeper)) for child in found.get(key) or []]
    return flat
