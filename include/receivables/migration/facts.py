"""What the report is told of each group (報告書の材料): taken from the legs while they lie side by side."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from receivables.migration.comparison import Digests
from receivables.migration.conformance import empty_items, unverified_items
from receivables.migration.entities import entities
from receivables.migration.feeds import LEFT_BEHIND, REJECTIONS
from receivables.migration.legs import Bench
from receivables.migration.signoff.fact_lines import CodeLine, FileLine, LedgerLine, SampleLine
from receivables.migration.signoff.facts import AmountLine, CountLine, GroupFacts, Place
from receivables.migration.totals import Cell, Cells, persons

SAMPLE_ROWS = 20
_CATEGORIES = {"current": "現年分", "arrears": "滞納繰越分"}
_LEGS = "WGF"


@dataclass(frozen=True, slots=True)
class GroupStory:
    """One group as the report shows it."""

    facts: GroupFacts
    ledger: tuple[LedgerLine, ...]
    codes: tuple[CodeLine, ...]
    sample: tuple[SampleLine, ...]
    files: tuple[FileLine, ...]


def story_of(bench: Bench, by_leg: dict[str, Cells], digests: dict[str, Digests]) -> GroupStory:
    """Everything that the report says of a group but its checks."""
    group = bench.spec.group
    yearly = {name: _by_year(cells, len(bench.g0)) for name, cells in by_leg.items()}
    names = _subject_names(bench)
    return GroupStory(
        GroupFacts(
            id=group.id, name=group.name, interface_id=group.interface_id, evidence=group.evidence,
            counts=tuple(_counts(bench, yearly, names)), amounts=tuple(_amounts(bench, yearly, names)),
            digests={name: found.total for name, found in digests.items() if name in _LEGS},
            unverified=tuple(unverified_items(bench)), empty=tuple(empty_items(bench)),
        ),
        tuple(_ledger(bench)), tuple(_codes(bench)), tuple(_sample(bench)), tuple(_files(bench)),
    )  # fmt: skip


def _by_year(cells: Cells, width: int) -> dict[Cell, dict[str, int]]:
    """Rows and yen at g0: the 期別 are added up."""
    found: dict[Cell, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for at, figures in cells.items():
        for name, value in figures.items():
            found[at[:width]][name] += value
    return found


def _subject_names(bench: Bench) -> dict[str, str]:
    return {str(code["target_code"]): str(code["target_name"]) for table, code in _declared(bench) if table == "kamoku"}


def _place(bench: Bench, at: Cell, names: dict[str, str]) -> Place:
    told = dict(zip(bench.g0, at, strict=True))
    subject = str(told.get("kamoku_cd") or "")
    return Place(
        subject, names.get(subject, ""), told.get("fuka_nendo"), told.get("soto_nendo"),
        _CATEGORIES.get(str(told.get("category")), ""),
    )  # fmt: skip


def _places(yearly: dict[str, dict[Cell, dict[str, int]]]) -> list[Cell]:
    return sorted({at for cells in yearly.values() for at in cells}, key=lambda at: [str(part) for part in at])


def _counts(bench: Bench, yearly: dict[str, dict[Cell, dict[str, int]]], names: dict[str, str]) -> Iterator[CountLine]:
    """件数・人数照合表: one line per 科目, 年度 and 現年/滞繰."""
    people = {name: persons(bench, name) for name in _LEGS}
    for at in _places(yearly):
        yield CountLine(
            _place(bench, at, names),
            {name: yearly[name].get(at, {}).get("rows", 0) for name in _LEGS},
            {name: people[name].get(at, 0) for name in _LEGS if people[name]},
        )


def _amounts(
    bench: Bench, yearly: dict[str, dict[Cell, dict[str, int]]], names: dict[str, str]
) -> Iterator[AmountLine]:
    """金額照合表: each amount item that any leg fills, per place."""
    for column in bench.spec.yen_columns:
        for at in _places(yearly):
            yen = {name: yearly[name].get(at, {}).get(column, 0) for name in _LEGS}
            if any(yen.values()):
                yield AmountLine(_place(bench, at, names), column, bench.spec.label(column), yen)


def _ledger(bench: Bench) -> Iterator[LedgerLine]:
    """除外・エラー台帳: every disposition and reason with rows and yen; the sum is the source."""
    rows = bench.connection.execute(
        """
        select entity, source_code, disposition, reason_code, count(*),
            coalesce(sum((
                select sum(part.value::bigint) from jsonb_each_text(amounts) as part where part.key <> 'written_off_yen'
            )), 0)::bigint
        from migration.row_ledger where run_id = %s and group_id = %s
        group by 1, 2, 3, 4 order by 1, 2, 3, 4
        """,
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    rules = {str(rule["reason"]): str(rule["title"]) for feeds in bench.group.maps for rule in feeds["exclusions"]}
    titles = {reason: title for reason, (_, title) in REJECTIONS.items()} | LEFT_BEHIND | rules
    for entity, source, disposition, reason, count, yen in rows:
        yield LedgerLine(
            bench.group.group_id, entities()[str(entity)].title, str(source), str(disposition),
            None if reason is None else str(reason), titles.get(str(reason), "") if reason else "", int(str(count)),
            int(str(yen)),
        )  # fmt: skip


def _declared(bench: Bench) -> list[tuple[str, dict[str, Any]]]:
    found = {
        (name, code["source_code"], code["valid_from"]): code
        for feeds in bench.group.maps
        for name, codes in feeds["codes"].items()
        for code in codes
    }
    return [(key[0], found[key]) for key in sorted(found)]


def _codes(bench: Bench) -> Iterator[CodeLine]:
    """コード変換表: each declared code with the rows that became it."""
    used: dict[tuple[str, str], int] = {}
    feeds = [pair for each in bench.group.maps for pair in each["items"].items()]
    for column, table in sorted({(column, feed["codes"]) for column, feed in feeds if "codes" in feed}):
        name = sql.Identifier(column)
        for target, count in bench.rows(
            sql.SQL("select {0}, count(*) from {1} as leg group by {0}").format(name, bench.leg("G"))
        ):
            used[table, str(target)] = int(count)
    for table, code in _declared(bench):
        yield CodeLine(
            bench.group.group_id, table, code["source_code"], code["target_code"], code["target_name"],
            code["valid_from"], code["valid_to"], used.get((table, code["target_code"]), 0),
            is_merged=bool(code["is_shared"]),
        )  # fmt: skip


def _sample(bench: Bench) -> Iterator[SampleLine]:
    """目視確認サンプル: rows drawn by the run's own number, fixed before anybody looks; by record of the file."""
    shown = [name for name in bench.spec.yen_columns if name in bench.spec.files.columns][:3]
    rows = bench.rows(
        sql.SQL(
            "select file_no, row_no, row_key, {} from {} as leg"
            " order by sha256(convert_to({} || coalesce(row_key, ''), 'UTF8')) limit {}"
        ).format(
            sql.SQL(", ").join([sql.SQL("null"), *map(sql.Identifier, shown)]), bench.leg("F"),
            sql.Literal(bench.run.run_id), sql.Literal(SAMPLE_ROWS),
        )
    )  # fmt: skip
    names = [each.file_name for each in bench.found.files]
    for file_no, row_no, key, _, *values in sorted(rows, key=lambda row: (row[0], row[1])):
        amounts = "、".join(
            f"{bench.spec.label(name)} {value:,} 円"
            for name, value in zip(shown, values, strict=True)
            if value is not None
        )
        yield SampleLine(
            bench.group.group_id, "無作為", names[int(file_no) - 1], int(row_no), bench.hashes([key])[0], amounts
        )


def _files(bench: Bench) -> Iterator[FileLine]:
    rows = bench.connection.execute(
        "select file_name, rows, bytes, sha256, first_key_hash, last_key_hash, sums from migration.file_manifest"
        " where run_id = %s and group_id = %s order by length(file_name), file_name",
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    for name, count, size, sha256, first, last, sums in rows:
        yen = sum(sums.values())  # type: ignore[attr-defined]
        yield FileLine(
            str(name), bench.group.group_id, int(str(count)), yen, int(str(size)), str(sha256),
            None if first is None else str(first), None if last is None else str(last),
        )  # fmt: skip
