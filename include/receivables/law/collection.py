"""What a settlement shows of one year's claims (決算): collected, uncollected, the rate.

Law: 地方自治法第233条第1項 (the settlement). Received money includes what was paid too much and not yet given
back (還付未済額), so that is taken off first.
"""

from dataclasses import dataclass

from receivables.errors import InputRejectedError
from receivables.yen import Yen


@dataclass(frozen=True, slots=True)
class Collection:
    """Net collected and uncollected in yen; the rate in hundredths of a percent, None without an assessment."""

    net_collected_yen: Yen
    uncollected_yen: Yen
    rate_basis_points: int | None


def collection(*, assessed_yen: int, received_yen: int, written_off_yen: int, refund_pending_yen: int) -> Collection:
    """収納額・収入未済額・収納率 of a claim type and year, in whole yen. 地方自治法第233条第1項.

    The rate is rounded half up to two decimals of a percent. Raises InputRejectedError for a negative amount.
    """
    if min(assessed_yen, received_yen, written_off_yen, refund_pending_yen) < 0:
        raise InputRejectedError("assessed, received, written off and refund pending are not negative")
    net = received_yen - refund_pending_yen
    rate = (net * 20_000 + assessed_yen) // (2 * assessed_yen) if assessed_yen else None
    return Collection(Yen(net), Yen(assessed_yen - net - written_off_yen), rate)
