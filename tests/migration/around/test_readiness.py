"""Ways to pay: what the seed says stands beside what receipts show, and a contradiction is told in words."""

import csv
from collections import Counter
from datetime import date

import pytest

from receivables.errors import InputRejectedError
from receivables.migration.readiness import CHANNELS_JA, Matrix, Readiness, matrix, readiness_page
from receivables.settings import SEEDS
from tests.migration.around.conftest import SNAPSHOT, Ward


def found(hand: Ward) -> Matrix:
    result: Matrix = hand.as_migrator(lambda connection: matrix(connection, SNAPSHOT))
    return result


def line(hand: Ward, claim_type: str = "nhi_premium") -> Readiness:
    return next(each for each in found(hand).lines if each.claim_type == claim_type)


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / "migration" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_kind_says_something_of_every_channel_once() -> None:
    said = Counter((row["claim_type"], row["channel"]) for row in seed("payment_channels"))
    kinds = {row["claim_type"] for row in seed("claim_targets")}
    assert set(said) == {(kind, channel) for kind in kinds for channel in CHANNELS_JA}
    assert set(said.values()) == {1}


def test_what_is_not_there_says_what_is_missing_or_instead() -> None:
    for row in seed("payment_channels"):
        assert row["basis"]
        if row["state"] in ("planned", "unknown"):
            assert row["missing"]
        if row["channel"] == "pay_easy" and row["state"] == "no":
            assert "eL-QR" in row["instead"]


def test_an_undeclared_use_and_a_declared_but_unused_way_are_told(hand: Ward) -> None:
    claim = hand.claim()
    hand.receipt(claim, channel_code="05")
    hand.receipt(claim, channel_code="03")
    one = line(hand)
    assert one.way("el_qr").state == "planned"
    assert one.way("el_qr").remark == "収納実績があるのに実施としていない"
    assert one.way("direct_debit").remark == "実施としているのに収納実績がない"
    assert one.way("convenience").remark == ""
    assert (one.way("el_qr").share_permille, one.way("pay_easy").receipts) == (500, 0)


def test_books_that_never_say_how_money_came_contradict_nothing(hand: Ward) -> None:
    hand.receipt(hand.claim(), channel_code=None)
    assert {way.remark for way in line(hand).ways} == {""}


def test_receipts_of_all_ways_and_without_one_add_up(hand: Ward) -> None:
    claim = hand.claim()
    for code in ("01", "02", "03", "03", "04", "05", None, "99"):
        hand.receipt(claim, channel_code=code)
    hand.receipt(None, channel_code="02")  # an orphan came somehow, too
    one = line(hand)
    assert one.receipts == sum(way.receipts for way in one.ways) + one.receipts_without_channel == 9
    assert one.receipts_without_channel == 2


def test_open_claims_are_those_whose_slip_names_one_several_or_none(hand: Ward) -> None:
    hand.claim(notice_no="1")
    hand.claim(notice_no="2")
    hand.claim(notice_no="2")
    hand.claim(notice_no="3")
    hand.claim(notice_no="3", received_yen=10_000)  # paid, but its slip is still in somebody's hands
    hand.claim(notice_no=None)
    hand.claim(notice_no="5", received_yen=10_000)
    one = line(hand)
    assert (one.claims, one.open_claims) == (7, 5)
    assert (one.slip_names_one, one.slip_names_several, one.without_slip) == (1, 3, 1)


def test_a_kind_that_no_seed_names_is_unknown_in_every_way(hand: Ward) -> None:
    hand.claim(claim_type="elderly_home_charge", source_code="homes")
    one = line(hand, "elderly_home_charge")
    assert {way.state for way in one.ways} == {"unknown"}
    assert one.name_ja == "養護老人ホーム入所者負担金"


def test_the_page_says_every_state_in_words(hand: Ward) -> None:
    hand.receipt(hand.claim("nhi:SECRET"), channel_code="05")
    page = readiness_page(found(hand))
    for words in ("実施", "予定 2026-09-01から", "実施しない", "未確認", "▲ 収納実績があるのに実施としていない"):
        assert words in page
    assert "SECRET" not in page


def test_another_day_than_the_published_one_is_refused(hand: Ward) -> None:
    with pytest.raises(InputRejectedError, match="2027-01-01"):
        hand.as_migrator(lambda connection: matrix(connection, date(2027, 1, 1)))
