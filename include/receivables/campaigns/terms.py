"""Terms of a playbook (催告計画の条件): when, how often, on what paper, from what list; each a section of its own."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Template = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.(txt|yml)$")]


class Strict(BaseModel):
    """Unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(Strict):
    """One step of the ladder (催告の段階): so many days after the one before, with a text of its own."""

    after_days: int = Field(ge=1, le=365)
    template: Template


class SendWindow(Strict):
    """When a message may leave (送信時間帯), in Asia/Tokyo; `closes` itself is outside."""

    opens: time
    closes: time
    weekdays: tuple[Weekday, ...] = Field(min_length=1)
    on_holidays: bool
    closed_from: MonthDay  # 年末年始
    closed_to: MonthDay

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.opens < self.closes:
            raise ValueError("opens must be before closes")
        return self


class Cap(Strict):
    """At most `contacts` to one person in any `days` days, across all departments (連絡回数の上限)."""

    days: int = Field(ge=1, le=366)
    contacts: int = Field(ge=1)


class LetterTerms(Strict):
    """What is agreed about a letter and its printing (書面の条件), in days from the day of issue."""

    deadline_days: int = Field(ge=10, le=60)  # 指定期限: ten days at the least (地方税法331条1項1号)
    post_within_days: int = Field(ge=0, le=14)
    keep_days: int = Field(ge=1, le=120)  # the printer deletes the data after


class ListTerms(Strict):
    """What is agreed about a list of people to call (架電リストの条件): expiry, redials, script."""

    expires_after_days: int = Field(ge=0, le=14)  # a list of yesterday may name who has paid since
    redial_after_hours: int = Field(ge=1, le=72)
    most_attempts: int = Field(ge=1, le=5)


class CohortLimits(Strict):
    """How far a list may be from the last one and from everybody looked at (構成の変動の限度), per mille."""

    most_growth_permille: int = Field(default=500, ge=1)
    most_shift_permille: int = Field(default=150, ge=1, le=1000)
    most_bias_permille: int = Field(default=400, ge=1, le=1000)
    smallest_list: int = Field(default=100, ge=1)  # of fewer people nothing can be said
