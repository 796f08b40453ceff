"""The campaign on a whole synthetic ward: real marts, real rights, the city's gateway as its own process."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns, city, db, night
from receivables.campaigns import letters
from receivables.campaigns.phones import mobile_number
from receivables.campaigns.playbook import playbook
from receivables.settings import State

from .conftest import QUICK, CarrierProcess

AS_OF = date(2026, 6, 19)
# Calls before letters: whoever was written to is not called in the same week, and a letter reaches nearly everybody.
IN_FILES = sorted(
    (each.name for each in campaigns.playbooks() if each.channel != "sms"),
    key=lambda name: (playbook(name).channel == "letter", name),
)
NEVER = {"X05", "X07", "X08", "X11", "X17", "NOT_REGISTERED"}


def rows(state: State, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return connection.execute(query, arguments).fetchall()  # type: ignore[call-overload, no-any-return]


@pytest.fixture(scope="module")
def own_ward(new_state: Callable[[], State]) -> State:
    """A ward of this room's own: what is sent here must not be in another room's way."""
    state = new_state()
    city.make(residents=3_000, seed=2, as_of=AS_OF, days=0, out=state.ward, state=state)
    night.night(as_of=AS_OF, drop=state.ward, state=state)
    return state


def truth(state: State) -> dict[str, list[dict[str, str]]]:
    """What the city knows of every person's claims, by 宛名番号."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (state.ward / "truth" / "claims.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["addressee_no"]].append(row)
    return found


def persons(state: State) -> dict[str, tuple[str | None, bool]]:
    """Number and protection of everybody, from the register's own database."""
    place = json.loads((state.ward / "register" / "connection.json").read_text())
    with db.connect(state, database=place["dbname"]) as connection:
        query = "select atena_no, denwa_no, shien_sochi_flg = '1' or shibo_ymd is not null from atena.person"
        return {no: (phone, bool(blocked)) for no, phone, blocked in connection.execute(query)}  # type: ignore[misc]


@pytest.mark.slow
def test_on_the_ward_only_those_who_may_be_reminded_are_and_each_once(
    own_ward: State, simulator: Callable[..., CarrierProcess], tmp_path: Path
) -> None:
    run_id = campaigns.build("sms_after_dunning", as_of=AS_OF, maker="planner", state=own_ward)
    shown = campaigns.preview(run_id, state=own_ward)
    arms = {each["arm"]: each["people"] for each in shown["arms"]}
    assert arms["treat"] > 10
    assert arms["control"] > 0
    assert {"X05_welfare", "X15_dunning_window", "X11_optout", "X19_no_mobile", "X20_unlinked"} <= {
        each["code"] for each in shown["exclusions"]
    }
    assert campaigns.build("sms_after_dunning", as_of=AS_OF, maker="planner", state=own_ward) == run_id

    treated = rows(
        own_ward,
        "select distinct l.source_debtor_key, c.claim_ids, c.reference"
        " from campaign.contact as c join identity.link as l using (debtor_id)"
        " where c.run_id = %s and c.arm = 'treat' and l.source_code = 'register'",
        run_id,
    )  # fmt: skip
    known, people = truth(own_ward), persons(own_ward)
    owners: dict[str | None, int] = defaultdict(int)
    for phone, _ in people.values():
        owners[mobile_number(phone or "")] += 1
    for addressee_no, claim_ids, _ in treated:
        claims = {each["claim_id"]: each for each in known[addressee_no]}
        codes = {code for each in claims.values() for code in each["exclusion_codes"].split()}
        assert not codes & NEVER
        for claim_id in claim_ids:
            assert int(claims[claim_id]["outstanding_yen"]) > 0
            assert int(claims[claim_id]["provisional_yen"]) == 0
            assert claims[claim_id]["dunned_on"]
        phone, is_blocked = people[addressee_no]
        assert (owners[mobile_number(phone or "")], is_blocked) == (1, False)

    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(run_id, user=user, state=own_ward)
    token = own_ward.secret("sms_gateway_token")
    gateway = simulator(fault_permille=150, late_seconds=0.7, seed=5)
    done = campaigns.dispatch(run_id, state=own_ward, gateway_url=gateway.url, ignore_window=True, terms=QUICK)

    ledger = gateway.ledger()
    assert set(ledger.values()) == {1}
    assert set(ledger) == {reference for _, _, reference in treated}
    assert (done["waiting"], token not in gateway.ledger_file.read_text()) == (0, True)
    assert len(campaigns.results(run_id, state=own_ward)["effects"]) == 6


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_FILES)
def test_what_leaves_the_ward_in_files_is_lawful_for_everybody_in_it(own_ward: State, name: str) -> None:
    """Real marts, real rights, real letters: nobody who paid, nobody protected or dead, and every yen as published."""
    rules = playbook(name)
    run_id = campaigns.build(name, as_of=AS_OF, maker="planner", state=own_ward)
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(run_id, user=user, state=own_ward)
    noon = datetime.fromisoformat("2026-06-19T12:00:00+09:00")
    done = campaigns.dispatch(run_id, state=own_ward, now=noon)
    handed = rows(
        own_ward,
        "select l.source_debtor_key, c.claim_ids, c.claim_yen from campaign.handover_line as h"
        " join campaign.contact as c using (contact_id) join campaign.outbox as b using (contact_id)"
        " join identity.link as l on l.debtor_id = b.debtor_id and l.source_code = 'register' where c.run_id = %s",
        run_id,
    )  # fmt: skip
    assert (done["waiting"], len(handed)) == (0, done.get("accepted", 0))
    assert handed, "the ward has people for every playbook"
    known, people = truth(own_ward), persons(own_ward)
    for addressee_no, claim_ids, claim_yen in handed:
        assert people[addressee_no][1] is False
        claims = {each["claim_id"]: each for each in known[addressee_no]}
        for claim_id, yen in zip(claim_ids, claim_yen, strict=True):
            assert int(claims[claim_id]["provisional_yen"]) == 0
            assert int(claims[claim_id]["outstanding_yen"]) == yen
            assert (yen > 0) == rules.aim.asks_for_payment
            assert bool(claims[claim_id]["dunned_on"]) != (rules.purpose == "dunning") or not yen
    if rules.channel == "letter":
        folders = [own_ward.root / "outgoing" / "letter" / batch for batch in done["batches"]]
        manifests = [
            letters.read_manifest(file.parent, own_ward.secret("hmac_letters"))
            for folder in folders
            for file in folder.rglob(letters.MANIFEST)
        ]
        assert sum(len(each.envelopes) for each in manifests) == len(handed)


def test_nobody_is_contacted_twice_in_a_week_though_every_playbook_was_sent(own_ward: State) -> None:
    twice = rows(
        own_ward,
        "select debtor_id from campaign.outbox where contact_date is not null and not is_statutory"
        " group by debtor_id having count(*) > 1",
    )
    assert twice == []
