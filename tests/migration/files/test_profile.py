"""What a receiver may ask for, and that every wrong wish is refused by name."""

from pathlib import Path
from typing import Any

import pytest

from receivables import standard
from receivables.errors import InputRejectedError
from receivables.migration.files.profile import group_spec, read_profile
from tests.migration.files.staged import GROUPS, PROFILE_NAMES, PROFILES, SNAPSHOT, STAMP, profile_named, spec_of


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_every_profile_fits_every_group_and_no_two_files_have_one_name(name: str) -> None:
    names = {spec_of(group.id, name).file_name(STAMP, 1) for group in GROUPS}

    assert len(names) == len(GROUPS)
    assert all(
        sum(bool(spec_of(group.id, name).file_pattern.fullmatch(each)) for group in GROUPS) == 1 for each in names
    )


def test_the_two_old_profiles_mean_what_they_meant() -> None:
    for name, zero in (("standard_csv", ""), ("zero_filled_csv", "0")):
        profile = profile_named(name)
        form = (profile.encoding, profile.bom, profile.line_end, profile.header, profile.quoting, profile.delimiter)
        assert form == ("utf-8", False, "\r\n", True, "minimal", ",")
        assert [profile.empty(kind) for kind in ("date", "time", "yen", "text", "code")] == [
            "0000-00-00", "00:00:00", zero, "", "",
        ]  # fmt: skip
        assert spec_of("chotei_shuno", profile).file_name(STAMP, 1) == f"036o005_{STAMP}_1.csv"


def test_one_group_may_differ() -> None:
    group = standard.edition("0.1-draft").group("henrei")
    columns = [item.column for item in group.items][::-1]
    wish = {"items": columns, "name_pattern": "HENREI_{seq}.txt", "empty_date": "", "empty": {"sosa_ymd": "-"},
            "max_rows_per_file": 5}  # fmt: skip
    profile = profile_named("standard_csv", groups={"henrei": wish})
    spec = group_spec(group, profile, SNAPSHOT)

    assert spec.columns == tuple(columns)
    assert spec.file_name(STAMP, 3) == "HENREI_3.txt"
    assert spec.profile.max_rows_per_file == 5
    assert dict(zip(spec.columns, spec.empties, strict=True))["sosa_ymd"] == "-"
    assert spec_of("dairinin", profile).file_name(STAMP, 1) == f"036o013_{STAMP}_1.csv"
    assert spec_of("dairinin", profile).profile.empty_date == "0000-00-00"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"items": ["atena_no", "x"]}, "no item 'x'"),
        ({"items": ["atena_no", "atena_no"]}, "item atena_no is there twice"),
        ({"items": ["sosa_ymd"]}, "key item atena_no is left out"),
        ({"empty": {"x": ""}}, "no item 'x'"),
        ({"empty": {"rireki_no": "9"}}, "empty.rireki_no: an empty number is '' or '0'"),
        ({"max_rows_per_file": 5, "name_pattern": "HENREI.csv"}, "several files need {seq}"),
        ({"empty": {"sosasha_id": "🏠"}}, "cannot be written in cp932"),
    ],
)
def test_a_wrong_wish_for_a_group_is_refused(wish: dict[str, Any], said: str) -> None:
    profile = profile_named("legacy_cp932_csv", groups={"henrei": wish})
    with pytest.raises(InputRejectedError, match=said.replace("{", "[{]")):
        spec_of("henrei", profile)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("newline: CRLF", "newline: CR", "key newline"),
        ("encoding: utf-8", "encoding: shift_jis_2004", "key encoding"),
        ("encoding: utf-8\nbom: false", "encoding: cp932\nbom: true", "cp932 has no BOM"),
        ("_{seq}.csv", "_{seq}_{ward}.csv", "name_pattern knows"),
        ("_{seq}.csv", "_{seq!r:>3}.csv", "name_pattern"),
        ("{interface_id}_", "", "or two groups have one name"),
        ('"{interface_id}', '"../{interface_id}', "name_pattern"),
        ('empty_number: ""', 'empty_number: "9"', "empty_number"),
        ('empty_text: ""', 'empty_text: "a\\nb"', "empty_text"),
        ("header: true", "header: true\ncolour: red", "key colour"),
        ("header: true", "header: true\nheader: true", "'header' is there twice"),
        ("header: true", "header: 1", "key header"),
        ('empty_text: ""', 'empty_text: ""\ngroups: {a: {name_pattern: x.csv}, b: {name_pattern: x.csv}}', "x.csv"),
    ],
)
def test_a_wrong_profile_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (PROFILES / "standard_csv.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputRejectedError) as error:
        read_profile(file)

    assert "mine.yaml" in str(error.value)
    assert said in str(error.value)


def test_a_stamp_is_fourteen_digits() -> None:
    with pytest.raises(InputRejectedError, match="14 digits"):
        spec_of("henrei").file_name("2026-06-19", 1)
