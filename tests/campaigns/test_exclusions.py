"""Who must not be contacted is not contacted, and the list says why (domain sheet 4.3)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns.freshness import rests_on

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

RECENT = AS_OF - timedelta(days=5)
CASES: dict[str, dict[str, Any]] = {
    "X01_paid": {"provisional_yen": 100},
    "X05_welfare": {"fact": "X05"},
    "X07_deceased": {"fact": "X07"},
    "X08_dv": {"fact": "X08"},
    "X09_prescribed": {"prescription_state": "completed", "prescription_date_safe": date(2026, 6, 1)},
    "X10_small": {"outstanding_yen": 999},
    "X14_minor_guardian": {"fact": "X14"},
    "X15_dunning_window": {"dunned_on": RECENT, "dunning_deadline": RECENT + timedelta(days=10)},
    "X17_language": {"fact": "X17"},
    "X19_no_mobile": {"phone": "03-5432-1111"},
    "X23_contact_block": {"fact": "X77"},
}


def send(world: World, run_id: str, url: str, now: str = NOON, **given: Any) -> dict[str, Any]:
    return campaigns.dispatch(
        run_id, state=world.state, gateway_url=url, now=datetime.fromisoformat(now), terms=QUICK, **given
    )


@pytest.mark.parametrize("code", CASES)
def test_an_excluded_debtor_gets_nothing_and_the_reason_is_kept(
    code: str, world: World, carrier: Callable[..., CarrierProcess]
) -> None:
    excluded, ordinary = world.debtor(**CASES[code]), world.debtor()
    gateway = carrier()

    send(world, world.approved(), gateway.url)

    assert world.contact(excluded) == ("excluded", [code])
    assert world.message(excluded) == ("none", [])
    assert world.message(ordinary)[0] in ("accepted", "delivered")
    assert [each["to"] for each in gateway.sent()] == [f"+81{world.numbers[ordinary][1:]}"]


HELD = {
    "instalment_plan": "X02_plan_ok", "deferral": "X03_deferral", "conversion_deferral": "X03_deferral",
    "extension": "X03_deferral", "execution_stay": "X04_stay", "collection_stop": "X04_stay",
    "entrusted": "X12_lawyer", "given_back": "X01_paid", "something_new": "X23_contact_block",
}  # fmt: skip


@pytest.mark.parametrize("held_by", HELD)
def test_a_claim_that_the_law_or_an_agreement_holds_is_not_asked_for(held_by: str, world: World) -> None:
    debtor = world.debtor(held_by=held_by)

    world.build()

    assert world.contact(debtor) == ("excluded", [HELD[held_by]])


@pytest.mark.parametrize(
    ("held_by", "arm"), [("deferral", "treat"), ("instalment_plan", "treat"), ("execution_stay", "excluded"),
                         ("entrusted", "excluded")],
)  # fmt: skip
def test_a_deferral_spares_its_claim_and_a_stay_the_debtor(held_by: str, arm: str, world: World) -> None:
    debtor = world.debtor(outstanding_yen=5_000)
    held = world.claim(debtor, held_by=held_by, outstanding_yen=70_000)

    world.build()

    assert world.contact(debtor)[0] == arm
    [(listed,)] = world.run("select claim_ids from campaign.contact where debtor_id = %s", debtor)
    assert held not in listed


def test_a_claim_that_the_law_has_ended_is_not_asked_for(world: World) -> None:
    """債権放棄, 免除, 停止3年: the books may still show yen."""
    debtor = world.debtor(standing="extinct")

    world.build()

    assert world.contact(debtor) == ("excluded", ["X09_prescribed"])


def test_a_stay_told_after_the_approval_stops_the_message(world: World, carrier: Callable[..., CarrierProcess]) -> None:
    debtor, run_id = world.debtor(), world.approved()
    world.run("update mart.fct_delinquencies set held_by = 'execution_stay' where debtor_id = %s", debtor)

    send(world, run_id, carrier().url)

    assert world.message(debtor) == ("suppressed", ["X04_stay"])


@pytest.mark.parametrize("code", ["X02", "X03", "X04", "X06", "X11", "X12", "X16"])
def test_a_hold_recorded_here_excludes(code: str, world: World) -> None:
    debtor = world.debtor()
    world.run(
        "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept) values (%s, %s, %s, 'tax')",
        debtor, code, AS_OF,
    )  # fmt: skip

    world.build()

    arm, codes = world.contact(debtor)
    assert arm == "excluded"
    assert [each[:3] for each in codes] == [code]


def test_who_refused_a_channel_is_not_asked_on_it(world: World) -> None:
    refused, on_the_phone, later = world.debtor(), world.debtor(), world.debtor()
    world.stop(refused, "sms")
    world.stop(on_the_phone, "phone_centre")
    world.stop(later, "sms", stopped_on=AS_OF + timedelta(days=1))

    world.build()

    assert world.contact(refused) == ("excluded", ["X11_optout"])
    assert (world.contact(on_the_phone)[0], world.contact(later)[0]) == ("treat", "treat")


def test_a_refusal_that_is_told_after_the_approval_stops_the_message(
    world: World, carrier: Callable[..., CarrierProcess]
) -> None:
    refused, ordinary = world.debtor(), world.debtor()
    run_id, gateway = world.approved(), carrier()
    world.stop(refused, "sms")

    send(world, run_id, gateway.url)

    assert world.message(refused) == ("suppressed", ["X11_optout"])
    assert world.message(ordinary)[0] in ("accepted", "delivered")
    assert len(gateway.sent()) == 1


@pytest.mark.parametrize("vendor", ["sms_returns", "phone_centre", "auto_call"])
def test_a_silent_vendor_hides_refusals_and_stops_the_message(vendor: str, world: World) -> None:
    debtor = world.debtor()
    world.run("delete from ops.load where source = %s", vendor)

    world.build()

    assert world.contact(debtor) == ("excluded", ["X00_stale_source"])


def test_every_reason_is_kept_and_not_only_the_first(world: World) -> None:
    debtor = world.debtor(phone=None, fact="X05", provisional_yen=1)

    world.build()

    assert world.contact(debtor) == ("excluded", ["X01_paid", "X05_welfare", "X19_no_mobile"])


def test_a_fact_that_has_ended_or_not_begun_does_not_exclude(world: World) -> None:
    ended, later = world.debtor(), world.debtor()
    world.fact(ended, "X05")
    world.run("update identity.contact_fact set valid_to = %s", AS_OF - timedelta(days=1))
    world.fact(later, "X05", valid_from=AS_OF + timedelta(days=1))

    world.build()

    assert (world.contact(ended)[0], world.contact(later)[0]) == ("treat", "treat")


@pytest.mark.parametrize(
    ("column", "value", "arm"),
    [
        ("dunning_deadline", AS_OF - timedelta(days=7), "excluded"),
        ("dunning_deadline", AS_OF - timedelta(days=8), "treat"),
        ("dunned_on", None, "excluded"),
        ("outstanding_yen", 1000, "treat"),
        ("prescription_date_safe", AS_OF, "treat"),
        ("prescription_date_safe", AS_OF - timedelta(days=1), "excluded"),
        ("prescription_date_safe", None, "excluded"),
        ("prescription_state", "unknown", "excluded"),
    ],
)
def test_the_edges_of_the_audience(column: str, value: object, arm: str, world: World) -> None:
    debtor = world.debtor(**{column: value})

    world.build()

    assert world.contact(debtor)[0] == arm


@pytest.mark.parametrize(
    ("claim_type", "dunned_on", "arm"),
    [
        ("resident_tax", AS_OF - timedelta(days=18), "treat"),  # ten days by law, then seven
        ("resident_tax", AS_OF - timedelta(days=17), "excluded"),
        ("nhi_premium", AS_OF - timedelta(days=300), "excluded"),  # its letter must name the deadline
    ],
)
def test_a_letter_without_a_deadline_has_the_one_of_the_law_or_none(
    claim_type: str, dunned_on: date, arm: str, world: World
) -> None:
    debtor = world.debtor(claim_type=claim_type, dunned_on=dunned_on, dunning_deadline=None)

    world.build()

    assert world.contact(debtor)[0] == arm


def test_many_claims_are_one_contact_about_the_eligible_ones(world: World) -> None:
    debtor = world.debtor(claim_id="resident_tax:1", outstanding_yen=600)
    world.claim(debtor, claim_id="nhi:2", source_code="nhi", claim_type="nhi_premium", owner_dept="insurance",
                outstanding_yen=700)  # fmt: skip
    world.claim(debtor, claim_id="resident_tax:3", dunned_on=None, dunning_deadline=None)
    world.claim(debtor, claim_id="scholarship:4", claim_type="scholarship_loan")

    world.build()

    assert world.run("select arm, claim_ids, outstanding_yen from campaign.contact") == [
        ("treat", ["nhi:2", "resident_tax:1"], 1300)
    ]


def test_a_claim_of_nobody_known_is_counted_and_never_sent(world: World) -> None:
    world.claim(None, claim_id="resident_tax:9")

    run_id = world.build()

    assert world.run("select subject_key, arm, exclusion_codes from campaign.contact") == [
        ("claim:resident_tax:9", "excluded", ["X20_unlinked"])
    ]
    assert campaigns.preview(run_id, state=world.state)["exclusions"][0]["people"] == 1


@pytest.mark.parametrize("written", ["０９０－１２３４－５６７８", "+81 90-1234-5678", "090 1234 5678"])
def test_a_number_shared_by_two_persons_is_held_however_it_is_written(written: str, world: World) -> None:
    first, second = world.debtor(phone="090-1234-5678"), world.debtor(phone=written)

    world.build()

    assert world.contact(first) == world.contact(second) == ("excluded", ["X21_shared_number"])


def test_a_number_shared_with_somebody_who_owes_nothing_is_held_too(world: World) -> None:
    debtor = world.debtor(phone="090-1234-5678")
    world.run("insert into vault.register__persons values ('999', '09012345678', %s, null)", AS_OF)

    world.build()

    assert world.contact(debtor) == ("excluded", ["X21_shared_number"])


@pytest.mark.parametrize(
    "number", ["0312345678", "050-1234-5678", "090-1234", "", "0120-444-444", "abc", "+1 202 555 0143"]
)
def test_only_mobile_numbers_are_used(number: str, world: World) -> None:
    debtor = world.debtor(phone=number or None)

    world.build()

    assert world.contact(debtor) == ("excluded", ["X19_no_mobile"])


@pytest.mark.parametrize(
    "table", ["register__persons", "resident_tax__claims", "resident_tax__receipts", "convenience__notices"]
)
@pytest.mark.parametrize("state", ["rejected", "missing", "yesterday"])
def test_one_late_table_makes_its_source_stale_and_sends_nothing(table: str, state: str, world: World) -> None:
    debtor = world.debtor()
    change = "business_date = business_date - 1" if state == "yesterday" else f"state = '{state}'"
    world.run(f"update ops.load set {change} where table_name = %s", table)

    world.build()

    assert world.contact(debtor) == ("excluded", ["X00_stale_source"])


def test_a_claim_rests_on_the_channels_that_tell_of_its_payments_and_on_no_other() -> None:
    channels = {"convenience", "bank_debit", "payment_agent", "el_qr"}
    vendors = {"phone_centre", "auto_call", "sms_returns"}  # they tell who refused

    assert rests_on("nhi") == {"nhi", "register", "arrears"} | channels | vendors  # the arrears office tells of holds
    assert rests_on("ward_housing") == {"ward_housing", "register"}  # the operator collects rents itself


def test_a_late_source_stops_only_its_own_debtors(world: World) -> None:
    taxed = world.debtor()
    insured = world.debtor(source_code="nhi", claim_type="nhi_premium", owner_dept="insurance")
    world.run("delete from ops.load where table_name = 'nhi__receipts'")

    world.build()

    assert (world.contact(taxed)[0], world.contact(insured)) == ("treat", ("excluded", ["X00_stale_source"]))


@pytest.mark.parametrize(
    ("claim_id", "table", "raw"),
    [
        ("resident_tax:2025-2025-2500000013-02", "resident_tax__receipts", "2500000013,01,東京,¥\n".encode()),
        ("nhi:2500000013-02", "nhi__receipts", b"2000000012342500000013021080620\x83\x40"),
        ("resident_tax:2025-2025-2500000013-02", "resident_tax__claims", b'"2500000013"'),
    ],
)
def test_a_debtor_whose_payment_may_lie_in_quarantine_is_held(
    claim_id: str, table: str, raw: bytes, world: World
) -> None:
    source, other = claim_id.partition(":")[0], claim_id.replace("13-02", "14-02")
    types = {"resident_tax": "resident_tax", "nhi": "nhi_premium"}
    held = world.debtor(claim_id=claim_id, source_code=source, claim_type=types[source])
    free = world.debtor(claim_id=other, source_code=source, claim_type=types[source])
    world.quarantine(table, raw)

    world.build()

    assert (world.contact(held), world.contact(free)[0]) == (("excluded", ["X24_quarantined"]), "treat")


def test_a_quarantined_row_of_an_older_delivery_holds_nobody(world: World) -> None:
    debtor = world.debtor(claim_id="resident_tax:2025-2025-2500000013-02")
    world.load("resident_tax", AS_OF - timedelta(days=1))
    world.quarantine("resident_tax__receipts", b"2500000013", day=AS_OF - timedelta(days=1))

    world.build()

    assert world.contact(debtor)[0] == "treat"


def test_every_candidate_has_exactly_one_row(world: World) -> None:
    made = {world.debtor(**given) for given in CASES.values()} | {world.debtor() for _ in range(5)}

    run_id = world.build()

    rows = [row[0] for row in world.run("select debtor_id from campaign.contact where run_id = %s", run_id)]
    found = campaigns.preview(run_id, state=world.state)
    assert sorted(rows) == sorted(made)
    assert found["candidates"] == len(made) == sum(each["people"] for each in found["arms"])


def test_what_was_said_of_an_id_counts_for_the_one_it_was_joined_with_until_they_are_parted(world: World) -> None:
    """統合前の仮名ID: 分かれていたときの係争は、統合した債務者にも及ぶ."""
    debtor, lost = world.debtor(), "d" + "e" * 20
    world.run("insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept) values (%s, %s, %s, %s)",
              lost, "X06", AS_OF, "tax")  # fmt: skip
    world.run("insert into identity.merge (decision_id, kept_id, lost_id, from_on) values ('s', %s, %s, %s)",
              debtor, lost, AS_OF)  # fmt: skip
    world.build()
    assert world.contact(debtor) == ("excluded", ["X06_bankrupt"])
    world.run("update identity.merge set until_on = from_on")
    world.build()
    assert world.contact(debtor)[0] == "treat"


@pytest.mark.parametrize("source", ["resident_tax", "register", "convenience", "sms_returns"])
def test_what_was_loaded_after_the_figures_were_made_stops_who_hangs_on_it(
    source: str, world: World, carrier: Callable[..., CarrierProcess]
) -> None:
    """A day's second delivery may tell who has paid or is protected; the figures that readers see do not know it."""
    debtor, one = world.debtor(), carrier()
    run_id = world.approved()
    world.load_again(source)
    noon = datetime.fromisoformat(NOON)
    done = campaigns.dispatch(run_id, state=world.state, gateway_url=one.url, now=noon)
    assert (done["stopped_because"], one.sent()) == ("stale_source", [])
    world.build()
    assert world.contact(debtor) == ("excluded", ["X00_stale_source"])
    world.run("update ops.batch_rests_on set batch_ids = array(select batch_id from ops.load)")  # a night took it
    assert campaigns.dispatch(run_id, state=world.state, gateway_url=one.url, now=noon)["stopped_because"] is None
    assert len(one.sent()) == 1


def test_figures_that_do_not_say_what_they_rest_on_send_nothing(world: World) -> None:
    debtor = world.debtor()
    world.run("truncate ops.batch_rests_on")
    world.build()
    assert world.contact(debtor) == ("excluded", ["X00_stale_source"])


@pytest.mark.parametrize(
    ("told", "arm"),
    [
        (("phone_centre", 3, "contacted", "01", None), "excluded"),
        (("auto_call", 3, "unreached", "END", 40), "excluded"),  # listened to the end
        (("sms", 3, "unreached", "delivered", None), "excluded"),
        (("phone_centre", 3, "unreached", "04", None), "treat"),
        (("sms", 3, "unreached", "undelivered", None), "treat"),
        (("phone_centre", 8, "contacted", "01", None), "treat"),  # one in thirty days, none in seven
        (("phone_centre", -1, "contacted", "01", None), "treat"),  # of a day to come
    ],
)
def test_contacts_of_the_sections_vendors_count_for_the_cap(
    told: tuple[str, int, str, str, int | None], arm: str, world: World
) -> None:
    debtor, other = world.debtor(), world.debtor()
    channel, days, outcome, code, heard = told
    on = AS_OF - timedelta(days=days)
    for _ in range(3):  # several attempts of a day are one contact
        world.run(
            "insert into mart.fct_contacts (channel, debtor_id, attempted_at, attempted_on, outcome, result_code,"
            " heard_seconds) values (%s, %s, %s, %s, %s, %s, %s)", channel, debtor, on, on, outcome, code, heard,
        )  # fmt: skip
    world.build()
    assert world.contact(debtor) == (arm, ["X13_frequency"] if arm == "excluded" else [])
    assert world.contact(other)[0] == "treat"
