"""Outcomes (主要指標): what a campaign is to bring about, by its purpose.

Who asks for payment wants the listed claims paid. Who recommends a way to pay (勧奨) has listed claims that are paid
already, and wants later ones paid that way: money that the channel itself announced, on any claim of the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What counts as success, in words and by channel of payment; no channels: any payment on the listed claims."""

    done_ja: str
    channels: tuple[str, ...] = ()


PAID = Outcome("一円でも納付した")
_RECOMMENDED = {
    "direct_debit": Outcome("口座振替で一度でも納付した", ("bank_debit",)),
    "cashless": Outcome("キャッシュレスで一度でも納付した", ("el_qr", "payment_agent")),
}


def outcome_of(purpose: str) -> Outcome:
    """What a campaign of `purpose` is judged by."""
    return _RECOMMENDED.get(purpose, PAID)


def channels_by_purpose() -> Mapping[str, list[str]]:
    """The channels that count, for the purposes that recommend one."""
    return {purpose: list(found.channels) for purpose, found in _RECOMMENDED.items()}
