"""Case work in staging: both sources in one shape, every act on its claim, equal to the ward's own truth."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from receivables import db
from receivables.settings import State

pytestmark = pytest.mark.postgres
SHAPE = (
    "source_code", "source_event_key", "system_code", "slip_notice_no", "slip_instalment_no", "event_type",
    "event_date", "effective_on", "until_on", "issued_on", "arrived_on", "returned_on", "designated_deadline",
    "channel_code", "ground_code", "is_immediate", "document_no", "amount_yen", "batch_id", "line_no",
)  # fmt: skip
SOURCES = ("arrears", "claims_book")
ASKED_BY = {  # 猶予区分: what the national group tells of the ground of a deferral
    ("deferral", "01"): "", ("conversion_deferral", "02"): "application", ("conversion_deferral", "03"): "ex_officio",
}  # fmt: skip
ACTS = """
    select
        cases.source_code, claims.claim_id, event_type, event_date::text, coalesce(effective_on::text, ''),
        coalesce(until_on::text, ''), coalesce(amount_yen::text, ''), coalesce(ground_code, '')
    from (select * from staging.stg_arrears__cases union all select * from staging.stg_claims_book__cases) as cases
    left join ops.system_codes as systems using (system_code)
    left join intermediate.int_claims__unioned as claims
        on
            systems.source_code = claims.source_code
            and cases.slip_notice_no = lpad(claims.notice_no::text, 10, '0')
            and cases.slip_instalment_no = claims.instalment_no::integer
"""


def rows(state: State, query: str) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize("source", SOURCES)
def test_both_sources_have_one_shape(published: State, source: str) -> None:
    query = f"select attname from pg_attribute where attrelid = 'staging.stg_{source}__cases'::regclass and attnum > 0"
    assert tuple(name for (name,) in rows(published, f"{query} order by attnum")) == SHAPE


def test_staging_knows_every_act_of_the_truth_and_no_other(published: State, ward: Path) -> None:
    with (ward / "truth/cases.csv").open(encoding="utf-8", newline="") as lines:
        wanted = Counter((*act, ASKED_BY.get((act[2], code), code)) for *act, code in list(csv.reader(lines))[1:])
    found = rows(published, ACTS)
    unknown = [row for row in found if row[1] is None]
    known = Counter(tuple(map(str, row)) for row in found if row[1] is not None)
    assert not known - wanted
    assert (wanted - known).total() == len(unknown)
    with (ward / "truth/claims.csv").open(encoding="utf-8", newline="") as lines:
        claims = {row["claim_id"] for row in csv.DictReader(lines)}
    assert claims.isdisjoint(act[1] for act in wanted - known), "only a claim whose own row was spoilt is not there"


def test_an_act_is_told_once(published: State) -> None:
    for source in SOURCES:
        ((acts, keys),) = rows(
            published, f"select count(*), count(distinct source_event_key) from staging.stg_{source}__cases"
        )
        assert acts == keys > 100


def test_what_the_law_needs_is_there(published: State) -> None:
    query = """
        select event_type, count(*) filter (where until_on is null), count(*) filter (where ground_code is null),
            count(*) filter (where amount_yen is null)
        from (select * from staging.stg_arrears__cases union all select * from staging.stg_claims_book__cases) as cases
        group by event_type
    """
    missing = {row[0]: row[1:] for row in rows(published, query)}
    for event_type in ("execution_stay", "deferral", "conversion_deferral", "extension", "plan_due"):
        assert missing[event_type][0] == 0, event_type
    assert missing["execution_stay"][1] == missing["collection_stop"][1] == 0
    for event_type in ("plan_due", "instalment_plan", "seized", "refunded", "late_charge_exempted"):
        assert missing[event_type][2] == 0, event_type
    letters = rows(published, "select distinct event_type, channel_code from staging.stg_arrears__cases")
    assert {event_type for event_type, channel_code in letters if channel_code == "letter"} == {"reminded"}
