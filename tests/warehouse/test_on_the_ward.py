"""The whole synthetic ward: what is published equals the truth that the pipeline never reads."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from receivables import db
from receivables.settings import State

pytestmark = pytest.mark.postgres
COLUMNS = (
    "claim_id", "source_code", "source_claim_key", "claim_type", "fiscal_year", "instalment_no", "due_date",
    "contract_date", "assessed_yen", "received_yen", "provisional_yen", "written_off_yen", "refund_pending_yen",
    "outstanding_yen",
)  # fmt: skip


@pytest.fixture(scope="module")
def truth(published: State) -> dict[str, dict[str, str]]:
    """The claims as they are; what was refunded or set off (truth/cases.csv) is received no more and due to nobody."""
    with (published.ward / "truth" / "claims.csv").open(encoding="utf-8") as file:
        claims = {row["claim_id"]: row for row in csv.DictReader(file)}
    with (published.ward / "truth" / "cases.csv").open(encoding="utf-8") as file:
        returned = [row for row in csv.DictReader(file) if row["event_type"] in ("refunded", "offset")]
    assert returned
    for act in returned:
        for name in ("received_yen", "refund_pending_yen"):
            claims[act["claim_id"]][name] = str(int(claims[act["claim_id"]][name]) - int(act["amount_yen"]))
    return claims


def rows(state: State, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return connection.execute(query, arguments or None).fetchall()  # type: ignore[arg-type]


def test_every_claim_has_its_true_balance(published: State, truth: dict[str, dict[str, str]]) -> None:
    found = {
        row[0]: tuple("" if value is None else str(value) for value in row)
        for row in rows(published, f"select {', '.join(COLUMNS)} from mart.fct_claims")
    }
    expected = {claim_id: tuple(row[name] for name in COLUMNS) for claim_id, row in truth.items()}

    assert len(found) > 1_000
    assert found.keys() == expected.keys()
    assert [key for key in expected if found[key] != expected[key]] == []


def test_the_first_dunning_is_the_true_one_unless_it_came_back(
    published: State, truth: dict[str, dict[str, str]]
) -> None:
    found = rows(published, "select claim_id, dunned_on from mart.fct_delinquencies")
    returned = dict(
        rows(published, "select claim_id, issued_on from mart.fct_claim_events where event_type = 'dunning_returned'")
    )
    wrong = [
        claim_id
        for claim_id, dunned_on in found
        if truth[claim_id]["dunned_on"] != str(dunned_on or returned.get(claim_id) or "")
    ]

    assert wrong == []


def test_exactly_the_overdue_claims_are_delinquent(published: State, truth: dict[str, dict[str, str]]) -> None:
    found = {claim_id for (claim_id,) in rows(published, "select claim_id from mart.fct_delinquencies")}
    expected = {key for key, row in truth.items() if int(row["outstanding_yen"]) > 0 and row["due_date"] < row["as_of"]}

    assert found == expected


def test_no_two_persons_are_ever_one_debtor(published: State) -> None:
    """Someone registered twice stays two debtors for now: 宛名番号 alone decides, nothing is guessed."""
    with (published.ward / "truth" / "persons.csv").open(encoding="utf-8") as file:
        person = {(row["source_code"], row["source_debtor_key"]): row["person_id"] for row in csv.DictReader(file)}
    links = rows(published, "select source_code, source_debtor_key, debtor_id from identity.link")
    pairs = {(person[source, key], debtor_id) for source, key, debtor_id in links}

    assert len(pairs) > 1_000
    assert len({debtor_id for _, debtor_id in pairs}) == len(pairs)


def test_unlinked_claims_are_exactly_those_of_people_who_are_not_in_the_register(published: State) -> None:
    unlinked = rows(published, "select source_debtor_key from intermediate.int_claims__balances join mart.fct_claims"
                    " using (claim_id) where debtor_id is null")  # fmt: skip
    register = {key for (key,) in rows(published, "select source_debtor_key from staging.stg_register__persons")}

    assert not [key for (key,) in unlinked if key in register]


def names(published: State) -> Iterator[str]:
    """Names in every form, telephones, and addresses, former ones too: a protected person's may stand nowhere else."""
    columns = ("person_name, person_kana, phone, latin_name, kanji_name, katakana_name, alias_name, alias_kana,"
               " former_name, former_kana, address, address_detail, previous_address")  # fmt: skip
    for found in rows(published, f"select {columns} from vault.register__persons"):
        yield from (each for each in found if each)


def test_no_resident_s_name_is_in_what_dbt_wrote_or_in_what_others_read(published: State) -> None:
    """The names themselves are sought, in files and in every text column outside vault and quarantine."""
    found = set(names(published))
    wanted = {each for each in found | {"".join(each.split()) for each in found} if len(each) >= 3}
    folder = Path(os.environ.get("DBT_TARGET_PATH") or published.root / "dbt")
    written = "".join(file.read_bytes().decode("utf-8", "replace") for file in folder.rglob("*") if file.is_file())
    columns = rows(
        published,
        "select table_schema::text, table_name::text, column_name::text from information_schema.columns"
        " where table_schema in ('raw', 'staging', 'intermediate', 'mart', 'identity', 'law', 'ops', 'campaign',"
        " 'correction')"
        " and data_type in ('text', 'jsonb')",
    )
    with db.connect(published) as connection:
        values = {
            str(value)
            for schema, table, column in columns
            for (value,) in connection.execute(f'select distinct "{column}"::text from "{schema}"."{table}"')  # type: ignore[arg-type]
        }

    assert len(wanted) > 1_000
    assert len(columns) > 50
    assert not [each for each in sorted(wanted)[::20] if each in written]
    assert not wanted & values


def test_a_protected_person_s_former_address_is_known_to_the_vault_alone(published: State) -> None:
    """支援措置: not even that and when somebody moved is told outside."""
    protected = "select addressee_no from raw.register__persons where is_protected"
    (former,) = rows(published, "select count(*)::int from vault.register__persons where previous_address is not null"
                     f" and addressee_no in ({protected})")  # fmt: skip
    told = rows(published, "select is_protected, count(moved_on)::int, count(move_code)::int"
                " from staging.stg_register__persons group by 1 order by 1")  # fmt: skip

    assert former[0] >= 3  # of eight protected residents or so, most have fled from somewhere
    assert told[1] == (True, 0, 0)
    assert min(told[0][1:]) > 100
