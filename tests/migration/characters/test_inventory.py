"""文字の棚卸し: the database counts what Python judges, no name leaves it, and what is put in can be taken out."""

import json
import random
import time
from collections import Counter
from datetime import date

import pytest

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.migration.characters import (
    Kind,
    Ruling,
    Staged,
    identification,
    inventory,
    length,
    problems,
    resolve,
    restore,
)
from receivables.migration.characters.repertoire import letter_class
from receivables.migration.characters.units import codes_of, length_sql, text_of, units
from tests.migration.characters.conftest import STAGED, Names

from psycopg import sql  # isort: skip

TSUJI = "\u8fbb\U000e0102"
NAMES = Staged("r1", "atena", "tax", {"shimei": "name"})
RULINGS = {
    char: Ruling(
        code=codes_of(char), target=target, text=text, kind=kind, status=status, basis="字形", decided_by="chief_tax",
        approved_by="chief_insurance", ticket="T-1", valid_from=date(2026, 6, 1),
    )
    for char, target, text, kind, status in [
        ("\ue000", "MJ025760", TSUJI, "identified", "confirmed"),
        ("\ue001", "MJ032129", "𠮷", "identified", "provisional"),
        ("\ue002", "MJ025761", "\u8fbb", "substituted", "confirmed"),
    ]
}  # fmt: skip


def counted(rows: list[dict]) -> dict[tuple[str, str, str | None], tuple[int, int | None]]:  # type: ignore[type-arg]
    return {(row["item"], row["codes"], row["problem"]): (row["row_count"], row["person_count"]) for row in rows}


def test_rows_and_persons_are_counted_once_each(names: Names) -> None:
    names.add("山\ue000\ue000田", person="p1")
    names.add("\ue000川", person="p1")
    names.add("川\ue000", person="p2")
    names.add("山田", person="p3")
    names.add("\ue000", person="p4", source="nhi")
    names.add("\ue000", person="p5", run="r2")

    found = inventory(names.connection, NAMES)

    assert counted(found) == {("shimei", "U+E000", "bmp_private"): (3, 2)}
    stored = names.connection.execute(
        "select source_code, group_id, item, codes, class, problem, row_count, person_count, decision"
        " from migration.char_issue"
    ).fetchall()
    assert stored == [("tax", "atena", "shimei", "U+E000", "bmp_private", "bmp_private", 3, 2, "unresolved")]


def test_each_item_is_judged_by_its_own_set(names: Names) -> None:
    names.add("カ山", kana="カ山")
    names.add("ｶ", kana="ｶ")

    assert counted(inventory(names.connection, STAGED)) == {
        ("shimei", "U+FF76", "half_kana"): (1, 1),
        ("shimei_kana", "U+FF76", "half_kana"): (1, 1),
        ("shimei_kana", "U+5C71", "outside"): (1, 1),
    }


def test_a_pair_is_another_character_than_its_letter(names: Names) -> None:
    names.add(f"{TSUJI}本")
    names.add("\u8fbb本")
    names.add("\u8fbb\U000e0101本")
    names.add("\u5c71\U000e0102")

    assert counted(inventory(names.connection, NAMES)) == {
        ("shimei", "U+8FBB U+E0101", "unregistered_ivs"): (1, 1),
        ("shimei", "U+5C71 U+E0102", "unregistered_ivs"): (1, 1),
    }


def test_compatibility_ideographs_are_listed_and_need_no_decision(names: Names) -> None:
    names.add("\ufa19田")
    found = inventory(names.connection, NAMES)

    assert [(row["codes"], row["class"], row["problem"], row["decision"]) for row in found] == [
        ("U+FA19", "cjk_compatibility", None, None)
    ]


def test_counting_again_replaces_what_was_counted(names: Names) -> None:
    names.add("\ue000")
    inventory(names.connection, STAGED)
    names.connection.execute("update migration.stage_atena set shimei = '山'")
    names.add("\ue001")
    inventory(names.connection, STAGED)

    assert names.connection.execute("select codes from migration.char_issue").fetchall() == [("U+E001",)]


def test_empty_and_null_texts_are_nothing(names: Names) -> None:
    names.add(None)
    names.add("")

    assert inventory(names.connection, STAGED) == []


def test_a_missing_column_is_refused(names: Names) -> None:
    with pytest.raises(InputRejectedError, match="no column katagaki"):
        inventory(names.connection, Staged("r1", "atena", "tax", {"katagaki": "free"}))


def test_rows_without_persons_are_counted_without_them(names: Names) -> None:
    names.add("\ue000")
    found = inventory(names.connection, Staged("r1", "atena", "tax", {"shimei": "name"}, person=None))

    assert counted(found) == {("shimei", "U+E000", "bmp_private"): (1, None)}


ALPHABET = (
    "山田神\u8fbb\ufa19髙𠮷㈱①ｱﾞAz0 \u3000\u00a0\u200b\u2003\u3099\u309a\U000e0102\U000e0103\U000e0101\ufe00\ue000\uf8ff"
    "\U000f80a1\U00100000か〓\ufffd\u202e\t\n\r\u00ad\u0378\ufdd0\U0001f600\U0001f3fb\u200d\\]^[-.*+?(){}|$ァー・"
)


def test_the_database_counts_what_python_judges(names: Names) -> None:
    """Differential: two thousand awful texts, counted by SQL and one by one in Python."""
    chosen = random.Random(20260619)
    texts = ["".join(chosen.choices(ALPHABET, k=chosen.randint(1, 9))) for _ in range(2_000)]
    expected: Counter[tuple[str, str, str | None]] = Counter()
    for text in texts:
        names.add(text, kana=text)
        for item, charset in STAGED.columns.items():
            wrong = {(item, one.codes, str(one.kind)) for one in problems(text, charset)}
            bad = {codes for _, codes, _ in wrong}
            listed = {
                (item, codes_of(unit), None) for unit in units(text)
                if letter_class(unit) in ("cjk_compatibility", "gj") and codes_of(unit) not in bad
            }  # fmt: skip
            expected.update(wrong | listed)

    found = inventory(names.connection, STAGED)

    assert {at: rows for at, (rows, _) in counted(found).items()} == dict(expected)
    assert len({problem for _, _, problem in expected}) >= 15


def test_the_database_measures_length_as_python_does(names: Names) -> None:
    chosen = random.Random(1)
    texts = ["".join(chosen.choices(ALPHABET, k=chosen.randint(0, 9))) for _ in range(1_000)]
    query = sql.SQL("select {} from unnest(%s::text[]) with ordinality as t (text, at) order by at").format(
        length_sql(sql.Identifier("text"))
    )
    found = [row[0] for row in names.connection.execute(query, [texts]).fetchall()]

    assert found == [length(text) for text in texts]


def test_what_is_put_in_is_counted_before_and_can_be_taken_out(names: Names) -> None:
    came = {names.add(text): text.encode() for text in ("\ue000本", "山\ue001\ue002", "山田", "\ufa19\ue000", "\ue003")}
    inventory(names.connection, NAMES, RULINGS)

    assert resolve(names.connection, NAMES, RULINGS) == 3
    put_in = [names.shimei(key).decode() for key in came]
    assert put_in == [f"{TSUJI}本", "山𠮷\u8fbb", "山田", f"\ufa19{TSUJI}", "\ue003"]

    assert restore(names.connection, NAMES) == 3
    assert {key: names.shimei(key) for key in came} == came
    assert names.connection.execute("select count(*) from migration.char_use").fetchall() == [(0,)]


def test_the_rows_show_the_rulings_of_the_last_time_and_no_others(names: Names) -> None:
    key = names.add("\ue000\ue001")
    first = {"\ue000": RULINGS["\ue000"]}
    second = {"\ue001": RULINGS["\ue001"]}

    shown = []
    for rulings in (first, first | second, second, {}):
        resolve(names.connection, NAMES, rulings)
        shown.append(names.shimei(key).decode())

    assert shown == [f"{TSUJI}\ue001", f"{TSUJI}𠮷", "\ue000𠮷", "\ue000\ue001"]


def test_keys_that_repeat_are_not_written(names: Names) -> None:
    names.add("\ue000")
    names.connection.execute("insert into migration.stage_atena select * from migration.stage_atena")

    with pytest.raises(InvariantBrokenError, match="keys repeat"):
        resolve(names.connection, NAMES, RULINGS)


def test_a_name_that_was_changed_since_is_not_taken_out(names: Names) -> None:
    names.add("\ue000本")
    resolve(names.connection, NAMES, RULINGS)
    names.connection.execute("update migration.stage_atena set shimei = '辻本'")

    with pytest.raises(InvariantBrokenError, match="changed since"):
        restore(names.connection, NAMES)


def test_the_table_says_who_decided_what_and_what_is_open(names: Names) -> None:
    for text in ("\ue000", "\ue001", "\ue002", "\ue003", "\ue003山", "\ufa19"):
        names.add(text)
    inventory(names.connection, NAMES, RULINGS)
    found = identification(names.connection, "r1")

    states = {name: [row["codes"] for row in found[name]] for name in
              ("unresolved", "provisional", "substituted", "confirmed", "listed", "to_sign")}  # fmt: skip
    assert states == {
        "unresolved": ["U+E003"], "provisional": ["U+E001"], "substituted": ["U+E002"], "confirmed": ["U+E000"],
        "listed": ["U+FA19"], "to_sign": ["U+E001", "U+E002"],
    }  # fmt: skip
    assert found["is_open"]
    row = found["provisional"][0]
    assert (row["decided_by"], row["approved_by"], row["ticket"], row["target"], row["decision_ja"]) == (
        "chief_tax", "chief_insurance", "T-1", "MJ032129", "暫定",
    )  # fmt: skip
    assert found["unresolved"][0]["person_count"] == 2
    assert found["totals"][0] == {"decision": "unresolved", "decision_ja": "未同定", "codes": 1, "row_count": 2}
    assert json.loads(json.dumps(found)) == found


def test_no_name_is_in_what_is_kept_or_reported(names: Names) -> None:
    names.add("世田谷\ue003太郎", person="123456789012345")
    inventory(names.connection, NAMES)
    kept = names.connection.execute("select to_jsonb(i)::text from migration.char_issue as i").fetchall()
    shown = json.dumps([identification(names.connection, "r1"), str(kept)], ensure_ascii=False)

    assert not [word for word in ("世", "谷", "太", "123456789012345", "\ue003") if word in shown]


@pytest.mark.parametrize("role", ["approver", "screen", "auditor"])
def test_others_see_counts_and_write_none(names: Names, role: str) -> None:
    with db.connect(names.state, role) as connection:
        connection.execute("select * from migration.char_issue")
    for query in ("delete from migration.char_issue", "select * from migration.char_use"):
        with pytest.raises(db.DatabaseError) as refused, db.connect(names.state, role) as connection:
            connection.execute(query)  # type: ignore[call-overload]
        assert refused.value.sqlstate == "42501"


def test_twenty_thousand_names_are_counted_in_seconds(names: Names) -> None:
    names.connection.execute(
        "insert into migration.stage_atena select 'r1', 'tax', 'n' || at, 'n' || at, at::text,"
        " '山田' || chr(19968 + at % 20000) || case when at % 1000 = 0 then chr(57344) else '' end, 'ヤマダ'"
        " from generate_series(1, 20000) as at"
    )
    began = time.perf_counter()
    found = inventory(names.connection, STAGED)

    assert time.perf_counter() - began < 5
    assert counted(found)["shimei", "U+E000", Kind.BMP_PRIVATE] == (20, 20)
    assert text_of("U+E000") == "\ue000"
