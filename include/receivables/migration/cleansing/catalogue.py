"""The known kinds of defect (データ不備の一覧), as data: who mends them, how bad they are, how they are counted."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

DEFECTS = Path(__file__).with_name("defects.yaml")
SEVERITIES = {"stop": "移行を止める", "before_cut_over": "移行日までに直す", "note": "承知しておく"}


class Defect(BaseModel):
    """One kind of defect: counted by its query, or told to be beyond what the warehouse knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    severity: Literal["stop", "before_cut_over", "note"]
    owner: str
    basis: str
    sql: str | None = None
    unknowable: str | None = None

    @model_validator(mode="after")
    def _is_counted_or_says_why_not(self) -> "Defect":
        if (self.sql is None) == (self.unknowable is None):
            raise ValueError(f"{self.id}: give either sql or unknowable")
        return self


class Catalogue(BaseModel):
    """All kinds of defect and what their queries share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shared: str
    defects: tuple[Defect, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Catalogue":
        if len({each.id for each in self.defects}) < len(self.defects):
            raise ValueError("two defects have one id")
        return self

    def counted(self) -> tuple[Defect, ...]:
        """Those that the warehouse can see."""
        return tuple(each for each in self.defects if each.sql is not None)

    def query(self, defect: Defect) -> str:
        """The whole query of one defect: case_id, owner_dept, yen, since_on."""
        return f"{self.shared}\n{defect.sql}"


@cache
def catalogue() -> Catalogue:
    """The project's catalogue."""
    return Catalogue.model_validate(yaml.safe_load(DEFECTS.read_text(encoding="utf-8")))
