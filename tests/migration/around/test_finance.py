"""Finance's file is read as it is delivered or refused with its place; its totals meet the warehouse's to the yen."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration import control
from receivables.migration.control import FinanceFile, FinanceTotal, compare_totals, export_totals, read_finance_file
from tests.migration.around.conftest import SNAPSHOT, Ward

HEADER = "科目,賦課年度,現年/滞納繰越,調定額,収入済額,不納欠損額,収入未済額,還付未済額"
GOOD = f"""{HEADER}
国民健康保険料,2026,現年,1000,300,0,700,0
国民健康保険料,令和7年度,滞納繰越分,"5,000",1200,100,"3,750",50
特別区民税,R元,滞納繰越,100,0,0,100,0
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, encoding: str = "utf-8", name: str = "control_totals_20260619.csv") -> Path:
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_same_lines_are_read_in_every_encoding_that_is_agreed(written: Callable[..., Path], encoding: str) -> None:
    found = read_finance_file(written(GOOD, encoding))
    assert [each.key for each in found.totals] == [
        ("国民健康保険料", 2026, "current"), ("国民健康保険料", 2025, "arrears"), ("特別区民税", 2019, "arrears"),
    ]  # fmt: skip
    second = found.totals[1]
    assert (second.assessed_yen, second.received_yen, second.written_off_yen, second.uncollected_yen,
            second.refund_pending_yen, second.line_no) == (5_000, 1_200, 100, 3_750, 50, 3)  # fmt: skip


def test_an_excel_book_is_read_as_the_csv(tmp_path: Path, written: Callable[..., Path]) -> None:
    file = tmp_path / "totals.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(","))
        sheet.write_row(1, 0, ["国民健康保険料", 2026, "現年", 1000, 300, 0, 700, 0])
    assert read_finance_file(file).totals == read_finance_file(written("\n".join(GOOD.split("\n")[:2]))).totals


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("2026,現年,1000", "2026,現年,1001"), "in 1 lines (line 2 by 1 yen)"),
        (("令和7年度", "七年"), "line 3, 賦課年度"),
        (("滞納繰越分", "過年"), "line 3, 現年/滞納繰越"),
        (('"5,000"', '"5,00"'), "line 3, 調定額"),
        (("100,0,0,100,0", "100,,0,100,0"), "line 4, 収入済額"),
        (("特別区民税", "合計"), "line 4, 科目"),
        (("特別区民税,R元,滞納繰越", "国民健康保険料,2025,滞繰"), "line 4: the same"),
        (("不納欠損額", "欠損"), "line 1, column 6"),
        (("調定額,", ""), "調定額 is missing"),
        (("還付未済額", "調定額"), "stands twice"),
        (('"5,000"', '"5,000'), "quotes that do not close"),
        ((GOOD, HEADER), "no line below"),
        ((GOOD, ""), "is empty"),
    ],
)
def test_what_is_not_as_agreed_is_refused_with_its_place(
    written: Callable[..., Path], change: tuple[str, str], says: str
) -> None:
    with pytest.raises(InputRejectedError) as refused:
        read_finance_file(written(GOOD.replace(*change)))
    assert says in str(refused.value)


def test_bytes_of_no_agreed_encoding_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "totals.csv"
    file.write_bytes(b"abc\x81")
    with pytest.raises(InputRejectedError, match="byte 3"):
        read_finance_file(file)
    (tmp_path / "totals.xlsx").write_bytes(b"no book")
    with pytest.raises(InputRejectedError, match="Excel"):
        read_finance_file(tmp_path / "totals.xlsx")
    with pytest.raises(InputRejectedError, match="no such file"):
        read_finance_file(tmp_path / "none.csv")


def test_triangles_are_minus(written: Callable[..., Path]) -> None:
    (one,) = read_finance_file(written(f"{HEADER}\n特別区民税,2025,現年,△1200,△1200,0,0,0\n")).totals
    assert (one.assessed_yen, one.received_yen) == (-1_200, -1_200)


def test_refunds_apart_are_put_back_as_the_warehouse_counts(written: Callable[..., Path]) -> None:
    text = f"{HEADER}\n特別区民税,2025,現年,1000,900,0,100,50\n"
    with pytest.raises(InputRejectedError, match="還付未済額 is booked"):
        read_finance_file(written(text))
    (one,) = read_finance_file(written(text), refunds_in_received=False).totals
    assert (one.received_yen, one.refund_pending_yen, one.gap_yen()) == (950, 50, 0)


def test_a_file_without_refunds_is_compared_without_them(written: Callable[..., Path]) -> None:
    text = "科目,賦課年度,現年・滞納繰越,調定額,収入済額,不納欠損額,収入未済額\n特別区民税,2025,現年,1000,900,0,100\n"
    own = [FinanceTotal(2, "特別区民税", 2025, "current", 1_000, 950, 0, 100, 50)]
    assert compare_totals(read_finance_file(written(text)), own) == []


YEN = st.integers(0, 10**12)


@st.composite
def totals(draw: st.DrawFn) -> tuple[FinanceTotal, ...]:
    subjects, categories = st.sampled_from(["国民健康保険料", "特別区民税"]), st.sampled_from(["current", "arrears"])
    key = st.tuples(subjects, st.integers(1990, 2026), categories)
    keys = draw(st.lists(key, unique=True, min_size=1, max_size=8))
    made = []
    for line, key in enumerate(keys, start=2):
        received, refunds, lost, open_yen = (draw(YEN) for _ in range(4))
        made.append(FinanceTotal(line, *key, received + lost + open_yen, received + refunds, lost, open_yen, refunds))
    return tuple(made)


@given(totals())
def test_what_is_exported_is_read_back_and_has_no_gap(tmp_path_factory: pytest.TempPathFactory,
                                                      made: tuple[FinanceTotal, ...]) -> None:  # fmt: skip
    file = tmp_path_factory.mktemp("f") / "totals.csv"
    file.write_bytes(export_totals(made))
    found = read_finance_file(file)
    assert found.totals == made
    assert compare_totals(found, made) == []


@given(totals(), st.sampled_from(["assessed_yen", "received_yen", "written_off_yen"]), st.integers(1, 10**9))
def test_one_wrong_figure_is_one_gap(made: tuple[FinanceTotal, ...], measure: str, off: int) -> None:
    wrong = [*made]
    fields = {name: getattr(made[0], name) for name in FinanceTotal.__slots__} | {
        measure: getattr(made[0], measure) + off
    }
    wrong[0] = FinanceTotal(**fields)
    (gap,) = compare_totals(FinanceFile(tuple(wrong), True), made)
    assert (gap.measure, gap.yen, (gap.subject, gap.levy_year, gap.collection_category)) == (measure, off, made[0].key)


# -------- kept, and against the warehouse


def books(hand: Ward) -> None:
    """Premiums of two years, an over-payment and a write-off, in the books of 2026 and otherwise in those of 2025."""
    for claim_id, levied, category, assessed, received, lost in (
        ("a", 2026, "current", 1_000, 300, 0), ("b", 2025, "arrears", 5_000, 1_100, 100),
        ("c", 2025, "arrears", 100, 150, 0), ("d", 2025, "arrears", 900, 0, 0),
    ):  # fmt: skip
        hand.claim(claim_id, levy_year=levied, fiscal_year=levied, assessed_yen=assessed)
        hand.insert("intermediate.int_collection__openings", claim_id=claim_id, claim_type="nhi_premium",
                    fiscal_year=2026, collection_category=category, assessed_yen=assessed)  # fmt: skip
        hand.insert(
            "intermediate.int_collection__openings",
            claim_id=claim_id,
            claim_type="nhi_premium",
            fiscal_year=2025,
            collection_category="current",
            assessed_yen=77,
        )  # another year's books
        for part in (received - received // 3, received // 3):
            hand.insert("intermediate.int_collection__flows", claim_id=claim_id, fiscal_year=2026,
                        month_on=SNAPSHOT, received_yen=part, written_off_yen=0)  # fmt: skip
        hand.insert("intermediate.int_collection__flows", claim_id=claim_id, fiscal_year=2026, month_on=SNAPSHOT,
                    received_yen=0, written_off_yen=lost)  # fmt: skip


BOOKED = f"""{HEADER}
国民健康保険料,2026,現年,1000,300,0,700,0
国民健康保険料,2025,滞納繰越,6000,1250,100,4700,50
固定資産税,2025,現年,9,9,0,0,0
"""


def test_finance_and_warehouse_meet_to_the_yen(hand: Ward, written: Callable[..., Path]) -> None:
    books(hand)

    def meet(connection: db.Connection) -> tuple[control.Taken, list[control.TotalGap]]:
        taken = control.take(connection, written(BOOKED, "cp932"), SNAPSHOT)
        told = control.finance_totals(connection, SNAPSHOT)
        assert told is not None
        return taken, compare_totals(told, control.own_totals(connection, SNAPSHOT))

    taken, gaps = hand.as_migrator(meet)
    assert gaps == []
    assert (taken.lines, taken.accounting_year, taken.unknown_subjects) == (3, 2026, ("固定資産税",))
    assert "国民健康保険料" not in taken.missing_subjects
    assert "特別区民税" in taken.missing_subjects
    assert len(taken.sha256) == 64


def test_one_yen_less_in_the_books_is_found(hand: Ward, written: Callable[..., Path]) -> None:
    books(hand)
    text = BOOKED.replace("6000,1250,100,4700", "6000,1249,100,4701")

    def meet(connection: db.Connection) -> list[control.TotalGap]:
        control.take(connection, written(text), SNAPSHOT)
        told = control.finance_totals(connection, SNAPSHOT)
        assert told is not None
        return compare_totals(told, control.own_totals(connection, SNAPSHOT))

    assert {(gap.measure, gap.yen) for gap in hand.as_migrator(meet)} == {("received_yen", -1), ("uncollected_yen", 1)}


def test_a_line_that_finance_does_not_have_is_a_gap(hand: Ward) -> None:
    books(hand)
    own = hand.as_migrator(lambda connection: control.own_totals(connection, SNAPSHOT))
    gaps = compare_totals(FinanceFile(own[:-1], True), own)
    assert {gap.levy_year for gap in gaps} == {own[-1].levy_year}
    assert all(gap.finance_yen == 0 for gap in gaps)


def test_a_second_file_takes_the_place_of_the_first_and_none_is_not_run(
    hand: Ward, written: Callable[..., Path]
) -> None:
    assert hand.as_migrator(lambda connection: control.finance_totals(connection, SNAPSHOT)) is None
    hand.as_migrator(lambda connection: control.take(connection, written(GOOD), SNAPSHOT))
    hand.as_migrator(lambda connection: control.take(connection, written(BOOKED), SNAPSHOT))
    told = hand.as_migrator(lambda connection: control.finance_totals(connection, SNAPSHOT))
    assert {each.subject for each in told.totals} == {"国民健康保険料", "固定資産税"}
    other = hand.as_migrator(lambda connection: control.finance_totals(connection, SNAPSHOT, accounting_year=2025))
    assert other is None


def test_a_refused_file_leaves_what_was_taken(hand: Ward, written: Callable[..., Path]) -> None:
    hand.as_migrator(lambda connection: control.take(connection, written(GOOD), SNAPSHOT))
    bad = written(GOOD.replace("1000,300", "1000,301"), name="bad.csv")
    with pytest.raises(InputRejectedError):
        hand.as_migrator(lambda connection: control.take(connection, bad, SNAPSHOT))
    told = hand.as_migrator(lambda connection: control.finance_totals(connection, SNAPSHOT))
    assert len(told.totals) == 3


def test_our_own_totals_are_of_the_published_day_only(hand: Ward) -> None:
    with pytest.raises(InputRejectedError, match="2026-06-20"):
        hand.as_migrator(lambda connection: control.own_totals(connection, date(2026, 6, 20)))
    with pytest.raises(InputRejectedError, match="no totals"):
        export_totals(hand.as_migrator(lambda connection: control.own_totals(connection, SNAPSHOT)))
