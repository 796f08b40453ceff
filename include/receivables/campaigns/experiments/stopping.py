"""Looks at a trial (逐次検証): after each run of a trial is complete, whether the difference already ends it.

A trial is the runs of one campaign, salt and unit; a unit counts once, in the run that drew it first. The difference of
rates is taken run by run and put together with weights n·m/(n+m) (Mantel and Haenszel), so that runs of another share
or season compare like with like. Looks are kept as they were seen.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from math import sqrt
from typing import Any, NamedTuple

from psycopg.rows import dict_row

from receivables import db
from receivables.campaigns.experiments.boundaries import bounds
from receivables.campaigns.experiments.intervals import Arm, Interval
from receivables.campaigns.experiments.pooling import weight_of
from receivables.campaigns.experiments.sums import arm_sums

DECISIONS_JA = {
    "continue": "続行", "effective": "効果あり（検証を終え、対照群を減らせる）", "harmful": "逆効果（送信を停止）",
    "not_shown": "効果は示されなかった（検証を終了）",
}  # fmt: skip
_LEAST_UNITS = 2  # in either arm; of one alone nobody knows how it varies
_RUNS = """
    select p.run_id, p.horizon_days, p.alpha_permille, p.planned_runs, r.dispatched_on,
        coalesce((r.playbook -> 'experiment' ->> 'booking_lag_days')::integer, 0) as lag_days
    from campaign.preregistration as p
    inner join campaign.run as r using (run_id)
    where p.trial_key = %s and r.dispatched_on is not null
    order by r.dispatched_on, p.run_id
"""
_LOOKS = "select * from campaign.look where trial_key = %s order by look_no"
_KEEP = """
    insert into campaign.look (
        trial_key, look_no, run_id, information, spent_at, z, bound, uplift_permille, decision
    ) values (
        %(trial_key)s, %(look_no)s, %(run_id)s, %(information)s, %(spent_at)s, %(z)s, %(bound)s, %(uplift_permille)s,
        %(decision)s
    )
"""


class Pooled(NamedTuple):
    """A difference of rates over runs, and how much is known of it (1/variance)."""

    difference: float
    information: float

    @property
    def z(self) -> float:
        """The difference in standard errors."""
        return self.difference * sqrt(self.information)

    def interval(self) -> Interval:
        """The difference with its 95 % interval."""
        half = 1.959963984540054 / sqrt(self.information)
        return Interval(self.difference, self.difference - half, self.difference + half)


def looks(connection: db.Connection, trial_key: str, as_of: date) -> list[dict[str, Any]]:
    """Make the looks that are due on `as_of` and return all there are; an ended trial is not looked at."""
    with connection.cursor(row_factory=dict_row) as cursor:
        connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"campaign.look.{trial_key}"])
        runs = cursor.execute(_RUNS, [trial_key]).fetchall()
        found = cursor.execute(_LOOKS, [trial_key]).fetchall()
        seen = {each["run_id"] for each in found}
        for at, run in enumerate(runs):
            known_on = run["dispatched_on"] + timedelta(days=run["horizon_days"] + run["lag_days"])
            if as_of < known_on or (found and found[-1]["decision"] != "continue"):
                break
            if run["run_id"] in seen:
                continue
            drawn = arm_sums(
                connection, [each["run_id"] for each in runs[: at + 1]], runs[0]["horizon_days"], is_first_only=True
            )
            made = next_look(found, pooled(drawn), runs[0]["planned_runs"], runs[0]["alpha_permille"])
            if made:
                cursor.execute(_KEEP, made | {"trial_key": trial_key, "run_id": run["run_id"]})
                found.append(made)
    return found


def next_look(
    earlier: Sequence[dict[str, Any]], seen: Pooled | None, planned: int, alpha_permille: int
) -> dict[str, Any] | None:
    """The look that follows `earlier` ones; None when nothing more is known than at the last of them."""
    if seen is None or (earlier and seen.information <= earlier[-1]["information"]):
        return None
    number = len(earlier) + 1
    information = [*(each["information"] for each in earlier), seen.information]
    shares = [*(each["spent_at"] for each in earlier), number / planned]
    bound = bounds(information, shares, alpha=alpha_permille / 1000)[-1]
    ending = "not_shown" if number >= planned else "continue"
    return {
        "look_no": number, "information": seen.information, "spent_at": number / planned, "z": seen.z, "bound": bound,
        "uplift_permille": round(1000 * seen.difference, 2),
        "decision": ("effective" if seen.z > 0 else "harmful") if abs(seen.z) >= bound else ending,
    }  # fmt: skip


def pooled(drawn: Sequence[tuple[Arm | None, Arm | None]]) -> Pooled | None:
    """The difference over the runs that have both arms; None while it cannot be told from nothing at all."""
    total, sum_of, variance = 0.0, 0.0, 0.0
    for treat, control in drawn:
        if treat and control and min(treat.units, control.units) >= _LEAST_UNITS:
            weight = weight_of(treat.people, control.people)
            total += weight
            sum_of += weight * (treat.rate - control.rate)
            variance += weight**2 * (treat.rate_variance() + control.rate_variance())
    return Pooled(sum_of / total, total**2 / variance) if variance > 0 else None
