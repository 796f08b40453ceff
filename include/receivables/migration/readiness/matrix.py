"""Readiness of ways to pay (収納方法の準備状況): what the city says of each kind of claim, and what receipts show."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from receivables import db
from receivables.migration.control.published import require_published

CHANNELS_JA = {"counter": "窓口", "direct_debit": "口座振替", "convenience": "コンビニ",
               "smartphone": "スマートフォン決済", "pay_easy": "ペイジー", "el_qr": "eL-QR"}  # fmt: skip
STATES_JA = {"yes": "実施", "planned": "予定", "no": "実施しない", "unknown": "未確認"}
_DECLARED = """
    select claim_type, channel, state, from_on, coalesce(basis, ''), coalesce(instead, ''), coalesce(missing, '')
    from law.payment_channels
"""
# Final and provisional receipts alike: how the money came is known of both.
_RECEIPTS = """
    select receipts.claim_type, codes.channel, count(*)
    from intermediate.int_receipts__allocated as receipts
    left join law.channel_codes as codes using (channel_code)
    group by receipts.claim_type, codes.channel
"""
_SLIPS = """
    select claim_type, count(*), count(*) filter (where outstanding_yen > 0),
        count(*) filter (where outstanding_yen > 0 and namesakes = 1),
        count(*) filter (where outstanding_yen > 0 and namesakes > 1),
        count(*) filter (where outstanding_yen > 0 and namesakes = 0)
    from (
        select claim_type, outstanding_yen, count(slip_no) over (partition by slip_no) as namesakes
        from mart.fct_claims
    ) as claims
    group by claim_type
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay one kind of claim: what is said of it, and its receipts (a share in per mille)."""

    channel: str
    state: Literal["yes", "planned", "no", "unknown"]
    from_on: date | None
    basis: str
    instead: str
    missing: str
    receipts: int
    share_permille: int
    remark: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """One kind of claim: its ways, receipts whose way nobody told, and open claims by what their slip names."""

    claim_type: str
    name_ja: str
    ways: tuple[Way, ...]
    receipts: int
    receipts_without_channel: int
    claims: int
    open_claims: int
    slip_names_one: int
    slip_names_several: int
    without_slip: int

    def way(self, channel: str) -> Way:
        """The way through `channel`."""
        return next(each for each in self.ways if each.channel == channel)


@dataclass(frozen=True, slots=True)
class Matrix:
    """All kinds of claim of one day (準備状況表)."""

    as_of: date
    lines: tuple[Readiness, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"as_of": self.as_of, "claim_types": [asdict(line) for line in self.lines]}


def matrix(connection: db.Connection, as_of: date) -> Matrix:
    """Every kind of claim that has a target or claims, with each way to pay, on `as_of` (基準日).

    A way of which nothing is said is unknown. `connection` is the migrator's. Raises InputRejectedError when the
    published warehouse stands at another day.
    """
    require_published(connection, as_of)
    declared: dict[str, dict[str, Any]] = defaultdict(dict)
    for claim_type, channel, *said in connection.execute(_DECLARED):
        declared[str(claim_type)][str(channel)] = said
    receipts: dict[str, dict[str | None, int]] = defaultdict(dict)
    found: Any = connection.execute(_RECEIPTS)
    for claim_type, channel, count in found:
        receipts[claim_type][channel] = count
    slips: Any = {row[0]: row[1:] for row in connection.execute(_SLIPS)}
    kinds_known: Any = connection.execute("select claim_type, name_ja from law.claim_types").fetchall()
    names: dict[str, str] = dict(kinds_known)
    kinds = sorted({*declared, *receipts, *slips})
    lines = (_line(kind, names.get(kind, kind), declared[kind], receipts[kind], slips.get(kind)) for kind in kinds)
    return Matrix(as_of, tuple(lines))


def _line(
    kind: str, name_ja: str, said: Mapping[str, Any], receipts: Mapping[str | None, int],
    slips: tuple[int, int, int, int, int] | None,
) -> Readiness:  # fmt: skip
    total, untold = sum(receipts.values()), receipts.get(None, 0)
    ways = tuple(
        _way(channel, said.get(channel, ("unknown", None, "", "", "")), receipts.get(channel, 0), total, total - untold)
        for channel in CHANNELS_JA
    )
    return Readiness(kind, name_ja, ways, total, untold, *(slips or (0, 0, 0, 0, 0)))


def _way(channel: str, said: Any, receipts: int, total: int, told: int) -> Way:
    """One way; where no receipt says how it came (`told` is zero), that none came by this way means nothing."""
    state, from_on, basis, instead, missing = said
    if receipts and state != "yes":
        remark = "収納実績があるのに実施としていない"
    elif state == "yes" and told and not receipts:
        remark = "実施としているのに収納実績がない"
    else:
        remark = ""
    share = receipts * 1000 // total if total else 0
    return Way(channel, state, from_on, basis, instead, missing, receipts, share, remark)
