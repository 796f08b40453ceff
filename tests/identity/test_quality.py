"""名寄せの抜取検査: the month draws, people judge, and the bound says no more than was judged."""

from collections.abc import Callable
from datetime import date

import pytest
from typer.testing import CliRunner

from receivables import db, identity
from receivables.cli.identity import app as identity_commands
from receivables.errors import InputRejectedError
from receivables.identity import quality as watch
from receivables.settings import State

pytestmark = pytest.mark.postgres
AS_OF = date(2026, 6, 19)


@pytest.fixture(scope="module")
def state(new_state: Callable[[], State]) -> State:
    """A thousand links by number and a hundred by evidence."""
    made = new_state()
    with db.connect(made) as connection:
        connection.execute("""
            insert into identity.pair (ref_l, ref_r, outcome, method, reasons, evidence)
            select 'nhi:' || n, 'register:' || n, 'link', case when n <= 100 then 'evidence' else 'number' end, '', ''
            from generate_series(1, 1100) as n
        """)
    return made


def test_before_anything_is_judged_nothing_is_proven(state: State) -> None:
    found = watch.quality(as_of=AS_OF, state=state)
    assert (found.judged, found.upper_permille) == (0, None)
    assert "示せない" in found.told()


def test_a_month_is_drawn_once_and_three_in_four_from_evidence(state: State) -> None:
    assert watch.draw(as_of=AS_OF, size=40, state=state) == 40
    first = watch.to_judge(state=state)
    assert watch.draw(as_of=date(2026, 6, 30), size=40, state=state) == 0
    assert watch.to_judge(state=state) == first
    assert sum(each["method"] == "evidence" for each in first) == 30
    assert watch.draw(as_of=date(2026, 7, 1), size=40, state=state) == 40
    later = {each["pair"] for each in watch.to_judge(limit=99, state=state)} - {each["pair"] for each in first}
    assert len(later) > 20, "another month draws others"


def test_the_bound_is_that_of_what_was_judged_and_unclear_counts_as_wrong(state: State) -> None:
    (one, other, *rest) = watch.to_judge(limit=40, state=state)
    for each in rest:
        watch.judge(each["pair"], "same", user="officer_a", why="戸籍で確認", state=state)
    clean = watch.quality(as_of=AS_OF, state=state)
    # 38 judged, none wrong: 1 - 0.05 ** (1 / 38) = 7.58 %
    assert (clean.judged, clean.wrong) == (38, 0)
    assert clean.upper_permille == pytest.approx(1000 * (1 - 0.05 ** (1 / 38)), abs=0.001)
    watch.judge(one["pair"], "unclear", user="officer_a", why="資料なし", state=state)
    watch.judge(other["pair"], "different", user="officer_a", why="別世帯", state=state)
    worse = watch.quality(as_of=AS_OF, state=state)
    assert (worse.judged, worse.wrong) == (40, 2)
    assert worse.upper_permille is not None
    assert clean.upper_permille is not None
    assert worse.upper_permille > clean.upper_permille
    assert watch.quality(as_of=date(2027, 7, 1), state=state).judged == 0, "a year later it proves nothing"


def test_who_is_in_no_sample_is_not_judged_and_a_verdict_is_given_once(state: State) -> None:
    with pytest.raises(InputRejectedError, match="no sample"):
        watch.judge("a|b", "same", user="officer_a", why="x", state=state)
    with pytest.raises(InputRejectedError, match="verdict"):
        watch.judge("a|b", "maybe", user="officer_a", why="x", state=state)
    (waits, *_) = watch.to_judge(state=state)
    watch.judge(waits["pair"], "same", user="officer_a", why="x", state=state)
    with pytest.raises(InputRejectedError, match="no sample"):
        watch.judge(waits["pair"], "different", user="officer_a", why="x", state=state)


def test_the_bound_and_the_trust_of_the_numbers_are_told(state: State) -> None:
    """With every run: from which weight pairs are linked, what proves it; and how often a source's number was right."""
    with db.connect(state) as connection:
        for source, registered, corroborated, trust in (("nhi", 9, 8, 888), ("arrears", 5, 0, None)):
            connection.execute(
                "insert into identity.source_trust values (%s, %s, 10, %s, %s, %s)",
                [AS_OF, source, registered, corroborated, trust],
            )
        connection.execute(
            "insert into identity.night (as_of, persons, changed, is_whole, events, linked, unlinked, to_review)"
            " values (%s, 10, 0, true, 0, 8, 2, 0)",
            [AS_OF],
        )
    assert [(each["source_code"], each["trust_permille"]) for each in watch.trust(state=state)] == [
        ("nhi", 888), ("arrears", None),
    ]  # fmt: skip
    said = CliRunner().invoke(identity_commands, ["quality", "--state", str(state.root)], catch_exceptions=False).stdout
    assert "88.8%" in said
    assert identity.bound_ja(state=state) in said.replace("\n", "")
    assert "証明された下限" in identity.bound_ja(state=state)
