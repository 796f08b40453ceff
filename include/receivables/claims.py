"""How a claim may be collected (債権区分)."""

from enum import StrEnum


class LegalClass(StrEnum):
    """The legal class; drives almost every rule."""

    ENFORCED_PUBLIC = "enforced_public"  # 強制徴収公債権
    NONENFORCED_PUBLIC = "nonenforced_public"  # 非強制徴収公債権
    PRIVATE = "private"  # 私債権
