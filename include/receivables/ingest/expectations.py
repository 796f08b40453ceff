"""Great Expectations on what is held of a batch: a suite built from the contract, run in PostgreSQL.

Results are BOOLEAN_ONLY: they hold no value of any row. Analytics is off. The library takes eight
seconds to import, hence only here and only when a batch is checked.
"""

import json
import logging
import os
from typing import Any

from receivables import db
from receivables.contracts import Table
from receivables.ingest.ledger import Batch
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.tables import held_name
from receivables.settings import State

SCHEMA = "landing"


def validate(connection: db.Connection, source: str, batch: Batch, *, state: State) -> None:
    """Run the suite of the batch's table and keep its results.

    Raises BatchRejectedError when an expectation is not met: rows that passed our own checks and
    fail here mean that one of the two is wrong, and nothing is loaded until a person has looked.
    """
    gx = library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = context.data_sources.add_postgres("warehouse", connection_string=db.url(state, "etl"))
    asset = store.add_table_asset("held", table_name=held_name(batch.batch_id), schema_name=SCHEMA)
    definition = asset.add_batch_definition_whole_table("whole")
    suite = context.suites.add(gx.ExpectationSuite(name=batch.table.name))
    for expectation in expectations(gx, batch.table):
        suite.add_expectation(expectation)
    found = definition.get_batch().validate(suite, result_format="BOOLEAN_ONLY")
    _keep(connection, source, batch, suite, found)
    connection.commit()  # the results stay, also those that refuse the batch
    failed = [result.expectation_config for result in found.results if not result.success]
    if failed:
        column = failed[0].kwargs.get("column", "the whole table")
        raise BatchRejectedError(
            "CONTRACT",
            f"{len(failed)} expectations of the contract are not met, first {failed[0].type} on {column}",
            "look at ops.validation and correct the contract or the check",
        )


def expectations(gx: Any, table: Table) -> list[Any]:
    """What the contract promises, as expectations (検査項目)."""
    kinds = gx.expectations
    found: list[Any] = [
        kinds.ExpectCompoundColumnsToBeUnique(column_list=list(table.key))
        if len(table.key) > 1
        else kinds.ExpectColumnValuesToBeUnique(column=table.key[0])
    ]
    for column in table.columns:
        if column.required:
            found.append(kinds.ExpectColumnValuesToNotBeNull(column=column.name))
        if column.type == "yen":
            found.append(kinds.ExpectColumnValuesToBeBetween(column=column.name, min_value=0))
        if column.codes:
            found.append(kinds.ExpectColumnValuesToBeInSet(column=column.name, value_set=list(column.codes)))
        if column.type == "digits" and column.length:
            pattern = f"^[0-9]{{{column.length}}}$"
            found.append(kinds.ExpectColumnValuesToMatchRegex(column=column.name, regex=pattern))
    return found


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
            "insert into ops.validation (batch_id, source, table_name, expectation, column_name, success)"
            " values (%s, %s, %s, %s, %s, %s)",
            [batch.batch_id, source, batch.table.name, config.type, config.kwargs.get("column"), bool(result.success)],
        )
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
