"""What staff must look at: prescription, stays, plans, deferrals, dunning; every branch on purpose."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from handmade import AS_OF, Handmade

pytestmark = pytest.mark.postgres
D = date
DUNNED_ON = D(2025, 7, 18)
WELFARE, MANY, PAYER, NON_PAYER = "2" * 15, "3" * 15, "4" * 15, "5" * 15
TAX_ARTICLE = "地方税法第18条の2第1項第2号"


def days(number: int) -> date:
    return AS_OF + timedelta(days=number)


def tax_id(notice_no: str) -> str:
    return f"resident_tax:2025-2025-{notice_no}-01"


@pytest.fixture(scope="module")
def world(handmade: Handmade, night: Callable[..., str]) -> Handmade:
    one = handmade
    for number in ("1" * 15, MANY, PAYER, NON_PAYER):
        one.person(number)
    one.person(WELFARE, is_on_welfare=True)
    watch_prescription(one)
    watch_stays(one)
    watch_plans(one)
    watch_deferrals(one)
    watch_dunning(one)
    night(one)
    return one


def watch_prescription(one: Handmade) -> None:
    def claim(notice_no: str, dunned_on: date | None = DUNNED_ON, **judged: Any) -> None:
        claim_id = one.tax(notice_no)
        if dunned_on:
            one.tax_dunning(notice_no, dunned_on)
        one.judged(claim_id, prescription_rule_id="tax_5y", **judged)

    def running(left: int) -> dict[str, Any]:
        return {"prescription_state": "running", "prescription_date_safe": days(left)}

    claim("1000000001", None, **running(80))
    claim("1000000002", **running(120))
    claim("1000000003", days(-5), **running(300))
    claim("1000000004", **running(365))
    one.act(tax_id("1000000004"), "reminded", days(-30))
    claim("1000000005", **running(90), held_by="deferral", held_until=days(30))
    claim("1000000006", prescription_state="unknown", prescription_date_safe=days(-2), prescription_date_alt=days(6),
          standing="unknown", missing=["restart_rule"])  # fmt: skip
    claim("1000000007", prescription_state="unknown", standing="unknown", missing=["dunned.arrived_on"])
    claim("1000000008", prescription_state="completed", prescription_date_safe=days(-40),
          prescription_date_alt=days(-40), standing="extinct", extinct_from=days(-39), extinct_cause="prescription",
          )  # fmt: skip
    claim("1000000009", **running(366))
    claim("1000000010", prescription_state="grace")  # held by a seizure: no end in sight, and none to fear
    claim("1000000011", prescription_state="grace", prescription_date_safe=days(100))
    claim("1000000012", **running(120))  # a plan that is kept: nobody is seized from
    one.act(tax_id("1000000012"), "plan_due", days(-9), until_on=days(20), document_no="分0", amount_yen=10_000)
    one.judged(one.loan("1000001", due_date=D(2025, 9, 30)), **running(30))
    one.act("scholarship:1000001-001", "dunned", D(2025, 10, 20), issued_on=D(2025, 10, 20))
    done = {"prescription_state": "completed", "prescription_date_safe": days(-1), "prescription_date_alt": days(-1)}
    one.judged(one.loan("1000002", due_date=D(2025, 9, 30)), **done, awaits_invocation=True)
    one.act("scholarship:1000002-001", "dunned", D(2025, 10, 20), issued_on=D(2025, 10, 20))


def watch_stays(one: Handmade) -> None:
    def claim(notice_no: str, **given: Any) -> str:
        claim_id = one.tax(notice_no, **given)
        one.tax_dunning(notice_no, D(2025, 7, 18))
        return claim_id

    def seized_in_vain(claim_id: str) -> str:
        one.act(claim_id, "seized", D(2025, 9, 1), document_no="s")
        one.act(claim_id, "released", D(2025, 11, 1), document_no="s")
        return claim_id

    seized_in_vain(claim("2000000001"))
    claim("2000000002", addressee_no=WELFARE)
    one.tax_dunning("2000000003", D(2025, 7, 18), returned_on=D(2025, 7, 25))
    one.tax("2000000003")
    one.tax_dunning("2000000003", D(2025, 8, 18), seq=2)
    claim("2000000004")  # nothing speaks for it
    seized_in_vain(claim("2000000005"))
    one.tax_receipt("2000000005", "000000000205", principal_yen=1, paid_on=days(-30), received_on=days(-28))
    seized_in_vain(one.loan("2000006", due_date=D(2025, 6, 30)))  # private: has no such stay
    one.act("scholarship:2000006-001", "dunned", DUNNED_ON, issued_on=DUNNED_ON)
    seized_in_vain(one.tax("2000000007"))  # never dunned
    one.judged(seized_in_vain(claim("2000000008")), held_by="deferral", held_until=days(9))
    for kind in (claim("2000000009", addressee_no=MANY), one.premium("2000000009", addressee_no=MANY),
                 one.refund("20000009", addressee_no=MANY)):  # fmt: skip
        one.judged(kind)

    def stayed(notice_no: str, since: date, until: date, safe: date, **given: Any) -> None:
        claim_id = claim(notice_no, **given)
        one.act(claim_id, "execution_stay", D(2020, 1, 6), ground_code="2", document_no="停9")
        one.act(claim_id, "execution_stay", since, ground_code="1", document_no=f"停{notice_no[-1]}")
        one.judged(claim_id, held_by="execution_stay", held_until=until, prescription_state="running",
                   prescription_date_safe=safe)  # fmt: skip

    stayed("2000000011", D(2025, 3, 10), D(2028, 3, 9), D(2026, 12, 1), addressee_no=NON_PAYER)
    stayed("2000000012", D(2024, 6, 20), D(2027, 6, 19), D(2029, 1, 1), addressee_no=PAYER)
    one.tax("2000000013", addressee_no=PAYER)  # the same person pays something else since
    one.tax_receipt("2000000013", "000000000213")
    ended = claim("2000000014")
    one.act(ended, "execution_stay", D(2023, 6, 1), ground_code="1", document_no="停4")
    one.judged(ended, standing="extinct", extinct_from=D(2026, 6, 1), extinct_cause="execution_stay")


PLANS = {  # notice number: receipts (yen, paid on, received on), section's own break
    "3000000001": ([(4_000, days(-100), days(-96)), (3_000, days(-40), days(-38))], None),  # kept
    "3000000002": ([(4_000, days(-80), days(-78)), (3_000, days(-40), days(-38))], None),  # late, made good
    "3000000003": ([(4_000, days(-100), days(-96))], None),  # the second missed
    "3000000004": ([(4_000, days(-100), days(-96)), (3_000, days(-40), days(-20))], None),  # 20 days on its way
    "3000000005": ([(4_000, days(-100), days(-96)), (3_000, days(-40), days(-38))], days(-35)),  # wrongly broken
    "3000000006": ([(4_000, days(-80), days(-78)), (3_000, days(-40), days(-38))], days(-85)),  # rightly
    "3000000007": ([(1_000, days(-100), days(-96)), (500, days(-40), days(-38))], None),  # a part
    "3000000008": ([(10_000, days(-100), days(-96))], None),  # all at once
}


def watch_plans(one: Handmade) -> None:
    for notice_no, (receipts, broken_on) in PLANS.items():
        claim_id = one.tax(notice_no)
        one.act(claim_id, "instalment_plan", days(-110), document_no="分1", amount_yen=10_000)
        for due, yen in ((-90, 4_000), (-40, 3_000), (20, 3_000)):
            one.act(claim_id, "plan_due", days(-110), until_on=days(due), document_no="分1", amount_yen=yen)
        if broken_on:
            one.act(claim_id, "plan_broken", broken_on, document_no="分1")
        for number, (yen, paid_on, received_on) in enumerate(receipts):
            one.tax_receipt(notice_no, f"30{number}{notice_no[-9:]}", principal_yen=yen, paid_on=paid_on,
                            received_on=received_on, accounting_year=2025)  # fmt: skip
    waiting = one.tax("3000000009")  # due a week ago, nothing seen yet: too early to say; and no number
    one.act(waiting, "instalment_plan", days(-20), amount_yen=5_000)
    one.act(waiting, "plan_due", days(-20), until_on=days(-7), amount_yen=5_000)
    told = one.tax("3000000010")  # told of in time (速報), not in the books after the days of grace
    one.act(told, "plan_due", days(-60), until_on=days(-30), document_no="分2", amount_yen=5_000)
    one.tax_receipt("3000000010", "000000003010", principal_yen=5_000, provisional_code="1", paid_on=days(-31))
    without = one.tax("3000000011")
    one.act(without, "instalment_plan", days(-60), document_no="分3", amount_yen=5_000)


def watch_deferrals(one: Handmade) -> None:
    for notice_no, kind, until in (("1", "deferral", 30), ("2", "conversion_deferral", 0), ("3", "deferral", -1),
                                   ("4", "deferral", 60)):  # fmt: skip
        claim_id = one.tax(f"400000000{notice_no}")
        one.act(claim_id, kind, days(-100), until_on=days(until), document_no="猶", ground_code="01")
        one.judged(claim_id, **({"held_by": kind, "held_until": days(until)} if notice_no == "1" else {}))
    one.act(tax_id("4000000004"), "deferral_cancelled", days(-10), document_no="猶")
    one.act(one.loan("4000005", due_date=D(2025, 6, 30)), "extension", days(-50), until_on=D(2028, 3, 31))
    one.act(one.loan("4000006", due_date=D(2025, 6, 30), received_yen=15_000, paid_on=D(2025, 8, 1)), "extension",
            days(-50), until_on=D(2028, 3, 31))  # fmt: skip


def watch_dunning(one: Handmade) -> None:
    """Taxes due on 2025-08-10: nothing else is due in that month."""

    def tax(number: int, **given: Any) -> str:
        return one.tax(f"500000000{number}", due_date=D(2025, 8, 10), **given)

    tax(1)
    one.tax_receipt("5000000001", "000000000501", paid_on=D(2025, 8, 30), received_on=D(2025, 9, 2))  # on day 20
    one.tax_receipt("5000000001", "000000000509", principal_yen=1, paid_on=D(2025, 10, 1), received_on=D(2025, 10, 2))
    tax(2)
    one.tax_receipt("5000000002", "000000000502", paid_on=D(2025, 8, 31), received_on=D(2025, 9, 2))  # on day 21
    one.tax_dunning("5000000002", D(2025, 8, 30))
    tax(3)
    one.tax_dunning("5000000003", D(2025, 8, 31))
    tax(4)
    tax(5)
    one.tax_dunning("5000000005", D(2025, 8, 28), returned_on=D(2025, 9, 4))
    one.act(tax(6), "deferral", D(2025, 8, 11), until_on=D(2026, 8, 10), document_no="猶6")
    one.judged(tax(7, written_off_yen=10_000, written_off_on=D(2025, 8, 30)))
    one.judged(tax(8, written_off_yen=10_000, written_off_on=D(2025, 9, 30)))
    one.tax_dunning("5000000008", D(2025, 8, 20))


def watched(world: Handmade, key: str, *columns: str) -> Any:
    claim_id = tax_id(key) if len(key) == 10 else f"scholarship:{key}-001"
    rows = world.run(f"select {', '.join(columns)} from mart.wl_prescription where claim_id = %s", claim_id)
    return (rows[0] if len(columns) > 1 else rows[0][0]) if rows else None


@pytest.mark.parametrize(
    ("key", "band", "act"),
    [
        ("1000000001", "0-90", "dunning"),
        ("1000000002", "91-180", "seizure"),
        ("1000000003", "181-365", "acknowledgement"),  # ten days have not passed: no seizure yet
        ("1000000004", "181-365", "seizure"),
        ("1000000005", "0-90", None),  # held
        ("1000000006", "passed", "seizure"),
        ("1000000007", "unknown", "seizure"),
        ("1000000008", "ended", None),
        ("1000000011", "91-180", "seizure"),
        ("1000000012", "91-180", "acknowledgement"),
        ("1000001", "0-90", "acknowledgement"),
        ("1000002", "passed", "acknowledgement"),
    ],
)
def test_each_claim_stands_in_its_band_with_the_act_that_helps(
    world: Handmade, key: str, band: str, act: str | None
) -> None:
    assert watched(world, key, "band", "act_that_helps") == (band, act)


@pytest.mark.parametrize("key", ["1000000009", "1000000010"])
def test_what_ends_later_or_is_kept_from_ending_is_not_listed(world: Handmade, key: str) -> None:
    assert watched(world, key, "band") is None


def test_the_article_of_dunning_is_that_of_the_claim_s_own_rule(world: Handmade) -> None:
    assert watched(world, "1000000001", "act_article") == TAX_ARTICLE
    assert "第148条" in watched(world, "1000000002", "act_article")


def test_a_demand_helps_once_and_not_while_its_grace_runs(world: Handmade) -> None:
    others = {
        key: watched(world, key, "other_acts_ja") for key in ("1000000002", "1000000004", "1000000011", "1000001")
    }

    assert "催告" in others["1000000002"]
    assert "催告" not in others["1000000004"]  # demanded a month ago
    assert "催告" not in others["1000000011"]  # in its grace
    assert others["1000001"] == "支払督促の申立て・催告（6か月の完成猶予）"


def test_a_person_decides_between_two_readings_and_about_what_is_not_known(world: Handmade) -> None:
    assert watched(world, "1000000006", "missing", "escalation_ja")[1].startswith("二説の間")
    assert watched(world, "1000000007", "missing", "escalation_ja") == ("dunned.arrived_on", "不明の事実がある")
    assert watched(world, "1000002", "escalation_ja").startswith("援用待ち")
    assert watched(world, "1000000002", "escalation_ja") is None


def test_what_is_lost_is_not_at_risk(world: Handmade) -> None:
    assert watched(world, "1000000008", "at_risk_yen", "outstanding_yen", "extinct_cause") == (
        0,
        10_000,
        "prescription",
    )
    assert watched(world, "1000000002", "at_risk_yen") == 10_000


def stay(world: Handmade, notice_no: str, *columns: str) -> Any:
    rows = world.run(f"select {', '.join(columns)} from mart.wl_execution_stay where claim_id = %s", tax_id(notice_no))
    return rows[0] if rows else None


@pytest.mark.parametrize(
    ("notice_no", "grounds", "missing"),
    [
        ("2000000001", "1", "財産調査書"),
        ("2000000002", "2", "生活状況の調査書"),
        ("2000000003", "3", "居所の調査書（住民票・現地）・財産調査書"),
        ("2000000009", "2", "生活状況の調査書"),  # three kinds overdue
    ],
)
def test_a_candidate_has_its_ground_and_lacks_its_papers(
    world: Handmade, notice_no: str, grounds: str, missing: str
) -> None:
    status, status_ja, ground_codes, lacking, has_dunning = stay(
        world, notice_no, "status", "status_ja", "ground_codes", "missing_evidence_ja", "has_dunning"
    )

    assert (status, status_ja, ground_codes, has_dunning) == ("candidate", "候補", grounds, True)
    assert set(lacking.split("・")) == set(missing.split("・"))


def test_nobody_is_a_candidate_without_a_sign_or_without_the_power(world: Handmade) -> None:
    listed = {claim_id for (claim_id,) in world.run("select claim_id from mart.wl_execution_stay")}
    states = world.run("select distinct state from mart.fct_claims join mart.wl_execution_stay using (claim_id)"
                       " where status = 'candidate'")  # fmt: skip

    assert tax_id("2000000004") not in listed  # no sign
    assert tax_id("2000000005") not in listed  # paid a month ago
    assert "scholarship:2000006-001" not in listed  # 私債権
    assert tax_id("2000000007") not in listed  # never dunned
    assert tax_id("2000000008") not in listed  # deferred
    assert states == [("dunned",)]  # 候補 changes nothing


def test_which_hardship_it_is_stays_with_its_own_section(world: Handmade) -> None:
    query = "select column_name from information_schema.columns where table_schema = 'mart' and table_name = %s"
    columns = {str(name) for (name,) in world.run(query, "wl_execution_stay")}

    assert "has_hardship_fact" in columns
    assert not [name for name in columns if "welfare" in name or "claim_type_count" in name]


def test_a_stay_counts_down_to_whichever_end_is_first(world: Handmade) -> None:
    columns = ("status", "ground_codes", "stay_no", "until_on", "days_left", "ends_on", "ends_first_by",
               "has_revival_sign", "next_check_on")  # fmt: skip

    assert stay(world, "2000000011", *columns) == (
        "running", "1", "停1", D(2028, 3, 9), (D(2028, 3, 9) - AS_OF).days, D(2026, 12, 1), "prescription", False,
        D(2027, 3, 10),
    )  # fmt: skip
    assert stay(world, "2000000012", *columns) == (
        "running", "1", "停2", D(2027, 6, 19), 365, D(2027, 6, 19), "execution_stay", True, D(2026, 6, 20),
    )  # fmt: skip


def test_a_stay_that_has_run_out_asks_for_the_write_off(world: Handmade) -> None:
    assert stay(world, "2000000014", "status", "until_on", "days_left", "ground_codes") == (
        "ended", D(2026, 5, 31), None, "1",
    )  # fmt: skip


def plan(world: Handmade, notice_no: str, *columns: str) -> Any:
    (row,) = world.run(
        f"select {', '.join(columns)} from mart.wl_instalment_plans where claim_id = %s", tax_id(notice_no)
    )
    return row if len(columns) > 1 else row[0]


@pytest.mark.parametrize(
    ("notice_no", "state", "permille"),
    [
        ("3000000001", "kept", 1000),
        ("3000000002", "kept", 428),  # 3,000 of 7,000 in time, the rest made good
        ("3000000003", "broken", 571),
        ("3000000004", "broken_by_our_data", 1000),
        ("3000000005", "broken_by_our_data", 1000),
        ("3000000006", "broken", 428),
        ("3000000007", "broken", 142),
        ("3000000008", "kept", 1000),
        ("3000000009", "kept", 0),
        ("3000000010", "broken_by_our_data", 1000),
        ("3000000011", "unknown", None),
    ],
)
def test_a_plan_is_kept_or_broken_by_what_was_paid_in_time(
    world: Handmade, notice_no: str, state: str, permille: int | None
) -> None:
    assert plan(world, notice_no, "plan_state", "kept_permille") == (state, permille)


def test_a_plan_s_lines_are_counted_and_the_next_one_is_told(world: Handmade) -> None:
    columns = ("line_count", "in_time_count", "late_count", "missed_count", "waiting_count", "unseen_count",
               "next_due_on", "is_finished")  # fmt: skip

    assert plan(world, "3000000001", *columns) == (3, 2, 0, 0, 0, 0, days(20), False)
    assert plan(world, "3000000002", *columns) == (3, 1, 1, 0, 0, 0, days(20), False)
    assert plan(world, "3000000003", *columns) == (3, 1, 0, 1, 0, 0, days(20), False)
    assert plan(world, "3000000004", *columns) == (3, 2, 0, 0, 0, 1, days(20), False)
    assert plan(world, "3000000008", *columns) == (3, 2, 0, 0, 0, 0, None, True)
    assert plan(world, "3000000009", *columns) == (1, 0, 0, 0, 1, 0, None, False)


def test_deferrals_run_to_their_last_day_and_not_beyond_a_cancellation(world: Handmade) -> None:
    found = world.run("select claim_id, kind, days_left, is_held_by_law from mart.wl_deferrals"
                      " where claim_id like '%%:4%%' or claim_id like '%%-4%%' order by days_left")  # fmt: skip

    assert found == [
        (tax_id("4000000002"), "conversion_deferral", 0, False),
        (tax_id("4000000001"), "deferral", 30, True),
        ("scholarship:4000005-001", "extension", (D(2028, 3, 31) - AS_OF).days, False),
    ]


def test_dunning_is_counted_of_what_was_open_on_the_twenty_first_day(world: Handmade) -> None:
    found = world.run(
        "select owner_dept, fiscal_year, within_days, overdue_count, dunned_count, on_time_count, returned_count,"
        " coverage_rate, on_time_rate from mart.agg_dunning where claim_type = 'resident_tax' and due_month = '2025-08'"
    )

    assert found == [("tax", 2025, 20, 5, 3, 2, 1, Decimal("60.00"), Decimal("40.00"))]


def test_where_the_law_names_no_days_the_ward_s_own_count(world: Handmade) -> None:
    found = world.run("select distinct within_days from mart.agg_dunning where claim_type <> 'resident_tax'")

    assert found == [(20,)]
