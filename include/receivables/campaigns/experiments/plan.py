"""The experiment's section of a playbook (効果検証の計画): what is measured, how often, and what halts it.

The numbers here are configuration, not law: where a playbook says nothing, these hold.
"""

import hashlib
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_PERMILLE = Field(ge=1, le=1000)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HarmLimits(_Strict):
    """When a campaign halts (害の見張り), per mille of the people asked in any one group.

    The first three can only come from asking and are taken as they are; the other two happen without it and are
    taken over the control group, by the lower end of the 95 % interval.
    """

    complaint: int = Field(default=20, ge=1, le=1000)  # 拒否・苦情
    wrong_person: int = Field(default=5, ge=1, le=1000)  # 番号違い・人違い
    returned: int = Field(default=200, ge=1, le=1000)  # 不達
    plan_break: int = Field(default=20, ge=1, le=1000)  # 分納の不履行
    referral: int = Field(default=50, ge=1, le=1000)  # 生活困窮の相談


class ExperimentPlan(_Strict):
    """How one campaign is measured."""

    unit: Literal["debtor", "household"] = "debtor"  # 割付の単位
    horizon_days: int = Field(default=30, ge=1, le=365)  # of the primary outcome: paid anything by then
    horizons_days: tuple[int, ...] = (7, 14, 30)
    booking_lag_days: int = Field(default=20, ge=0, le=60)  # 帳簿に入るまで, as agg_contact_effect
    alpha_permille: int = Field(default=50, ge=1, le=200)
    power_permille: int = Field(default=800, ge=500, le=990)
    planned_runs: int = Field(default=4, ge=1, le=52)  # looks of one trial (逐次検証の回数)
    prior_baseline_permille: int = Field(default=300, ge=1, le=999)  # an assumption, until there are earlier runs
    smallest_cell: int = Field(default=5, ge=1, le=50)  # fewer people than this are not shown (秘匿)
    harm: HarmLimits = HarmLimits()

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.horizon_days not in self.horizons_days or len(set(self.horizons_days)) != len(self.horizons_days):
            raise ValueError("horizons_days must be distinct and hold horizon_days")
        return self

    def trial_key(self, campaign_name: str, salt: str) -> str:
        """The trial (試験) that runs of this campaign, salt and unit belong to; another salt begins another trial."""
        return hashlib.sha256(f"{campaign_name}|{salt}|{self.unit}".encode()).hexdigest()[:16]
