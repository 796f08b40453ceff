"""An official workbook becomes an edition, or says what is wrong with it and writes nothing."""

import csv
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receivables import standard
from receivables.errors import InputRejectedError
from receivables.standard import Code, Edition, Group, Item
from receivables.standard.importing import Order, import_workbooks
from tests.standard.workbooks import NAME, ONE_LINE, Shape, cells_of, workbook

DRAFT = standard.edition("0.1-draft")
CODES = [Code(code=each, name=f"区分{each}", valid_from=None, valid_to=None, evidence="official") for each in "12"]
SHAPES = {
    "one line": Shape(),
    "two merged lines, further down, over three sheets, with a cover": Shape(
        first_row=5, first_column=2, is_two_lines=True, is_merged=True, sheets=3, has_cover=True
    ),
    "two lines that were not merged, columns the other way round": Shape(
        first_row=18, is_two_lines=True, order=tuple(reversed(range(15)))
    ),
    "other widths and line breaks": Shape(
        headings={
            "項番": "Ｎｏ．", "グループID": "グループ\n（ＩＤ）", "データ項目名称": "ﾃﾞｰﾀ項目 名称",
            "主キー": "主　キー", "必須／条件付必須／任意": "必須 / 条件付必須 / 任意", "繰返し": "繰り返し",
            "桁数（整数部）": "桁数 (整数部)", "コード参照": "コード参照（コードID）", "改定種別": "改訂種別",
        }
    ),
}  # fmt: skip


def official(group: Group, number: int = 1) -> Group:
    """A group as the list that is imported tells it."""
    items = tuple(item.model_copy(update={"evidence": None}) for item in group.items)
    return group.model_copy(
        update={
            "evidence": "official",
            "order_observed": True,
            "note": None,
            "official_id": f"G{number:03}",
            "items": items,
        }
    )


def rows_of(groups: list[Group]) -> list[list[Any]]:
    return [cells_of(group, item) for group in groups for item in group.items]


def item(no: int, **given: Any) -> Item:
    values = {"no": no, "column": f"c{no}", "name": f"項目{no}", "type": "text", "length": 10, "key": False}
    return Item.model_validate(values | given)


def group_of(*items: Item, **given: Any) -> Group:
    values = {"id": "probe", "interface_id": None, "name": "試験情報", "evidence": "official", "order_observed": True,
              "note": None, "load_order": None, "official_id": "G001"}  # fmt: skip
    return Group.model_validate(values | given | {"items": items})


def names_file(folder: Path, *rows: tuple[str, str, str, str, str]) -> Path:
    file = folder / "names.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([("group", "item", "code_table", "name", "type"), *rows])
    return file


def names_of(folder: Path, groups: list[Group]) -> Path:
    """The file of names that a person would write for these groups."""
    rows = [(group.name, "", "", group.id, "") for group in groups]
    rows += [(group.name, each.name, "", each.column, each.type if each.type in ("yen", "year") else "")
             for group in groups for each in group.items]  # fmt: skip
    return names_file(folder, *rows)


def read(folder: Path, name: str = "new") -> Edition:
    return standard.read(folder / name)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_whole_draft_comes_back_from_a_workbook_of_any_shape(tmp_path: Path, shape: Shape) -> None:
    groups = [official(group, at) for at, group in enumerate(DRAFT.in_load_order()) if group.items]
    codes = {table: [code.model_copy(update={"name": code.name or "名なし"}) for code in DRAFT.codes(table)]
             for table in DRAFT.code_tables}  # fmt: skip
    file = workbook(tmp_path / NAME, rows_of(groups), codes, shape)

    told = import_workbooks([file], Order("new", like=DRAFT), into=tmp_path)

    found = read(tmp_path)
    assert (told["groups"], told["items"], told["code_tables"]) == (24, 725, 13)
    assert told["ignored_sheets"] == (["表紙"] if shape.has_cover else [])
    for group in groups:
        got = found.group(group.id)
        assert got.model_copy(update={"items": ()}) == group.model_copy(update={"items": ()})
        for one, other in zip(got.items, group.items, strict=True):
            loose = {"charset": None, "assumed": ()}  # a list that says 半角数字 makes certain what was assumed
            assert one.model_copy(update=loose) == other.model_copy(update=loose)
            assert one.charset == other.charset
    for table, listed in codes.items():
        assert [(code.code, code.name) for code in found.codes(table)] == [(code.code, code.name) for code in listed]
        assert {code.evidence for code in found.codes(table)} == {"official"}


def test_meta_says_where_the_edition_is_from(tmp_path: Path) -> None:
    group = group_of(item(1, key=True))
    file = workbook(tmp_path / NAME, rows_of([group]), {}, Shape())
    order = Order("new", names=names_of(tmp_path, [group]), interfaces={"試験情報": "036o099"}, first_year=2027)
    told = import_workbooks([file], order, into=tmp_path)

    meta = read(tmp_path).meta
    assert (meta.version, meta.status) == ("第2.1版", "draft")
    assert meta.basis == "統合収滞納 基本データリスト【第2.1版】20260929"
    assert [(one.title, one.sha256) for one in meta.sources] == [(NAME, hashlib.sha256(file.read_bytes()).hexdigest())]
    assert (meta.effective_fiscal_years.from_, meta.effective_fiscal_years.to) == (2027, None)
    assert read(tmp_path).group("probe").interface_id == "036o099"
    assert told["sha256"] == read(tmp_path).sha256


NAMES = st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x9FFF, categories=("Lo",)), min_size=1, max_size=8)
FREE = st.none() | st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x9FFF, categories=("Lo",)), min_size=1)


@st.composite
def editions(draw: st.DrawFn) -> list[Group]:
    """Groups as an official list can tell them."""
    groups = []
    for at, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))):
        items = []
        for no, each in enumerate(draw(st.lists(NAMES, min_size=1, max_size=6, unique=True)), start=1):
            kind = draw(st.sampled_from(["code", "date", "decimal", "flag", "int", "text", "time", "year", "yen"]))
            items.append(item(
                no, name=each, column=f"c{at}_{no}", type=kind, length=draw(st.none() | st.integers(1, 400)),
                key=draw(st.booleans()), scale=draw(st.integers(0, 9)) if kind == "decimal" else None,
                required=draw(st.sampled_from(["always", "conditional", "no", None])),
                repeat=draw(st.sampled_from([None, "5", "n"])), code_table="kubun" if kind == "code" else None,
                charset=draw(st.sampled_from([None, "digits", "ascii", "kana"])) if kind == "text" else None,
                official_id=draw(st.sampled_from([None, f"D{no:04}"])), description=draw(FREE), note=draw(FREE),
                revision=draw(st.sampled_from([None, "新規", "変更"])),
            ))  # fmt: skip
        groups.append(group_of(*items, id=f"g{at}", name=name, official_id=f"G{at}"))
    return groups


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=editions(), shape=st.sampled_from(list(SHAPES.values())))
def test_an_edition_written_as_a_workbook_and_brought_in_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, groups: list[Group], shape: Shape
) -> None:
    folder = tmp_path_factory.mktemp("round")
    has_codes = any(each.code_table for group in groups for each in group.items)
    codes = {"kubun": CODES} if has_codes else {}
    file = workbook(folder / NAME, rows_of(groups), codes, shape)

    import_workbooks([file], Order("new", names=names_of(folder, groups)), into=folder)

    found = read(folder)
    assert dict(found.groups) == {group.id: group for group in groups}
    assert {table: list(found.codes(table)) for table in found.code_tables} == codes


def broken(column: str, value: Any, row: int = 1) -> list[list[Any]]:
    """Three good rows, in one of them another value under a heading."""
    rows = rows_of([group_of(item(1, key=True), item(2, type="code", code_table="kubun"), item(3))])
    rows[row][ONE_LINE.index(column)] = value
    return rows


FAULTS = [
    ("グループID", "", "「グループID」: 空のまま"),
    ("データ項目名称", "", "「データ項目名称」: 空のまま"),
    ("グループ名称", "別の情報", "「グループ名称」: .*同じグループIDで名称が違う"),
    ("データ項目名称", "項目１", "「データ項目名称」: .*2行目と同じデータ項目が二度ある"),
    ("項番", "二", "「項番」: '二' は項番の数でない"),
    ("項番", "1", "グループ「試験情報」.*no: 1 is there twice"),
    ("データ型", "通貨", "「データ型」: データ型 '通貨' は知らない型"),
    ("データ型", "整数（半角）", "「データ型」"),
    ("データ型", "文字（三角）", "「データ型」"),
    ("主キー", "たぶん", "「主キー」: 'たぶん' は○でも空でもない"),
    ("必須／条件付必須／任意", "多分", "「必須／条件付必須／任意」: '多分'"),
    ("桁数（整数部）", "長い", "「桁数（整数部）」: '長い' は桁数でない"),
    ("桁数（小数部）", "1.5", "「桁数（小数部）」"),
    ("コード参照", "K999", "「コード参照」: コードID 'K999' がコード一覧にない"),
]


@pytest.mark.parametrize(("column", "value", "told"), FAULTS)
def test_a_wrong_cell_is_named_by_sheet_row_and_heading_and_nothing_is_written(
    tmp_path: Path, column: str, value: str, told: str
) -> None:
    file = workbook(tmp_path / NAME, broken(column, value), {"kubun": CODES}, Shape())
    names = names_of(tmp_path, [group_of(item(1), item(2), item(3))])
    with pytest.raises(InputRejectedError, match=told) as refused:
        import_workbooks([file], Order("new", names=names), into=tmp_path)
    assert "シート「一覧1」" in str(refused.value)
    if column != "項番" or value != "1":
        assert "3行目、見出し" in str(refused.value)
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".*"))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    rows = broken("データ型", "通貨")
    rows[2][ONE_LINE.index("主キー")] = "たぶん"
    file = workbook(tmp_path / NAME, rows, {"kubun": CODES}, Shape())
    with pytest.raises(InputRejectedError, match=r"3行目、見出し「データ型」.*4行目、見出し「主キー」"):
        import_workbooks([file], Order("new"), into=tmp_path)


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        (
            "データタイプらしきもの",
            "10列目の見出し「データタイプらしきもの」は知らない見出し.*見出し「データ型」の列がない",
        ),
        ("主キー", "見出し「主キー」と「主キー」が同じ項目を指す.*「データ型」の列がない"),
        ("", "10列目の見出し「」は知らない見出し.*「データ型」の列がない"),
    ],
)
def test_a_heading_that_is_unknown_twice_or_missing_is_named(tmp_path: Path, heading: str, told: str) -> None:
    shape = Shape(first_row=3, headings={"データ型": heading})
    file = workbook(tmp_path / NAME, broken("備考", ""), {"kubun": CODES}, shape)
    with pytest.raises(InputRejectedError, match=f"シート「一覧1」4行目: {told}"):
        import_workbooks([file], Order("new"), into=tmp_path)


@pytest.mark.parametrize("heading", [each for each in ONE_LINE if each not in (
    "データ項目の説明", "桁数（小数部）", "備考", "改定種別")])  # fmt: skip
def test_every_column_the_standard_names_must_be_there(tmp_path: Path, heading: str) -> None:
    order = tuple(at for at, each in enumerate(ONE_LINE) if each != heading)
    file = workbook(tmp_path / NAME, broken("備考", ""), {"kubun": CODES}, Shape(order=order))
    with pytest.raises(InputRejectedError, match="の列がない"):
        import_workbooks([file], Order("new"), into=tmp_path)


def test_what_has_no_english_name_is_listed_row_by_row(tmp_path: Path) -> None:
    yuyo = official(DRAFT.group("yuyo"))
    items = (
        yuyo.items[0],
        item(90, name="まったく新しい項目"),
        item(91, name="口座番号"),
    )  # the last is of another group
    file = workbook(tmp_path / NAME, rows_of([yuyo.model_copy(update={"items": items})]), {}, Shape())
    with pytest.raises(InputRejectedError) as refused:
        import_workbooks([file], Order("new", like=DRAFT), into=tmp_path)
    assert str(refused.value).splitlines()[1:] == [f"{yuyo.name},まったく新しい項目,,,"]
    assert not (tmp_path / "new").exists()

    names = names_file(tmp_path, (yuyo.name, "まったく新しい項目", "", "brand_new", ""))
    import_workbooks([file], Order("new", like=DRAFT, names=names), into=tmp_path)
    assert [each.column for each in read(tmp_path).group("yuyo").items] == ["shikuchoson_cd", "brand_new", "koza_no"]


def test_a_group_is_found_again_by_its_interface_when_its_name_changed(tmp_path: Path) -> None:
    dunning = official(DRAFT.group("tokusoku")).model_copy(update={"name": "督促に関する情報"})
    file = workbook(tmp_path / NAME, rows_of([dunning]), {"kamoku": list(DRAFT.codes("kamoku"))}, Shape())
    with pytest.raises(InputRejectedError, match="督促に関する情報,,,,"):
        import_workbooks([file], Order("new", like=DRAFT), into=tmp_path)
    order = Order("new", like=DRAFT, interfaces={"督促に関する情報": "036o007"})
    import_workbooks([file], order, into=tmp_path)
    assert read(tmp_path).group("tokusoku").key == DRAFT.group("tokusoku").key


def test_a_name_that_does_not_fit_the_official_type_is_refused(tmp_path: Path) -> None:
    group = group_of(item(1, key=True))
    file = workbook(tmp_path / NAME, rows_of([group]), {}, Shape())
    names = names_file(tmp_path, ("試験情報", "", "", "probe", ""), ("", "項目1", "", "c1", "yen"))
    with pytest.raises(InputRejectedError, match=r"--names の型 yen は 文字 ではありえない"):
        import_workbooks([file], Order("new", names=names), into=tmp_path)


def test_an_edition_is_never_written_over(tmp_path: Path) -> None:
    group = group_of(item(1, key=True))
    file = workbook(tmp_path / NAME, rows_of([group]), {}, Shape())
    order = Order("new", names=names_of(tmp_path, [group]))
    import_workbooks([file], order, into=tmp_path)
    with pytest.raises(InputRejectedError, match="edition new is there already and is never edited"):
        import_workbooks([file], order, into=tmp_path)
    with pytest.raises(InputRejectedError, match="only small letters"):
        import_workbooks([file], Order("../new"), into=tmp_path)


def test_the_file_must_have_the_name_it_was_published_under(tmp_path: Path) -> None:
    file = workbook(tmp_path / "list.xlsx", rows_of([group_of(item(1, key=True))]), {}, Shape())
    with pytest.raises(InputRejectedError, match=r"list\.xlsx: ファイル名が"):
        import_workbooks([file], Order("new"), into=tmp_path)


def test_codes_may_come_in_a_workbook_of_their_own_with_their_periods(tmp_path: Path) -> None:
    group = group_of(item(1, key=True, type="code", code_table="kubun"))
    codes = [*CODES, CODES[1].model_copy(update={"valid_from": date(2027, 4, 1), "name": "新しい区分"})]
    first = workbook(tmp_path / NAME, rows_of([group]), {}, Shape())
    second = workbook(tmp_path / "コード一覧【第2.1版】.xlsx", [], {"kubun": codes}, Shape(sheets=0))
    import_workbooks([first, second], Order("new", names=names_of(tmp_path, [group])), into=tmp_path)
    assert list(read(tmp_path).codes("kubun")) == codes
    assert [one.title for one in read(tmp_path).meta.sources] == [NAME, "コード一覧【第2.1版】.xlsx"]


def test_a_code_twice_from_the_same_day_is_refused(tmp_path: Path) -> None:
    group = group_of(item(1, key=True, type="code", code_table="kubun"))
    file = workbook(tmp_path / NAME, rows_of([group]), {"kubun": [*CODES, CODES[0]]}, Shape())
    with pytest.raises(
        InputRejectedError, match="シート「コード一覧」5行目、見出し「コード」: コード '1' が同じ開始日で二度ある"
    ):
        import_workbooks([file], Order("new", names=names_of(tmp_path, [group])), into=tmp_path)


def test_required_may_be_marked_in_three_columns_and_digits_written_as_one(tmp_path: Path) -> None:
    heading = ["項番", "グループID", "グループ名称", "データ項目ID", "データ項目名称", "主キー", "必須", "条件付必須",
               "任意", "繰返し", "データ型", "桁数", "コード参照"]  # fmt: skip
    rows = [
        ["1", "G001", "試験情報", "", "項目1", "1", "○", "", "", "", "整数", "５", ""],
        ["2", "G001", "試験情報", "", "項目2", "2", "", "○", "", "", "小数", "3.2", ""],
        ["3", "G001", "試験情報", "", "項目3", "－", "", "", "○", "", "文字（全角）", "－", ""],
        ["4", "G001", "試験情報", "", "項目4", "×", "", "", "", "", "時刻", 8, ""],
    ]
    with xlsxwriter.Workbook(tmp_path / NAME) as book:
        sheet = book.add_worksheet("一覧")
        for at, cells in enumerate([heading, *rows]):
            sheet.write_row(at, 0, cells)
    names = names_file(
        tmp_path, ("試験情報", "", "", "probe", ""), *(("", f"項目{n}", "", f"c{n}", "") for n in range(1, 5))
    )
    import_workbooks([tmp_path / NAME], Order("new", names=names), into=tmp_path)
    found = read(tmp_path).group("probe").items
    assert [one.required for one in found] == ["always", "conditional", "no", None]
    assert [(one.length, one.scale) for one in found] == [(5, None), (3, 2), (None, None), (8, None)]
    assert [one.key for one in found] == [True, True, False, False]
    assert (found[2].charset, found[2].assumed) == ("free", ("charset",))


def test_a_merged_group_name_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    group = group_of(item(1, key=True), item(2), item(3))
    with xlsxwriter.Workbook(tmp_path / NAME) as book:
        sheet = book.add_worksheet("一覧")
        sheet.write_row(0, 0, ONE_LINE)
        for at, cells in enumerate(rows_of([group]), start=1):
            sheet.write_row(at, 0, [cells[0], "", "", *cells[3:]])
        sheet.merge_range(1, 1, 3, 1, "G001")
        sheet.merge_range(1, 2, 3, 2, "試験情報")
    import_workbooks([tmp_path / NAME], Order("new", names=names_of(tmp_path, [group])), into=tmp_path)
    assert read(tmp_path).group("probe") == group


def test_a_file_that_is_no_workbook_or_has_no_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InputRejectedError, match="is no workbook that can be read"):
        import_workbooks([tmp_path / NAME], Order("new"), into=tmp_path)
    workbook(tmp_path / NAME, [], {}, Shape(sheets=0, has_cover=True))
    with pytest.raises(InputRejectedError, match="一つもない"):
        import_workbooks([tmp_path / NAME], Order("new"), into=tmp_path)
