"""On the real marts of a made-up ward, as the sender: every table and right is there, and the truth lies within."""

import csv
from collections import defaultdict

import pytest

from receivables import campaigns, db
from receivables.settings import State

_WEIGHTS = """
    select campaign_code, channel, segment, treat_count::float8 * control_count / (treat_count + control_count)
    from mart.agg_contact_effect where horizon_days = 30 and is_complete
"""


def truth(state: State) -> dict[tuple[str, str], float]:
    """What each campaign and channel adds in this ward, over the same people as the league counts."""
    with (state.ward / "truth" / "effects.csv").open(encoding="utf-8", newline="") as lines:
        true = {(row["campaign"], row["channel"], row["segment"]): 1000 * float(row["true_uplift"])
                for row in csv.DictReader(lines)}  # fmt: skip
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    with db.connect(state) as connection:
        rows = connection.execute(_WEIGHTS).fetchall()
    for campaign, channel, segment, weight in rows:
        key = (str(campaign), str(channel))
        sums[key][0] += float(str(weight)) * true[*key, str(segment)]
        sums[key][1] += float(str(weight))
    return {key: total / weight for key, (total, weight) in sums.items()}


@pytest.mark.slow
def test_the_league_of_the_ward_holds_what_is_true_of_it(published: State) -> None:
    found = campaigns.league(state=published)

    wanted = truth(published)
    places = {(each["title"], each["channel"]): each for each in found["places"]}
    assert places.keys() <= wanted.keys()
    assert len(places) + found["left_out"] == len(wanted) == 6
    assert places
    outside = [key for key, each in places.items()
               if not each["uplift_low_permille"] <= wanted[key] <= each["uplift_high_permille"]]  # fmt: skip
    assert not outside
    assert {each["department"] for each in found["places"]} <= {"tax", "insurance"}
    lows = [each["uplift_low_permille"] for each in found["places"]]
    assert lows == sorted(lows, reverse=True)


@pytest.mark.slow
def test_the_wards_own_question_has_an_answer(published: State) -> None:
    found = campaigns.shift_report(channel="sms", messages=5000, state=published)

    gap = found["outbound_minus_inbound"]
    assert gap["low"] < gap["estimate"] < gap["high"]
    assert [each["kind"] for each in found["arms"]] == ["inbound", "outbound"]
    assert found["load"]["is_assumed"]
    assert found["weeks"]["pairs"] == 0
    assert campaigns.watch(state=published) == []
