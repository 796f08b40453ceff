"""Purposes (連絡の目的): what a contact is for decides whom it may reach and which rules it obeys.

督促 is a duty of law: it has no control group, no minimum amount and no cap, and a claim gets it once (地方税法329条,
地方自治法231条の3, 地方自治法施行令171条). Everything else is the ward's own choice.
"""

from dataclasses import dataclass
from typing import Literal

Stage = Literal["before_dunning", "letter_underway", "after_deadline", "settled_late"]
PurposeName = Literal["pre_dunning_nudge", "dunning", "post_letter_boost", "reminder", "direct_debit", "cashless"]


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: at which stage a claim must be, and what it is called where staff read."""

    name: PurposeName
    title_ja: str
    stage: Stage
    counted_from_ja: str  # what the days of the audience are counted from
    is_statutory: bool = False

    @property
    def asks_for_payment(self) -> bool:
        """False for what only recommends a way to pay (勧奨): then nothing need be owed."""
        return self.stage != "settled_late"


PURPOSES = {
    each.name: each
    for each in (
        Purpose("pre_dunning_nudge", "督促前の納付勧奨", "before_dunning", "納期限"),
        Purpose("dunning", "督促", "before_dunning", "納期限", is_statutory=True),
        Purpose("post_letter_boost", "書面送付後の確認依頼", "letter_underway", "督促状の発送日"),
        Purpose("reminder", "催告", "after_deadline", "督促状の指定期限"),
        Purpose("direct_debit", "口座振替の勧奨", "settled_late", "納期限後の納付日"),
        Purpose("cashless", "キャッシュレス納付の勧奨", "settled_late", "納期限後の納付日"),
    )
}
