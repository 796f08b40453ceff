"""What is staged comes back from the files, row for row and yen for yen, whatever group and receiver."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.files.profile import NUMERIC, GroupSpec, group_spec
from receivables.migration.files.writing import digest_again, write_group
from receivables.settings import State
from receivables.standard import Item
from tests.migration.files.staged import (
    GROUPS,
    PROFILE_NAMES,
    SNAPSHOT,
    STAMP,
    key_hash,
    loaded,
    profile_named,
    reread,
    sample_row,
    spec_of,
    stage,
    write,
)
from tests.migration.files.test_rereading import contents

LETTERS = [
    "a",
    "Z",
    "0",
    '"',
    ",",
    ";",
    "|",
    "'",
    "\\",
    "\\N",
    "北",
    "髙",
    "﨑",
    "～",
    "🏠",
    "辻\U000e0101",
    "神\ufe00",
    "é",
]
CHANGES = st.fixed_dictionaries(
    {"newline": st.sampled_from(["CRLF", "LF"]), "quoting": st.sampled_from(["minimal", "all"]),
     "header": st.booleans(), "delimiter": st.sampled_from(",\t;|"), "max_rows_per_file": st.sampled_from([None, 1, 3]),
     "empty_date": st.sampled_from(["", "0000-00-00", "9999-12-31"]), "empty_time": st.sampled_from(["", "00:00:00"]),
     "empty_number": st.sampled_from(["", "0"]), "empty_text": st.sampled_from(["", "-"])},
)  # fmt: skip
SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # no shrinking: each example asks the database
)  # fmt: skip


def has(encoding: str, text: str) -> bool:
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeEncodeError:
        return False


def values_of(item: Item, encoding: str) -> st.SearchStrategy[Any]:
    """Values without any fault; NULL where the item may have none."""
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "yen": st.integers(0, 10**15), "int": st.integers(-5, 10**9), "year": st.integers(1000, 9999),
        "decimal": st.decimals("0", "1000", places=2), "date": st.dates(date(1868, 1, 25), date(2056, 6, 19)),
        "time": st.times().map(lambda time: f"{time:%H:%M:%S}"), "flag": st.sampled_from("01"),
        "code": st.text("0123456789A", min_size=item.length or 1, max_size=item.length or 4),
        "text": st.lists(st.sampled_from([each for each in LETTERS if has(encoding, each)]), min_size=1,
                         max_size=item.length or 9).map("".join).filter(lambda text: len(text) <= (item.length or 99)),
    }  # fmt: skip
    if item.type in (*NUMERIC, "date"):
        return kinds[item.type] if item.key else st.none() | kinds[item.type]
    return st.sampled_from([None, ""]) | kinds[item.type]


@st.composite
def specs(draw: st.DrawFn) -> GroupSpec:
    """Any group for any receiver: one of the project's profiles changed at random, items left out and in any order."""
    group = draw(st.sampled_from(GROUPS))
    name = draw(st.sampled_from(PROFILE_NAMES))
    encoding = draw(st.sampled_from(["utf-8", profile_named(name).encoding, "euc_jp", "utf-16-le"]))
    wish: dict[str, Any] = {}
    if draw(st.booleans()):
        others = [item.column for item in group.items if not item.key]
        kept = draw(st.lists(st.sampled_from(others), unique=True)) if others else []
        wish["items"] = draw(st.permutations([*group.key, *kept]))
        texts = [item.column for item in group.items if item.type == "text"]
        wish["empty"] = dict.fromkeys(draw(st.lists(st.sampled_from(texts), max_size=2)), "*")
    changes = draw(CHANGES) | {"encoding": encoding, "bom": encoding[:3] == "utf" and draw(st.booleans())}
    return group_spec(group, profile_named(name, **changes, groups={group.id: wish}), SNAPSHOT)


def as_read(item: Item, value: Any, empty: str) -> Any:
    """What a reader can know of a value: the file has one sign for nothing."""
    if item.type in NUMERIC:
        return (0 if empty == "0" and item.type != "year" else None) if value is None else Decimal(value)
    if item.type == "date":
        return value
    return ("" if item.key else None) if value in (None, "", empty) else value


@pytest.fixture(scope="module")
def connection(state: State) -> Iterator[db.Connection]:
    with db.connect(state, autocommit=True, doing="files") as connection:
        yield connection


def emptied(folder: Path) -> Path:
    for old in folder.iterdir():
        old.unlink()
    return folder


@SETTINGS
@given(st.data())
def test_rows_and_sums_come_back(connection: db.Connection, tmp_path: Path, data: st.DataObject) -> None:
    spec = data.draw(specs())
    rows = data.draw(st.lists(st.tuples(*[values_of(item, spec.profile.encoding) for item in spec.group.items]),
                              max_size=7))  # fmt: skip
    key_text = st.text(st.sampled_from('["aB,é北\\'), max_size=6)
    keys = data.draw(st.lists(key_text, min_size=len(rows), max_size=len(rows), unique=True))
    written = write(connection, spec, list(zip(keys, rows, strict=True)), emptied(tmp_path))
    found, lines = reread(tmp_path, spec)
    due = [row for _, row in sorted(zip(keys, rows, strict=True), key=lambda each: each[0].encode())]
    expected = [tuple(map(as_read, spec.group.items, row, spec.empties)) for row in due]

    assert found.issues == []
    assert [tuple(row[2:]) for row in loaded(connection, spec, lines)] == expected
    assert [(each.file_name, each.sha256, each.bytes, each.rows) for each in written] == [
        (file.file_name, file.sha256, file.bytes, file.rows) for file in found.files
    ]
    yen = [(at, item.column) for at, item in enumerate(spec.group.items) if item.type == "yen"]
    true_sums = {column: sum(row[at] or 0 for row in rows) for at, column in yen}
    assert {column: sum(each.sums[column] for each in written) for _, column in yen} == true_sums == found.sums
    most = spec.profile.max_rows_per_file or len(rows) or 1
    ordered = sorted(keys, key=str.encode)
    parts = [ordered[at : at + most] for at in range(0, len(rows), most)] or [[]]
    assert [(each.first_key_hash, each.last_key_hash) for each in written] == [
        (key_hash(part[0]), key_hash(part[-1])) if part else (None, None) for part in parts
    ]


@SETTINGS
@given(st.data())
def test_rows_in_any_order_give_the_same_bytes(connection: db.Connection, tmp_path: Path, data: st.DataObject) -> None:
    """Even rows of one key, which a check elsewhere forbids."""
    spec = data.draw(specs())
    one = st.tuples(*[values_of(item, spec.profile.encoding) for item in spec.group.items])
    rows = data.draw(st.lists(st.tuples(st.sampled_from(["a", "b", "B"]), one), max_size=6))
    first = [each.sha256 for each in write(connection, spec, rows, emptied(tmp_path))]
    other = stage(connection, spec, data.draw(st.permutations(rows)))
    again = digest_again(connection, relation=other, spec=spec, key_hash=key_hash)

    assert first == again
    assert first == [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(tmp_path.iterdir(), key=_number)]


def _number(file: Path) -> int:
    return int(re.findall("[0-9]+", file.name)[-1])


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_the_bytes_are_those_of_another_writer(connection: db.Connection, tmp_path: Path, name: str) -> None:
    spec = spec_of("sofusaki", name)
    rows = [(f"k{at}", sample_row(spec, shimei=text, sosa_ymd=None, del_flg=None))
            for at, text in enumerate(['a"b', "a,b", "北沢", "", None, "'", "a;b"])]  # fmt: skip
    (written,) = write(connection, spec, rows, tmp_path)
    profile, text = spec.profile, io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if profile.quoting == "all" else csv.QUOTE_MINIMAL,
                        lineterminator=profile.line_end)  # fmt: skip
    if profile.header:
        writer.writerow(spec.group.names)
    for _, row in rows:
        writer.writerow(
            [empty if value in (None, "") else value for value, empty in zip(row, spec.empties, strict=True)]
        )

    assert (tmp_path / written.file_name).read_bytes() == (
        ("\ufeff" if profile.bom else "") + text.getvalue()
    ).encode(profile.encoding)  # fmt: skip


@SETTINGS
@given(contents())
def test_postgresql_takes_whatever_the_reader_gives(
    connection: db.Connection, tmp_path: Path, made: tuple[GroupSpec, bytes]
) -> None:
    """A value that no column could hold (NUL, a day that does not exist, a year of ten digits) is none."""
    spec, content = made
    (emptied(tmp_path) / spec.file_name(STAMP, 1)).write_bytes(content)
    found, lines = reread(tmp_path, spec)
    rows = loaded(connection, spec, lines)

    assert len(rows) == found.rows
    for at, item in enumerate(spec.group.items):
        if item.type == "yen":
            assert found.sums[item.column] == sum(row[at + 2] or 0 for row in rows)


@pytest.mark.parametrize("year", ["99999999999", "2147483648", "02025", "999999999"])
def test_a_year_that_no_column_holds_is_none(connection: db.Connection, tmp_path: Path, year: str) -> None:
    spec = spec_of("chotei_shuno", profile_named("standard_csv", header=False))
    row = [str(value) for value in sample_row(spec, fuka_nendo=year)]
    (tmp_path / spec.file_name(STAMP, 1)).write_bytes((",".join(row) + "\r\n").encode())
    found, lines = reread(tmp_path, spec)

    assert len(found.issues) == 1
    assert loaded(connection, spec, lines)[0][4] == (999999999 if year == "999999999" else None)


def test_files_are_for_their_owner_alone_and_replace_those_before(connection: db.Connection, tmp_path: Path) -> None:
    spec = spec_of("henrei")
    old = [tmp_path / name for name in (spec.file_name("20250101000000", 1), spec.file_name(STAMP, 2) + ".part")]
    other = tmp_path / spec_of("dairinin").file_name(STAMP, 1)
    for file in (*old, other):
        file.write_bytes(b"")
    (written,) = write(connection, spec, [("k", sample_row(spec))], tmp_path)

    assert {file.name for file in tmp_path.iterdir()} == {written.file_name, other.name}
    assert (tmp_path / written.file_name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["北\n沢", "北\r沢", "北沢\r\n"])
@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_a_line_break_stops_the_writer_and_names_no_value(
    connection: db.Connection, tmp_path: Path, name: str, value: str
) -> None:
    refused(connection, tmp_path, spec_of("sofusaki", name), value, "holds a line break")


@pytest.mark.parametrize("value", ["辻\U000e0101", "〜", "🏠", "−"])
def test_a_character_that_the_receiver_lacks_stops_the_writer(
    connection: db.Connection, tmp_path: Path, value: str
) -> None:
    """〜 and − would come back as others."""
    refused(connection, tmp_path, spec_of("sofusaki", "legacy_cp932_csv"), value, "that cp932 lacks or changes")


def refused(connection: db.Connection, folder: Path, spec: GroupSpec, value: str, said: str) -> None:
    name = next(item for item in spec.group.items if item.column == "shimei").name
    rows = [(f"k{at:05}", sample_row(spec)) for at in range(2500)] + [("k9", sample_row(spec, shimei=value))]
    with pytest.raises(InvariantBrokenError) as error:
        write(connection, spec, rows, folder)

    assert f"sofusaki: {name} of {key_hash('k9')} " in str(error.value)
    assert said in str(error.value)
    assert value.strip() not in str(error.value)
    assert list(folder.iterdir()) == []


def test_dates_are_written_as_agreed_whatever_the_session_says(connection: db.Connection, tmp_path: Path) -> None:
    spec = spec_of("henrei")
    relation = stage(connection, spec, [("k", sample_row(spec))])
    connection.execute("set datestyle to 'german'")
    (written,) = write_group(
        connection, relation=relation, spec=spec, folder=tmp_path, stamp=STAMP, key_hash=key_hash
    )  # fmt: skip

    assert b"2025-07-31" in (tmp_path / written.file_name).read_bytes()
