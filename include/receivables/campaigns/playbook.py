"""Playbooks (催告計画): one YAML file says who, when, how and under whose approval.

They lie in a folder named by the municipality code, as all that belongs to one city does.
"""

from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from receivables.campaigns.experiments.plan import ExperimentPlan, may_hold_out
from receivables.errors import InputRejectedError

MUNICIPALITY = "131121"  # 世田谷区
FOLDER = Path(__file__).parent / MUNICIPALITY

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,40}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Audience(_Strict):
    """Who is looked at (対象): claims of these types, dunned, past the deadline by some days."""

    claim_types: tuple[str, ...] = Field(min_length=1)
    days_after_dunning_deadline: int = Field(ge=1, le=365)
    deadline_days: dict[str, Annotated[int, Field(ge=1, le=60)]] = Field(default_factory=dict)
    minimum_outstanding_yen: int = Field(ge=1)


class SendWindow(_Strict):
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


class Cap(_Strict):
    """At most `contacts` to one person in any `days` days, across all departments (連絡回数の上限)."""

    days: int = Field(ge=1, le=366)
    contacts: int = Field(ge=1)


class Playbook(_Strict):
    """One campaign as agreed (催告計画)."""

    name: Name
    title: str = Field(min_length=1)
    purpose: Literal["reminder"]  # 催告; 督促 is statutory and never has a control group
    channel: Literal["sms"]
    maker: Name
    approvers: tuple[Name, ...]
    approvals_required: int = Field(ge=2)
    expires_after_days: int = Field(ge=1, le=31)
    audience: Audience
    template: str = Field(pattern=r"^[a-z0-9_]+\.txt$")
    words: dict[str, str]
    send_window: SendWindow
    caps: tuple[Cap, ...] = Field(min_length=1)
    holdout_permille: int = Field(ge=0, le=500)
    holdout_salt: str = Field(min_length=8)
    experiment: ExperimentPlan = ExperimentPlan()
    max_data_age_days: int = Field(ge=0, le=14)
    gateway: Name

    @model_validator(mode="after")
    def _four_eyes(self) -> Self:
        others = set(self.approvers) - {self.maker}
        if len(others) != len(self.approvers) or len(others) < self.approvals_required:
            raise ValueError("approvers must be distinct, without the maker, and enough for approvals_required")
        return self

    @model_validator(mode="after")
    def _nobody_is_denied_a_dunning(self) -> Self:
        if self.holdout_permille and not may_hold_out(self.purpose):
            raise ValueError(
                f"holdout_permille must be 0: what is owed to everybody ({self.purpose}) has no control group"
            )
        return self


class Gateway(_Strict):
    """What the carrier promised (送信事業者との取り決め)."""

    lookup: Literal[True]  # carriers that can neither deduplicate nor be asked need another rule
    timeout_seconds: float = Field(gt=0)
    settle_seconds: float = Field(gt=0)
    parts_per_second: int = Field(ge=1)
    cost_yen_per_part: int = Field(ge=0)

    def with_changes(self, changes: object) -> "Gateway":
        """These terms with what one installation says differently (gateway.json, key terms)."""
        if changes is None:
            return self
        try:
            return Gateway.model_validate({**self.model_dump(), **dict(changes)})  # type: ignore[call-overload]
        except (ValidationError, TypeError, ValueError):
            raise InputRejectedError("gateway.json, key terms: not terms of a gateway; see gateways.yml") from None


def read_playbook(file: Path) -> Playbook:
    """The playbook in `file`; raises InputRejectedError that names the file and every wrong key."""
    try:
        found = Playbook.model_validate(_mapping(file))
    except ValidationError as error:
        raise InputRejectedError(_explanation(file, error)) from None
    if found.name != file.stem:
        raise InputRejectedError(f"{file.name}, key name: {found.name!r} must be the file's own name {file.stem!r}")
    return found


@cache
def playbooks(folder: Path = FOLDER) -> tuple[Playbook, ...]:
    """All playbooks of the municipality, by name."""
    return tuple(read_playbook(file) for file in sorted((folder / "playbooks").glob("*.yml")))


def playbook(name: str, folder: Path = FOLDER) -> Playbook:
    """The playbook `name`; raises InputRejectedError that lists the names there are."""
    known = {each.name: each for each in playbooks(folder)}
    if name not in known:
        raise InputRejectedError(f"no playbook {name!r}; there are: {', '.join(known)}")
    return known[name]


def gateway_terms(name: str, folder: Path = FOLDER) -> Gateway:
    """The terms agreed with the carrier `name` of gateways.yml."""
    file = folder / "gateways.yml"
    terms = _mapping(file)
    if name not in terms:
        raise InputRejectedError(f"{file.name}: no gateway {name!r}; there are: {', '.join(terms)}")
    try:
        return Gateway.model_validate(terms[name])
    except ValidationError as error:
        raise InputRejectedError(_explanation(file, error)) from None


def _mapping(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputRejectedError(f"{file.name} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict):
        raise InputRejectedError(f"{file.name}: expected keys and values")
    return found


def _explanation(file: Path, error: ValidationError) -> str:
    wrong = "; ".join(
        f"key {'.'.join(str(part) for part in each['loc']) or '(whole file)'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
    return f"{file.name}, {wrong}; correct the playbook"
