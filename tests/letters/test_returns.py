"""The printer's return: what a careful shop tells is taken whole, what a careless one tells is not taken at all."""

from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.campaigns.letters import Manifest, reconcile, seal
from receivables.campaigns.letters.manifest import Envelope as Ordered
from receivables.campaigns.letters.manifest import PrintFile
from receivables.campaigns.letters.returns import DIFFERENCES, read_return
from receivables.campaigns.letters.seals import sheets_of
from receivables.errors import InputRejectedError
from tests.letters.made import ORDER
from tests.letters.printer import FAULTS, Envelope, Printer

TODAY = date(2026, 12, 20)
POSTED = date(2026, 12, 7)


def printer(folder: Path, seed: int = 1) -> Printer:
    return Printer(folder, Random(seed), POSTED)


@pytest.fixture(scope="module")
def scanned(batch: tuple[Path, Manifest]) -> list[Envelope]:
    """The real pages of the batch as a careful shop's camera read them."""
    return printer(batch[0]).envelopes()


def copies(envelopes: list[Envelope]) -> list[Envelope]:
    return [Envelope(one.token, list(one.codes), one.status) for one in envelopes]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_what_a_careful_shop_tells_is_taken(
    batch: tuple[Path, Manifest], scanned: list[Envelope], encoding: str
) -> None:
    envelopes = copies(scanned)
    envelopes[2].status, envelopes[2].codes = "spoiled", envelopes[2].codes[:1]
    envelopes[3].status, envelopes[4].status = "withdrawn", "printed"
    found = reconcile(batch[1], read_return(printer(batch[0]).told(envelopes, encoding=encoding)), today=TODAY)
    assert found.is_clean
    assert found.counts == {"posted": 9, "spoiled": 1, "withdrawn": 1, "printed": 1}
    assert [one.token for one in found.returned] == [one.token for one in batch[1].envelopes]
    assert {one.posted_on for one in found.returned} == {POSTED, None}
    assert not found.late


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_taken_of_what_a_careless_shop_tells(
    batch: tuple[Path, Manifest], scanned: list[Envelope], fault: str, seed: int
) -> None:
    shop, envelopes = printer(batch[0], seed), copies(scanned)
    shop.err(envelopes, fault)
    found = reconcile(batch[1], read_return(shop.told(envelopes)), today=TODAY)
    expected = {
        "lose_sheet": "sheet_missing", "mix_sheets": "mixed", "swap_sheets": "mixed", "double_letter": "doubled",
        "lose_letter": "missing", "double_sheet": "sheet_doubled", "strange_letter": "unknown",
    }[fault]  # fmt: skip
    assert not found.is_clean
    assert expected in found.counts
    assert found.returned == ()
    assert set(found.counts) <= set(DIFFERENCES)


def test_a_sheet_in_a_strangers_envelope_is_told_of_both(batch: tuple[Path, Manifest], scanned: list[Envelope]) -> None:
    """混在: who lost a sheet and who got one must both be known, before anything is posted.

    舞鶴市: two companies got each other's 課税明細書 with their own letters (https://www.kyoto-np.co.jp/articles/-/6466).
    """
    envelopes = copies(scanned)
    envelopes[0].codes.append(envelopes[2].codes.pop())
    found = reconcile(batch[1], read_return(printer(batch[0]).told(envelopes)), today=TODAY)
    assert {(one.code, one.token, one.line_no) for one in found.differences} == {
        ("mixed", envelopes[0].token, 2),
        ("sheet_missing", envelopes[2].token, 4),
    }


def test_days_must_be_possible(batch: tuple[Path, Manifest], scanned: list[Envelope]) -> None:
    shop = printer(batch[0])
    late = reconcile(batch[1], read_return(shop.told(scanned, late_days=5)), today=TODAY)
    assert late.is_clean  # a fact, which no better return undoes; but told
    assert len(late.late) == len(scanned)
    for days in (-4, 14):  # before the issue; after today
        assert reconcile(batch[1], read_return(shop.told(scanned, late_days=days)), today=TODAY).counts == {"day": 12}
    text = shop.told(scanned).decode("cp932")
    for said in ("2026/12/07", "", "2026-12-32"):
        wrong = text.replace("2026-12-07", said, 1)
        assert reconcile(batch[1], read_return(wrong.encode("cp932")), today=TODAY).counts == {"day": 1}
    wrong = text.replace("posted,2026", "printed,2026", 1)
    assert reconcile(batch[1], read_return(wrong.encode()), today=TODAY).counts == {"day": 1}


def test_what_is_badly_written_is_told_and_not_repeated(batch: tuple[Path, Manifest], scanned: list[Envelope]) -> None:
    told = printer(batch[0]).told(scanned).decode("cp932")
    name = "世田谷太郎"
    wrong = told.replace(scanned[0].token + ",posted", f"{name},posted").replace(",posted,", f",{name},", 2)
    found = reconcile(batch[1], read_return((wrong + f"{name}\r\n").encode()), today=TODAY)
    assert set(found.counts) >= {"unknown", "missing", "status", "line"}
    assert name not in repr(found)
    with pytest.raises(InputRejectedError, match="first line") as error:
        read_return(f"{name},x\r\n".encode())
    assert name not in str(error.value)
    with pytest.raises(InputRejectedError, match="neither"):
        read_return(b"\x81")


def ordered(counts: list[int], seed: int) -> Manifest:
    envelopes = tuple(
        Ordered(token=seal(f"{seed}|{at}", "k"), first_page=1, sheets=count) for at, count in enumerate(counts)
    )
    file = PrintFile(name="x.pdf", sha256="0" * 64, size=1, pages=sum(counts), envelopes=envelopes)
    return Manifest(
        batch="b-1", kind="dunning", issued_on=date(2026, 12, 4), post_by_date=ORDER.post_by_date,
        expires_on=ORDER.expires_on, made_with={}, files=(file,),
    )  # fmt: skip


batches = st.builds(ordered, st.lists(st.integers(1, 6), min_size=2, max_size=30), st.integers(0, 9999))


@given(batches, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(manifest: Manifest, random: Random) -> None:
    envelopes = careful(manifest)
    random.shuffle(envelopes)
    found = reconcile(manifest, read_return(Printer(Path(), random, POSTED).told(envelopes)), today=TODAY)
    assert found.is_clean
    assert len(found.returned) == found.ordered_count


@settings(max_examples=300)
@given(batches, st.integers(1, 4), st.randoms(use_true_random=False))
def test_sheets_of_two_people_in_one_envelope_are_always_seen(manifest: Manifest, times: int, random: Random) -> None:
    """However many sheets went astray: as long as one lies in a stranger's envelope, nothing is taken."""
    envelopes = careful(manifest)
    shop = Printer(Path(), random, POSTED)
    for _ in range(times):
        if all(one.codes for one in envelopes):
            shop.err(envelopes, random.choice(["mix_sheets", "swap_sheets"]))
    strays = {one.token for one in envelopes if any(code[:13] != one.token for code in one.codes)}
    found = reconcile(manifest, read_return(shop.told(envelopes)), today=TODAY)
    assert strays == {one.token for one in found.differences if one.code == "mixed"}
    assert found.is_clean == all(
        mine.codes == right.codes for mine, right in zip(envelopes, careful(manifest), strict=True)
    )
    assert found.is_clean or not found.returned


def careful(manifest: Manifest) -> list[Envelope]:
    return [
        Envelope(one.token, [sheet.code for sheet in sheets_of(one.token, one.sheets)]) for one in manifest.envelopes
    ]
