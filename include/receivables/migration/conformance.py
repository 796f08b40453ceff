"""Is it what the edition and the profile ask for (適合検査): C-001 … C-110, for staged rows and for the file."""

from collections import Counter
from collections.abc import Iterator

from receivables import standard
from receivables.migration.checks import FAIL, PASS, Check, passed_when
from receivables.migration.feeds import REJECTIONS
from receivables.migration.legs import Bench

_TITLES = {
    "C-001": "項目の有無・順序・過不足",
    "C-010": "キー項目が空でない",
    "C-020": "型・範囲・符号",
    "C-021": "桁数（文字数）と固定長コード、切捨て無し",
    "C-030": "日付が実在し範囲内",
    "C-040": "コードが存在し、その日に有効",
    "C-050": "キーの一意性、元のキーからの単射性",
    "C-051": "桁埋めで番号が切れない",
    "C-070": "文字（空白・制御文字・外字領域）",
    "C-090": "個人番号の形の値が無い",
    "C-100": "ファイル（文字コード・BOM・改行・引用・名前・件数・SHA-256）",
    "C-110": "仕様の確定度（草案では警告のみ）",
}
_OF_FILE = ("C-001", "C-010", "C-020", "C-021", "C-030", "C-070", "C-090")


def conformance_checks(bench: Bench) -> Iterator[Check]:
    """Every conformance check that applies to this group, in the order of its number."""
    found = [
        _columns(bench), *_of_staged(bench), _injective(bench), *_of_file(bench), _file(bench), _status_of_spec(bench)
    ]  # fmt: skip
    yield from sorted(found, key=lambda check: check.id)


def _columns(bench: Bench) -> Check:
    """C-001 of the staged table: the group's columns, in order, none missing."""
    rows = bench.connection.execute(
        "select column_name from information_schema.columns where table_schema = 'migration' and table_name = %s"
        " order by ordinal_position",
        [f"stage_{bench.spec.group.id}"],
    ).fetchall()
    wanted = [item.column for item in bench.spec.group.items]
    present = [str(row[0]) for row in rows if row[0] in wanted]
    return Check(
        "C-001", "G", _TITLES["C-001"], passed_when(present == wanted), len(set(wanted) ^ set(present)),
        grain="items", expected=f"{len(wanted)} 項目", actual=f"{len(present)} 項目",
    )  # fmt: skip


def _of_staged(bench: Bench) -> Iterator[Check]:
    """What staging rejected, under the check that each reason breaks."""
    rows = bench.connection.execute(
        "select reason_code, count(*) from migration.row_ledger where run_id = %s and group_id = %s"
        " and disposition = 'rejected' and reason_code <> 'CLAIM_REJECTED' group by 1 order by 1",
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    rejected = {str(reason): int(str(count)) for reason, count in rows}
    for check_id in sorted({REJECTIONS[reason][0] for reason in REJECTIONS} - {"R-001", "C-050"}):
        mine = {reason: count for reason, count in rejected.items() if REJECTIONS[reason][0] == check_id}
        cause = "; ".join(f"{reason} {REJECTIONS[reason][1]} {count:,} 行" for reason, count in mine.items())
        keys = [key for reason in mine for key in _source_keys(bench, reason)]
        yield Check(
            check_id, "G", _TITLES[check_id], passed_when(not mine), sum(mine.values()), cause=cause or None,
            keys=bench.hashes(keys),
        )  # fmt: skip


def _source_keys(bench: Bench, reason: str) -> list[object]:
    rows = bench.connection.execute(
        "select source_key from migration.row_ledger where run_id = %s and group_id = %s and reason_code = %s"
        " order by source_key limit 20",
        [bench.run.run_id, bench.group.group_id, reason],
    ).fetchall()
    return [row[0] for row in rows]


def _injective(bench: Bench) -> Check:
    """C-050: no two source rows became one key, and none was set aside because they would have."""
    repeated = bench.connection.execute(
        "select count(*) - count(distinct target_key), count(*) from migration.row_ledger"
        " where run_id = %s and group_id = %s and disposition = 'staged'",
        [bench.run.run_id, bench.group.group_id],
    ).fetchone()
    colliding = bench.connection.execute(
        "select count(*) from migration.row_ledger"
        " where run_id = %s and group_id = %s and reason_code in ('DUPLICATE_KEY', 'NO_BALANCE')",
        [bench.run.run_id, bench.group.group_id],
    ).fetchone()
    assert repeated is not None
    assert colliding is not None
    wrong = int(str(repeated[0])) + int(str(colliding[0]))
    cause = f"キーの重複または残高の無い調定 {wrong:,} 行" if wrong else None
    keys = _source_keys(bench, "DUPLICATE_KEY") + _source_keys(bench, "NO_BALANCE")
    return Check("C-050", "S-G", _TITLES["C-050"], passed_when(not wrong), wrong, cause=cause, keys=bench.hashes(keys))


def _of_file(bench: Bench) -> Iterator[Check]:
    """What the independent reader could not accept, under the check it breaks."""
    for check_id in _OF_FILE:
        mine = [issue for issue in bench.found.issues if issue.check_id == check_id]
        count = bench.found.issue_counts[check_id]
        seen = Counter(f"{issue.item or '行'}: {issue.problem}" for issue in mine)
        first = min((issue.row_no for issue in mine if issue.row_no), default=None)
        cause = "; ".join(f"{text} ×{count:,}" for text, count in seen.most_common(5))
        yield Check(
            check_id, "F", _TITLES[check_id], passed_when(not count), count, grain="findings",
            cause=f"{cause}（最初は {first} 行目）" if mine and first else cause or None,
        )  # fmt: skip


def _file(bench: Bench) -> Check:
    """C-100: the bytes on the disk are those that were written, in the agreed form."""
    manifest = bench.connection.execute(
        "select file_name, sha256, rows, bytes from migration.file_manifest where run_id = %s and group_id = %s"
        " order by length(file_name), file_name",
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    problems = [issue.problem for issue in bench.found.issues if issue.check_id == "C-100"]
    read = {each.file_name: each for each in bench.found.files}
    if not manifest:
        problems.append("the group has no line in file_manifest")
    for name, sha256, rows, size in manifest:
        found = read.pop(str(name), None)
        if found is None:
            problems.append(f"{name} is missing")
            continue
        for what, written, seen in (
            ("SHA-256", sha256, found.sha256), ("rows", rows, found.rows), ("bytes", size, found.bytes)
        ):  # fmt: skip
            if written != seen:
                problems.append(f"{what} of {name} is not as written: {written} → {seen}")
    problems += [f"{name} was never written" for name in read if manifest]
    return Check(
        "C-100", "F", _TITLES["C-100"], passed_when(not problems), len(problems), grain="findings",
        cause="; ".join(list(dict.fromkeys(problems))[:8]) or None,
        expected="; ".join(str(row[1]) for row in manifest) or None,
        actual="; ".join(str(each.sha256) for each in bench.found.files),
    )  # fmt: skip


def _status_of_spec(bench: Bench) -> Check:
    """C-110: what the edition only supposes warns in a draft and stops a production run."""
    doubts = standard.edition(bench.run.edition).unverified(bench.group.group_id)
    shown = "、".join(each.name for each in doubts[:5]) + (f" ほか {len(doubts) - 5:,}" if len(doubts) > 5 else "")
    is_held = bench.run.kind == "production" and (bool(doubts) or bench.spec.is_draft)
    note = f"警告（{bench.spec.edition}）: 未確認 {len(doubts):,} 項目: {shown}" if doubts else None
    return Check(
        "C-110", "G", _TITLES["C-110"], FAIL if is_held else PASS, len(doubts) if is_held else 0, grain="items",
        cause=note,
    )  # fmt: skip


def unverified_items(bench: Bench) -> list[str]:
    """What of the group the edition only supposes (未確認事項)."""
    return [each.name for each in standard.edition(bench.run.edition).unverified(bench.group.group_id)]


def empty_items(bench: Bench) -> list[str]:
    """Items of the group for which this source has no value (値の無い項目)."""
    mapped = {column for feeds in bench.group.maps for column in feeds["items"]}
    return [item.name for item in bench.spec.group.items if item.column not in mapped]
