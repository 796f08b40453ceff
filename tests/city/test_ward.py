"""The ward as a whole: the same again, small or for several days, and sane."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from receivables import city, contracts, db
from receivables.city.blocks import Plan
from receivables.city.people import population
from receivables.errors import InputRejectedError
from receivables.settings import State
from tests.city.conftest import AS_OF, digests, read_csv

pytestmark = pytest.mark.postgres
MakeWard = Callable[..., tuple[Path, dict[str, Any]]]


def people_of(state: State, database: str) -> list[tuple[object, ...]]:
    with db.connect(state, "register_reader", database) as connection:
        return connection.execute("select * from atena.person order by atena_no").fetchall()


def test_the_same_seed_gives_the_same_bytes(make_ward: MakeWard, state: State) -> None:
    (one, first), (other, second) = make_ward(), make_ward()
    assert digests(one) == digests(other)
    assert first["tables"] == second["tables"]
    assert people_of(state, first["database"]) == people_of(state, second["database"])


def test_another_seed_gives_another_ward(make_ward: MakeWard) -> None:
    one, other = make_ward()[0], make_ward(seed=8)[0]
    assert digests(one)["truth/claims.csv"] != digests(other)["truth/claims.csv"]


def test_making_it_again_in_the_same_place_changes_nothing(make_ward: MakeWard, state: State) -> None:
    out, made = make_ward()
    before = digests(out), people_of(state, made["database"])
    again = city.make(residents=1_000, seed=7, as_of=AS_OF, out=out, state=state)
    assert (digests(out), people_of(state, again["database"])) == before


def test_following_days_leave_the_first_day_as_it_was(make_ward: MakeWard) -> None:
    (one, _), (three, made) = make_ward(), make_ward(days=2)
    first, following = digests(one), digests(three)
    files = [name for name in first if not name.startswith("truth/")]
    assert {name: following[name] for name in files} == {name: first[name] for name in files}
    assert following["truth/claims.csv"] == first["truth/claims.csv"]
    days = Counter(table["business_date"] for table in made["tables"])
    files_a_day = sum(len(contract.tables) for contract in contracts.all_contracts()) - 1
    assert days == {
        "2026-06-19": files_a_day, "2026-06-20": files_a_day, "2026-06-21": files_a_day + 1,
    }  # the register shows the last day  # fmt: skip


def test_a_payment_on_its_way_becomes_final_on_a_following_day(make_ward: MakeWard) -> None:
    out, _ = make_ward(days=14)
    first = {row["claim_id"]: row for row in read_csv(out / "truth/claims.csv")}
    last = {row["claim_id"]: row for row in read_csv(out / "truth/claims-20260703.csv")}
    waiting = [claim for claim, row in first.items() if int(row["provisional_yen"])]
    assert waiting
    assert all(int(last[claim]["received_yen"]) > int(first[claim]["received_yen"]) for claim in waiting)


@pytest.mark.parametrize("wrong", [{"residents": 199}, {"days": -1}])
def test_a_ward_too_small_or_of_no_day_is_refused(wrong: dict[str, int], state: State, tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match="--residents of at least 200"):
        city.make(**({"residents": 1_000, "as_of": AS_OF, "out": tmp_path, "state": state} | wrong))
    assert not list(tmp_path.iterdir())


def test_collection_rates_come_near_the_published_ones(small_ward: Path) -> None:
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in read_csv(small_ward / "truth/claims.csv"):
        total = totals[row["source_code"], row["fiscal_year"]]
        total[0] += int(row["assessed_yen"])
        total[1] += int(row["received_yen"]) - int(row["refund_pending_yen"])
    for year in ("2021", "2022", "2023", "2024"):
        for source, low, high in (
            ("resident_tax", 97.0, 100.0),
            ("nhi", 90.0, 97.5),
            ("ltci", 88.0, 99.5),
            ("latter_stage", 93.0, 100.0),
            ("light_vehicle_tax", 92.0, 100.0),
        ):
            assessed, received = totals[source, year]
            assert low <= 100 * received / assessed <= high, (source, year)


def test_some_hundreds_can_be_reminded_in_the_whole_ward() -> None:
    """In 20,000 residents; the small ward of the tests holds a share of them."""
    from receivables.city.nhi import nhi_bills

    blocks = Plan(20_000, 1, AS_OF, 0, 0, Path("unused")).blocks()
    asked = {
        bill.debtor.addressee_no
        for block in blocks
        for bill in nhi_bills(block, population(block))
        if bill.dunned_on
        and date(2026, 4, 20) <= bill.dunned_on <= date(2026, 6, 9)
        and bill.paid_yen(AS_OF) < bill.assessed_yen
    }
    assert 150 <= len(asked) <= 900


def test_every_outstanding_is_what_is_left(small_ward: Path) -> None:
    for row in read_csv(small_ward / "truth/claims.csv"):
        yen = {name: int(value) for name, value in row.items() if name.endswith("_yen")}
        left = yen["assessed_yen"] - yen["received_yen"] + yen["refund_pending_yen"] - yen["written_off_yen"]
        assert yen["outstanding_yen"] == left >= 0, row["claim_id"]


def test_there_are_overpayments_write_offs_part_payments_and_money_on_its_way(small_ward: Path) -> None:
    rows = read_csv(small_ward / "truth/claims.csv")
    for name in ("refund_pending_yen", "written_off_yen", "provisional_yen"):
        assert sum(int(row[name]) > 0 for row in rows) >= 5, name
    assert sum(0 < int(row["received_yen"]) < int(row["assessed_yen"]) for row in rows) >= 20
    codes = Counter(code for row in rows for code in row["exclusion_codes"].split())
    assert {"X01", "X05", "X07", "X14", "X17", "NOT_REGISTERED"} <= codes.keys()
