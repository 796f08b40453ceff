"""支援措置 (I11): where a protected person lives and can be called is told to nobody, through no relation."""

import csv
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from handmade import AS_OF, Handmade
from leaks import Leak, leaks, leaks_in_files, readable, ties

from receivables import access, campaigns, db, identity, migration, night, roster, server
from receivables.campaigns import playbook
from receivables.campaigns.playbook import Gateway
from receivables.database import LOGIN_ROLES
from receivables.identity.pseudonyms import debtor_id
from receivables.identity.relation_import import HEADER, import_relations

pytestmark = pytest.mark.postgres
# 1 is protected; 2 lives with 1 and owes; 3 is dead, of the same household; 4 and 5 have nothing to do with them.
PROTECTED, HEAD, DEAD, STRANGER, OTHER = (f"90000000000{digit}777" for digit in range(1, 6))
HOUSEHOLD = "4093817265"
HOME = {
    "postal_code": "1580083",
    "address": "東京都世田谷区奥沢７丁目８１番９３号",
    "address_detail": "ひなぎく荘４０７号室",
}
BEFORE = {"previous_postal_code": "1570073", "previous_address": "東京都世田谷区砧８丁目６４番２７号",
          "previous_address_detail": "すみれ館３０６"}  # fmt: skip
PHONE = "090-5511-7733"
SECRETS = {
    "住所": "奥沢7丁目81番93", "町": "奥沢", "番地": "81番93", "番地 (−)": "7-81-93", "郵便番号": "158-0083",
    "方書": "ひなぎく荘", "室番号": "407号室", "前住所": "砧8丁目64番27", "前住所の番地": "64番27",
    "前住所の番地 (−)": "8-64-27", "前住所の郵便番号": "1570073", "前住所の方書": "すみれ館", "電話": "09055117733",
    "電話 (+81)": "+819055117733", "電話の下8桁": "55117733", "世帯番号": HOUSEHOLD,
}  # fmt: skip
READERS = [role for role in LOGIN_ROLES if role != "etl"]  # etl alone works inside the vault
QUICK = Gateway(lookup=True, timeout_seconds=0.4, settle_seconds=0.8, parts_per_second=500, cost_yen_per_part=12)


def calls(one: Handmade, number: str, phone: str) -> None:
    """What all three vendors told of this number, with what an operator heard of a home."""
    common = {"request_no": f"R{number[-4]}", "campaign_code": "after_dunning", "wave_no": 1, "addressee_no": number}
    day = AS_OF - timedelta(days=40)
    for system in ("01", "03"):
        key = f"{system}{number[-4]}"
        one.add("phone_centre__calls", call_no=f"K{key}", system_code=system, called_on=day, called_at="1030",
                result_code="02", phone=phone, remark="奥沢７－８１－９３ ひなぎく荘に同居", **common)  # fmt: skip
        one.add("auto_call__calls", call_no=f"A{key}", system_code=system, called_on=day, called_at="103000",
                result_code="NOANS", heard_seconds=0, phone=phone, **common)  # fmt: skip
        one.add("sms_returns__statuses", message_no=f"S{key}", system_code=system, sent_at=f"{day} 10:00+09",
                status_at=f"{day} 10:01+09", status_code="delivered", phone=phone, **common)  # fmt: skip


def owes(one: Handmade, number: str, phone: str) -> None:
    """The same of everybody: overdue and dunned, a letter that came back, a loan, the vendors' returns."""
    key, due = number[-4], AS_OF - timedelta(days=300)
    one.tax(f"000000000{key}", addressee_no=number, due_date=due)
    one.tax_dunning(f"000000000{key}", AS_OF - timedelta(days=280))
    one.tax(f"000000000{key}", 2, addressee_no=number, due_date=due)
    one.tax_dunning(f"000000000{key}", AS_OF - timedelta(days=280), 2, returned_on=AS_OF - timedelta(days=270))
    one.premium(f"000000000{key}", addressee_no=number, due_date=due)
    one.loan(f"000000{key}", addressee_no=number, due_date=due, person_name=f"人{key}　太郎", person_kana="ヒト")
    calls(one, number, phone)


@pytest.fixture(scope="module")
def world(new_state: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Handmade:
    """The night of a protected person who is a household's member, guarantor, heir and debtor; lists made and sent."""
    one = Handmade(new_state())
    one.make_tables()
    roster.install(one.state)
    home = {"household_no": HOUSEHOLD, "phone": PHONE, **HOME, **BEFORE, "moved_on": date(2025, 4, 1), "move_code": "2"}
    one.person(PROTECTED, person_name="人1　太郎", is_protected=True, **home)
    one.person(HEAD, person_name="人2　太郎", **home)
    one.person(DEAD, person_name="人3　太郎", died_on=date(2026, 1, 5), **home)
    for number, phone in ((STRANGER, "090-1000-2001"), (OTHER, "090-1000-2002")):
        # One of them has a fact too, so that to have one is nothing that only the two share.
        one.person(number, person_name=f"人{number[-4]}　太郎", phone=phone, postal_code="1560043",
                   address="東京都世田谷区松原１丁目１番１号", is_on_welfare=number == OTHER)  # fmt: skip
    for number, phone in ((PROTECTED, PHONE), (HEAD, PHONE), (DEAD, PHONE), (STRANGER, "090-1000-2001"),
                          (OTHER, "090-1000-2002")):  # fmt: skip
        owes(one, number, phone)
    for loan_no, number, name in (("00000001", STRANGER, "人4　太郎"), ("00000002", HEAD, "人2　太郎")):
        one.add("welfare_loans__instalments", loan_no=loan_no, instalment_no=1, addressee_no=number, fund_code="11",
                contract_date=date(2020, 4, 1), due_date=date(2026, 3, 31), assessed_yen=10_000, person_name=name,
                person_kana="ヒト", guarantor_name="人1　太郎" if number == HEAD else None,
                remark="奥沢７丁目８１番９３号に同居")  # fmt: skip
    with access.alone(one.state, "give rights to tables made by hand") as connection:
        access.apply(connection)
    file = tmp_path_factory.mktemp("told") / "relations.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([
            HEADER, ["heir", DEAD, PROTECTED, "2026-02-01", "", "1"],
            ["joint_debtor", HEAD, PROTECTED, "2026-02-01", "", "2"],
            ["guardian", PROTECTED, OTHER, "2026-02-01", "", "3"]])  # fmt: skip
    import_relations(file, user="chief_tax", state=one.state)
    one.settle_ledger()
    night.warehouse_night(as_of=AS_OF, state=one.state)
    one.run("insert into quarantine.row (batch_id, source, table_name, file_name, line_no, byte_offset, raw,"
            " reason_code, owner_dept) values (%s, 'nhi', 'nhi__claims', 'f', 1, 0, %s, 'AMOUNT', 'insurance')",
            f"nhi__claims-{AS_OF}", f"{PROTECTED},奥沢７丁目８１番９３号,{PHONE}".encode("cp932"))  # fmt: skip
    send(one)
    migration.rehearse(edition="0.1-draft", profile="standard_csv", snapshot=AS_OF, state=one.state)
    return one


def without_holdout(name: str) -> campaigns.Playbook:
    return playbook.playbook(name).model_copy(update={"holdout_permille": 0})


def is_open(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def send(one: Handmade) -> None:
    """A list made, shown, approved and sent to the city's carrier, whose log lies in the state folder."""
    port, ledger = server.free_port(), one.state.path("gateway", "ledger.jsonl")
    carrier = subprocess.Popen([sys.executable, "-m", "receivables.city.gateway", "--port", str(port), "--ledger",
                                str(ledger)], stdout=subprocess.DEVNULL)  # fmt: skip
    try:
        assert server.wait_until(lambda: is_open(port), seconds=10)
        with pytest.MonkeyPatch.context() as patch:  # nobody is held out: somebody must be sent something
            patch.setattr("receivables.campaigns.selection.playbook", without_holdout)
            run_id = campaigns.build("sms_after_dunning", as_of=AS_OF, maker="planner", state=one.state)
        shown = one.state.path("reports", "campaign", f"{run_id}.txt")
        shown.write_text(campaigns.preview_text(run_id, state=one.state), encoding="utf-8")
        for user in ("chief_tax", "chief_insurance"):
            campaigns.approve(run_id, user=user, state=one.state)
        campaigns.dispatch(run_id, state=one.state, gateway_url=f"http://127.0.0.1:{port}", terms=QUICK,
                           now=datetime.fromisoformat("2026-06-19T12:00:00+09:00"))  # fmt: skip
    finally:
        carrier.terminate()
        carrier.wait()


def ids(world: Handmade, *numbers: str) -> set[str]:
    key = world.state.secret("hmac_debtor")
    claims = {f"000000{number[-4]}" for number in numbers}
    return {
        *numbers,
        *(debtor_id(number, key=key) for number in numbers),
        *(f"nhi:0000{each}" for each in claims),
        *(f"resident_tax:2025-2025-0000{each}" for each in claims),
        *(f"scholarship:0{each}"[:19] for each in claims),
    }


def test_the_world_has_what_could_leak(world: Handmade) -> None:
    """Everything looked for is in the vault, and the person is in the marts, on the list and in the relations."""
    vault = leaks(world.state, ["etl"], SECRETS)
    person = debtor_id(PROTECTED, key=world.state.secret("hmac_debtor"))
    arms = dict(
        world.run("select debtor_id, arm || ' ' || array_to_string(exclusion_codes, ' ') from campaign.contact")
    )

    assert {leak.what for leak in vault} == set(SECRETS) - {"電話 (+81)", "前住所の番地 (−)"}  # so nobody wrote them
    assert world.run("select count(*) from mart.fct_claims where debtor_id = %s", person) == [(4,)]
    assert arms[person] == "excluded X08_dv"
    assert any(arm.startswith("treat") for arm in arms.values())
    assert world.run("select kind from identity.relation where %s in (from_ref, to_ref) order by 1", person) == [
        ("guardian",), ("heir",), ("joint_debtor",)]  # fmt: skip


def test_no_role_reads_a_place_or_number_of_a_protected_person(world: Handmade) -> None:
    assert leaks(world.state, READERS, SECRETS) == []


def test_no_file_of_the_night_holds_a_place_or_number_of_a_protected_person(world: Handmade) -> None:
    written = {file.relative_to(world.state.root).parts[0] for file in world.state.root.rglob("*") if file.is_file()}

    assert {"gateway", "reports", "migration"} <= written
    assert leaks_in_files(world.state.root, SECRETS) == []


@pytest.mark.parametrize("other", [HEAD, DEAD])
def test_no_role_sees_with_whom_a_protected_person_lives(world: Handmade, other: str) -> None:
    with_strangers = ids(world, STRANGER, OTHER)

    assert ties(world.state, READERS, ids(world, PROTECTED), ids(world, other), with_strangers) == []


def test_a_household_s_relation_never_has_a_protected_person_even_for_the_resolver(world: Handmade) -> None:
    person = debtor_id(PROTECTED, key=world.state.secret("hmac_debtor"))
    head = debtor_id(HEAD, key=world.state.secret("hmac_debtor"))

    assert world.run("select 1 from identity.relation where kind = 'household' and from_ref = %s", person) == []
    assert world.run("select count(*) from identity.relation where kind = 'household' and from_ref = %s", head) == [
        (1,)
    ]
    assert world.run("select state, left(to_ref, 1) from identity.relation where kind = 'guarantor'") == [
        ("unresolved", "u")]  # fmt: skip
    assert world.run("select 1 from identity.contact_point where debtor_id = %s", person) == []


def test_the_sender_s_way_to_a_number_does_not_lead_to_a_protected_person(world: Handmade) -> None:
    key = world.state.secret("hmac_debtor")
    with db.connect(world.state, "sender") as sender:
        found = sender.execute("select debtor_id from campaign.phones_of(%s)",
                               [[debtor_id(PROTECTED, key=key), debtor_id(STRANGER, key=key)]]).fetchall()  # fmt: skip

    assert found == [(debtor_id(STRANGER, key=key),)]


def test_protection_that_comes_later_takes_away_what_was_stored_before(world: Handmade) -> None:
    """The other order: a household and points were kept, then the register says that the person is protected."""
    stranger = debtor_id(STRANGER, key=world.state.secret("hmac_debtor"))
    kept = "select (select count(*) from identity.relation where kind = 'household' and from_ref = %s)," \
           " (select count(*) from identity.contact_point where debtor_id = %s)"  # fmt: skip
    protect = "update staging.stg_register__persons set is_protected = %s where source_debtor_key = %s"
    before = world.run(kept, stranger, stranger)
    world.run(protect, True, STRANGER)
    try:
        identity.resolve(as_of=AS_OF, state=world.state)
        after = world.run(kept, stranger, stranger)
    finally:
        world.run(protect, False, STRANGER)
        identity.resolve(as_of=AS_OF, state=world.state)

    assert before == [(1, 2)]
    assert after == [(0, 0)]
    assert world.run(kept, stranger, stranger) == before


# The scanner can see: each leak is planted, found where it is, and taken away again.


PLANTED = {
    "a mart with the postal code": (
        "create table mart.planted as select '〒１５８－００８３' as place;"
        " grant select on mart.planted to dept_tax_staff",
        "drop table mart.planted", Leak("dept_tax_staff", "mart.planted.place", "郵便番号")),
    "a column of a table that is closed otherwise": (
        "create table vault.planted (id text, phone text); insert into vault.planted values ('1', '+81-90-5511-7733');"
        " grant usage on schema vault to screen; grant select (phone) on vault.planted to screen",
        "drop table vault.planted; revoke usage on schema vault from screen",
        Leak("screen", "vault.planted.phone", "電話 (+81)")),
    "bytes in the department's encoding": (
        "create table ops.planted (raw bytea); insert into ops.planted values"
        " (convert_to('ひなぎく荘', 'SJIS')); grant select on ops.planted to auditor",
        "drop table ops.planted", Leak("auditor", "ops.planted.raw", "方書")),
    "inside a report's json": (
        "create table ops.planted as select jsonb_build_object('r', array['奥沢７丁目８１番９３号']) as shown;"
        " grant select on ops.planted to public",
        "drop table ops.planted", Leak("analyst", "ops.planted.shown", "住所")),
    "a view": (
        "create view mart.planted as select previous_address as place from vault.register__persons;"
        " grant select on mart.planted to migrator; grant usage on schema mart to migrator",
        "drop view mart.planted", Leak("migrator", "mart.planted.place", "前住所")),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_found(world: Handmade, name: str) -> None:
    plant, take_away, leak = PLANTED[name]
    with db.connect(world.state) as connection:
        db.run_script(connection, plant)
    try:
        found = leaks(world.state, READERS, SECRETS)
    finally:
        with db.connect(world.state) as connection:
            db.run_script(connection, take_away)

    assert leak in found


def test_a_planted_file_is_found(world: Handmade) -> None:
    file = world.state.path("reports", "campaign", "planted.csv")
    file.write_bytes("宛先,〒158-0083 奥沢７－８１－９３".encode("cp932"))
    try:
        found = leaks_in_files(world.state.root, SECRETS)
    finally:
        file.unlink()

    assert {leak.what for leak in found} == {"郵便番号", "町", "番地 (−)"}
    assert {leak.where for leak in found} == {"reports/campaign/planted.csv"}


@pytest.mark.parametrize("rows", [
    [(PROTECTED, "h1"), (HEAD, "h1"), (STRANGER, "h2"), (OTHER, "h3")],
    [(f"{PROTECTED} {HEAD}", "x"), (STRANGER, "x"), (OTHER, "x")],
])  # fmt: skip
def test_a_planted_tie_is_found(world: Handmade, rows: list[tuple[str, str]]) -> None:
    world.run("create table ops.planted (who text, home text)")
    try:
        for row in rows:
            world.run("insert into ops.planted values (%s, %s)", *row)
        world.run("grant select on ops.planted to screen")
        found = ties(world.state, ["screen"], ids(world, PROTECTED), ids(world, HEAD), ids(world, STRANGER, OTHER))
    finally:
        world.run("drop table ops.planted")

    assert {leak.where.removesuffix(".home").removesuffix(".who") for leak in found} == {"ops.planted"}


def test_the_scanner_reads_what_the_roles_read(world: Handmade) -> None:
    """Not by an empty look: the known places are among what is read, and marts of every section."""
    with db.connect(world.state) as connection:
        seen = {role: {f"{schema}.{name}" for schema, name, _ in readable(connection, role)} for role in READERS}

    assert {"raw.register__persons", "staging.stg_register__persons", "intermediate.int_contacts__unioned"} <= seen[
        "dbt"
    ]
    assert {"campaign.contact", "campaign.outbox", "identity.contact_point", "identity.link"} <= seen["sender"]
    assert "quarantine.row" in seen["screen"]
    assert all("mart.fct_claims" in seen[role] for role in READERS if role.startswith("dept_"))
    assert not [name for role in READERS for name in seen[role] if name.startswith("vault.")]
    assert not [role for role in READERS if seen[role] & {"identity.relation", "identity.pair"}]
