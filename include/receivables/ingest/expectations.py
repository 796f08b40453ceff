"""Great Expectations on what is held of a batch: a suite built from the contract, run in PostgreSQL.

Results are BOOLEAN_ONLY: they hold no value of any row. Analytics is off. The library takes eight
seconds to import, hence only here and only when a batch is checked.
"""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from receivables import contracts, db
from receivables.contracts import Column, Contract, Table
from receivables.ingest.ledger import Batch
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.tables import held_name
from receivables.settings import State

SCHEMA = "landing"


class Meaning(NamedTuple):
    """What a rule says to its section, how much hangs on it, whose it is and where it is written."""

    wording: str
    severity: str  # stop, hold_sending or warn
    owner: str
    reference: str


def validate(connection: db.Connection, source: str, batch: Batch, *, state: State) -> None:
    """Run the suite of the batch's table and keep its results.

    Raises BatchRejectedError when one that stops is not met: rows that passed our own checks and
    fail here mean that one of the two is wrong, and nothing is loaded until a person has looked.
    """
    gx = library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = context.data_sources.add_postgres("warehouse", connection_string=db.url(state, "etl"))
    asset = store.add_table_asset("held", table_name=held_name(batch.batch_id), schema_name=SCHEMA)
    definition = asset.add_batch_definition_whole_table("whole")
    suite = context.suites.add(gx.ExpectationSuite(name=batch.table.name))
    for expectation in expectations(gx, contracts.contract(source), batch.table):
        suite.add_expectation(expectation)
    found = definition.get_batch().validate(suite, result_format="BOOLEAN_ONLY")
    _keep(connection, source, batch, suite, found)
    failed = [one.expectation_config for one in found.results if not one.success]
    if any(one.meta["severity"] == "hold_sending" for one in failed):
        connection.execute("update ops.load set holds_sending = true where batch_id = %s", [batch.batch_id])
    connection.commit()  # the results stay, also those that refuse the batch
    failed = [one for one in failed if one.meta["severity"] == "stop"]
    if failed:
        column = failed[0].kwargs.get("column", "the whole table")
        raise BatchRejectedError(
            "CONTRACT",
            f"{len(failed)} expectations of the contract are not met, first {failed[0].type} on {column}",
            "look at ops.validation and correct the contract or the check",
        )


def expectations(gx: Any, contract: Contract, table: Table) -> list[Any]:
    """What the contract promises, as expectations (検査項目), each in the section's words with its weight."""
    kinds = gx.expectations
    own = Meaning("", "stop", contract.department, f"連携契約 {contract.source}/_{contract.source}.yml")
    keys = "・".join(table.column(name).description for name in table.key)
    given: dict[str, Any] = {"column_list": list(table.key)} if len(table.key) > 1 else {"column": table.key[0]}
    kind = kinds.ExpectCompoundColumnsToBeUnique if len(table.key) > 1 else kinds.ExpectColumnValuesToBeUnique
    found = [_expectation(kind, given, own._replace(wording=f"{keys}が重複しない"))]
    for column in table.columns:
        found += [_expectation(kind, {"column": column.name, **given}, own._replace(wording=wording))
                  for kind, given, wording in _of_column(kinds, column)]  # fmt: skip
    for each in table.promises:
        given = {"column_A": each.high, "column_B": each.low, "or_equal": True,
                 "ignore_row_if": "either_value_is_missing"}  # fmt: skip
        meaning = Meaning(each.wording, each.severity, contract.department, each.reference)
        found.append(_expectation(kinds.ExpectColumnPairValuesAToBeGreaterThanB, given, meaning))
    return found


def _of_column(kinds: Any, column: Column) -> Iterator[tuple[Any, dict[str, Any], str]]:
    named = column.description
    if column.required:
        yield kinds.ExpectColumnValuesToNotBeNull, {}, f"{named}が空でない"
    if column.type == "yen":
        yield kinds.ExpectColumnValuesToBeBetween, {"min_value": 0}, f"{named}が負でない"
    if column.codes:
        yield kinds.ExpectColumnValuesToBeInSet, {"value_set": list(column.codes)}, f"{named}が取り決めたコードである"
    if column.type == "digits" and column.length:
        pattern = f"^[0-9]{{{column.length}}}$"
        yield kinds.ExpectColumnValuesToMatchRegex, {"regex": pattern}, f"{named}が{column.length}桁の数字である"


def _expectation(kind: Any, given: dict[str, Any], meaning: Meaning) -> Any:
    weight = "critical" if meaning.severity == "stop" else "warning"
    return kind(**given, severity=weight, meta=meaning._asdict(), notes=meaning.wording)


def library() -> Any:
    """Great Expectations, imported quietly and without its analytics."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for name, level in (
        ("great_expectations", logging.WARNING),
        ("great_expectations._docs_decorators", logging.ERROR),
    ):
        logging.getLogger(name).setLevel(level)
    import great_expectations as gx

    return gx


def _keep(connection: db.Connection, source: str, batch: Batch, suite: Any, found: Any) -> None:
    for result in found.results:
        config = result.expectation_config
        connection.execute(
            "insert into ops.validation (batch_id, source, table_name, expectation, column_name, success, wording,"
            " severity, owner, reference) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [batch.batch_id, source, batch.table.name, config.type, config.kwargs.get("column"), bool(result.success),
             *(config.meta[name] for name in Meaning._fields)],
        )  # fmt: skip
    connection.execute(
        "insert into ops.validation_document (batch_id, source, suite, result) values (%s, %s, %s, %s)"
        " on conflict (batch_id) do update set suite = excluded.suite, result = excluded.result",
        [batch.batch_id, source, json.dumps(suite.to_json_dict()), json.dumps(_without_messages(found.to_json_dict()))],
    )


def _without_messages(result: dict[str, Any]) -> dict[str, Any]:
    """An exception's message may repeat a value of the row it met: only that there was one is kept."""
    for each in result["results"]:
        if each.get("exception_info"):
            raised = bool(each["exception_info"].get("raised_exception"))
            each["exception_info"] = {
                "raised_exception": raised,
                "exception_message": None,
                "exception_traceback": None,
            }
    return result
