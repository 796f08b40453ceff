"""The weights of evidence (一致の重み): a Splink model trained without truth, kept as JSON, used every night."""

import json
import logging
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from receivables.errors import InputRejectedError
from receivables.identity.matching.declaration import Declaration, blocks
from receivables.identity.matching.workspace import Connection


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: Splink's settings with m and u, and the share of each frequent value (surname) of a column.

    `shares` are frozen with the model, so that a person's change never moves the weight of others' pairs.
    """

    settings: dict[str, Any]
    shares: dict[str, dict[str, float]]

    def save(self, file: Path) -> None:
        """Write the model as JSON; it holds no person, and no value that only a few bear."""
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1))

    @classmethod
    def load(cls, file: Path) -> "Model":
        """The model in a JSON file; raises InputRejectedError if it is none."""
        try:
            said = json.loads(file.read_text())
            return cls(said["settings"], said["shares"])
        except (ValueError, KeyError) as error:
            raise InputRejectedError(f"{file.name} is no trained model: train anew") from error

    @property
    def comparisons(self) -> list[str]:
        """The names of the comparators it knows, in order."""
        return [one["output_column_name"] for one in self.settings["comparisons"]]

    def levels(self) -> list[dict[str, Any]]:
        """Every level of every comparator with what it weighs (`bits`, None where nothing is compared)."""
        return [
            {"comparison": one["output_column_name"], "level": level["label_for_charts"], "bits": _bits(level)}
            for one in self.settings["comparisons"]
            for level in one["comparison_levels"]
        ]

    def odd_levels(self) -> list[dict[str, Any]]:
        """Levels that weigh less than a weaker agreement of their comparator: too few pairs showed one of the two."""
        told = [level for level in self.levels() if level["bits"] is not None]
        return [
            level | {"weaker": weaker["level"], "weaker_bits": weaker["bits"]}
            for at, level in enumerate(told)
            for weaker in told[at + 1 :]
            if weaker["comparison"] == level["comparison"] and weaker["bits"] > level["bits"]
        ]


def train(connection: Connection, declaration: Declaration, table: str) -> Model:
    """A model of the persons in `table`: u from random pairs, m by expectation maximisation, both repeatable.

    It reads no labels. Levels that no pair shows keep Splink's default m.
    """
    said = declaration.training
    shares = _shares(connection, declaration, table)
    linker = _linker(connection, Model(declaration.settings(), shares), table)
    rules = [sql for block in blocks(said["deterministic"]) for sql in block.conditions()]
    linker.training.estimate_probability_two_random_records_match(rules, recall=said["recall"])
    linker.training.estimate_u_using_random_sampling(max_pairs=float(said["u_pairs"]), seed=said["seed"])
    for block in blocks(said["em"]):
        (rule,) = block.conditions()
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, max_pairs=float(said["em_pairs"])
        )
    return Model(linker.misc.save_model_to_json(), shares)


def score(connection: Connection, declaration: Declaration, model: Model, table: str) -> str:
    """The name of a table of all pairs that the blocking rules find in `table`.

    Its columns: the two ids with `_l` and `_r`, `match_weight` in bits, `match_probability`, and for every comparator
    `gamma_`, `mw_` and perhaps `mw_tf_adj_`. The weight of a pair depends on nothing but the pair and the model.
    """
    if model.comparisons != [one.name for one in declaration.comparisons]:
        raise InputRejectedError(f"the model was trained for other comparisons than '{declaration.title}': train anew")
    linker = _linker(connection, model, table)
    return str(linker.inference.predict(warning_mode="never").physical_name)


def _bits(level: dict[str, Any]) -> float | None:
    m, u = level.get("m_probability"), level.get("u_probability")
    return math.log2(m / u) if m and u and not level.get("is_null_level") else None


def _shares(connection: Connection, declaration: Declaration, table: str) -> dict[str, dict[str, float]]:
    found = {}
    for column in sorted({one.frequencies for one in declaration.comparisons if one.frequencies}):
        rows = connection.execute(
            f"select {column}, count(*) / (select count({column}) from {table})::double from {table}"
            f" where {column} is not null group by 1 having count(*) >= ? order by 1",
            [declaration.training["least_bearers"]],
        ).fetchall()
        found[column] = {str(value): float(share) for value, share in rows}
    return found


def _linker(connection: Connection, model: Model, table: str) -> Any:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI(connection)
    linker = Linker(database.register(table), model.settings, log_level=None)
    for column, shares in model.shares.items():
        name = f"share_of_{column}"
        connection.execute(f"create or replace temp table {name} ({column} varchar, tf_{column} double)")
        connection.execute(f"insert into {name} select unnest(?), unnest(?)", [list(shares), list(shares.values())])
        linker.table_management.register_term_frequency_lookup(database.register(name), column)
    return linker
