"""League table (効果の一覧): what works, across sections and playbooks, ordered by what it surely adds.

Ordered by the lower end of the interval, so that a small lucky campaign does not lead. Own runs count a person once, in
the run that drew it first; vendors' waves stand beside them as the mart measures them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.experiments.effects import published_day
from receivables.campaigns.experiments.intervals import Arm, Interval, gain_in_yen
from receivables.campaigns.experiments.pooling import weight_of, weighted
from receivables.campaigns.experiments.stopping import pooled
from receivables.campaigns.experiments.sums import arm_sums
from receivables.campaigns.experiments.waves import waves
from receivables.settings import State

HORIZON_DAYS = 30
_LEAST_PEOPLE = 30  # in either arm
_APART_DAYS = 92  # a season: 賞与, 出納閉鎖 and the tax calendar move who pays
_RUNS = """
    select p.trial_key, p.run_id, r.campaign_name, r.playbook ->> 'title' as title, r.channel, r.dispatched_on,
        r.playbook -> 'audience' ->> 'claim_types' as claim_types, p.horizon_days, r.purpose
    from campaign.preregistration as p
    inner join campaign.run as r using (run_id)
    where r.dispatched_on + p.horizon_days + (r.playbook -> 'experiment' ->> 'booking_lag_days')::integer <= %s
    order by r.dispatched_on, p.run_id
"""


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the table."""

    title: str
    department: str
    channel: str
    audience: str
    first_on: date
    last_on: date
    treat_count: int
    control_count: int
    uplift: Interval
    gain: Interval | None = None  # yen per assigned person


def league(*, state: State) -> dict[str, Any]:
    """Every complete comparison, the surest first, and what must be kept in mind when comparing (注意)."""
    with db.connect(state, "sender", doing="league") as connection:
        found = [*_own(connection, published_day(connection)), *_vendors(connection)]
    kept = [each for each in found if min(each.treat_count, each.control_count) >= _LEAST_PEOPLE]
    kept.sort(key=lambda each: (-each.uplift.low, each.title, each.department))
    return {"places": [_shown(each) for each in kept], "left_out": len(found) - len(kept), "warnings": warnings(kept)}


def warnings(places: Sequence[Place]) -> list[str]:
    """Where rows differ in more than what was done: season, audience, horizon."""
    pairs = list(combinations(places, 2))
    found = []
    if any(max(a.first_on, b.first_on) - min(a.last_on, b.last_on) > timedelta(days=_APART_DAYS) for a, b in pairs):
        found.append(
            "実施時期が三か月より離れた行があります。納付は季節で大きく変わるため、順位をそのまま効果の差と読めません。"
        )
    if any(a.audience != b.audience for a, b in pairs):
        found.append("対象の債権が異なる行があります。対象者が違えば、同じ方法でも効果は変わります。")
    if any(a.uplift.low <= b.uplift.high and b.uplift.low <= a.uplift.high for a, b in pairs):
        found.append("95%区間が重なる行があります。重なる行どうしの順位は偶然かもしれません。")
    return found


def _own(connection: db.Connection, as_of: date) -> list[Place]:
    with connection.cursor(row_factory=dict_row) as cursor:
        runs = cursor.execute(_RUNS, [as_of]).fetchall()
    trials: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        trials.setdefault(run["trial_key"], []).append(run)
    places = []
    for _, made in sorted(trials.items()):
        ids = [run["run_id"] for run in made]
        pairs = arm_sums(connection, ids, made[0]["horizon_days"], cell="department", is_first_only=True)
        by: dict[str, list[tuple[Arm, Arm]]] = {}
        for treat, control in pairs:
            if treat and control:
                by.setdefault(treat.cell, []).append((treat, control))
        places += [place for department, arms in sorted(by.items()) if (place := _place(made, department, arms))]
    return places


def _place(made: list[dict[str, Any]], department: str, arms: list[tuple[Arm, Arm]]) -> Place | None:
    rate = pooled(arms)
    if rate is None:
        return None
    weights = [weight_of(treat.people, control.people) for treat, control in arms]
    yen = [gain_in_yen(treat, control) for treat, control in arms]
    gains = [(gain, weight) for gain, weight in zip(yen, weights, strict=True) if gain]
    last = made[-1]
    return Place(
        last["title"], department, last["channel"], last["claim_types"], made[0]["dispatched_on"],
        last["dispatched_on"], sum(treat.people for treat, _ in arms), sum(control.people for _, control in arms),
        Interval(*(1000 * each for each in rate.interval())), weighted(gains) if len(gains) == len(arms) else None,
    )  # fmt: skip


def _vendors(connection: db.Connection) -> list[Place]:
    return [
        Place(each.campaign, each.department, each.channel, each.campaign, each.first_on, each.last_on,
              each.treat_count, each.control_count, each.uplift)
        for each in waves(connection, HORIZON_DAYS)
    ]  # fmt: skip


def _shown(place: Place) -> dict[str, Any]:
    rate, gain = place.uplift, place.gain
    return {
        **{name: value for name, value in asdict(place).items() if name not in ("uplift", "gain")},
        "uplift_permille": round(rate.estimate, 1), "uplift_low_permille": round(rate.low, 1),
        "uplift_high_permille": round(rate.high, 1),
        "gain_yen": gain and round(gain.estimate), "gain_low_yen": gain and round(gain.low),
        "gain_high_yen": gain and round(gain.high),
    }  # fmt: skip
