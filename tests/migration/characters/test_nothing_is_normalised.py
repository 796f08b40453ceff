"""Names travel byte for byte: nothing between warehouse and written file folds, widens, trims or drops a selector."""

import ast
import unicodedata
from pathlib import Path

import pytest

from receivables import migration
from receivables.migration.characters import folding
from receivables.migration.characters.governed import FOLDER
from tests.migration.conftest import World

PACKAGE = Path(migration.__file__).parent
FRAGILE = {
    "compatibility ideograph": "\ufa19谷",
    "㈱": "㈱山",
    "①": "①番",
    "髙 in no JIS": "髙橋",
    "plane 2": "𠮷田",
    "IVS": "\u8fbb\U000e0102\u9089\U000e010f",
    "wave and full-width tilde": "\u301c\uff5e\u2212\uff0d",
    "full-width letters": "Ａ１　ｂ",
    "half-width kana": "ｶﾞｷﾞ",
    "decomposed": "か\u3099",
    "blanks inside": "山　 田",
    "longest": "\u8fbb\U000e0102" * 7,
}


@pytest.mark.parametrize("name", FRAGILE)
def test_a_text_reaches_the_file_as_it_stands_in_the_warehouse(world: World, name: str) -> None:
    """By 通知書番号, a text item of the group that goes all the way: stage, write, re-read, reconcile."""
    text = FRAGILE[name]
    world.premium(text, 1)
    world.premium("1000000001", 1)

    found = world.rehearse()
    run_id = found["run_id"]
    staged, reread, warehouse = (
        world.run(
            f"select convert_to(tsuchisho_no, 'UTF8') from migration.{leg}_chotei_shuno"
            " where run_id = %s and tsuchisho_no <> '1000000001'",
            run_id,
        )
        for leg in ("stage", "reread", "warehouse")
    )

    assert staged == reread == warehouse == [(text.encode(),)]
    assert text.encode() in world.file(run_id).read_bytes()
    assert not [
        each for each in found["checks"] if each["id"] in ("R-011", "R-030", "R-060") and each["status"] == "FAIL"
    ]


def test_a_blank_at_an_edge_is_refused_and_not_trimmed(world: World) -> None:
    world.premium("1000000001 ", 1)
    world.premium("1000000002", 1)
    run_id = world.rehearse()["run_id"]

    assert world.run(
        "select disposition, reason_code from migration.row_ledger where run_id = %s order by 1", run_id
    ) == [("rejected", "BLANK_EDGE"), ("staged", None)]


def test_the_fragile_texts_would_not_survive_a_normaliser() -> None:
    """The proof above is worth something: a folding program changes nearly all of these."""
    folded = {name for name, text in FRAGILE.items() if unicodedata.normalize("NFKC", text) != text}

    assert {"compatibility ideograph", "㈱", "①", "decomposed", "half-width kana", "full-width letters"} <= folded
    assert {folding(text, unicodedata.normalize("NFC", text)) for text in FRAGILE.values()} == {None, "nfc_folded"}


def test_a_folded_letter_in_the_file_is_found(world: World) -> None:
    """What somebody else folded on the way is a difference, though counts and yen agree."""
    world.premium("\ufa19谷", 1)
    run_id = world.rehearse()["run_id"]
    file = world.file(run_id)
    file.write_bytes(file.read_bytes().replace("\ufa19".encode(), "\u795e".encode()))

    found = migration.reconcile(run_id, state=world.state)

    assert found["verdict"] == "FAIL"
    assert {each["id"] for each in found["checks"] if each["status"] == "FAIL"} >= {"R-011"}


def test_no_module_of_the_migration_normalises_texts() -> None:
    """What is allowed to: recognising what others did, the names of people who decide, finance's own Excel book."""
    allowed = {"folding.py", "governed.py", "candidates.py", "roles.py", "reading.py"}
    found = {
        file.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in ("normalize", "casefold"))
        or (isinstance(node, ast.Import | ast.ImportFrom) and any(
            each.name.split(".")[0] in ("jaconv", "mojimoji", "jntajis") for each in node.names
        ))
    }  # fmt: skip
    in_sql = [  # but the reading (kana), which the file wants in full width
        f"{file.name}: {line.strip()}"
        for file in PACKAGE.rglob("*.sql")
        for line in file.read_text(encoding="utf-8").lower().splitlines()
        if "normalize(" in line and "kana" not in line
    ]

    assert "folding.py" in found
    assert found <= allowed
    assert in_sql == []
    assert FOLDER.is_dir()
