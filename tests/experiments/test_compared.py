"""What works across sections, weeks of calling beside weeks of answering, and the calls a mailing brings in."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from receivables import campaigns, db
from receivables.campaigns.experiments import drawing, inbound, weeks
from receivables.campaigns.experiments.comparisons import league_page, shift_page
from receivables.campaigns.experiments.intervals import Interval
from receivables.campaigns.experiments.pooling import Stratum, difference, mantel_haenszel, weighted
from receivables.campaigns.experiments.report import result_page
from receivables.campaigns.playbook import playbook
from receivables.errors import InputRejectedError
from tests.campaigns.conftest import AS_OF, NOON, World
from tests.experiments.simulated import book, seeded
from tests.experiments.test_trials import LAST, people, put

MONDAY = date(2026, 6, 22)
_MARTS = """
create table if not exists mart.agg_contact_effect (
    campaign_code text, wave_no integer, channel text, segment text, assigned_on date, horizon_days integer,
    treat_count bigint, control_count bigint, treat_paid_count bigint, control_paid_count bigint, is_complete boolean
);
truncate mart.agg_contact_effect;
grant select on all tables in schema mart to sender;
"""


@pytest.fixture
def marts(world: World) -> Iterator[World]:
    db.run_script(world.connection, _MARTS)
    yield world
    world.run("drop table mart.agg_contact_effect")


def wave(world: World, campaign: str, channel: str, treat: tuple[int, int], control: tuple[int, int], on: date) -> None:
    world.run(
        "insert into mart.agg_contact_effect values (%s, 1, %s, '40_to_64', %s, 30, %s, %s, %s, %s, true)",
        campaign, channel, on, treat[1], control[1], treat[0], control[0],
    )  # fmt: skip


def test_two_halves_give_the_whole_and_differences_are_newcombes() -> None:
    one = Interval(10, 4, 17)
    both = weighted([(one, 1.0), (one, 1.0)])
    assert both is not None
    assert tuple(both) == pytest.approx((10, 10 - 6 / 2**0.5, 10 + 7 / 2**0.5))
    assert weighted([]) is None
    # 56/70 and 48/80 with their Wilson intervals: Newcombe 1998, table II, method 10
    found = difference(Interval(0.8, 0.6917, 0.8769), Interval(0.6, 0.4905, 0.7004))
    assert tuple(found)[1:] == pytest.approx((0.0524, 0.3339), abs=0.0003)


@pytest.mark.parametrize("size", [2, 7, 400])
def test_many_small_comparisons_hold_the_truth_as_often_as_they_say(size: int) -> None:
    """Strata of three people and one are put together without a stratum's own interval, which would be too narrow."""
    rng, inside, rounds = seeded(24), 0, 1500
    for _ in range(rounds):
        base, treat, control = rng.uniform(0.1, 0.5, 1200 // size), int(size * 0.7) or 1, size - (int(size * 0.7) or 1)
        strata = [
            Stratum(int(rng.binomial(treat, each + 0.1)), treat, int(rng.binomial(control, each)), control)
            for each in base
        ]
        found = mantel_haenszel(strata)
        assert found is not None
        inside += found.low <= 0.1 <= found.high
    print(f"strata of {size}: {inside} of {rounds}")
    assert 0.935 <= inside / rounds <= 0.965
    assert mantel_haenszel([Stratum(1, 1, 0, 0)]) is None


def test_one_large_stratum_is_the_plain_difference() -> None:
    found = mantel_haenszel([Stratum(420, 1000, 300, 1000)])
    assert found is not None
    half = 1.96 * (0.42 * 0.58 / 1000 + 0.3 * 0.7 / 1000) ** 0.5
    assert tuple(found) == pytest.approx((0.12, 0.12 - half, 0.12 + half), abs=2e-5)


def test_the_surest_leads_not_the_luckiest(marts: World) -> None:
    marts.run("insert into mart.fct_contacts values ('sms', 'd', now(), now(), 'contacted', null, null, 'big', 'tax')")
    for at in range(2):
        wave(marts, "big", "sms", (420, 1000), (300, 1000), AS_OF + timedelta(days=at))
    wave(marts, "lucky", "sms", (21, 40), (12, 40), AS_OF)
    wave(marts, "tiny", "sms", (9, 10), (1, 10), AS_OF)
    rules = book("a salt of the league", "debtor")
    put(marts, "one", rules, people("a", (40, 100), (30, 100)))
    again = people("a", (90, 90), (0, 90))  # drawn before: they count in the first run alone
    put(marts, "two", rules, people("b", (46, 100), (30, 100)) | again, sent_on=AS_OF + timedelta(days=1))
    marts.run("update ops.published_batch set as_of = %s", LAST + timedelta(days=1))

    found = campaigns.league(state=marts.state)

    order = [(each["title"], each["department"], each["treat_count"]) for each in found["places"]]
    assert order == [("big", "tax", 2000), (rules.title, "tax", 200), ("lucky", "", 40)]
    assert found["places"][0]["uplift_permille"] == 120
    assert found["places"][1]["uplift_permille"] == 130
    assert found["places"][1]["gain_yen"] == 650  # 13 of 100 more pay 5,000 yen
    assert found["left_out"] == 1
    assert [warning[:5] for warning in found["warnings"]] == ["対象の債権", "95%区間"]
    wave(marts, "old", "sms", (42, 100), (30, 100), AS_OF - timedelta(days=200))
    assert campaigns.league(state=marts.state)["warnings"][0].startswith("実施時期")


def test_calling_is_compared_with_being_called(marts: World) -> None:
    assert campaigns.shift_report(channel="sms", messages=10, state=marts.state)["outbound_minus_inbound"] is None
    wave(marts, "a", "phone_centre", (420, 1000), (300, 1000), AS_OF)
    wave(marts, "a", "sms", (370, 1000), (300, 1000), AS_OF)
    wave(marts, "a", "auto_call", (350, 1000), (300, 1000), AS_OF)

    gap = campaigns.shift_report(channel="sms", messages=10, state=marts.state)["outbound_minus_inbound"]

    assert gap["estimate"] == pytest.approx(60)
    assert 0 < gap["low"] < 60 < gap["high"]


def test_weeks_are_drawn_in_pairs_beforehand_and_once(marts: World) -> None:
    with pytest.raises(InputRejectedError, match="has begun"):
        weeks.plan_weeks(MONDAY - timedelta(days=7), pairs=1, salt="the weeks of 2026", state=marts.state)
    drawn = weeks.plan_weeks(MONDAY, pairs=10, salt="the weeks of 2026", state=marts.state)

    assert [each["week_start"] for each in drawn] == [MONDAY + timedelta(weeks=at) for at in range(20)]
    assert all({a["mode"], b["mode"]} == {"outbound", "inbound"} for a, b in zip(drawn[::2], drawn[1::2], strict=True))
    assert len({each["mode"] for each in drawn[::2]}) == 2
    for monday, pairs in ((MONDAY, 1), (MONDAY - timedelta(days=7), 1), (MONDAY + timedelta(days=1), 1), (MONDAY, 0)):
        with pytest.raises(InputRejectedError):
            weeks.plan_weeks(monday, pairs=pairs, salt="the weeks of 2026", state=marts.state)
    with pytest.raises(db.DatabaseError, match="RC010"):
        marts.run("update campaign.week set mode = 'inbound'")


def test_weeks_are_compared_pair_by_pair_once_their_money_is_booked(marts: World) -> None:
    drawn = weeks.plan_weeks(MONDAY, pairs=3, salt="the weeks of 2026", state=marts.state)
    marts.run(
        "insert into mart.fct_claims (claim_id, due_date) values ('old', %s), ('new', %s)",
        MONDAY - timedelta(days=9),
        LAST,
    )
    for at, each in enumerate(drawn):
        yen = 1000 * (at // 2) + (700 if each["mode"] == "outbound" else 100)
        for claim, provisional in (("old", False), ("old", True), ("new", False)):
            marts.run("insert into mart.fct_receipts values ('r', %s, %s, %s, %s)", claim,
                      each["week_start"] + timedelta(days=6), yen, provisional)  # fmt: skip
    marts.run("update ops.published_batch set as_of = %s", MONDAY + timedelta(weeks=4, days=20))

    with db.connect(marts.state, "sender") as connection:
        found = weeks.compared(connection)

    assert (found["pairs"], found["gain_yen"], found["chance_permille"]) == (2, 600, 500)
    assert {each["paid_yen"] for each in found["weeks"]} == {700, 100, 1700, 1100}


def test_paired_weeks_are_students_as_scipy_has_them() -> None:
    from scipy.stats import permutation_test, ttest_1samp

    gaps = [int(each) for each in seeded(21).normal(300, 500, 9)]
    told = ttest_1samp(gaps, 0).confidence_interval(0.95)
    found = weeks.paired(gaps)
    assert found is not None
    assert tuple(found)[1:] == pytest.approx((told.low, told.high))
    way = permutation_test((gaps, [0] * 9), lambda a, b: np.mean(a) - np.mean(b), permutation_type="samples")
    assert weeks.chance_permille(gaps) == round(1000 * way.pvalue)
    assert weeks.paired([1]) is None
    assert weeks.chance_permille([1] * 13) is None


def known_calls(rng: Any, days: int, *, base: float, share: float) -> tuple[dict[date, int], dict[date, int]]:
    spread = inbound.prior_of("sms").spread_permille
    office = inbound.office_days(AS_OF, days)
    sent = {day: int(rng.integers(500, 4000)) for day in office[::7]}
    load = inbound.exposure(sent, spread)
    return {day: int(rng.poisson(base + share * load.get(day, 0))) for day in office}, sent


def test_the_load_is_found_again_and_its_interval_holds_the_days_to_come() -> None:
    rng, spread, inside, days = seeded(22), inbound.prior_of("sms").spread_permille, 0, 0
    for _ in range(150):
        calls, sent = known_calls(rng, 60, base=12, share=0.05)
        found = inbound.fitted(calls, sent, spread)
        assert found is not None
        for part in spread:
            line = inbound._expected(found, 3000 * part / 1000)
            days += 1
            inside += line["low"] <= rng.poisson(12 + 0.05 * 3000 * part / 1000) <= line["high"]
    print(f"{inside} of {days} days inside")
    assert 0.93 <= inside / days <= 0.99
    assert found.share == pytest.approx(0.05, rel=0.2)


def test_too_few_counted_days_leave_the_assumption_and_say_so(marts: World, tmp_path: Path) -> None:
    told = campaigns.shift_report(channel="sms", messages=1000, on=AS_OF, state=marts.state)["load"]
    assert told["is_assumed"]
    assert sum(each["calls"] for each in told["days"]) == pytest.approx(40, abs=2)
    assert [each["day"] for each in told["days"]][:2] == [AS_OF, date(2026, 6, 22)]  # nobody answers at the weekend
    calls, sent = known_calls(seeded(23), 40, base=10, share=0.1)
    file = tmp_path / "calls.csv"
    file.write_text("day,calls\n" + "".join(f"{day},{count}\n" for day, count in calls.items()))
    for at, (day, count) in enumerate(sent.items()):
        marts.run("insert into mart.fct_contacts select 'sms', %s, %s, %s, 'unreached' from generate_series(1, %s)",
                  f"d{at}", day, day, count)  # fmt: skip
    assert campaigns.record_calls(file, user="desk", state=marts.state) == 40
    assert campaigns.record_calls(file, user="desk", state=marts.state) == 40

    told = campaigns.shift_report(channel="sms", messages=1000, on=LAST, state=marts.state)["load"]

    assert not told["is_assumed"]
    assert told["calls_permille"] == pytest.approx(100, rel=0.1)
    assert all(each["low"] <= each["calls"] <= each["high"] for each in told["days"])


@pytest.mark.parametrize("text", ["day;calls\n", "day,calls\n2026-06-19,x\n", "day,calls\n2026-06-19,-1\n"])
def test_a_file_of_calls_is_taken_in_whole_or_not_at_all(marts: World, tmp_path: Path, text: str) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(text.replace("\n", "\n2026-06-18,5\n", 1) if text.startswith("day,") else text)
    with pytest.raises(InputRejectedError, match=r"calls\.csv"):
        campaigns.record_calls(file, user="desk", state=marts.state)
    assert marts.run("select count(*) from campaign.inbound_load") == [(0,)]


def test_every_channel_has_an_assumption_whose_days_add_up() -> None:
    for channel in ("sms", "auto_call", "letter"):
        assert sum(inbound.prior_of(channel).spread_permille) == 1000
    with pytest.raises(InputRejectedError, match="inbound_prior"):
        inbound.prior_of("pigeon")


def test_hours_and_promises_are_counted_for_those_asked(world: World) -> None:
    put(world, "run", book("a salt of hours", "debtor"), people("p", (6, 20), (0, 20)))
    nine = datetime.fromisoformat(NOON) - timedelta(hours=3)
    for at in range(12):
        world.run(
            "insert into mart.fct_contacts values ('phone_centre', %s, %s, %s, %s, %s, 5000)", f"ptreat{at}", nine,
            AS_OF, "contacted" if at < 9 else "unreached", AS_OF + timedelta(days=10 if at else 5) if at < 8 else None,
        )  # fmt: skip
        world.run("insert into mart.fct_contacts values ('sms', %s, %s, %s, 'contacted')", f"pcontrol{at}", nine, AS_OF)
    world.run("update ops.published_batch set as_of = %s", AS_OF + timedelta(days=29))
    assert campaigns.results("run", state=world.state)["promises"]["promises"] is None  # not all days over
    world.run("update ops.published_batch set as_of = %s", LAST)

    found = campaigns.results("run", state=world.state)

    assert found["hours"] == [
        {"channel": "phone_centre", "hour": 9, "attempted": 12, "reached": 9, "permille": 750}
    ]  # fmt: skip
    assert found["promises"] == {"promises": 8, "kept": 5, "kept_permille": 625}  # paid on the ninth day


class Shapes(HTMLParser):
    """Tags that are open, and what is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.drawn: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("rect", "line"):
            self.drawn.append({"tag": tag, **dict(attrs)})
        elif tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line"):
            assert self.open.pop() == tag


def test_pages_say_first_whether_it_worked_and_draw_every_interval(marts: World) -> None:
    rules = book("a salt of pages", "debtor")
    put(marts, "run", rules, people("p", (120, 200), (60, 200)))
    early = result_page(campaigns.results("run", state=marts.state))
    assert "途中の数字" in early.verdict
    marts.run("update ops.published_batch set as_of = %s", LAST)
    wave(marts, "a", "phone_centre", (420, 1000), (300, 1000), AS_OF)
    wave(marts, "<b>", "sms", (370, 1000), (300, 1000), AS_OF)

    pages = [
        result_page(campaigns.results("run", state=marts.state)), league_page(campaigns.league(state=marts.state)),
        shift_page(campaigns.shift_report(channel="sms", messages=1000, state=marts.state)),
    ]  # fmt: skip

    assert "納付した人が増えたと言えます" in pages[0].verdict
    assert "+30.0ポイント（95%区間 +20." in pages[0].verdict
    for page in pages:
        text, shapes = drawing.html(page), Shapes()
        shapes.feed(text)
        assert shapes.open == []
        assert "<b>" not in text
        bars = sum(len(section.bars) for section in page.sections)
        assert bars == sum(each["tag"] == "rect" for each in shapes.drawn) > 0
        assert "http" not in text
        file = drawing.keep(page, state=marts.state)
        assert file.read_text(encoding="utf-8") == text
        assert file.with_suffix(".md").read_text(encoding="utf-8").startswith(f"# {page.title}")
    found = [line for line in drawing.markdown(pages[0]).splitlines() if "推定できない" in line]
    assert found  # nothing was sent by the carrier here: no cost, but the note explains the word


def test_bars_stand_where_their_numbers_are() -> None:
    found = drawing.drawing([("a", Interval(10, -10, 30)), ("b", Interval(-10, -10, -10))])
    a, b = found["bars"]
    assert (a["low"], found["zero"], a["high"]) == (210, 310, 610)
    assert (a["x"], a["width"], a["is_sure"]) == (310, 100, False)
    assert (b["x"], b["width"], b["is_sure"]) == (210, 100, True)


def test_no_difference_is_not_called_one() -> None:
    effect = {"horizon_days": 30, "arm": "treat", "is_complete": True, "uplift_permille": 5.0,
              "uplift_low_permille": -20.0, "uplift_high_permille": 30.0}  # fmt: skip
    from receivables.campaigns.experiments.report import verdict

    found = {"primary_horizon_days": 30, "effects": [effect], "as_of": "2026-06-19"}
    assert "差があるとは言えません" in verdict(found)
    assert "少なかった" in verdict({**found, "effects": [{**effect, "uplift_high_permille": -1.0}]})
    assert "測れません" in verdict({**found, "effects": []})
    assert playbook("sms_after_dunning").experiment.horizon_days == 30
