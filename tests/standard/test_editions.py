"""An edition is a folder that says what it knows, what it assumes and what nobody has seen."""

import shutil
from pathlib import Path

import pytest
import yaml

from receivables import standard
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.settings import DBT_PROJECT

DRAFT = standard.edition("0.1-draft")

# How many items each group has, from the published summary of the observed lists.
ITEMS = {
    "chotei_shuno": 88, "shuno_rireki": 41, "tokusoku": 22, "furikae_koza": 26, "henrei": 10, "dairinin": 11,
    "sofusaki": 27, "taino_meisai": 29, "bunno_keikaku": 35, "saikoku_hasso": 27, "tainoshobun": 32, "yuyo": 34,
    "kuriage": 32, "kesson": 29, "juto": 35, "jiko": 26, "entaikin_gemmen": 28, "nofusho_hakko": 49, "shokei": 15,
}  # fmt: skip
PERIOD_KEY = ["市区町村コード", "合併前_市区町村コード", "賦課年度", "相当年度", "通知書番号", "業務詳細（科目）コード",
              "特別徴収義務者指定番号", "期別", "申告履歴番号", "事業年度番号", "児童_宛名番号"]  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the draft to break."""
    return Path(shutil.copytree(DRAFT.folder, tmp_path / "0.1-draft"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_draft_has_27_groups_and_725_items() -> None:
    assert len(DRAFT.groups) == 27
    assert sum(len(group.items) for group in DRAFT.groups.values()) == 725


@pytest.mark.parametrize(("group", "count"), ITEMS.items())
def test_a_group_has_the_items_that_were_observed(group: str, count: int) -> None:
    assert len(DRAFT.group(group).items) == count


def test_every_claim_is_found_by_the_period_key() -> None:
    group = DRAFT.group("chotei_shuno")
    assert [group.item(column).name for column in group.key][:11] == PERIOD_KEY
    assert all(group.item(column).null_policy == "not_null" for column in group.key)


def test_parents_are_loaded_before_their_children() -> None:
    order = [group.id for group in DRAFT.in_load_order()]
    steps = ["kibetsu_master", "atena", "sofusaki", "chotei_shuno", "shuno_rireki", "tokusoku", "nofusho_hakko",
             "taino_meisai", "bunno_keikaku", "tainoshobun", "juto", "kesson", "jiko", "saikoku_hasso"]  # fmt: skip
    assert sorted(steps, key=order.index) == steps
    assert order[-1] == "kotei_kyoyu"  # no place is known for it: last


def test_an_unknown_edition_and_an_unknown_or_empty_group_are_refused() -> None:
    with pytest.raises(InputRejectedError, match=r"no edition '9\.9'.*0\.1-draft"):
        standard.edition("9.9")
    with pytest.raises(InputRejectedError, match=r"no group 'nothing'; it has: .*yuyo"):
        DRAFT.group("nothing")
    with pytest.raises(InputRejectedError, match="only the name of group 'kibetsu_master'"):
        DRAFT.group("kibetsu_master")


def test_a_group_is_read_without_the_others(copy: Path) -> None:
    (copy / "groups" / "yuyo.yaml").write_text("]", encoding="utf-8")
    found = standard.read(copy)
    assert len(found.group("jiko").items) == 26
    with pytest.raises(InputRejectedError, match=r"0\.1-draft/groups/yuyo\.yaml"):
        found.group("yuyo")


FAULTS: list[tuple[str, str, str]] = [
    ("id: yuyo\n", "id: yuyo\nid: yuyo\n", r"groups/yuyo\.yaml: .*key 'id' is there twice"),
    ("no: 2,", "no: 2, no: 3,", "key 'no' is there twice"),
    ("id: yuyo\n", "id: other\n", "group yuyo: key id: 'other' is not the file's name"),
    ("column: atena_no", "column: yuyo_kanri_no", "group yuyo: .*column: 'yuyo_kanri_no' is there twice"),
    ("name: 宛名番号", "name: 賦課年度", "group yuyo: .*name: '賦課年度' is there twice"),
    ("no: 5,", "no: 4,", "no: 4 is there twice"),
    ("no: 34,", "no: 340,", ""),
    ("no: 5,", "no: 50,", "no: the items must stand in the order"),
    ("length: 14,", "lenght: 14,", r"group yuyo: item 3 \(yuyo_kanri_no\): key length: .*required"),
    ("length: 14,", "length: '14',", r"item 3 \(yuyo_kanri_no\): key length: .*integer"),
    ("length: 14,", "length: 0,", r"item 3 \(yuyo_kanri_no\): key length"),
    ("type: date", "type: day", r"item 5 \(shinsei_ymd\): key type: "),
    ("key: true", "key: yes", r"item 1 \(shikuchoson_cd\): key key: .*boolean"),
    ("evidence: observed", "evidence: guessed", "group yuyo: key evidence"),
    ("code_table: yuyo,", "code_table: nowhere,", r"item 17 \(yuyo_kbn\): key code_table: .*codes/nowhere"),
    ("assumed: [charset]", "assumed: [length]", r"item 1 \(shikuchoson_cd\): .*assumed: 'length'"),
    ("assumed: [charset]", "assumed: [unit]", r"item 1 .*assumed: 'unit' .*no value"),
    ("type: date,", "type: date, code_table: yuyo,", r"item 5 \(shinsei_ymd\): .*code_table: .*has none"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), FAULTS)
def test_a_fault_names_file_group_and_key(copy: Path, old: str, new: str, told: str) -> None:
    change(copy / "groups" / "yuyo.yaml", old, new)
    found = standard.read(copy)
    if not told:  # a gap in the numbers is no fault: official lists have them
        assert found.group("yuyo").items[-1].no == 340
        return
    with pytest.raises(InputRejectedError, match=told) as refused:
        found.group("yuyo")
    assert str(refused.value).startswith("0.1-draft/groups/yuyo.yaml")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("status: draft", "status: final", "key status"),
        ("edition: 0.1-draft", "edition: 0.2-draft", "key edition: '0.2-draft' is not the folder's name"),
        ("sha256: null", "sha256: abc", r"key sources\.0\.sha256"),
        ("status: draft", "status: draft\nsurprise: 1", "key surprise"),
        ("  from: null\n", "", r"key effective_fiscal_years\.from"),
    ],
)
def test_a_fault_in_meta_names_the_key(copy: Path, old: str, new: str, told: str) -> None:
    change(copy / "meta.yaml", old, new)
    with pytest.raises(InputRejectedError, match=rf"^0\.1-draft/meta\.yaml: {told}"):
        standard.read(copy)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("code,name", "kode,name", "first line"),
        ("1,新規,,,observed", "1,新規,2026-04-31,,observed", "line 2: valid_from"),
        ("1,新規,,,observed", "1,新規,,,rumour", "line 2: key evidence"),
        ("2,延長,,,observed", "1,延長,,,observed", "there twice"),
    ],
)
def test_a_fault_in_a_code_table_names_the_line(copy: Path, old: str, new: str, told: str) -> None:
    change(copy / "codes" / "yuyo.csv", old, new)
    with pytest.raises(InputRejectedError, match=rf"^0\.1-draft/codes/yuyo\.csv: .*{told}"):
        standard.read(copy).codes("yuyo")


def test_a_code_may_have_two_periods(copy: Path) -> None:
    change(copy / "codes" / "yuyo.csv", "2,延長,,,observed", "1,新規（旧）,2020-04-01,2026-03-31,observed")
    assert [code.name for code in standard.read(copy).codes("yuyo")] == ["新規", "新規（旧）"]


def test_the_digest_follows_every_byte_and_no_line_end_or_place(copy: Path, tmp_path: Path) -> None:
    assert standard.read(copy).sha256 == DRAFT.sha256
    for file in sorted(copy.rglob("*.*")):
        text = file.read_bytes()
        file.write_bytes(text.replace(b"\n", b"\r\n"))
        assert standard.read(copy).sha256 == DRAFT.sha256, file
        file.write_bytes(text + b"#")
        assert standard.read(copy).sha256 != DRAFT.sha256, file
        file.write_bytes(text)
    (copy / "codes" / "yuyo.csv").rename(copy / "codes" / "yuyo2.csv")
    assert standard.read(copy).sha256 != DRAFT.sha256


def test_a_released_edition_is_the_one_that_was_released(copy: Path) -> None:
    change(copy / "meta.yaml", "status: draft", "status: released")
    released = copy.parent / "released.csv"
    released.write_text("edition,sha256\n", encoding="utf-8")
    with pytest.raises(InvariantBrokenError, match=r"edition 0\.1-draft is released"):
        _ = standard.read(copy).sha256
    digest = standard.folder.sha256_of(copy)
    released.write_text(f"edition,sha256\n0.1-draft,{digest}\n", encoding="utf-8")
    assert standard.read(copy).sha256 == digest
    change(copy / "groups" / "yuyo.yaml", "length: 14", "length: 15")
    with pytest.raises(InvariantBrokenError, match="bring the change in as a new edition"):
        _ = standard.read(copy).sha256


def test_every_released_edition_at_hand_is_unchanged() -> None:
    assert all(standard.edition(name).sha256 for name in standard.editions())


def test_what_blocks_a_production_run_is_named() -> None:
    doubts = {(each.group_id, each.column): each for each in DRAFT.unverified()}
    assert doubts["chotei_shuno", "tsuchisho_no"].name == "調定収納情報（統合収滞納）/通知書番号（桁数が未確認）"
    assert doubts["kibetsu_master", None].name == "期別マスタ情報（統合収滞納）（名称のみ確認）"
    assert doubts["kuriage", "kuriage_kanri_no"].reasons == ("類推による復元（未確認）",)  # its group is observed
    assert doubts["atena", "shimei"].reasons == ("類推による復元（未確認）", "桁数が未確認")
    assert ("chotei_shuno", "noki_ymd") not in doubts  # a date's length is fixed by nature
    assert ("chotei_shuno", "kibetsu_cd") not in doubts
    assert {each.group_id for each in DRAFT.unverified("henrei")} == {"henrei"}


def test_an_item_is_certain_when_it_was_seen_and_its_length_is_known() -> None:
    group = DRAFT.group("chotei_shuno")
    item = group.item("kibetsu_cd")
    assert group.is_certain(item)
    assert not group.is_certain(item.model_copy(update={"length": None}))
    for evidence, certain in (("official", True), ("observed", True), ("observed_partial", False),
                              ("name_only", False), ("reconstructed", False)):  # fmt: skip
        assert group.model_copy(update={"evidence": evidence}).is_certain(item) is certain
        assert group.is_certain(item.model_copy(update={"evidence": evidence})) is certain
    day = group.item("noki_ymd").model_copy(update={"length": None})
    assert group.is_certain(day)


def test_a_guess_by_kind_is_marked_and_nothing_else_is_guessed() -> None:
    for group in DRAFT.groups.values():
        for item in group.items:
            assert (item.charset is None) == ("charset" not in item.assumed), (group.id, item.column)
            assert (item.scale, item.required, item.repeat, item.is_signed) == (None,) * 4, (group.id, item.column)


def contract_codes(source: str) -> set[str]:
    text = (DBT_PROJECT / "models" / "staging" / source / f"_{source}.yml").read_text(encoding="utf-8")
    tables = yaml.safe_load(text)["sources"][0]["tables"]
    return {
        code for table in tables for column in table["columns"] for code in column["config"]["meta"].get("codes", ())
    }


@pytest.mark.parametrize("table", DRAFT.code_tables)
def test_a_code_said_to_be_of_a_contract_is_there(table: str) -> None:
    for code in DRAFT.codes(table):
        kind, _, source = code.evidence.partition(":")
        if kind == "contract":
            assert code.code in contract_codes(source), (table, code)
