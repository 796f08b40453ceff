"""Inbound load (受電の見込み): how many calls come in on the days after a mailing, with their interval.

A simple model on purpose: calls of a day = what comes anyway + share × messages × how callers spread over the office
days after. Share and base are fitted from counted days by weighted least squares; the spread is configuration. Without
enough counted days the configured share is taken and the forecast says so (仮定).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any

import numpy as np
import yaml
from psycopg.rows import args_row

from receivables import calendar, db
from receivables.campaigns.playbook import FOLDER
from receivables.errors import InputRejectedError

LEAST_DAYS = 20
_ROUNDS = 8
_Z = 1.96
_SENT = """
    select day, count(*)::integer from (
        select box.channel, (box.accepted_at at time zone 'Asia/Tokyo')::date as day from campaign.outbox as box
        where box.accepted_at is not null and box.channel = 'sms'
        union all
        select channel, occurred_on from campaign.contact_event
        where event = 'posted' or (channel <> 'letter' and occurred_at is not null)
        union all
        select channel, attempted_on from mart.fct_contacts
    ) as sent
    where channel = %s group by day
"""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is assumed of one channel until calls were counted (仮定): not a finding."""

    calls_permille: int
    low_permille: int
    high_permille: int
    base_calls: int
    spread_permille: tuple[int, ...]  # over the office days from the day of sending on; adds up to 1000


@dataclass(frozen=True, slots=True)
class Fit:
    """Calls that come anyway on a day, calls per message, their covariance, and how much days scatter (過分散)."""

    base: float
    share: float
    covariance: Any
    scatter: float


def prior_of(channel: str) -> Prior:
    """The assumption for `channel` in inbound_prior.yml; raises InputRejectedError when there is none."""
    file = FOLDER / "inbound_prior.yml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    if channel not in told:
        raise InputRejectedError(f"{file.name}: nothing for channel {channel!r}; there are: {', '.join(told)}")
    found = Prior(**{**told[channel], "spread_permille": tuple(told[channel]["spread_permille"])})
    if sum(found.spread_permille) != 1000:
        raise InputRejectedError(f"{file.name}, {channel}: spread_permille must add up to 1000")
    return found


def forecast(connection: db.Connection, channel: str, *, messages: int, on: date) -> dict[str, Any]:
    """Calls expected on each office day after `messages` go out on `on`, with a 95 % interval for a single day."""
    prior = prior_of(channel)
    found = fitted(_by_day(connection, "select day, calls from campaign.inbound_load"),
                   _by_day(connection, _SENT, channel), prior.spread_permille)  # fmt: skip
    days = office_days(on, len(prior.spread_permille))
    loads = [messages * spread / 1000 for spread in prior.spread_permille]
    lines = [_assumed(prior, load) if found is None else _expected(found, load) for load in loads]
    return {
        "channel": channel, "messages": messages, "is_assumed": found is None,
        "calls_permille": prior.calls_permille if found is None else round(1000 * found.share, 1),
        "days": [{"day": day, **line} for day, line in zip(days, lines, strict=True)],
    }  # fmt: skip


def fitted(calls: Mapping[date, int], sent: Mapping[date, int], spread: tuple[int, ...]) -> Fit | None:
    """The model from counted days; None when fewer than LEAST_DAYS were counted or no message falls on them."""
    load = exposure(sent, spread)
    days = sorted(calls)
    x = np.column_stack([np.ones(len(days)), [load.get(day, 0.0) for day in days]])
    y = np.array([calls[day] for day in days], float)
    if len(days) < LEAST_DAYS or not x[:, 1].any() or len(set(x[:, 1])) == 1:
        return None
    weight = 1 / np.maximum(y, 1)
    for _ in range(_ROUNDS):
        inverse = np.linalg.inv((x * weight[:, None]).T @ x)
        at = np.maximum(inverse @ (x * weight[:, None]).T @ y, 0)
        weight = 1 / np.maximum(x @ at, 0.5)
    scatter = max(1.0, float((weight * (y - x @ at) ** 2).sum() / (len(days) - 2)))
    return Fit(float(at[0]), float(at[1]), scatter * inverse, scatter)


def exposure(sent: Mapping[date, int], spread: tuple[int, ...]) -> dict[date, float]:
    """Messages whose answer, by the spread, would fall on each office day."""
    found: dict[date, float] = {}
    for on, count in sent.items():
        for day, part in zip(office_days(on, len(spread)), spread, strict=True):
            found[day] = found.get(day, 0.0) + count * part / 1000
    return found


def office_days(on: date, count: int) -> list[date]:
    """The first `count` days from `on` on which the ward answers the phone (開庁日)."""
    found = [calendar.rolled(on)]
    while len(found) < count:
        found.append(calendar.rolled(found[-1] + timedelta(days=1)))
    return found


def _expected(found: Fit, load: float) -> dict[str, int]:
    at = np.array([1.0, load])
    mean = float(at @ [found.base, found.share])
    half = _Z * sqrt(found.scatter * mean + float(at @ found.covariance @ at))
    return {"calls": round(mean), "low": max(0, int(mean - half)), "high": int(mean + half) + 1}


def _assumed(prior: Prior, load: float) -> dict[str, int]:
    mean, low, high = (prior.base_calls + load * each / 1000 for each in (
        prior.calls_permille, prior.low_permille, prior.high_permille
    ))  # fmt: skip
    return {"calls": round(mean), "low": max(0, int(low - _Z * sqrt(low))), "high": int(high + _Z * sqrt(high)) + 1}


def _by_day(connection: db.Connection, query: Any, *arguments: str) -> dict[date, int]:
    with connection.cursor(row_factory=args_row(lambda day, count: (day, int(count)))) as cursor:
        return dict(cursor.execute(query, arguments).fetchall())
