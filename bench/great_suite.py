"""Great Expectations in its default shape: the same fifteen expectations written by hand, its SQL engine."""

import functools
from typing import Any

from bench.rounds import Answer
from bench.world import World
from receivables import db
from receivables.contracts import Table
from receivables.ingest import expectations, tables


def validated(world: World, table: Table, batch_id: str, result_format: str) -> Answer:
    """How many expectations were looked at, and those that are not met."""
    from bench.step_checks import word

    gx = expectations.library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = context.data_sources.add_postgres("bench", connection_string=db.url(world.state, "etl"))
    asset = store.add_table_asset("held", table_name=tables.held_name(batch_id), schema_name="landing")
    suite = context.suites.add(gx.ExpectationSuite(name="bench"))
    for each in _fifteen(gx, table):
        suite.add_expectation(each)
    found = asset.add_batch_definition_whole_table("whole").get_batch().validate(suite, result_format=result_format)
    failed = [one.expectation_config for one in found.results if not one.success]
    return len(found.results), tuple(sorted(word(one.type, one.kwargs.get("column")) for one in failed))


def _fifteen(gx: Any, table: Table) -> list[Any]:
    kinds = gx.expectations
    required = ("instalment_no", "addressee_no", "claim_code", "levy_year", "person_name", "due_date", "assessed_yen")
    least = functools.partial(kinds.ExpectColumnValuesToBeBetween, min_value=0)
    return [
        kinds.ExpectColumnValuesToBeUnique(column="instalment_no"),
        *(kinds.ExpectColumnValuesToNotBeNull(column=name) for name in required),
        *(least(column=name) for name in ("assessed_yen", "principal_yen", "fee_yen")),
        kinds.ExpectColumnValuesToBeInSet(column="claim_code", value_set=list(table.column("claim_code").codes)),
        kinds.ExpectColumnValuesToMatchRegex(column="instalment_no", regex="^[0-9]{12}$"),
        kinds.ExpectColumnValuesToMatchRegex(column="addressee_no", regex="^[0-9]{15}$"),
        kinds.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="due_date", column_B="levied_on", or_equal=True, ignore_row_if="either_value_is_missing"
        ),
    ]
