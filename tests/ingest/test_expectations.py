"""Great Expectations in the section's words (検査項目): what stops, what only holds sending, what warns; no values."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import Engine

from receivables import db
from receivables.campaigns.freshness import source_states
from receivables.ingest import changes, expectations, landing, rules, tables
from receivables.ingest.ledger import Batch
from receivables.settings import State

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, nhi_receipt, put_nhi

pytestmark = pytest.mark.postgres
NAME = "世田谷　太郎"


@pytest.fixture
def checked(clean: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0)
    return Desk(clean, tmp_path)


def failed(desk: Desk) -> list[tuple[object, ...]]:
    return desk.ask("select wording, severity from ops.validation where not success order by 1")


def is_fresh(desk: Desk) -> bool:
    """Whether campaigns may go by the source once a night has published what was loaded."""
    with db.connect(desk.state) as connection:
        connection.execute(
            "insert into ops.published_batch values ('p', %s, default, true, 'x') on conflict do nothing", [DAY]
        )
        connection.execute(
            "insert into ops.batch_rests_on select 'p', array(select batch_id from ops.load)"
            " on conflict (published_batch) do update set batch_ids = excluded.batch_ids"
        )
        found = "nhi" in source_states(connection, DAY)
        connection.rollback()
        return found


def test_every_rule_has_words_weight_owner_and_reference(checked: Desk) -> None:
    put_nhi(checked.drop, host_file([nhi_claim(1), nhi_claim(2)], yen=24_000))

    assert {batch.state for batch in checked.take("nhi").values()} == {"loaded"}

    assert failed(checked) == []
    assert is_fresh(checked)
    rules = checked.ask("select wording, severity, owner, reference from ops.validation")
    assert len(rules) > 30
    assert all(wording and severity and owner and reference for wording, severity, owner, reference in rules)
    assert ("調定額が負でない", "stop") in {(wording, severity) for wording, severity, *_ in rules}
    index = (checked.state.root / "reports" / "data_docs" / "index.html").read_text(encoding="utf-8")
    for word in ("不合格なら催告しない", "地方自治法第231条の3第1項", "保険料収納課"):
        assert word in index
    assert index.count("<td>合格</td>") == len(rules)
    assert NAME not in index


def test_a_promise_that_holds_sending_lets_the_delivery_in_and_nobody_be_contacted(checked: Desk) -> None:
    odd = nhi_claim(1, dunned=b"5070720", arrived=b"5070722", deadline=b"5070701")
    put_nhi(checked.drop, host_file([odd], yen=12_000))

    assert checked.take("nhi")["claims"].state == "loaded"

    assert failed(checked) == [("督促状の指定期限は発付日以後である", "hold_sending")]
    assert not is_fresh(checked)
    index = (checked.state.root / "reports" / "data_docs" / "index.html").read_text(encoding="utf-8")
    assert index.index("不合格</td>") < index.index("合格</td><td>通知書番号")


def test_a_promise_that_warns_is_told_and_nothing_else(checked: Desk) -> None:
    swapped = nhi_receipt(1)
    swapped = swapped[:25] + swapped[32:39] + swapped[25:32] + swapped[39:]  # 領収日 and 収入日 change places
    put_nhi(checked.drop, host_file([nhi_claim(1)], yen=12_000), host_file([swapped], width=120, yen=5_000))

    assert checked.take("nhi")["receipts"].state == "loaded"

    assert failed(checked) == [("収入日は領収日以後である", "warn")]
    assert is_fresh(checked)


def test_a_promise_that_stops_refuses_the_delivery(checked: Desk) -> None:
    put_nhi(checked.drop, host_file([nhi_claim(1, written_off=b"000012001")], yen=12_000))

    claims = checked.take("nhi")["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", "CONTRACT")
    assert failed(checked) == [("不納欠損額は調定額以下である", "stop")]
    assert checked.is_untouched()


def test_a_suite_reads_the_held_table_once_whatever_it_promises(checked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One scan for all rules and promises; Great Expectations itself reads nothing but the one row of counts."""
    scans: list[str] = []
    seen_by_gx: list[str] = []
    real = rules.broken_rows

    def counting(connection: db.Connection, found: Sequence[rules.Rule], relation: sql.Composable) -> list[int]:
        scans.append(relation.as_string(connection))
        return real(connection, found, relation)

    def seen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "landing." in statement:
            seen_by_gx.append(statement)

    monkeypatch.setattr(changes, "broken_rows", counting)
    event.listen(Engine, "before_cursor_execute", seen)
    try:
        put_nhi(checked.drop, host_file([nhi_claim(1), nhi_claim(2)], yen=24_000))
        checked.take("nhi")
    finally:
        event.remove(Engine, "before_cursor_execute", seen)

    ((count,),) = checked.ask("select count(*)::int from ops.validation where table_name = 'nhi__claims'")
    assert count > 25
    assert len(scans) == 2, "claims and receipts"
    assert seen_by_gx
    assert all("__counts" in statement for statement in seen_by_gx)


SPOILT = {
    "a required value is missing": ("update {} set addressee_no = null", "expect_column_values_to_not_be_null"),
    "a negative amount": ("update {} set medical_yen = -1", "expect_column_values_to_be_between"),
    "a strange code": ("update {} set status_code = 'Z'", "expect_column_values_to_be_in_set"),
    "a number of another length": ("update {} set notice_no = '12'", "expect_column_values_to_match_regex"),
    "a key twice": ("drop index {}", "expect_compound_columns_to_be_unique"),
}


@pytest.mark.parametrize(("statement", "kind"), SPOILT.values(), ids=SPOILT)
def test_what_our_own_checks_let_through_is_stopped_here(
    checked: Desk, statement: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second pair of eyes: rows are spoilt behind the back of the checks, and the delivery is refused."""
    real = expectations.validate

    def spoil_first(connection: db.Connection, source: str, batch: Batch, *, state: State) -> None:
        held = f"landing.{tables.held_name(batch.batch_id)}"
        if statement.startswith("drop index"):
            index = connection.execute("select indexrelid::regclass::text from pg_index where indrelid = %s::regclass",
                                       [held]).fetchone()  # fmt: skip
            connection.execute(statement.format(*index or ()).encode())
        elif batch.table.name == "nhi__claims":
            connection.execute(statement.format(held).encode())
        connection.commit()
        real(connection, source, batch, state=state)

    monkeypatch.setattr(expectations, "validate", spoil_first)
    put_nhi(checked.drop, host_file([nhi_claim(1)], yen=12_000))

    claims = checked.take("nhi")["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", "CONTRACT")
    assert kind in {rule for (rule,) in checked.ask("select expectation from ops.validation where not success")}
    assert checked.ask("select sum(unexpected_count)::int from ops.validation where table_name = 'nhi__claims'") == [
        (1,)
    ]
    assert checked.is_untouched()
