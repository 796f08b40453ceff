"""From a figure back to its bytes: one claim of every kind, and one of every kind of event."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from receivables import contracts, db
from receivables.explain import explain_claim
from receivables.settings import DBT_PROJECT, State

pytestmark = pytest.mark.postgres
_ONE_OF_A_KIND = """
    select distinct on (claims.claim_type) claims.claim_id, claims.claim_type
    from mart.fct_claims as claims
    inner join law.claim_assessments as judged on claims.claim_id = judged.claim_id and claims.as_of = judged.as_of
    order by claims.claim_type, (claims.outstanding_yen > 0) desc, claims.claim_id
"""
_ONE_OF_AN_EVENT = """
    select distinct on (event_type, source_code) claim_id, event_type, event_id
    from mart.fct_claim_events order by event_type, source_code, claim_id, event_id
"""


def rows(state: State, query: str) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return connection.execute(query.encode()).fetchall()


def row_at(state: State, origin: dict[str, Any]) -> str | None:
    """The row that the origin points at, from our copy of the file; None where there are no bytes (workbooks)."""
    table = next(one for one in contracts.contract(origin["source"]).tables if one.name == origin["table_name"])
    if table.reader not in ("csv", "fixed_width"):
        return None
    data = (Path(state.root) / "spool" / origin["spool"]).read_bytes()
    assert origin["byte_offset"] is not None
    rest = data[origin["byte_offset"] :].decode(table.encoding, errors="replace")  # rows behind it may be spoilt
    if table.reader == "fixed_width":
        return rest.partition("\n")[0]
    return " ".join(next(csv.reader(io.StringIO(rest, newline=""))))  # a row may be several lines


def test_every_kind_of_claim_leads_back_to_article_rule_and_bytes(published: State) -> None:
    kinds = rows(published, _ONE_OF_A_KIND)
    assert len(kinds) >= 15
    read = 0
    for claim_id, claim_type in kinds:
        told = explain_claim(claim_id, state=published)
        claim, origin = told["claim"], told["origin"]
        assert told["assessment"]["citations"], claim_type
        for rule in filter(None, told["rules"].values()):
            assert rule["citation"], (claim_type, rule)
            with (DBT_PROJECT / rule["seed"]).open(encoding="utf-8", newline="") as seed:
                assert any(rule["row"] in row.values() for row in csv.DictReader(seed)), (claim_type, rule)
        assert (origin["batch_id"], len(origin["file_sha256"])) == (claim["batch_id"], 64)
        line = row_at(published, origin)
        if (
            line is not None and claim["claim_split_seq"] is None
        ):  # a part of a decision has no yen of its own in the file
            read += 1
            yen = claim["assessed_yen"]
            assert str(yen) in line or f"{yen:,}" in line, (claim_id, line)
    assert read >= 6


def test_every_kind_of_event_leads_back_to_its_file(published: State) -> None:
    kinds = rows(published, _ONE_OF_AN_EVENT)
    assert len({event_type for _, event_type, _ in kinds}) >= 15
    for claim_id, event_type, event_id in kinds:
        (event, *_) = (one for one in explain_claim(claim_id, state=published)["events"] if one["event_id"] == event_id)
        origin = event["origin"]
        assert origin is not None, (event_type, event_id)
        assert (Path(published.root) / "spool" / origin["spool"]).exists(), (event_type, event_id)
        assert origin["line_no"] is not None, (event_type, event_id)
