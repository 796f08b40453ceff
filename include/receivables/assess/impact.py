"""What a change of the rules would change (影響試算): every claim judged under both rulebooks, nothing written."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from receivables import access, db
from receivables.assess.bulk import HANDS, laid_out, last_entry, lay_out
from receivables.assess.desk import COLUMNS, Desk
from receivables.errors import InputRejectedError
from receivables.processes import side_by_side
from receivables.rulebook import rulebook
from receivables.settings import PROJECT, SEEDS, State

LAW_SEEDS = "dbt_project/seeds/law"
_SHOWN = 10  # claims named as examples
_LAW = ("prescription_state", "prescription_date_safe", "prescription_date_alt", "standing", "extinct_from",
        "extinct_cause", "delinquency_charge_yen")  # fmt: skip
_AT = {name: COLUMNS.index(name) for name in _LAW}


@dataclass(slots=True)
class Change:
    """What changes for one kind of claim: counts of claims, yen of charges and of claims that end or revive."""

    claim_type: str
    judged: int = 0
    changed: int = 0
    charges_changed: int = 0
    charge_yen_before: int = 0
    charge_yen_after: int = 0
    ends_earlier: int = 0
    ends_later: int = 0
    now_unknown: int = 0
    now_extinct: int = 0
    now_extinct_yen: int = 0
    revived: int = 0
    revived_yen: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: "Change") -> None:
        """Take in another share of the same kind."""
        for name, value in asdict(other).items():
            if name != "claim_type":
                setattr(self, name, getattr(self, name) + value)
        self.examples = sorted(self.examples)[:_SHOWN]


def impact(seeds: str, *, as_of: date, state: State) -> list[Change]:
    """Judge every claim of `as_of` (基準日) under the rules now and under `seeds`; one Change a kind of claim.

    `seeds` is a folder with changed CSV files of dbt_project/seeds/law, or a git branch that has them. Raises
    InputRejectedError when it is neither or when its rows cannot be read.
    """
    with _proposed(seeds) as folder, access.alone(state, "try a change of the rules") as connection:
        rulebook(folder)  # an error in a row is told before hours of work
        lay_out(connection, as_of, through=last_entry(connection, as_of))
        try:
            hands = [(hand, folder, as_of, state) for hand in range(HANDS)]
            shares = [share for _, share in side_by_side(_share, hands, processes=HANDS)]
        finally:
            connection.execute("drop table if exists law.desk")
    whole: dict[str, Change] = {}
    for share in shares:
        for claim_type, change in share.items():
            whole.setdefault(claim_type, Change(claim_type)).add(change)
    return [change for _, change in sorted(whole.items())]


def _share(hand: int, folder: Path, as_of: date, state: State) -> dict[str, Change]:
    now, then = Desk(rulebook(), as_of), Desk(rulebook(folder), as_of)
    found: dict[str, Change] = {}
    with db.connect(state, "etl", doing="read claims for a trial") as source:
        for claim in laid_out(source, hand):
            change = found.setdefault(claim.claim_type, Change(claim.claim_type))
            _compare(change, claim.claim_id, claim.owed_yen, _law(now.row(claim)), _law(then.row(claim)))
    return found


def _compare(change: Change, claim_id: str, owed_yen: int, now: dict[str, Any], then: dict[str, Any]) -> None:
    change.judged += 1
    charge, charge_then = now["delinquency_charge_yen"] or 0, then["delinquency_charge_yen"] or 0
    change.charge_yen_before += charge
    change.charge_yen_after += charge_then
    if now == then:
        return
    change.changed += 1
    change.charges_changed += charge != charge_then
    ends, ends_then = now["prescription_date_safe"], then["prescription_date_safe"]
    if ends and ends_then:
        change.ends_earlier += ends_then < ends
        change.ends_later += ends_then > ends
    change.now_unknown += then["standing"] == "unknown" != now["standing"]
    if then["standing"] == "extinct" != now["standing"]:
        change.now_extinct += 1
        change.now_extinct_yen += owed_yen
    if now["standing"] == "extinct" != then["standing"]:
        change.revived += 1
        change.revived_yen += owed_yen
    if len(change.examples) < _SHOWN:
        change.examples.append(claim_id)


def _law(row: list[Any]) -> dict[str, Any]:
    return {name: row[at] for name, at in _AT.items()}


@contextmanager
def _proposed(seeds: str) -> Iterator[Path]:
    """The rules as they would be: today's files with the changed ones laid over them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "law")
        shutil.copytree(SEEDS / "law", folder)
        given = Path(seeds)
        if given.is_dir():
            files = list(given.glob("*.csv"))
            if not files:
                raise InputRejectedError(f"{seeds} holds no CSV file; give a folder like {LAW_SEEDS}")
            for file in files:
                shutil.copy(file, folder)
        else:
            _check_out(seeds, folder)
        unknown = sorted(
            {file.name for file in folder.glob("*.csv")} - {file.name for file in (SEEDS / "law").iterdir()}
        )
        if unknown:
            raise InputRejectedError(f"{', '.join(unknown)}: no such seed in {LAW_SEEDS}; nothing would read it")
        yield folder


def _check_out(branch: str, folder: Path) -> None:
    packed = subprocess.run(
        ["git", "archive", "--format=tar", f"{branch}:{LAW_SEEDS}"], cwd=PROJECT, capture_output=True, check=False
    )
    if packed.returncode:
        raise InputRejectedError(f"{branch!r} is neither a folder nor a git branch with {LAW_SEEDS}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
