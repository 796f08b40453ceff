"""Relief from the delinquency charge while the law spares the debtor (延滞金の免除).

Law: 地方税法第15条の9第1項 (nothing for the days of an execution stay or of a deferral because of disaster or
illness; for other deferrals half of what runs at 14.6%), 附則第3条の2 (in years of special rates: all above
the 猶予特例基準割合). The rate that is left is data, dbt_project/seeds/law/deferral_rates.csv.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from receivables.calendar import ONE_DAY
from receivables.law.charging import Rate, RateTable, Segment
from receivables.law.clock import Event
from receivables.law.deferral import deferred_until

DEFERRAL_SEED = "dbt_project/seeds/law/deferral_rates.csv"
ReliefKind = Literal["exempt", "deferral"]
FULL_GROUNDS = frozenset({"disaster", "illness"})  # 地方税法第15条第1項第1号・第2号
SPARING = frozenset({"execution_stay", "late_charge_exempted", "conversion_deferral", "deferral"})
PART_GROUNDS = frozenset({"closure", "loss"})  # 第3号・第4号


@dataclass(frozen=True, slots=True)
class Relief:
    """A closed range of days that bears no charge (`exempt`) or only the rate of deferrals (`deferral`)."""

    kind: ReliefKind
    first: date
    last: date
    article: str = ""


def relieved(
    segments: Iterable[Segment], reliefs: Sequence[Relief], deferral_rates: Sequence[Rate]
) -> Iterator[Segment]:
    """`segments` cut where reliefs begin and end, each piece at the rate it bears. 地方税法第15条の9第1項.

    Days in yen and thousandths as in `late_charge`; where two reliefs meet, the full one holds.
    Raises RateMissingError when a deferred day has no deferral rate.
    """
    table = RateTable.of(deferral_rates)
    for segment in segments:
        first = segment.first
        while first <= segment.last:
            relief, last = _in_force(reliefs, first, segment.last)
            if relief is None or relief.kind == "exempt":
                kind = relief.kind if relief else None
                yield segment._replace(first=first, last=last, relief=kind, permille=0 if kind else segment.permille)
            else:
                for begin, end, permille in table.low.between(first, last, seed=DEFERRAL_SEED):
                    yield Segment(begin, end, min(permille, segment.permille), segment.base_yen, relief.kind)
            first = last + ONE_DAY


def _in_force(reliefs: Sequence[Relief], day: date, last: date) -> tuple[Relief | None, date]:
    """The relief of `day`, and the last day until which nothing changes."""
    covering = [relief for relief in reliefs if relief.first <= day <= relief.last]
    begins = [relief.first - ONE_DAY for relief in reliefs if day < relief.first]
    until = min([last, *begins, *(relief.last for relief in covering)])
    return min(covering, key=lambda relief: relief.kind != "exempt", default=None), until


def reliefs_of(events: Sequence[Event], *, as_of: date) -> tuple[tuple[Relief, ...], tuple[str, ...]]:
    """The reliefs that what happened up to `as_of` gives, and the facts that are missing. 地方税法第15条の9第1項.

    An execution stay spares its days until it is cancelled; a deferral its own; a decision to
    exempt (`late_charge_exempted`) the days it names. Nothing is given on a fact that nobody told.
    """
    found: list[Relief] = []
    missing: list[str] = []
    known = [event for event in events if event.on <= as_of]
    for event in known:
        if event.type not in SPARING:
            continue
        kind, last = _kind(event), _last_day(event, known, as_of)
        if kind is None:
            missing.append(f"{event.type}.ground")
        elif last is None:
            missing.append(f"{event.type}.until")
        else:
            found.append(Relief(kind, event.on, last, "地方税法第15条の9第1項"))
    return tuple(sorted(found, key=lambda each: (each.first, each.last, each.kind))), tuple(sorted(set(missing)))


def _last_day(event: Event, known: Sequence[Event], as_of: date) -> date | None:
    if event.type == "execution_stay":
        ends = [each.on for each in known if each.type == "stay_cancelled" and each.on >= event.on]
        return min(ends, default=as_of)
    return deferred_until(event, known)


def _kind(event: Event) -> ReliefKind | None:
    """How far the days are spared; None where that hangs on a ground that nobody told."""
    if event.type == "conversion_deferral" or event.ground in PART_GROUNDS:
        return "deferral"
    return "exempt" if event.type != "deferral" or event.ground in FULL_GROUNDS else None
