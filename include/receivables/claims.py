"""The small vocabulary of claims (債権): legal classes and event types."""

from enum import StrEnum


class LegalClass(StrEnum):
    """How a claim may be collected (債権区分); drives almost every rule."""

    ENFORCED_PUBLIC = "enforced_public"  # 強制徴収公債権
    NONENFORCED_PUBLIC = "nonenforced_public"  # 非強制徴収公債権
    PRIVATE = "private"  # 私債権


class Component(StrEnum):
    """The parts of a claim that are counted apart (内訳)."""

    PRINCIPAL = "principal"  # 本税（料）
    DUNNING_FEE = "dunning_fee"  # 督促手数料
    DELINQUENCY_CHARGE = "delinquency_charge"  # 延滞金
    MEDICAL = "medical"  # 国保 医療分
    SUPPORT = "support"  # 国保 後期高齢者支援金分
    CARE = "care"  # 国保 介護分
