"""Effects (効果測定) of one run: more people paying, more yen paid, and what that cost, at each horizon.

The rates' interval is Newcombe's hybrid of two Wilson intervals (Newcombe 1998, method 10), written once for this room
and for the marts: ops.uplift in the database. The yen's is in `intervals`.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from math import ceil, floor
from typing import Any

from psycopg.rows import args_row

from receivables import db
from receivables.campaigns.experiments.intervals import Arm, Interval, cost_per_1000_yen, gain_in_yen
from receivables.campaigns.experiments.sums import arm_sums
from receivables.campaigns.playbook import Playbook, gateway_terms
from receivables.campaigns.runs import Run

_STORE = """
    insert into campaign.effect (
        run_id, horizon_days, arm, is_complete, assigned_count, contacted_count, paid_count, due_yen, paid_yen,
        cost_yen, uplift_permille, uplift_low_permille, uplift_high_permille, unit_count, gain_yen, gain_low_yen,
        gain_high_yen
    ) values (
        %(run_id)s, %(horizon_days)s, %(arm)s, %(is_complete)s, %(assigned_count)s, %(contacted_count)s,
        %(paid_count)s, %(due_yen)s, %(paid_yen)s, %(cost_yen)s, %(uplift_permille)s, %(uplift_low_permille)s,
        %(uplift_high_permille)s, %(unit_count)s, %(gain_yen)s, %(gain_low_yen)s, %(gain_high_yen)s
    ) on conflict (run_id, horizon_days, arm) do update set
        is_complete = excluded.is_complete, assigned_count = excluded.assigned_count,
        contacted_count = excluded.contacted_count, paid_count = excluded.paid_count, due_yen = excluded.due_yen,
        paid_yen = excluded.paid_yen, cost_yen = excluded.cost_yen, uplift_permille = excluded.uplift_permille,
        uplift_low_permille = excluded.uplift_low_permille, uplift_high_permille = excluded.uplift_high_permille,
        unit_count = excluded.unit_count, gain_yen = excluded.gain_yen, gain_low_yen = excluded.gain_low_yen,
        gain_high_yen = excluded.gain_high_yen, computed_at = clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """One arm of one run at one horizon; the differences stand with the treated."""

    run_id: str
    horizon_days: int
    arm: str
    is_complete: bool
    assigned_count: int
    unit_count: int
    contacted_count: int
    paid_count: int
    due_yen: int
    paid_yen: int
    cost_yen: int
    uplift_permille: float | None = None
    uplift_low_permille: float | None = None
    uplift_high_permille: float | None = None
    gain_yen: int | None = None  # per assigned person
    gain_low_yen: int | None = None
    gain_high_yen: int | None = None
    cost_yen_per_1000_yen: int | None = None  # None: not estimable (推定できない)
    cost_low_yen_per_1000_yen: int | None = None
    cost_high_yen_per_1000_yen: int | None = None


def uplift(connection: db.Connection, treat: Arm, control: Arm) -> Interval | None:
    """Difference of two payment rates in per mille (効果の差), treated minus control; None when an arm is empty."""
    return newcombe(connection, *treat.effective(), *control.effective())


def newcombe(
    connection: db.Connection, paid_treat: float, treat: float, paid_control: float, control: float
) -> Interval | None:
    """The same from payers and people, whole or effective (Newcombe 1998, method 10)."""
    counts = [paid_treat, treat, paid_control, control]
    with connection.cursor(row_factory=args_row(Interval)) as cursor:
        query = "select uplift_permille::float8, uplift_low_permille::float8, uplift_high_permille::float8"
        return cursor.execute(f"{query} from ops.uplift(%s, %s, %s, %s)", counts).fetchone()


def effects_of(connection: db.Connection, run: Run) -> list[Effect]:
    """Both arms of a dispatched run at every horizon of its plan."""
    rules = run.rules()
    as_of = published_day(connection)
    assert run.dispatched_on is not None
    found = []
    for days in rules.experiment.horizons_days:
        known_on = run.dispatched_on + timedelta(days=days + rules.experiment.booking_lag_days)
        for treat, control in arm_sums(connection, [run.run_id], days):
            found += _both(connection, run, rules, days, treat, control, is_complete=as_of >= known_on)
    return found


def store(connection: db.Connection, found: list[Effect]) -> None:
    """Keep the effects; what was computed before is replaced."""
    connection.cursor().executemany(_STORE, [asdict(each) for each in found])


def published_day(connection: db.Connection) -> date:
    """The business date of what readers see; the first day there is when nothing was published."""
    with connection.cursor(row_factory=args_row(lambda day: day)) as cursor:
        found = cursor.execute("select as_of from ops.published_batch where is_current").fetchone()
    return found if isinstance(found, date) else date.min


def _both(
    connection: db.Connection, run: Run, rules: Playbook, days: int, treat: Arm | None, control: Arm | None,
    *, is_complete: bool,
) -> list[Effect]:  # fmt: skip
    price = run.parts_count * gateway_terms(rules.gateway).cost_yen_per_part
    found = []
    for arm in filter(None, (control, treat)):
        gains = _gains(connection, treat, control, price * arm.contacted) if treat and control and arm is treat else {}
        found.append(Effect(
            run.run_id, days, arm.arm, is_complete, assigned_count=arm.people, unit_count=arm.units,
            contacted_count=arm.contacted, paid_count=arm.paid, due_yen=arm.due_yen, paid_yen=arm.paid_yen,
            cost_yen=price * arm.contacted, **gains,
        ))  # fmt: skip
    return found


def _gains(connection: db.Connection, treat: Arm, control: Arm, cost_yen: int) -> dict[str, Any]:
    rate, yen = uplift(connection, treat, control), gain_in_yen(treat, control)
    cost = cost_per_1000_yen(cost_yen, yen, treat.people)
    return {
        **dict(zip(("uplift_permille", "uplift_low_permille", "uplift_high_permille"), rate or (), strict=False)),
        **dict(zip(("gain_yen", "gain_low_yen", "gain_high_yen"), _whole(yen), strict=False)),
        **dict(zip(
            ("cost_yen_per_1000_yen", "cost_low_yen_per_1000_yen", "cost_high_yen_per_1000_yen"), _whole(cost),
            strict=False,
        )),
    }  # fmt: skip


def _whole(found: Interval | None) -> tuple[int, ...]:
    """In whole yen, the interval rounded outwards."""
    return () if found is None else (round(found.estimate), floor(found.low), ceil(found.high))
