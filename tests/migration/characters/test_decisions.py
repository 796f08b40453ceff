"""文字同定の決裁: two people, only added to, taken back by two again; the database holds it against everybody."""

from datetime import date

import pytest

from receivables import db
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.migration.characters import approve, governed, in_force, propose, waiting, withdraw
from receivables.settings import State

DAY = date(2026, 6, 19)
TSUJI = "\u8fbb\U000e0102"
_NUMBER = iter(range(1, 1_880))


@pytest.fixture
def code() -> str:
    """A code that no other test decides on: decisions are never deleted."""
    return f"U+{0xE000 + next(_NUMBER):04X}"


def proposed(state: State, code: str, *, user: str = "chief_tax", text: str = TSUJI, **given: str) -> tuple[str, str]:
    """A proposal's id and hash."""
    decision_id = propose(
        "tax", code, target=given.get("target", "MJ025760"), text=text, basis="字形", ticket="T-1",
        valid_from=date(2026, 6, 1), user=user, state=state,
    )  # fmt: skip
    return decision_id, hash_of(state, decision_id)


def hash_of(state: State, decision_id: str) -> str:
    with db.connect(state, "approver") as connection:
        row = connection.execute(
            "select content_sha256 from migration.char_decision where decision_id = %s", [decision_id]
        ).fetchone()
    assert row is not None
    return str(row[0])


def codes(state: State) -> dict[str, str]:
    return {ruling.code: ruling.text for ruling in in_force("tax", state=state)}


def test_an_answer_holds_once_another_person_signed_it(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)
    assert code not in codes(handmade_state)
    assert decision_id in {row["decision_id"] for row in waiting(state=handmade_state)}

    approve(decision_id, user="chief_insurance", content_sha256=content, state=handmade_state)

    found = next(ruling for ruling in in_force("tax", state=handmade_state) if ruling.code == code)
    assert (found.text, found.decided_by, found.approved_by) == (TSUJI, "chief_tax", "chief_insurance")
    assert decision_id not in {row["decision_id"] for row in waiting(state=handmade_state)}
    assert governed("tax", as_of=DAY, decided=in_force("tax", state=handmade_state))[found.char] == found
    assert code not in {ruling.code for ruling in in_force("nhi", state=handmade_state)}


@pytest.mark.parametrize("maker", ["chief_tax", "chief_insurance"])
def test_nobody_approves_an_own_answer(handmade_state: State, code: str, maker: str) -> None:
    decision_id, content = proposed(handmade_state, code, user=maker)

    with pytest.raises(NeedsApprovalError, match="another person must"):
        approve(decision_id, user=maker, content_sha256=content, state=handmade_state)
    assert code not in codes(handmade_state)


def test_who_is_not_on_the_roster_approves_nothing(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)

    with pytest.raises(NeedsApprovalError, match="roster"):
        approve(decision_id, user="somebody", content_sha256=content, state=handmade_state)


def test_only_the_answer_that_was_looked_at_is_approved(handmade_state: State, code: str) -> None:
    decision_id, _ = proposed(handmade_state, code)
    _, other = proposed(handmade_state, code, text="\u8fbb\U000e0103", target="MJ025761")

    with pytest.raises(NeedsApprovalError, match="another one than was looked at"):
        approve(decision_id, user="chief_insurance", content_sha256=other, state=handmade_state)


def test_an_answer_is_approved_once(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)
    approve(decision_id, user="chief_insurance", content_sha256=content, state=handmade_state)

    with pytest.raises(NeedsApprovalError, match="approved already"):
        approve(decision_id, user="chief_insurance", content_sha256=content, state=handmade_state)


def test_an_answer_overtaken_by_another_is_not_approved(handmade_state: State, code: str) -> None:
    first, first_content = proposed(handmade_state, code)
    second, content = proposed(handmade_state, code, text="\u8fbb\U000e0103", target="MJ025761")
    approve(second, user="chief_insurance", content_sha256=content, state=handmade_state)

    with pytest.raises(NeedsApprovalError, match="was approved since"):
        approve(first, user="chief_insurance", content_sha256=first_content, state=handmade_state)
    assert first not in {row["decision_id"] for row in waiting(state=handmade_state)}


def test_taking_back_needs_two_people_and_can_be_decided_again(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)
    approve(decision_id, user="chief_insurance", content_sha256=content, state=handmade_state)
    back = withdraw(
        "tax", code, basis="誤り", ticket="T-2", valid_from=DAY, user="chief_insurance", state=handmade_state
    )
    with pytest.raises(NeedsApprovalError):
        approve(back, user="chief_insurance", content_sha256=hash_of(handmade_state, back), state=handmade_state)
    assert code in codes(handmade_state)

    approve(back, user="chief_tax", content_sha256=hash_of(handmade_state, back), state=handmade_state)
    assert code not in codes(handmade_state)

    again, content = proposed(handmade_state, code)  # the very same words
    assert again != decision_id
    approve(again, user="chief_insurance", content_sha256=content, state=handmade_state)
    assert codes(handmade_state)[code] == TSUJI


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "\u8fbb"}, "is written"),
        ({"target": "MJ099999"}, "no letter"),
        ({"user": "Chief Tax"}, "--as"),
        ({"code": "U+8FBB"}, "key code"),
    ],
)
def test_an_unsound_answer_is_not_proposed(handmade_state: State, code: str, change: dict[str, str], said: str) -> None:
    given = {"code": code} | change
    with pytest.raises(InputRejectedError, match=said):
        proposed(handmade_state, given.pop("code"), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("table", ["char_decision", "char_approval"])
@pytest.mark.parametrize("change", ["delete from", "truncate", "update"])
def test_not_even_the_administrator_changes_a_decision(
    handmade_state: State, code: str, table: str, change: str
) -> None:
    decision_id, content = proposed(handmade_state, code)
    approve(decision_id, user="chief_insurance", content_sha256=content, state=handmade_state)
    query = f"{change} migration.{table}" + (" set content_sha256 = 'x'" if change == "update" else "")
    query += " cascade" if change == "truncate" else ""

    with pytest.raises(db.DatabaseError) as refused, db.connect(handmade_state) as connection:
        connection.execute(query)  # type: ignore[call-overload]
    assert refused.value.sqlstate == "RQ010"


@pytest.mark.parametrize("role", ["migrator", "approver", "screen", "auditor"])
def test_nobody_writes_an_approval_past_the_function(handmade_state: State, code: str, role: str) -> None:
    decision_id, content = proposed(handmade_state, code)

    with pytest.raises(db.DatabaseError) as refused, db.connect(handmade_state, role) as connection:
        connection.execute(_INSERT, [decision_id, content, "chief_insurance"])
    assert refused.value.sqlstate == "42501"
    with db.connect(handmade_state) as connection:
        may = connection.execute("select has_table_privilege(%s, 'migration.char_approval', 'insert')", [role])
        assert may.fetchall() == [(False,)]


def test_the_migrator_cannot_approve(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)

    with pytest.raises(db.DatabaseError) as refused, db.connect(handmade_state, "migrator") as connection:
        connection.execute(
            "select migration.record_char_approval(%s, %s, 'chief_insurance', now(), now() + interval '30 days', 's')",
            [decision_id, content],
        )
    assert refused.value.sqlstate == "42501"


@pytest.mark.parametrize("approver", ["chief_tax", "CHIEF_TAX ", "ｃｈｉｅｆ_tax"])
def test_the_trigger_refuses_self_approval_by_any_spelling(handmade_state: State, code: str, approver: str) -> None:
    decision_id, content = proposed(handmade_state, code)

    with pytest.raises(db.DatabaseError) as refused, db.connect(handmade_state) as connection:
        connection.execute(_INSERT, [decision_id, content, approver])
    assert refused.value.sqlstate == "RC004"


def test_an_approval_whose_signature_does_not_hold_counts_for_nothing(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)
    with db.connect(handmade_state) as connection:
        connection.execute(_INSERT, [decision_id, content, "chief_insurance"])

    assert code not in codes(handmade_state)


def test_a_row_that_says_another_thing_than_its_hash_counts_for_nothing(handmade_state: State, code: str) -> None:
    decision_id, content = proposed(handmade_state, code)
    with db.connect(handmade_state, "migrator") as connection:
        connection.execute(
            "insert into migration.char_decision (decision_id, source_code, code, action, target, text, kind, status,"
            " basis, ticket, valid_from, maker, content_sha256)"
            " select 'forged-' || code, source_code, code, action, 'MJ032129', '𠮷', kind, status, basis, ticket,"
            " valid_from, maker, content_sha256 from migration.char_decision where decision_id = %s",
            [decision_id],
        )
    approve(f"forged-{code}", user="chief_insurance", content_sha256=content, state=handmade_state)

    assert code not in codes(handmade_state)


def test_the_tables_are_made_again_without_harm(handmade_state: State, code: str) -> None:
    from receivables import database

    decision_id, content = proposed(handmade_state, code)
    approve(decision_id, user="chief_insurance", content_sha256=content, state=handmade_state)
    database.initialise(handmade_state)

    assert codes(handmade_state)[code] == TSUJI


_INSERT = (
    "insert into migration.char_approval (decision_id, content_sha256, approver, approved_at, expires_at, signature)"
    " values (%s, %s, %s, now(), now() + interval '30 days', 'forged')"
)
