"""Contacts on the ward: what vendors tell, in one shape, without numbers; who refused; the measure, counted again."""

import csv
import io
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import db
from receivables.settings import State

pytestmark = pytest.mark.postgres


def rows(state: State, query: str) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return connection.execute(query.encode()).fetchall()


def read(ward: Path, pattern: str, encoding: str) -> list[dict[str, str]]:
    """Rows of a file that nobody spoilt or repeated, read with Python's own csv."""
    (file,) = ward.glob(pattern)
    apart = {
        int(row["line_no"])
        for name in ("faults.csv", "set_aside.csv")
        for row in csv.DictReader((ward / "truth" / name).read_text(encoding="utf-8").splitlines())
        if row["file"] == file.name
    }
    lines = file.read_bytes().split(b"\r\n")[:-1]
    kept = b"\r\n".join(line for at, line in enumerate(lines, start=1) if at not in apart)
    return list(csv.DictReader(io.StringIO(kept.decode(encoding)), strict=True))


def test_every_call_has_the_outcome_that_its_code_means(published: State, ward: Path) -> None:
    means = {"01": "contacted", "02": "third_party", "06": "wrong_number", "07": "refused"}
    calls = read(ward, "phone_centre/denwa_*.csv", "cp932")
    wanted = Counter(means.get(row["結果コード"], "unreached") for row in calls)
    found = rows(published, "select outcome, count(*) from mart.fct_contacts where channel = 'phone_centre' group by 1")
    assert dict(found) == wanted
    promises = rows(published, "select count(promised_on), sum(promised_yen) from mart.fct_contacts")
    assert promises == [
        (sum(bool(row["納付約束日"]) for row in calls), sum(int(row["約束金額"] or 0) for row in calls))
    ]


def test_a_message_counts_once_by_the_furthest_that_became_of_it(published: State, ward: Path) -> None:
    states: dict[str, set[str]] = defaultdict(set)
    for row in read(ward, "sms_returns/sms_*.csv", "utf-8"):
        states[row["message_id"]].add(row["status"])
    assert any(len(each) > 1 for each in states.values())
    found = dict(rows(published, "select outcome, count(*) from mart.fct_contacts where channel = 'sms' group by 1"))
    assert sum(found.values()) == len(states)
    assert found["contacted"] == sum("clicked" in each for each in states.values())
    assert found["refused"] == sum("opt_out" in each for each in states.values())


def test_a_call_is_told_at_its_own_hour_in_tokyo(published: State, ward: Path) -> None:
    at = {
        f"auto_call:{row['call_id']}": row["date"] + row["time"]
        for row in read(ward, "auto_call/autocall_*.csv", "utf-8")
    }
    found = rows(
        published,
        "select contact_id, to_char(attempted_at at time zone 'Asia/Tokyo', 'YYYYMMDDHH24MISS'), attempted_on::text"
        " from mart.fct_contacts where channel = 'auto_call'",
    )
    assert {contact: moment for contact, moment, _ in found} == at
    assert all(moment[:8] == day.replace("-", "") for _, moment, day in found)


def test_numbers_and_remarks_stay_in_the_vault(published: State) -> None:
    columns = {
        name
        for (name,) in rows(
            published,
            "select column_name::text from information_schema.columns where table_schema in"
            " ('raw', 'staging', 'intermediate', 'mart') and table_name ~ 'contact|call|sms'",
        )
    }
    assert "attempted_at" in columns
    assert not columns & {"phone", "remark"}
    kept = rows(published, "select count(phone) > 0, count(remark) > 0 from vault.phone_centre__calls")
    assert kept == [(True, True)]


def test_exactly_those_who_refused_or_have_another_number_are_stopped_on_sms(published: State, ward: Path) -> None:
    refused = {
        row["atena_no"]
        for row in read(ward, "sms_returns/sms_*.csv", "utf-8")
        if row["status"] == "opt_out" or row["reason"] == "no_such_number"
    }
    wrong = {row["宛名番号"] for row in read(ward, "phone_centre/denwa_*.csv", "cp932") if row["結果コード"] == "06"}
    found = rows(
        published,
        "select distinct l.source_debtor_key from identity.channel_stop as s join identity.link as l using (debtor_id)"
        " where s.channel = 'sms' and l.source_code = 'register'",
    )
    assert {number for (number,) in found} == refused | wrong
    assert refused
    assert wrong


def test_a_call_prolongs_no_claim(published: State) -> None:
    """催告 by phone has no proof of arrival (民法150条): no event of a claim comes of it, only of letters."""
    told_by = "select distinct source_code, channel_code from intermediate.int_claim_events__unioned"
    reminded = rows(published, f"{told_by} where event_type = 'reminded'")
    assert sorted(reminded) == [("arrears", "letter"), ("claims_book", "letter")]
    assert {source for source, _ in rows(published, told_by)}.isdisjoint({"phone_centre", "auto_call", "sms_returns"})


def test_the_measure_is_what_lists_and_receipts_say(published: State, ward: Path) -> None:
    """Counted again from the lists' bytes and the published receipts, claim by claim."""
    paid: dict[tuple[str, str, int], list[date]] = defaultdict(list)
    for system, notice_no, number, paid_on in rows(
        published,
        "select c.source_code, c.notice_no::text, c.instalment_no::integer, r.paid_on from mart.fct_receipts as r"
        " join intermediate.int_claims__unioned as c using (claim_id) where c.source_code in ('resident_tax', 'nhi')",
    ):
        paid[{"resident_tax": "01", "nhi": "03"}[system], notice_no, number].append(paid_on)
    arms: dict[str, tuple[str, str]] = {}
    payers: dict[int, set[str]] = {7: set(), 14: set(), 30: set()}
    for row in read(ward, "contact_requests/saikoku_*.csv", "cp932"):
        arms[row["依頼番号"]] = row["手段"], row["群"]
        drawn = date.fromisoformat(row["抽出日"])
        for paid_on in paid[row["業務コード"], row["通知書番号"], int(row["期別"])]:
            for days, found in payers.items():
                if drawn < paid_on <= drawn + timedelta(days=days):
                    found.add(row["依頼番号"])
    names = {"phone_centre": "電話", "auto_call": "自動音声", "sms": "SMS"}
    for channel, days, treat, control, treat_paid, control_paid in rows(
        published,
        "select channel, horizon_days, sum(treat_count), sum(control_count), sum(treat_paid_count),"
        " sum(control_paid_count) from mart.agg_contact_effect group by 1, 2",
    ):
        counted = Counter(arm for name, arm in arms.values() if name == names[channel])
        payer_arms = Counter(arms[number][1] for number in payers[days] if arms[number][0] == names[channel])
        assert (treat, control) == (counted["対象"], counted["対照"])
        assert (treat_paid, control_paid) == (payer_arms["対象"], payer_arms["対照"])
        assert treat_paid > 0
