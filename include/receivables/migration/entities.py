"""What a group is staged from (移行元の実体): the kinds of source row, their columns, and how they are counted."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from receivables.migration.files.yaml_files import read_mapping

_FILE = Path(__file__).with_name("entities.yaml")
_KEYS = {
    "claim": {
        "claim_type": "text", "levy_year": "year", "fiscal_year": "year", "notice_no": "text", "instalment_no": "int",
        "addressee_no": "text", "child_no": "text",
    },
    "person": {"addressee_no": "text"},
}  # fmt: skip


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    key: Literal["claim", "person"]
    columns: dict[Literal["text", "int", "year", "date", "yen"], list[str]]
    counted: str
    yen: list[str]
    is_levied: bool


class Entity(BaseModel):
    """One kind of source row: its name, what a map may take from it, and how the source counts it."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    columns: dict[str, str]  # column: kind
    counted: str  # the relation whose rows and yen must all end in the ledger
    yen: tuple[str, ...]
    is_levied: bool  # its source_code is a system that levies claims


@cache
def entities() -> dict[str, Entity]:
    """Every kind of source row by its name."""
    return {name: _entity(name, _Written.model_validate(told)) for name, told in read_mapping(_FILE).items()}


def _entity(name: str, told: _Written) -> Entity:
    own = {column: kind for kind, columns in told.columns.items() for column in columns}
    return Entity(
        name=name, title=told.title, columns=_KEYS[told.key] | own, counted=told.counted, yen=tuple(told.yen),
        is_levied=told.is_levied,
    )  # fmt: skip
