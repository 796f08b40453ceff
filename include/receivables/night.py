"""The whole night without Airflow: the same steps as the DAGs, in the same order (夜間処理)."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from receivables import assess, contracts, identity, ingest, ledger, publish, warehouse
from receivables.processes import side_by_side
from receivables.settings import State

Notice = Callable[[str], None]
# Sources taken in at one time: two fill two cores, and the two largest of a whole ward stay below 4 GiB.
STREAMS = 2


def night(*, as_of: date, drop: Path, state: State, notice: Notice = lambda _: None) -> dict[str, Any]:
    """Ingest every source from `drop`, then build, assess and publish for `as_of` (基準日).

    A source that is rejected stops only itself: the others are loaded and published.
    Returns the object described under "night" in the public surface.
    """
    started = time.monotonic()
    intake(as_of=as_of, drop=drop, state=state, notice=notice)
    published_batch = warehouse_night(as_of=as_of, state=state, notice=notice)
    return {
        **ingest.account(as_of=as_of, state=state),
        "published_batch": published_batch,
        "seconds": round(time.monotonic() - started, 1),
    }


def intake(*, as_of: date, drop: Path, state: State, notice: Notice = lambda _: None) -> None:
    """Take in every source from `drop`, two at a time: databases, whose size is unknown, then by bytes delivered."""
    ordered = sorted(contracts.all_contracts(), key=lambda one: _urgency(one, drop / one.source), reverse=True)
    sources = [contract.source for contract in ordered]
    notice(f"ingest {len(sources)} sources, {STREAMS} at a time")
    calls = [(source, drop, as_of, state) for source in sources]
    for done, (number, _) in enumerate(side_by_side(_take, calls, processes=STREAMS), start=1):
        notice(f"ingest {sources[number]}: done, {done} of {len(sources)}")


def _take(source: str, drop: Path, as_of: date, state: State) -> None:
    ingest.ingest_source(source, drop=drop, as_of=as_of, state=state)


def _urgency(contract: contracts.Contract, folder: Path) -> tuple[bool, int]:
    delivered = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return any(table.reader in ("postgres", "mariadb") for table in contract.tables), delivered


def warehouse_night(*, as_of: date, state: State, notice: Notice = lambda _: None) -> str:
    """From raw to published marts; returns the published batch."""
    notice("prepare: staging and intermediate")
    warehouse.prepare(as_of=as_of, state=state)
    notice("record: the ledger")
    ledger.record(as_of=as_of, state=state)
    notice("resolve: debtors")
    identity.resolve(as_of=as_of, state=state)
    notice(identity.bound_ja(state=state))
    notice("assess: law applied to every claim")
    assess.assess(as_of=as_of, state=state)
    notice("marts")
    warehouse.build_marts(as_of=as_of, state=state)
    notice("publish")
    return publish.publish(as_of=as_of, state=state)
