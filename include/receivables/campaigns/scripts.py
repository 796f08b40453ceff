"""Scripts of calls (架電スクリプト): a tree of what is said and what follows, checked before anybody is called.

Until the person has said who they are, nothing may be said that tells a third party of a debt. What only an official
may do (分納・猶予・減免の決定, 滞納処分) is in no script: an outsourced caller guides to payment and no further.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from receivables.errors import InputRejectedError

Result = Literal["contacted", "third_party", "unreached", "refused", "wrong_number", "promised", "complaint"]
# 公権力の行使・法律事務 (弁護士法72条): decisions of officials.
RESERVED_ACTS = (
    "分割を認め",
    "分納を認め",
    "猶予を認め",
    "猶予します",
    "減免します",
    "免除します",
    "差し押さえます",
    "差押えます",
    "示談",
)
StepName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """What is said, and what follows each answer (a key, or what the person says); an end has a result instead."""

    say: str = Field(min_length=1)
    is_identified: bool = False  # said only to who has confirmed to be the person
    answers: dict[str, StepName] = Field(default_factory=dict)
    otherwise: StepName | None = None
    result: Result | None = None

    @model_validator(mode="after")
    def _ends_or_goes_on(self) -> Self:
        if (self.result is None) != bool(self.answers or self.otherwise):
            raise ValueError("a step has answers or otherwise, or else a result")
        return self

    @property
    def following(self) -> set[str]:
        """The steps that may come next."""
        return {*self.answers.values(), *([self.otherwise] if self.otherwise else [])}


class Script(_Strict):
    """A whole script."""

    start: StepName
    identifying: StepName  # the step whose first answer confirms that this is the person
    steps: dict[StepName, Step] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_a_tree(self) -> Self:
        missing = {self.start, self.identifying}.union(*(step.following for step in self.steps.values())) - set(
            self.steps
        )
        if missing:
            raise ValueError(f"no step {', '.join(sorted(missing))}")
        unreached = set(self.steps) - self._reached(set(self.steps))
        if unreached:
            raise ValueError(f"nothing leads to {', '.join(sorted(unreached))}")
        if not any(step.result == "refused" for step in self.steps.values()):
            raise ValueError("whoever is called must be able to refuse: a step with result refused")
        return self

    @model_validator(mode="after")
    def _identifies_first(self) -> Self:
        confirmed = next(iter(self.steps[self.identifying].answers.values()), None)
        before = self._reached(set(self.steps), without=(self.identifying, confirmed))
        early = [name for name in before if self.steps[name].is_identified]
        if early:
            raise ValueError(f"{', '.join(sorted(early))} can be reached before the person has confirmed who they are")
        return self

    def _reached(self, within: set[str], without: tuple[str, str | None] = ("", None)) -> set[str]:
        found, more = set(), {self.start}
        while more:
            found |= more
            more = {
                following for name in more for following in self.steps[name].following if (name, following) != without
            } & within - found
        return found


def script_text(text: str, name: str, forbidden: Sequence[str]) -> str:
    """The script in a filled template as canonical JSON, which is what people approve and the vendor gets.

    Raises InputRejectedError that names the step: words that disclose a debt before the person is known, an act that is
    an official's, steps that lead nowhere.
    """
    try:
        found = Script.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputRejectedError(f"templates/{name} is not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'script'}: {each['msg']}" for each in error.errors())
        raise InputRejectedError(f"templates/{name}: {wrong}") from None
    for key, step in found.steps.items():
        said = [word for word in forbidden if word.casefold() in step.say.casefold() and not step.is_identified]
        acts = [act for act in RESERVED_ACTS if act in step.say]
        if said or acts:
            why = (
                f"says {', '.join(said)} to who may be anybody" if said else f"{', '.join(acts)}: only an official may"
            )
            raise InputRejectedError(f"templates/{name}, step {key}: {why}")
    return json.dumps(found.model_dump(exclude_defaults=True), ensure_ascii=False, sort_keys=True)
