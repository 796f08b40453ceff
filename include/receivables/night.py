"""The whole night without Airflow: the same steps as the DAGs, in the same order (夜間処理)."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from receivables import assess, contracts, identity, ingest, publish, warehouse
from receivables.settings import State

Notice = Callable[[str], None]


def night(*, as_of: date, drop: Path, state: State, notice: Notice = lambda _: None) -> dict[str, Any]:
    """Ingest every source from `drop`, then build, assess and publish for `as_of` (基準日).

    A source that is rejected stops only itself: the others are loaded and published.
    Returns the object described under "night" in the public surface.
    """
    started = time.monotonic()
    for contract in contracts.all_contracts():
        notice(f"ingest {contract.source}")
        ingest.ingest_source(contract.source, drop=drop, as_of=as_of, state=state)
    published_batch = warehouse_night(as_of=as_of, state=state, notice=notice)
    return {
        **ingest.account(as_of=as_of, state=state),
        "published_batch": published_batch,
        "seconds": round(time.monotonic() - started, 1),
    }


def warehouse_night(*, as_of: date, state: State, notice: Notice = lambda _: None) -> str:
    """From raw to published marts; returns the published batch."""
    notice("prepare: staging and intermediate")
    warehouse.prepare(as_of=as_of, state=state)
    notice("resolve: debtors")
    identity.resolve(as_of=as_of, state=state)
    notice("assess: law applied to every claim")
    assess.assess(as_of=as_of, state=state)
    notice("marts")
    warehouse.build_marts(as_of=as_of, state=state)
    notice("publish")
    return publish.publish(as_of=as_of, state=state)
