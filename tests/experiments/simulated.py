"""Made-up campaigns with a known effect, as rows of the real tables: who pays is drawn, what is true is calculated."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng
from psycopg.types.json import Jsonb

from receivables.campaigns.experiments.assignment import is_held_out
from receivables.campaigns.experiments.plan import ExperimentPlan
from receivables.campaigns.playbook import Playbook, playbook
from tests.campaigns.conftest import AS_OF, World

RUN = """
    insert into campaign.run (
        run_id, campaign_name, as_of, published_batch, maker, channel, purpose, playbook, template_text,
        template_sha256, parts_count, sources, content_sha256, treat_count, control_count, excluded_count,
        approvals_required, expires_after_days, state, dispatched_on
    ) values (%s, %s, %s, 'p', 'planner', %s, %s, %s, 't', 't', 2, '{}', 'c', 0, 0, 0, 2, 7, 'done', %s)
"""
CONTACT = """
    copy campaign.contact (contact_id, run_id, subject_key, debtor_id, arm, exclusion_codes, reference, claim_ids,
        claim_yen, claim_types, owner_depts, outstanding_yen, phone_hash, unit_key) from stdin
"""
RECEIPT = "copy mart.fct_receipts (receipt_id, claim_id, paid_on, received_yen, is_provisional) from stdin"


@dataclass(frozen=True)
class Population:
    """People in households, what they owe, how likely they pay anyway, and what asking adds to that."""

    household: np.ndarray[Any, Any]
    owed: np.ndarray[Any, Any]
    anyway: np.ndarray[Any, Any]
    moved: np.ndarray[Any, Any]

    @property
    def true_permille(self) -> float:
        return 1000 * float(self.moved.mean())

    @property
    def true_yen(self) -> float:
        """Everybody who pays pays all or half, either as likely."""
        return float((self.moved * self.owed * 0.75).mean())


def population(people: int, *, effect: float, rng: Generator) -> Population:
    household = np.sort(rng.integers(0, int(people * 0.6), people))
    wealth = rng.normal(0, 0.8, people + 1)[household]
    anyway = np.clip(0.3 + 0.12 * wealth, 0.05, 0.8)
    owed = np.maximum(1000, np.exp(rng.normal(10, 1.0, people))).astype(np.int64)
    moved = np.minimum(effect * rng.gamma(2, 0.5, people), 0.99 - anyway)
    return Population(household, owed, anyway, moved)


def book(salt: str, unit: str, holdout_permille: int = 300) -> Playbook:
    plan = ExperimentPlan(unit=unit, horizons_days=(30,), horizon_days=30)
    changes = {"holdout_salt": salt, "holdout_permille": holdout_permille, "experiment": plan}
    return playbook("sms_after_dunning").model_copy(update=changes)


def put_run(world: World, run_id: str, rules: Playbook, *, sent_on: Any = AS_OF) -> None:
    world.run(
        RUN, run_id, rules.name, AS_OF, rules.channel, rules.purpose, Jsonb(rules.model_dump(mode="json")), sent_on
    )


def simulate(world: World, run_id: str, rules: Playbook, people: Population, rng: Generator) -> None:
    """One campaign: drawn by the real hash, then paid by chance; with payments that must not count."""
    put_run(world, run_id, rules)
    count = len(people.owed)
    units = people.household if rules.experiment.unit == "household" else np.arange(count)
    held = np.array([is_held_out(f"{rules.experiment.unit}{unit}", rules) for unit in range(units.max() + 1)])[units]
    # Half of all households act as one: they share their luck.
    together = (rng.random(count + 1) < 0.5)[people.household]
    luck = np.where(together, rng.random(count + 1)[people.household], rng.random(count))
    pays = luck < people.anyway + np.where(held, 0, people.moved)
    yen = np.where(rng.random(count) < 0.5, people.owed, people.owed // 2)
    days = rng.integers(1, 31, count)
    with world.connection.cursor() as cursor:
        with cursor.copy(CONTACT) as rows:
            rows.write("".join(_contacts(run_id, rules, people, units, held)))
        with cursor.copy(RECEIPT) as rows:
            rows.write("".join(_receipts(run_id, people, pays, yen, days, held, rng)))


def _contacts(run_id: str, rules: Playbook, people: Population, units: Any, held: Any) -> list[str]:
    shared = rules.experiment.unit == "household"
    lines = []
    for at, (owed, unit, left) in enumerate(zip(people.owed, units, held, strict=True)):
        arm, codes, reference = ("control", "{X18_holdout}", "\\N") if left else ("treat", "{}", f"{run_id}-{at}")
        key = f"household{unit}" if shared else "\\N"
        lines.append(f"{run_id}-{at}\t{run_id}\tdebtor{at}\td{at}\t{arm}\t{codes}\t{reference}\t{{{run_id}-{at}}}"
                     f"\t{{{owed}}}\t{{resident_tax}}\t{{tax}}\t{owed}\th\t{key}\n")  # fmt: skip
    excluded = (
        f"{run_id}-x\t{run_id}\tx\tdx\texcluded\t{{X08_dv}}\t\\N\t{{{run_id}-x}}\t{{9}}\t{{a}}\t{{tax}}\t9\t\\N\t\\N\n"
    )
    return [*lines, excluded]


def _receipts(run_id: str, people: Population, pays: Any, yen: Any, days: Any, held: Any, rng: Generator) -> list[str]:
    lines = [f"r\t{run_id}-x\t{AS_OF + timedelta(days=1)}\t90000000\tf\n"]  # whoever was excluded counts for nobody
    on_its_way = rng.random(len(pays)) < 0.15
    for at, (is_paid, paid, day, late) in enumerate(zip(pays, yen, days, on_its_way, strict=True)):
        if is_paid:
            lines.append(f"r\t{run_id}-{at}\t{AS_OF + timedelta(days=int(day))}\t{paid}\tf\n")
        elif late:
            lines.append(f"r\t{run_id}-{at}\t{AS_OF - timedelta(days=int(day) % 4)}\t{paid}\tf\n")
        elif not held[at]:  # 速報 only where somebody was asked: counted, it would look like an effect
            lines.append(f"r\t{run_id}-{at}\t{AS_OF + timedelta(days=int(day))}\t{paid}\tt\n")
    return lines


def seeded(seed: int) -> Generator:
    print(f"seed {seed}")
    return default_rng(seed)
