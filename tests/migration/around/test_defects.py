"""Defects are planted one by one; each is counted once, in its department, with its yen, and nothing else is."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from receivables.errors import InputRejectedError
from receivables.migration.cleansing import burn_down, burn_down_page, cases, measure
from receivables.migration.cleansing.catalogue import catalogue
from tests.migration.around.conftest import SNAPSHOT, Ward


def counted(hand: Ward, as_of: date = SNAPSHOT) -> dict[str, tuple[str, int, int, date | None]]:
    found = hand.as_migrator(lambda connection: measure(connection, None, as_of))
    return {each.defect_id: (each.owner_dept, each.rows, each.yen, each.oldest_on) for each in found}


def two_numbers(hand: Ward) -> None:
    hand.claim(source_debtor_key="000000000000501")
    hand.claim(source_debtor_key="000000000000502", linked=False)
    hand.link("nhi", "000000000000502", debtor=501)


def returned(hand: Ward) -> None:
    claim = hand.claim()
    hand.letter(claim, "dunned", date(2025, 8, 20))
    hand.letter(claim, "dunning_returned", date(2025, 9, 20))


def extinct(hand: Ward) -> None:
    hand.extinct(hand.claim(), date(2026, 2, 1))


PLANTED: dict[str, tuple[Callable[[Ward], object], tuple[str, int, int, date | None]]] = {
    "D-010": (two_numbers, ("insurance", 1, 10_000, None)),
    "D-011": (lambda hand: hand.claim(source_debtor_key=" "), ("insurance", 1, 10_000, date(2025, 7, 31))),
    "D-012": (lambda hand: hand.claim(linked=False), ("insurance", 1, 10_000, date(2025, 7, 31))),
    "D-020": (returned, ("insurance", 1, 10_000, date(2025, 9, 20))),
    "D-030": (lambda hand: hand.claim(instalment_no=0), ("insurance", 1, 10_000, date(2025, 7, 31))),
    "D-031": (lambda hand: hand.claim(assessed_yen=-300, refund_pending_yen=0),
              ("insurance", 1, 300, date(2025, 7, 31))),
    "D-032": (lambda hand: hand.claim(due_date=None), ("insurance", 1, 10_000, None)),
    "D-040": (lambda hand: hand.receipt(None, 800), ("insurance", 1, 800, date(2026, 6, 2))),
    "D-041": (lambda hand: hand.claim(received_yen=10_400, last_paid_on=date(2025, 9, 1)),
              ("insurance", 1, 400, date(2025, 9, 1))),
    "D-042": (lambda hand: hand.receipt(hand.claim(), 900, is_provisional=True),
              ("insurance", 1, 900, date(2026, 6, 1))),
    "D-043": (lambda hand: hand.receipt(hand.claim(), 70, paid_on=date(2026, 6, 20)),
              ("insurance", 1, 70, date(2026, 6, 20))),
    "D-050": (lambda hand: hand.act("seized", None, system="05"), ("elderly_care", 1, 500, date(2026, 1, 5))),
    "D-051": (lambda hand: hand.act("entrusted", None, system="11"), ("youth", 1, 500, date(2026, 1, 5))),
    "D-060": (lambda hand: hand.letter(hand.claim(), on=None), ("insurance", 1, 10_000, date(2025, 7, 31))),
    "D-061": (lambda hand: hand.letter(hand.claim(), on=date(2025, 7, 31)),
              ("insurance", 1, 10_000, date(2025, 7, 31))),
    "D-070": (extinct, ("insurance", 1, 10_000, date(2026, 2, 1))),
    "D-071": (lambda hand: hand.claim(written_off_yen=10_000), ("insurance", 1, 10_000, None)),
    "D-090": (lambda hand: hand.delivery(SNAPSHOT, b"x", table="ltci__claims"), ("insurance", 1, 700, SNAPSHOT)),
}  # fmt: skip


def sound(hand: Ward) -> None:
    """Everything ordinary that a careless count would take for a defect."""
    claim = hand.claim()
    hand.receipt(claim)
    hand.letter(claim, "dunning_returned", date(2025, 8, 20))
    hand.letter(claim, "dunned", date(2025, 9, 20))  # sent again and arrived
    hand.claim(received_yen=10_000)
    hand.claim(written_off_yen=10_000, written_off_on=date(2025, 12, 1))
    hand.claim(claim_type="scholarship_loan", source_code="scholarship", owner_dept="youth", instalment_no=120)
    hand.act("seized", claim)
    hand.extinct(hand.claim(received_yen=10_000), date(2026, 2, 1))
    hand.delivery(date(2026, 6, 1), b"corrected since")
    hand.delivery(SNAPSHOT)
    hand.delivery(SNAPSHOT, b"left out by two", table="nhi__receipts", state="discarded")
    hand.insert("intermediate.int_payments__announced", payment_id="p", claim_id=claim, owner_dept="insurance",
                paid_on=SNAPSHOT, paid_yen=5, state="booked")  # fmt: skip


def test_a_sound_warehouse_has_no_defect(hand: Ward) -> None:
    sound(hand)
    assert counted(hand) == {}


@pytest.mark.parametrize("defect_id", sorted(PLANTED))
def test_a_planted_defect_is_counted_alone(hand: Ward, defect_id: str) -> None:
    sound(hand)
    plant, expected = PLANTED[defect_id]
    plant(hand)
    assert counted(hand) == {defect_id: expected}


def test_every_kind_that_can_be_counted_is_planted() -> None:
    assert {each.id for each in catalogue().counted()} == set(PLANTED)


def test_what_the_warehouse_cannot_see_is_told_and_never_counted_as_none(hand: Ward) -> None:
    counted(hand)
    found = hand.as_migrator(burn_down)
    assert {id for id, _, why in found.unknowable if why} == {"D-080", "D-081"}
    assert not {line.defect_id for line in found.lines} & {"D-080", "D-081"}


def test_departments_add_up_to_the_whole_and_the_cases_to_both(hand: Ward) -> None:
    for dept, kind, source in (("insurance", "nhi_premium", "nhi"), ("youth", "scholarship_loan", "scholarship")):
        for yen in (1_000, 20_000, 300_000):
            hand.claim(f"{source}:{yen}", source_code=source, claim_type=kind, owner_dept=dept, assessed_yen=yen,
                       linked=False)  # fmt: skip
    found = hand.as_migrator(lambda connection: measure(connection, None, SNAPSHOT))
    assert Counter({each.owner_dept: each.yen for each in found}) == {"insurance": 321_000, "youth": 321_000}
    every = hand.as_migrator(lambda connection: list(cases(connection, "D-012", SNAPSHOT)))
    assert sum(yen for _, _, yen, _ in every) == 642_000
    one = hand.as_migrator(lambda connection: list(cases(connection, "D-012", SNAPSHOT, "youth")))
    assert {case for case, *_ in one} == {"scholarship:1000", "scholarship:20000", "scholarship:300000"}


def test_the_same_day_measured_again_replaces_itself(hand: Ward) -> None:
    hand.claim(linked=False)
    assert counted(hand) == counted(hand)
    assert hand.run("select count(*) from migration.defect_measurement") == [(1,)]


def test_another_day_than_the_published_one_is_refused(hand: Ward) -> None:
    with pytest.raises(InputRejectedError, match="2026-06-19"):
        counted(hand, date(2026, 6, 20))


def test_the_newest_full_copy_alone_counts_and_the_age_is_that_of_the_bytes(hand: Ward) -> None:
    hand.delivery(date(2026, 5, 1), b"same", b"mended")
    hand.delivery(SNAPSHOT, b"same", b"new")
    assert counted(hand)["D-090"] == ("insurance", 2, 1_400, date(2026, 5, 1))


def test_every_increment_counts_until_it_is_settled(hand: Ward) -> None:
    hand.delivery(date(2026, 6, 1), b"one", table="convenience__notices")
    hand.delivery(SNAPSHOT, b"two", table="convenience__notices")
    assert counted(hand)["D-090"][1] == 2


def test_opened_and_mended_are_told_apart_case_by_case(hand: Ward) -> None:
    gone, stays = hand.claim(linked=False), hand.claim(linked=False)
    counted(hand)
    hand.run("delete from intermediate.int_claims__balances where claim_id = %s", gone)
    for _ in range(3):
        hand.claim(linked=False)
    hand.publish(date(2026, 6, 26))
    counted(hand, date(2026, 6, 26))
    (line,) = hand.as_migrator(burn_down).lines
    assert (line.open, line.opened, line.mended, line.yen) == (4, 3, 1, 40_000)
    assert stays in {case for case, *_ in hand.as_migrator(lambda c: list(cases(c, "D-012", date(2026, 6, 26))))}
    assert (line.forecast, line.ends_on) == ("減っていない", None)


def test_before_plus_opened_less_mended_is_what_is_open(hand: Ward) -> None:
    days = [date(2026, 6, 19), date(2026, 6, 20), date(2026, 6, 23)]
    claims = [hand.claim(linked=False) for _ in range(7)]
    last = 0
    for day, (mend, plant) in zip(days, [(0, 0), (3, 1), (2, 0)], strict=True):
        for _ in range(mend):
            hand.run("delete from intermediate.int_claims__balances where claim_id = %s", claims.pop())
        claims += [hand.claim(linked=False) for _ in range(plant)]
        hand.publish(day)
        counted(hand, day)
        (line,) = hand.as_migrator(burn_down).lines
        if line.opened is not None and line.mended is not None:
            assert (line.opened, line.mended) == (plant, mend)
            assert last + line.opened - line.mended == line.open
        last = line.open
    # 7, 5, 3 on days 0, 1, 4: slopes -2, -1, -2/3; the median is one a day
    assert (line.ends_on, line.forecast) == (date(2026, 6, 26), "見込み")


def test_an_instalment_that_is_not_due_yet_is_no_day_old(hand: Ward) -> None:
    hand.claim(linked=False, due_date=date(2026, 6, 30))
    counted(hand)
    assert [line.age_days for line in hand.as_migrator(burn_down).lines] == [0]


def test_one_department_sees_its_own_lines(hand: Ward) -> None:
    hand.claim(linked=False)
    hand.act("entrusted", None, system="11")
    counted(hand)
    found = hand.as_migrator(lambda connection: burn_down(connection, owner_dept="youth"))
    assert [line.owner_dept for line in found.lines] == ["youth"]
    assert [sum(rows.values()) for _, rows in found.points] == [1]


def test_a_department_is_the_sum_of_its_lines(hand: Ward) -> None:
    gone = hand.claim(linked=False)
    hand.claim(linked=False, instalment_no=0)
    hand.receipt(None, 800)
    hand.act("entrusted", None, system="11")
    counted(hand)
    hand.run("delete from intermediate.int_claims__balances where claim_id = %s", gone)
    hand.publish(date(2026, 6, 20))
    counted(hand, date(2026, 6, 20))
    found = hand.as_migrator(burn_down)
    for section in found.sections:
        own = [line for line in found.lines if line.owner_dept == section.owner_dept]
        for figure in ("open", "yen", "opened", "mended"):
            assert getattr(section, figure) == sum(getattr(line, figure) for line in own)
    insurance, youth = found.sections
    assert (insurance.open, insurance.mended, insurance.ends_on) == (3, 1, date(2026, 6, 23))
    assert (youth.owner_dept, youth.open, youth.forecast) == ("youth", 1, "減っていない")
    assert sum(each.open for each in found.sections) == sum(line.open for line in found.lines)


def test_a_kind_that_is_new_in_the_list_is_not_opened_and_has_no_zero_before(hand: Ward) -> None:
    hand.claim(linked=False)
    counted(hand)
    hand.run("update migration.defect_measurement set defect_ids = array_remove(defect_ids, 'D-012')")
    hand.run("delete from migration.defect where defect_id = 'D-012'")
    hand.publish(date(2026, 6, 20))
    counted(hand, date(2026, 6, 20))
    (line,) = hand.as_migrator(burn_down).lines
    assert (line.open, line.opened, line.mended, line.forecast) == (1, None, None, "測定が一回のみ")


def test_the_page_tells_the_figures_and_no_case(hand: Ward) -> None:
    claim = hand.claim("nhi:SECRET-KEY", linked=False)
    counted(hand)
    page = burn_down_page(hand.as_migrator(burn_down))
    assert "宛名の見つからない調定" in page
    assert "<svg" in page
    assert "移行日までに直す 1" in page
    assert claim not in page


def test_others_than_the_migrator_read_counts_and_no_cases(hand: Ward) -> None:
    rights = hand.run(
        "select role, has_table_privilege(role, 'migration.defect', 'select'),"
        " has_table_privilege(role, 'migration.defect_case', 'select'),"
        " has_table_privilege(role, 'migration.quarantined_row', 'select')"
        " from unnest(array['screen', 'auditor', 'approver', 'migrator', 'analyst', 'dept_tax_staff']) as role"
    )
    assert {role: tuple(rest) for role, *rest in rights} == {
        "screen": (True, False, False), "auditor": (True, False, False), "approver": (True, False, False),
        "migrator": (True, True, True), "analyst": (False, False, False), "dept_tax_staff": (False, False, False),
    }  # fmt: skip
    assert hand.run("select has_table_privilege('migrator', 'quarantine.row', 'select')") == [(False,)]
