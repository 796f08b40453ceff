"""Playbooks (催告計画): one YAML file says who, when, how and under whose approval.

They lie in a folder named by the municipality code, as all that belongs to one city does.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from receivables.campaigns.experiments.plan import ExperimentPlan
from receivables.campaigns.purposes import PURPOSES, Purpose, PurposeName
from receivables.campaigns.terms import Cap, CohortLimits, LetterTerms, Level, ListTerms, SendWindow, Strict, Template
from receivables.campaigns.yaml_files import mapping
from receivables.errors import InputRejectedError

MUNICIPALITY = "131121"  # 世田谷区
FOLDER = Path(__file__).parent / MUNICIPALITY

_A_NIGHTS_LIST = timedelta(hours=20)  # made after the night, over before the next one

Channel = Literal["sms", "letter", "auto_call", "phone_centre"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,40}$")]


class Audience(Strict):
    """Who is looked at (対象): claims of these types, so many days after what the purpose counts from."""

    claim_types: tuple[str, ...] = Field(min_length=1)
    days_from: int = Field(ge=1, le=365)
    days_until: int | None = Field(default=None, ge=1, le=3650)
    deadline_days: dict[str, Annotated[int, Field(ge=1, le=60)]] = Field(default_factory=dict)
    minimum_outstanding_yen: int = Field(default=0, ge=0)
    one_per: Literal["debtor", "claim_type"] = "debtor"  # 督促状 is written claim type by claim type

    @model_validator(mode="after")
    def _days(self) -> Self:
        if self.days_until is not None and self.days_until < self.days_from:
            raise ValueError("days_until must not be before days_from")
        return self


class Playbook(Strict):
    """One campaign as agreed (催告計画)."""

    name: Name
    title: str = Field(min_length=1)
    purpose: PurposeName
    channel: Channel
    starts: Literal["nightly", "by_hand"]  # with every published night, or when somebody starts it
    maker: Name
    approvers: tuple[Name, ...]
    approvals_required: int = Field(ge=2)
    expires_after_days: int = Field(ge=1, le=31)
    audience: Audience
    template: Template
    levels: tuple[Level, ...] = ()  # the steps after the first, claim by claim
    words: dict[str, str]
    send_window: SendWindow
    caps: tuple[Cap, ...] = Field(min_length=1)
    holdout_permille: int = Field(ge=0, le=500)
    holdout_salt: str = Field(min_length=8)
    experiment: ExperimentPlan = ExperimentPlan()
    cohort: CohortLimits = CohortLimits()
    max_data_age_days: int = Field(ge=0, le=14)
    gateway: Name
    letter: LetterTerms | None = None
    call_list: ListTerms | None = None

    @property
    def aim(self) -> Purpose:
        """What the contact is for, with the rules that follow."""
        return PURPOSES[self.purpose]

    @property
    def answer_within(self) -> timedelta:
        """How long the approvers are asked before silence counts as no (回答の期限).

        As long as the list can be approved at all; a nightly one no longer than until the next night's list, which
        overtakes it and, one run of a campaign at a time, would not be made while the question is open.
        """
        longest = timedelta(days=self.expires_after_days)
        return min(longest, _A_NIGHTS_LIST) if self.starts == "nightly" else longest

    @model_validator(mode="after")
    def _statutory(self) -> Self:
        """督促 reaches everybody: no control group, no minimum, and on paper (地方税法329条: 督促状)."""
        if self.aim.is_statutory and (
            self.holdout_permille or self.audience.minimum_outstanding_yen or self.channel != "letter"
        ):
            raise ValueError("dunning (督促) has no control group, no minimum amount, and is a letter")
        return self

    @model_validator(mode="after")
    def _terms_of_its_channel(self) -> Self:
        wanted = {"letter": "letter", "auto_call": "call_list", "phone_centre": "call_list"}.get(self.channel)
        for name in ("letter", "call_list"):
            if (getattr(self, name) is not None) != (name == wanted):
                raise ValueError(f"{name} belongs to {'its channel alone' if name != wanted else self.channel}")
        return self

    @model_validator(mode="after")
    def _ladder(self) -> Self:
        """A call is led by one script (架電台本), which has no steps: further texts would be said to nobody."""
        if self.levels and self.call_list:
            raise ValueError(f"levels (段階) are for sms and letter: {self.channel} has one script, no further text")
        return self

    @model_validator(mode="after")
    def _four_eyes(self) -> Self:
        others = set(self.approvers) - {self.maker}
        if len(others) != len(self.approvers) or len(others) < self.approvals_required:
            raise ValueError("approvers must be distinct, without the maker, and enough for approvals_required")
        return self


class Gateway(Strict):
    """What the carrier promised (送信事業者との取り決め); how a message of unknown fate is treated follows from it."""

    lookup: bool  # it can be asked what became of our reference (照会)
    dedup_seconds: int = Field(default=0, ge=0)  # how long it takes a repeated reference for the same message; 0: never
    timeout_seconds: float = Field(gt=0)
    settle_seconds: float = Field(gt=0)  # longer than its longest acceptance delay
    parts_per_second: int = Field(ge=1)
    cost_yen_per_part: int = Field(ge=0)
    receipts_within_days: int = Field(default=3, ge=1, le=29)  # later than this a run without any receipt is silence

    @property
    def kind(self) -> Literal["dedup", "lookup", "neither"]:
        """The class of the carrier (事業者の区分): it deduplicates, it can be asked, or neither."""
        return "dedup" if self.dedup_seconds else "lookup" if self.lookup else "neither"

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if 0 < self.dedup_seconds <= self.settle_seconds + 4 * self.timeout_seconds:
            raise ValueError("dedup_seconds must outlast settle_seconds and the time-outs of a second call, or be 0")
        return self

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
        found = Playbook.model_validate(mapping(file))
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
    terms = mapping(file)
    if name not in terms:
        raise InputRejectedError(f"{file.name}: no gateway {name!r}; there are: {', '.join(terms)}")
    try:
        return Gateway.model_validate(terms[name])
    except ValidationError as error:
        raise InputRejectedError(_explanation(file, error)) from None


@cache
def gateway_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The carriers of gateways.yml."""
    return tuple(mapping(folder / "gateways.yml"))


def _explanation(file: Path, error: ValidationError) -> str:
    wrong = "; ".join(
        f"key {'.'.join(str(part) for part in each['loc']) or '(whole file)'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
    return f"{file.name}, {wrong}; correct the playbook"
