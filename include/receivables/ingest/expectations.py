"""Great Expectations on what is held of a batch: a suite built from the contract, judging counts of broken rows.

The counts are made in PostgreSQL in one scan (`rules`); the suite has one expectation for each rule. Neither
holds a value of any row. Analytics is off. The library takes seconds to import, hence only when a batch is checked.
"""

import json
import logging
import os
from typing import Any

from psycopg import sql

from receivables import contracts, db
from receivables.ingest import tables
from receivables.ingest.changes import broken_rows_of
from receivables.ingest.ledger import Batch
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.rules import Rule, repeats_keys, rules
from receivables.settings import State

SCHEMA = "landing"


def validate(connection: db.Connection, source: str, batch: Batch, *, state: State) -> None:
    """Count the broken rows of every rule, have Great Expectations judge the counts, keep what it says.

    Raises BatchRejectedError when one that stops is not met: rows that passed our own checks and
    fail here mean that one of the two is wrong, and nothing is loaded until a person has looked.
    """
    found = rules(contracts.contract(source), batch.table)
    counts = broken_rows_of(connection, batch, found)
    counts[0] = repeats_keys(connection, batch.batch_id)
    failed = judge(connection, source, batch, found, counts, state=state)
    if any(rule.meaning.severity == "hold_sending" for rule in failed):
        connection.execute("update ops.load set holds_sending = true where batch_id = %s", [batch.batch_id])
    connection.commit()  # the results stay, also those that refuse the batch
    failed = [rule for rule in failed if rule.meaning.severity == "stop"]
    if failed:
        raise BatchRejectedError(
            "CONTRACT",
            f"{len(failed)} expectations of the contract are not met, first {failed[0].kind} on"
            f" {failed[0].column or 'the whole table'}",
            "look at ops.validation and correct the contract or the check",
        )


def judge(
    connection: db.Connection, source: str, batch: Batch, found: list[Rule], counts: list[int], *, state: State
) -> list[Rule]:
    """Great Expectations' verdict on `counts`, kept; the rules that are not met."""
    gx = library()
    _write_counts(connection, batch, counts)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = context.data_sources.add_postgres("warehouse", connection_string=db.url(state, "etl"))
    asset = store.add_table_asset("counts", table_name=tables.counts_name(batch.batch_id), schema_name=SCHEMA)
    # Together: added one by one, each would have the whole suite written down again.
    promised = [_expectation(gx, at, rule) for at, rule in enumerate(found)]
    suite = gx.ExpectationSuite(name=batch.table.name, expectations=promised)
    verdict = asset.add_batch_definition_whole_table("whole").get_batch().validate(suite, result_format="BOOLEAN_ONLY")
    is_met = {result.expectation_config.kwargs["column"]: bool(result.success) for result in verdict.results}
    met = [is_met[_column(at)] for at in range(len(found))]
    _keep(connection, source, batch, list(zip(found, counts, met, strict=True)))
    _keep_document(connection, source, batch, suite, verdict)
    return [rule for rule, holds in zip(found, met, strict=True) if not holds]


def _column(at: int) -> str:
    return f"broken_{at:02d}"


def _write_counts(connection: db.Connection, batch: Batch, counts: list[int]) -> None:
    """One row, a column for each rule: what Great Expectations reads."""
    columns = sql.SQL(", ").join(
        sql.SQL("{}::bigint as {}").format(sql.Literal(count), sql.Identifier(_column(at)))
        for at, count in enumerate(counts)
    )
    name = tables.counts(batch.batch_id)
    connection.execute(sql.SQL("drop table if exists {}").format(name))
    connection.execute(sql.SQL("create unlogged table {} as select {}").format(name, columns))
    connection.commit()  # Great Expectations reads on a connection of its own


def _expectation(gx: Any, at: int, rule: Rule) -> Any:
    weight = "critical" if rule.meaning.severity == "stop" else "warning"
    meta = {"rule": rule.kind, "column": rule.column, **rule.meaning._asdict()}
    return gx.expectations.ExpectColumnMaxToBeBetween(
        column=_column(at), min_value=0, max_value=0, severity=weight, meta=meta, notes=rule.meaning.wording
    )


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


def _keep(connection: db.Connection, source: str, batch: Batch, found: list[tuple[Rule, int, bool]]) -> None:
    connection.execute("delete from ops.validation where batch_id = %s", [batch.batch_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.validation (batch_id, source, table_name, expectation, column_name, success,"
            " unexpected_count, wording, severity, owner, reference)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(batch.batch_id, source, batch.table.name, rule.kind, rule.column, is_met, count, *rule.meaning)
             for rule, count, is_met in found],
        )  # fmt: skip


def _keep_document(connection: db.Connection, source: str, batch: Batch, suite: Any, verdict: Any) -> None:
    result = _without_messages(verdict.to_json_dict())
    connection.execute(
        "insert into ops.validation_document (batch_id, source, suite, result) values (%s, %s, %s, %s)"
        " on conflict (batch_id) do update set suite = excluded.suite, result = excluded.result",
        [batch.batch_id, source, json.dumps(suite.to_json_dict()), json.dumps(result)],
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
