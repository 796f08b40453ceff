"""The 項目定義書 leaves no item out and says in plain words what is not verified."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from receivables import standard
from receivables.errors import InputRejectedError
from receivables.standard import definition

DRAFT = standard.edition("0.1-draft")


class Rows(HTMLParser):
    """The rows of every table of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.is_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.is_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.is_cell = False

    def handle_data(self, data: str) -> None:
        if self.is_cell:
            self.rows[-1][-1] += data


def test_markdown_and_html_have_every_item_and_code(tmp_path: Path) -> None:
    files = definition.write(DRAFT, None, tmp_path)
    assert [file.name for file in files] == ["0.1-draft.md", "0.1-draft.html"]
    parser = Rows()
    parser.feed(files[1].read_text(encoding="utf-8"))
    in_markdown = [line.strip("| ").split(" | ") for line in files[0].read_text(encoding="utf-8").splitlines()
                   if line.startswith("| ")]  # fmt: skip
    for rows in (parser.rows, in_markdown):
        items = [(row[0], row[1], row[2]) for row in rows if len(row) >= 10 and row[0].isdigit()]
        expected = [(str(item.no), item.name, item.column) for group in DRAFT.in_load_order() for item in group.items]
        assert items == expected
        assert len([row for row in rows if row[0] in ("AA", "BB")]) == 2  # codes of 科目


def test_what_is_not_verified_is_counted_and_told(tmp_path: Path) -> None:
    text = definition.write(DRAFT, None, tmp_path)[0].read_text(encoding="utf-8")
    assert "案（未確定。公式の一覧ではないことがある）" in text
    assert f"27グループ 725項目。本番の移行を止める項目・グループは{len(DRAFT.unverified())}件。" in text
    weak = sum(1 for group in DRAFT.groups.values() for item in group.items
               if item.length is None and item.type not in ("date", "time", "flag"))  # fmt: skip
    assert f"- 桁数が未確認: {weak}件" in text
    assert "項目は未確認。公式の一覧を取り込むまで移行できない。" in text
    row = next(line for line in text.splitlines() if "| 氏名・名称 | shimei |" in line)
    assert row.endswith("| 類推による復元 | 類推による復元（未確認）、桁数が未確認、仮置き: 文字種 |")


def test_one_group_can_be_had_alone(tmp_path: Path) -> None:
    files = definition.write(DRAFT, "yuyo", tmp_path)
    assert [file.name for file in files] == ["0.1-draft-yuyo.md", "0.1-draft-yuyo.html"]
    assert "時効情報" not in files[0].read_text(encoding="utf-8")
    with pytest.raises(InputRejectedError, match="no group 'nothing'"):
        definition.write(DRAFT, "nothing", tmp_path)


def test_the_same_edition_gives_the_same_bytes(tmp_path: Path) -> None:
    first = [file.read_bytes() for file in definition.write(DRAFT, None, tmp_path / "a")]
    assert first == [file.read_bytes() for file in definition.write(DRAFT, None, tmp_path / "b")]


def test_a_name_is_never_markup() -> None:
    group = DRAFT.group("yuyo")
    item = group.items[0].model_copy(update={"name": "<b>|太字</b>"})
    page = definition.Page(DRAFT, (group.model_copy(update={"items": (item,)}),), {})
    assert "&lt;b&gt;|太字&lt;/b&gt;" in definition.html(page)
    assert "<b>\\|太字</b>" in definition.markdown(page)
