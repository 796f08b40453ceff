"""What two editions differ in is told item by item, and each difference says what has to be done."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables import standard
from receivables.standard import Code, Edition, Group, Item, folder
from receivables.standard.comparing import KINDS, Change, counts, differences

DRAFT = standard.edition("0.1-draft")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DRAFT.folder, tmp_path / "0.1-draft"))


def items_of(copy: Path, group: str, change: Callable[[list[dict[str, Any]]], None]) -> Edition:
    """The copy with the items of one group changed."""
    found = standard.read(copy).groups[group]
    items = [item.model_dump() for item in found.items]
    change(items)
    made = found.model_copy(update={"items": tuple(Item.model_validate(item | {"no": at})
                                                   for at, item in enumerate(items, start=1))})  # fmt: skip
    (copy / "groups" / f"{group}.yaml").write_text(folder.group_text(made), encoding="utf-8")
    return standard.read(copy)


def codes_of(copy: Path, table: str, change: Callable[[list[Code]], None]) -> Edition:
    codes = list(DRAFT.codes(table))
    change(codes)
    (copy / "codes" / f"{table}.csv").write_text(folder.codes_text(codes), encoding="utf-8")
    return standard.read(copy)


def told(changes: list[Change]) -> list[tuple[str, str | None, Any, Any]]:
    return [(each.kind, each.column, each.before, each.after) for each in changes]


def test_an_edition_does_not_differ_from_itself(copy: Path) -> None:
    assert differences(DRAFT, standard.read(copy)) == []


def set_(at: int, **values: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda items: items[at].update(values)


ONE: list[tuple[Callable[[list[dict[str, Any]]], None], tuple[str, str | None, Any, Any]]] = [
    (set_(12, type="text"), ("retyped", "jigyo_nendo_no", "int", "text")),
    (set_(2, length=20), ("relengthed", "yuyo_kanri_no", "14", "20")),
    (set_(2, length=None), ("relengthed", "yuyo_kanri_no", "14", None)),
    (set_(2, scale=2), ("relengthed", "yuyo_kanri_no", "14", "14.2")),
    (set_(2, name="猶予番号"), ("relabelled", "yuyo_kanri_no", "徴収（換価）猶予管理番号", "猶予番号")),
    (set_(4, key=False), ("rekeyed", "shinsei_ymd", "主キー", "主キーでない")),
    (set_(2, required="always"), ("required_changed", "yuyo_kanri_no", None, "always")),
    (set_(2, charset="digits"), ("attribute_changed", "yuyo_kanri_no", "charset=「ascii」", "charset=「digits」")),
    (set_(2, is_signed=True), ("attribute_changed", "yuyo_kanri_no", "is_signed=なし", "is_signed=True")),
    (set_(2, evidence="official"), ("evidence_changed", "yuyo_kanri_no", "observed", "official")),
    (set_(16, code_table="menjo"), ("code_table_changed", "yuyo_kbn", "yuyo", "menjo")),
    (lambda items: items.pop(2), ("removed", "yuyo_kanri_no", "text", None)),
    (lambda items: items.insert(0, items.pop(5)), ("moved", "fuka_nendo", 6, 1)),
    (lambda items: items.insert(3, items[2] | {"column": "new", "name": "新項目"}), ("added", "new", None, "text 14")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), ONE, ids=[each[1][0] for each in ONE])
def test_one_change_of_an_item_is_one_difference(
    copy: Path, change: Callable[[list[dict[str, Any]]], None], expected: tuple[str, str | None, Any, Any]
) -> None:
    found = differences(DRAFT, items_of(copy, "yuyo", change))
    if expected[0] == "code_table_changed":  # the new table has other codes besides
        assert told(found)[0] == expected
        assert {each.kind for each in found[1:]} == {"code_renamed"}
        return
    assert told(found) == [expected]


def test_an_edition_with_another_set_of_groups(copy: Path) -> None:
    (copy / "groups" / "jiko.yaml").unlink()
    newer = standard.read(copy)
    assert [(each.kind, each.group_id, each.before) for each in differences(DRAFT, newer)] == [
        ("group_removed", "jiko", "26項目")
    ]
    assert [(each.kind, each.group_id, each.after) for each in differences(newer, DRAFT)] == [
        ("group_added", "jiko", "26項目")
    ]


def test_what_a_group_is_called_and_travels_under(copy: Path) -> None:
    file = copy / "groups" / "jiko.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("interface_id: null", "interface_id: 036o999"), encoding="utf-8")
    assert told(differences(DRAFT, standard.read(copy))) == [("group_changed", None, None, "036o999")]


CODES: list[tuple[Callable[[list[Code]], None], tuple[str, str | None, Any, Any]]] = [
    (lambda codes: codes.append(codes[0].model_copy(update={"code": "3", "name": "再延長"})),
     ("code_added", "yuyo_kbn", None, "3 再延長")),
    (lambda codes: codes.pop(0), ("code_removed", "yuyo_kbn", "1 新規", None)),
    (lambda codes: codes.__setitem__(1, codes[1].model_copy(update={"name": "期間延長"})),
     ("code_renamed", "yuyo_kbn", "2 延長", "2 期間延長")),
    (lambda codes: codes.__setitem__(1, codes[1].model_copy(update={"valid_to": date(2027, 3, 31)})),
     ("code_dates_changed", "yuyo_kbn", "2 〜", "2 〜2027-03-31")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CODES, ids=[each[1][0] for each in CODES])
def test_one_change_of_a_code_is_one_difference(
    copy: Path, change: Callable[[list[Code]], None], expected: tuple[str, str | None, Any, Any]
) -> None:
    assert told(differences(DRAFT, codes_of(copy, "yuyo", change))) == [expected]


def test_codes_are_compared_by_their_item_whatever_the_table_is_called(copy: Path) -> None:
    (copy / "codes" / "k001.csv").write_text((copy / "codes" / "yuyo.csv").read_text("utf-8"), encoding="utf-8")
    found = differences(DRAFT, items_of(copy, "yuyo", set_(16, code_table="k001")))
    assert [each.kind for each in found] == ["code_table_changed"]


ORDERS = st.permutations([f"c{at}" for at in range(7)])


@given(old=ORDERS, new=ORDERS)
def test_as_few_items_move_as_can(old: list[str], new: list[str]) -> None:
    """Taking the moved ones out leaves one order, and no smaller set would."""
    from itertools import combinations

    from receivables.standard.comparing import _moved

    moved = set(_moved(old, new))
    assert [each for each in old if each not in moved] == [each for each in new if each not in moved]
    for fewer in combinations(old, len(moved) - 1) if moved else ():
        assert [each for each in old if each not in fewer] != [each for each in new if each not in fewer]


def test_what_was_put_in_before_an_item_does_not_move_it(copy: Path) -> None:
    newer = items_of(copy, "yuyo", lambda items: items.insert(0, items[2] | {"column": "new", "name": "新項目"}))
    assert [each.kind for each in differences(DRAFT, newer)] == ["added"]


def test_every_difference_has_a_line_of_the_checklist(copy: Path) -> None:
    newer = items_of(copy, "yuyo", lambda items: (set_(2, length=20, name="猶予番号")(items), items.pop(9)))
    changes = differences(DRAFT, newer)
    assert counts(changes) == {"removed": 1, "relengthed": 1, "relabelled": 1}
    lines = {each.kind: each.todo for each in changes}
    assert lines["relengthed"].startswith(
        "□ 徴収（換価）猶予情報（統合収滞納管理）「猶予番号」（yuyo_kanri_no） 桁数変更 「14」 → 「20」: "
    )
    assert "C-021" in lines["relengthed"]
    assert all(kind in KINDS and todo.startswith("□ ") for kind, todo in lines.items())


def test_groups_come_in_the_load_order(copy: Path) -> None:
    items_of(copy, "jiko", set_(0, length=9))
    newer = items_of(copy, "atena", set_(0, length=9))
    assert [each.group_id for each in differences(DRAFT, newer)] == ["atena", "jiko"]


def test_a_group_text_is_read_back_as_it_was() -> None:
    for group in DRAFT.groups.values():
        assert isinstance(group, Group)
        file = DRAFT.folder / "groups" / f"{group.id}.yaml"
        assert folder.group_text(group) == file.read_text(encoding="utf-8")
