"""A model of the city's own persons (照合モデルの学習): trained, proven and kept; two people put it in force."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from receivables import db
from receivables.errors import InputRejectedError
from receivables.identity import matched
from receivables.identity.matching import japanese
from receivables.identity.matching.proving import prove, trained
from receivables.identity.models import is_proven
from receivables.settings import State


def train(*, state: State, notice: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Train a model on all persons whose keys are in the vault, prove its bound, and keep both; changes no link.

    It is in force only once two people adopt it. Returns `model_id`, how many `persons`, the `bound`, whether it
    `is_proven`, and `odd_levels` that an official should look at. Takes about as long as a whole night's matching.
    Raises InputRejectedError when there is nobody to train on.
    """
    with db.connect(state, "etl", doing="train a matching") as connection:
        persons = matched.persons_in(connection, "vault", "person_key")
    if not persons.num_rows:
        raise InputRejectedError("no person has keys yet: run a night first (receivables run)")
    notice(f"{persons.num_rows:,}人で学習します")
    said = japanese()
    model = trained(persons, said)
    notice("宛名番号を伏せて照合し、番号で答え合わせをします")
    bound = prove(persons, model, said)
    bound["link_weight"] = bound["weight"] and math.ceil(2 * bound["weight"]) / 2
    content = asdict(model)
    model_id = "m" + hashlib.sha256(json.dumps([content, bound], sort_keys=True).encode()).hexdigest()[:12]
    with db.connect(state, "etl", doing="keep a model") as connection:
        connection.execute(
            "insert into identity.model (model_id, model, bound, persons) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            [model_id, Jsonb(content), Jsonb(bound), persons.num_rows],
        )
    return {"model_id": model_id, "persons": persons.num_rows, "bound": bound, "is_proven": is_proven(bound),
            "odd_levels": model.odd_levels()}  # fmt: skip
