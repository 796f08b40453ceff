"""A whole batch: the same bytes on every run, nothing left of a failed one, nobody's data in what goes beside it."""

import csv
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receivables.campaigns import letters
from receivables.campaigns.letters import Letter, Order, Place, read_manifest, render, require_files
from receivables.campaigns.letters.city import FOLDER, setting
from receivables.campaigns.letters.fonts import font
from receivables.campaigns.letters.layout import TooLargeError, sheet_plan
from receivables.campaigns.letters.typesetting import pdf
from receivables.errors import EnvironmentFailureError, InputRejectedError, InvariantBrokenError
from receivables.yen import Yen
from tests.letters.made import ADDRESS, KEY, NAME, ORDER, claim, letter

Batch = tuple[Path, letters.Manifest]
MANY = [letter(number, claims=(1, 1, 2, 1, 4, 1)[number % 6]) for number in range(12)]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_second_run_gives_the_same_bytes_on_any_number_of_processes(batch: Batch, tmp_path: Path) -> None:
    folder, _ = batch
    for processes in (1, 3):
        render(MANY, tmp_path / str(processes), ORDER, key=KEY, letters_per_file=5, processes=processes)
        assert contents(tmp_path / str(processes)) == contents(folder)
    render(MANY, tmp_path / "1", ORDER, key=KEY, letters_per_file=5)  # over what is there
    assert contents(tmp_path / "1") == contents(folder)


def test_the_files_and_the_manifest_agree_to_the_page(batch: Batch) -> None:
    folder, manifest = batch
    assert [len(file.envelopes) for file in manifest.files] == [5, 5, 2]
    assert [one.token for one in manifest.envelopes] == [one.token for one in MANY]
    assert [one.sheets for one in manifest.envelopes] == [1, 1, 2, 1, 3, 1] * 2
    for file in manifest.files:
        with pypdfium2.PdfDocument(folder / file.name) as opened:
            assert len(opened) == file.pages
        page = 1
        for envelope in file.envelopes:
            assert envelope.first_page == page
            page += envelope.sheets
        assert page == file.pages + 1
    assert read_manifest(folder, KEY) == manifest
    require_files(manifest, folder)


def test_the_printers_job_list_is_the_manifest_for_his_machines(batch: Batch) -> None:
    folder, manifest = batch
    with (folder / "job.csv").open(encoding="cp932", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["印刷順", "ファイル", "先頭ページ", "枚数", "封緘番号"]
    assert rows[1:] == [
        [str(number), file, str(envelope.first_page), str(envelope.sheets), envelope.token]
        for number, (file, envelope) in enumerate(
            ((file.name, envelope) for file in manifest.files for envelope in file.envelopes), start=1
        )
    ]


def test_nobody_is_named_beside_the_pages(batch: Batch) -> None:
    folder, _ = batch
    beside = (folder / "manifest.json").read_text(encoding="utf-8") + (folder / "job.csv").read_text(encoding="cp932")
    for private in (NAME, "太郎", *ADDRESS, "154-8504", "2600000001", "25,300", "25300", "reference"):
        assert private not in beside
    for private in (NAME, *ADDRESS, "154-8504"):
        assert private not in repr(MANY[1])
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_a_changed_manifest_or_page_is_seen(batch: Batch, tmp_path: Path) -> None:
    folder = shutil.copytree(batch[0], tmp_path / "copy")
    manifest = read_manifest(folder, KEY)
    with pytest.raises(InvariantBrokenError, match="signature"):
        read_manifest(folder, "another key")
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["files"][0]["envelopes"][0]["sheets"] = 2
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvariantBrokenError, match="signature"):
        read_manifest(folder, KEY)
    (folder / "manifest.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputRejectedError, match="no signed manifest"):
        read_manifest(folder, KEY)
    page = folder / manifest.files[1].name
    page.write_bytes(page.read_bytes()[:-1] + b" ")
    with pytest.raises(InvariantBrokenError, match=page.name):
        require_files(manifest, folder)


def test_pages_go_after_their_last_day_and_the_manifest_stays(batch: Batch, tmp_path: Path) -> None:
    folder = shutil.copytree(batch[0], tmp_path / "copy")
    assert letters.delete_expired(folder, KEY, today=ORDER.expires_on) == 0
    assert letters.delete_expired(folder, KEY, today=ORDER.expires_on + timedelta(days=1)) == 3
    assert {file.name for file in folder.iterdir()} == {"manifest.json", "job.csv"}
    assert letters.delete_expired(folder, KEY, today=ORDER.expires_on + timedelta(days=1)) == 0


def test_nothing_stands_of_a_batch_with_a_letter_that_cannot_be_printed(tmp_path: Path) -> None:
    bad = letter(99, name="世田谷\ue000郎")
    with pytest.raises(InputRejectedError, match=f"1 letters cannot be printed .{bad.token} gaiji") as error:
        render([*MANY, bad], tmp_path / "out", ORDER, key=KEY)
    assert "世田谷" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_nothing_stands_of_a_batch_whose_text_ran_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heights of layout.py are an estimate; were it wrong, the pages are counted."""
    monkeypatch.setattr("receivables.campaigns.letters.layout._paragraph_height", lambda *_: 0)
    words = tuple(["長い文章です。" * 40] * 3)
    with pytest.raises(InvariantBrokenError, match="2 pages for 1 sheets"):
        pdf((letter(),), setting(), font(), words)


@pytest.mark.parametrize(
    ("wrong", "order", "message"),
    [
        ([], ORDER, "at least one"),
        ([letter(1), letter(2, kind="reminder")], ORDER, "one kind"),
        ([letter(1), letter(2, issued_on=date(2026, 12, 5))], ORDER, "one day"),
        ([letter(1)], Order("../x", ORDER.post_by_date, ORDER.expires_on), "named in"),
        ([letter(1)], Order("abc", date(2026, 12, 3), ORDER.expires_on), "follow each other"),
        ([letter(1)], Order("abc", ORDER.post_by_date, date(2026, 12, 7)), "follow each other"),
    ],
)
def test_what_is_no_batch_is_refused(wrong: list[Letter], order: Order, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match=message):
        render(wrong, tmp_path / "out", order, key=KEY)


def test_nobody_is_asked_twice_in_one_batch(tmp_path: Path) -> None:
    for twice in ([letter(1), letter(2, token=letter(1).token)], [letter(1), letter(2, claims=letter(1).claims)]):
        with pytest.raises(InvariantBrokenError, match="twice"):
            render(twice, tmp_path / "out", ORDER, key=KEY)


def test_a_folder_holds_one_batch(batch: Batch, tmp_path: Path) -> None:
    folder = shutil.copytree(batch[0], tmp_path / "copy")
    with pytest.raises(InputRejectedError, match="another batch"):
        render([letter(1)], folder, Order("other", ORDER.post_by_date, ORDER.expires_on), key=KEY)


def test_a_run_begun_again_leaves_no_page_of_the_one_before(batch: Batch, tmp_path: Path) -> None:
    """Fewer letters (somebody paid meanwhile), or a process that was killed in the middle of writing."""
    folder = shutil.copytree(batch[0], tmp_path / "copy")
    (folder / f".{ORDER.batch}-0007.pdf.4711").write_bytes(b"half a page")
    render(MANY[:3], folder, ORDER, key=KEY, letters_per_file=5)
    assert {file.name for file in folder.iterdir()} == {f"{ORDER.batch}-0001.pdf", "manifest.json", "job.csv"}
    assert len(read_manifest(folder, KEY).envelopes) == 3


def test_a_run_that_fails_leaves_nothing(batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its own pages nor a manifest that says they are there."""
    folder = shutil.copytree(batch[0], tmp_path / "copy")

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("receivables.campaigns.letters.printing.write_manifest", full)
    with pytest.raises(OSError, match="no space"):
        render(MANY[:3], folder, ORDER, key=KEY, letters_per_file=5)
    assert not list(folder.iterdir())


def test_legal_text_is_locked(tmp_path: Path) -> None:
    """横浜市, 2016: 340,000 督促状 named 60 days for the 審査請求 of an older law; the printers kept the old form.

    http://headlines.yahoo.co.jp/hl?a=20160910-00011817-kana-l14; three months: 行政不服審査法第18条第1項.
    """
    assert all("3か月以内" in text and "60日" not in text for text in setting().legal.appeal.values())
    folder = shutil.copytree(FOLDER, tmp_path / "131121")
    legal = folder / "legal.yml"
    legal.write_text(legal.read_text(encoding="utf-8").replace("3か月以内", "2か月以内"), encoding="utf-8")
    with pytest.raises(InvariantBrokenError, match="not the text that was locked"):
        render([letter(1)], tmp_path / "out", ORDER, key=KEY, place=Place(city=folder))


def test_words_are_the_campaigns_own_and_the_manifest_tells_which(tmp_path: Path) -> None:
    made = [
        render([letter(1)], tmp_path / name, ORDER, key=KEY, place=Place(words=words))
        for name, words in (("a", None), ("b", ("お早めにご相談ください。",)))
    ]
    first, second = (one.made_with for one in made)
    assert first["words"] != second["words"]
    assert {key: first[key] for key in ("font", "texts", "template")} == {
        key: second[key] for key in ("font", "texts", "template")
    }
    with pypdfium2.PdfDocument(tmp_path / "b" / made[1].files[0].name) as opened:
        assert "お早めにご相談ください。" in opened[0].get_textpage().get_text_bounded()


def test_without_its_font_nothing_is_printed(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailureError, match="fonts-noto-cjk"):
        render([letter(1)], tmp_path / "out", ORDER, key=KEY, place=Place(fonts=tmp_path))


names = st.text(st.sampled_from("区民税保険料（）・一特別W"), min_size=1, max_size=30)
amounts = st.integers(1, 9_999_999).map(Yen)


@st.composite
def some_letter(draw: st.DrawFn) -> Letter:
    count = draw(st.integers(1, 14))
    claims = []
    for at in range(1, count + 1):
        given_claim = {
            "name": draw(names),
            "principal_yen": draw(amounts),
            "late_charge_yen": Yen(draw(st.integers(0, 99_999))),
        }
        claims.append(claim(1, instalment_no=at, has_slip=draw(st.booleans()), **given_claim))
    return letter(kind=draw(st.sampled_from(["dunning", "reminder"])), claims=tuple(claims), name=draw(names))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some_letter(), st.lists(st.text(st.just("文"), min_size=1, max_size=200), max_size=6))
def test_what_was_planned_is_what_comes_out(one: Letter, paragraphs: list[str]) -> None:
    """pdf() counts the pages and raises InvariantBrokenError when the plan was wrong."""
    try:
        plan: tuple[object, ...] = sheet_plan(one, setting(), font(), tuple(paragraphs))
    except TooLargeError:
        return
    with pypdfium2.PdfDocument(pdf((one,), setting(), font(), tuple(paragraphs))) as opened:
        assert len(opened) == len(plan)
