"""Deliveries whose every row is right and whose whole is not (F08, F38): halted until a recorded yes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from receivables import db, ingest
from receivables.errors import InputRejectedError, NeedsApprovalError

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, nhi_receipt, put_nhi

NEXT = DAY + timedelta(1)
AMOUNTS = [3_000 + 700 * (no % 40) for no in range(1, 201)]


def claims(amounts: list[int], *, instalment: int = 1) -> list[bytes]:
    return [
        nhi_claim(no, yen=yen, instalment=instalment, medical=b"%09d" % yen, support=b"0" * 9, care=b"0" * 9)
        for no, yen in enumerate(amounts, start=1)
    ]


def deliver(desk: Desk, rows: list[bytes], yen: int, day: object = DAY) -> ingest.BatchResult:
    put_nhi(desk.drop, host_file(rows, yen=yen, day=day), day=day)  # type: ignore[arg-type]
    return desk.take("nhi", day=day)["claims"]  # type: ignore[arg-type]


def test_yen_turned_into_thousands_of_yen_is_halted_both_ways(desk: Desk) -> None:
    assert deliver(desk, claims(AMOUNTS), sum(AMOUNTS)).state == "loaded"

    for changed in ([yen // 1_000 for yen in AMOUNTS], [yen * 1_000 for yen in AMOUNTS]):
        halted = deliver(desk, claims(changed), sum(changed), NEXT)
        assert (halted.state, halted.reason_code) == ("rejected", "DISTRIBUTION"), halted.reason
        assert "mean" in str(halted.reason)
        assert "assessed_yen" in str(halted.reason) or "medical_yen" in str(halted.reason)
    assert desk.ask("select sum(assessed_yen)::int from raw.nhi__claims where _known_to is null") == [(sum(AMOUNTS),)]


def test_a_tenth_of_the_rows_in_thousands_moves_a_quantile(desk: Desk) -> None:
    deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    changed = [yen // 1_000 if no % 6 == 0 else yen for no, yen in enumerate(AMOUNTS)]

    halted = deliver(desk, claims(changed), sum(changed), NEXT)

    assert halted.reason_code == "DISTRIBUTION"
    assert "10 per cent" in str(halted.reason)


def test_an_honest_new_instalment_month_passes(desk: Desk) -> None:
    known = claims(AMOUNTS) + claims(AMOUNTS, instalment=2)
    deliver(desk, known, 2 * sum(AMOUNTS))
    dearer = [yen * 11 // 10 for yen in AMOUNTS]

    taken = deliver(desk, known + claims(dearer, instalment=3), 2 * sum(AMOUNTS) + sum(dearer), NEXT)

    assert (taken.state, taken.accepted_rows) == ("loaded", 600), taken.reason


def test_a_code_turned_round_is_halted(desk: Desk) -> None:
    def receipts(code: bytes) -> bytes:
        rows = [nhi_receipt(no) for no in range(1, 151)]
        rows = [row[:68] + code + row[69:] for row in rows]  # provisional_code, byte 69
        return host_file(rows, width=120, yen=5_000 * 150, day=DAY if code == b"0" else NEXT)

    put_nhi(desk.drop, host_file(claims(AMOUNTS), yen=sum(AMOUNTS)), receipts(b"0"))
    assert desk.take("nhi")["receipts"].state == "loaded"
    put_nhi(desk.drop, host_file(claims(AMOUNTS), yen=sum(AMOUNTS), day=NEXT), receipts(b"1"), day=NEXT)

    halted = desk.take("nhi", day=NEXT)["receipts"]

    assert (halted.state, halted.reason_code) == ("rejected", "DISTRIBUTION")
    assert "provisional_code: share of 0 0 per mille, was 1000" in str(halted.reason)


def test_far_more_rows_than_are_known_are_halted_too(desk: Desk) -> None:
    deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    more = [row for instalment in (1, 2, 3) for row in claims(AMOUNTS, instalment=instalment)]

    halted = deliver(desk, more, 3 * sum(AMOUNTS), NEXT)

    assert (halted.state, halted.reason_code) == ("rejected", "VOLUME")


def test_a_contract_may_widen_its_band(desk: Desk, amend: Callable[..., None]) -> None:
    amend("nhi__claims", brake={"growth_factor": 3, "mean_factor": 2_000, "quantile_factor": 2_000})
    deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    large = [yen * 1_000 for yen in AMOUNTS]
    more = [row for instalment in (1, 2, 3) for row in claims(large, instalment=instalment)]

    assert deliver(desk, more, 3 * sum(large), NEXT).state == "loaded"


def test_a_yes_is_recorded_and_holds_for_these_bytes_and_this_brake_alone(desk: Desk) -> None:
    deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    changed = [yen * 1_000 for yen in AMOUNTS]
    halted = deliver(desk, claims(changed), sum(changed), NEXT)

    said = ingest.approve(halted.batch_id, user="chief_tax", why="new unit, letter of 18 June", state=desk.state)

    assert said["reason_code"] == "DISTRIBUTION"
    assert desk.ask("select approver, why, role_name, approved_at is not null from correction.delivery_approval") == [
        ("chief_tax", "new unit, letter of 18 June", "approver", True)]  # fmt: skip
    other = [*changed[:-1], changed[-1] + 1]
    assert deliver(desk, claims(other), sum(other), NEXT).reason_code == "DISTRIBUTION"
    assert deliver(desk, claims(changed), sum(changed), NEXT).state == "loaded"
    assert deliver(desk, claims(other), sum(other), NEXT).reason_code == "TWO_VERSIONS"

    # From now on the new shape is the known one, and the old one is odd.
    third = NEXT + timedelta(1)
    assert deliver(desk, claims(AMOUNTS), sum(AMOUNTS), third).reason_code == "DISTRIBUTION"
    assert deliver(desk, claims(other), sum(other), third).state == "loaded"


def test_what_is_simply_wrong_nobody_can_approve(desk: Desk) -> None:
    for content, code in ((claims([5_000]), "CONTROL_TOTAL"), ([], "EMPTY")):
        refused = deliver(desk, content, 1)
        assert refused.reason_code == code
        with pytest.raises(InputRejectedError, match="must correct"):
            desk.approve(refused)
    for batch_id, user, why in (("nhi-none", "x", "y"), (refused.batch_id, " ", "y"), (refused.batch_id, "x", "")):
        with pytest.raises(InputRejectedError):
            ingest.approve(batch_id, user=user, why=why, state=desk.state)
    assert desk.count("correction.delivery_approval") == 0


@pytest.mark.parametrize(
    ("user", "given"),
    [
        ("stranger", None),
        ("sends_only", "'2026-04-01', null, '{campaign,correction}'"),
        ("retired", "'2024-04-01', '2025-03-31', '{delivery}'"),
        ("not_yet", "'2999-04-01', null, '{delivery}'"),
    ],
)
def test_who_is_not_on_the_roster_with_that_duty_answers_for_nothing(desk: Desk, user: str, given: str | None) -> None:
    deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    large = [yen * 1_000 for yen in AMOUNTS]
    halted = deliver(desk, claims(large), sum(large), NEXT)
    desk.do("delete from campaign.approver")
    if given:
        desk.do(f"insert into campaign.approver values ('{user}', '係長', {given})")

    with pytest.raises(NeedsApprovalError, match="duty `delivery`"):
        ingest.approve(halted.batch_id, user=user, why="it is right", state=desk.state)

    assert desk.count("correction.delivery_approval") == 0
    assert deliver(desk, claims(large), sum(large), NEXT).reason_code == "DISTRIBUTION"
    assert ingest.approve(halted.batch_id, user="chief_tax", why="it is right", state=desk.state)["approvals"] == 1


def test_where_the_contract_wants_two_people_one_is_not_enough(desk: Desk, amend: Callable[..., None]) -> None:
    amend("nhi__claims", brake={"approvals": 2})
    deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    large = [yen * 1_000 for yen in AMOUNTS]
    halted = deliver(desk, claims(large), sum(large), NEXT)

    for _ in range(2):  # the same person twice is one
        said = ingest.approve(halted.batch_id, user="chief_tax", why="letter of 18 June", state=desk.state)
        assert (said["approvals"], said["approvals_required"]) == (1, 2)
        assert deliver(desk, claims(large), sum(large), NEXT).reason_code == "DISTRIBUTION"
    ingest.approve(halted.batch_id, user="chief_insurance", why="asked again", state=desk.state)

    assert deliver(desk, claims(large), sum(large), NEXT).state == "loaded"
    assert desk.ask("select approver, why from correction.delivery_approval order by 1") == [
        ("chief_insurance", "asked again"), ("chief_tax", "letter of 18 June")]  # fmt: skip


def test_nobody_writes_an_answer_but_the_function(desk: Desk) -> None:
    with pytest.raises(db.DatabaseError) as refused, db.connect(desk.state, "approver") as connection:
        connection.execute("insert into correction.delivery_approval values ('a', 'VOLUME', 'x', 'me', 'because')")
    assert refused.value.sqlstate == "42501"


def test_the_loader_cannot_answer_for_itself(desk: Desk) -> None:
    with pytest.raises(db.DatabaseError) as refused, db.connect(desk.state, "etl") as connection:
        connection.execute("insert into correction.delivery_approval values ('a', 'VOLUME', 'x', 'etl', 'because')")
    assert refused.value.sqlstate == "42501"


def test_a_profile_holds_counts_and_sums_of_classes(desk: Desk) -> None:
    taken = deliver(desk, claims(AMOUNTS), sum(AMOUNTS))
    query = "select sum(rows)::int, sum(yen)::int from ops.profile where batch_id = %s and column_name = 'assessed_yen'"
    assert desk.ask(query, taken.batch_id) == [(200, sum(AMOUNTS))]
    assert desk.ask("select cell, rows::int from ops.profile where column_name = 'status_code'") == [("0", 200)]
    assert desk.ask("select cell from ops.profile where column_name = 'care_yen'") == [("0",)]
