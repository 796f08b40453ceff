"""Row by row, item by item (明細照合): R-011, R-030, R-031, R-060. Integers are equal or they are not."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from receivables.migration import comparison
from receivables.migration.characters.folding import TITLES, folding
from receivables.migration.checks import EXPLAINED, FAIL, KEYS_SHOWN, PASS, Check, passed_when
from receivables.migration.comparison import Comparison, Digests, ItemDifference, Transposition
from receivables.migration.legs import PAIRS, Bench
from receivables.migration.runs import key_hash
from receivables.migration.signoff.differing import Differing, keys_digest
from receivables.migration.tables import row_key

KEPT_PER_COMPONENT = 1_000
_HIDDEN_TYPES = ("text",)  # numbers of persons and names: only their length is kept


@dataclass(frozen=True, slots=True)
class Pair:
    """Two legs of one group as they were found beside each other."""

    left: str
    right: str
    compared: Comparison
    swapped: list[Transposition]
    causes: dict[str, str]  # by item

    @property
    def legs(self) -> str:
        """The legs as a check names them."""
        return f"{self.left}-{self.right}"


def compared(bench: Bench, digests: dict[str, Digests], differing: list[Differing]) -> Iterator[Check]:
    """All row-level checks of every pair of legs; keeps the differences and the unexplained keys.

    What differs goes into `differing`, counted by item and class, for people to explain.

    Rows are compared only where the hash sums of both legs say that something differs.
    """
    bench.connection.execute(
        "create temp table if not exists unexplained (group_id text, legs text, row_key text, yen numeric)"
        " on commit drop"
    )
    for left, right in PAIRS:
        sides = bench.side(left), bench.side(right), bench.shape(left, right)
        screened = comparison.screen(bench.connection, *sides)
        if screened.is_equal:
            pair = Pair(left, right, Comparison(comparison.OneSided(), comparison.OneSided()), [], {})
        else:
            pair = _differing(bench, left, right)
            differing += _tallied(bench, pair, comparison.tallies(bench.connection, *sides))
        comparison.check_agreement(
            sides[0], sides[1], *_digests(bench, left, right, digests), screened if screened.is_equal else pair.compared
        )
        yield _key_sets(bench, pair)
        yield _items_check(bench, pair)
        if bench.spec.yen_columns:
            yield _transposition_check(bench, pair)
        yield _digest_check(bench, pair, *_digests(bench, left, right, digests))


def _tallied(bench: Bench, pair: Pair, found: list[comparison.Tally]) -> list[Differing]:
    return [
        Differing(
            bench.group.group_id, "R-030" if each.column else "R-011", pair.legs, each.column or "", each.kind,
            each.rows, each.yen, keys_digest([key_hash(each.keys_sha256, bench.state)]),
        )
        for each in found
    ]  # fmt: skip


def group_digests(bench: Bench) -> dict[str, Digests]:
    """The canonical digests of W and G over every item of the group."""
    return {name: comparison.digests(bench.connection, bench.side(name), bench.shape(name)) for name in "WG"}


def _digests(bench: Bench, left: str, right: str, known: dict[str, Digests]) -> tuple[Digests, Digests]:
    """The digests of a pair over what the pair has; kept in `known`, for a group is large."""
    is_whole = bench.shape(left, right).items == tuple(bench.spec.group.items)
    for name in (left, right):
        at = name if is_whole else f"{name}/{left}{right}"
        if at not in known:
            known[at] = comparison.digests(bench.connection, bench.side(name), bench.shape(left, right))
    return tuple(known[name if is_whole else f"{name}/{left}{right}"] for name in (left, right))  # type: ignore[return-value]


def _differing(bench: Bench, left: str, right: str) -> Pair:
    sides = bench.side(left), bench.side(right), bench.shape(left, right)
    found = comparison.differences(bench.connection, *sides, limit_per_item=KEPT_PER_COMPONENT)
    swapped = comparison.transpositions(bench.connection, *sides, found)
    wrong = comparison.wrong_columns(bench.connection, *sides, found)
    causes = {
        name: comparison.cause_of(
            item, swapped, wrong, sides[2], is_file=right == "F", is_profile=right == "F" and _fills_with_zero(bench)
        )
        for name, item in found.items.items()
    }
    causes |= {name: f"{told}; {causes[name]}" for name, item in found.items.items() if (told := _letters(bench, item))}
    pair = Pair(left, right, found, swapped, causes)
    _keep_differences(bench, pair)
    _keep_unexplained(bench, pair)
    return pair


def _letters(bench: Bench, item: ItemDifference) -> str:
    """What happened to the texts of an item, most often first: folded, a selector lost, … (文字の変化)."""
    if bench.spec.group.item(item.column).type != "text":
        return ""
    ways = Counter(way for each in item.examples if each.a and each.b and (way := folding(each.a, each.b)))
    return "、".join(f"{TITLES[way]} {count:,} 行" for way, count in ways.most_common() if way != "other")


def _fills_with_zero(bench: Bench) -> bool:
    return bench.spec.profile.empty_number == "0"


def _is_explained(bench: Bench, pair: Pair, item: ItemDifference) -> bool:
    """The receiver's own zero for nothing, and nothing else, stands behind the item's differences."""
    return pair.right == "F" and _fills_with_zero(bench) and item.nulls_became_zero == item.rows


def _key_sets(bench: Bench, pair: Pair) -> Check:
    """R-011: the same keys on both sides, each once."""
    causes, keys, total = [], [], 0
    for mine, where in ((pair.compared.only_a, pair.right), (pair.compared.only_b, pair.left)):
        if mine.rows:
            total += mine.rows
            causes.append(f"{where} に無い {mine.rows:,} 行")
            keys += _hashes(bench, mine.keys[:KEYS_SHOWN])
    for name in (pair.left,) if pair.compared.is_equal else (pair.left, pair.right):
        repeated = comparison.repeated_rows(bench.connection, bench.side(name), bench.shape(pair.left, pair.right))
        if repeated:
            total += repeated
            causes.append(f"{name} でキー重複 {repeated:,} 行")
    return Check(
        "R-011", pair.legs, "期別キーの集合が一致し重複が無い", passed_when(not causes), total,
        cause="; ".join(causes) or None, keys=keys[:KEYS_SHOWN],
    )  # fmt: skip


def _items_check(bench: Bench, pair: Pair) -> Check:
    """R-030: every row and every item is the same."""
    items = pair.compared.items.values()
    is_explained = bool(items) and all(_is_explained(bench, pair, item) for item in items)
    texts = [
        f"{bench.label(item.column)} {item.rows:,} 行" + (f" {item.yen:,} 円" if item.yen else "")
        + f"（{', '.join(sorted(item.kinds))}）: {pair.causes[item.column]}"
        for item in items
    ]  # fmt: skip
    keys = [key for item in items for key in _hashes(bench, [each.key for each in item.examples[:KEYS_SHOWN]])]
    return Check(
        "R-030", pair.legs, "すべての行・すべての項目が一致", EXPLAINED if is_explained else passed_when(not items),
        sum(item.rows for item in items), grain="item values", cause="; ".join(texts) or None,
        keys=list(dict.fromkeys(keys))[:KEYS_SHOWN],
    )  # fmt: skip


def _transposition_check(bench: Bench, pair: Pair) -> Check:
    """R-031: no two amount items changed places."""
    causes = [
        f"transposition suspected（入替えの疑い）: {bench.label(each.one)} ⇄ {bench.label(each.other)} {each.rows:,} 行"
        for each in pair.swapped
    ]
    return Check(
        "R-031", pair.legs, "金額項目の入替えが無い", passed_when(not causes),
        sum(each.rows for each in pair.swapped), cause="; ".join(causes) or None,
    )  # fmt: skip


def _digest_check(bench: Bench, pair: Pair, a: Digests, b: Digests) -> Check:
    """R-060: the canonical digests agree; a differing segment says where to look."""
    wrong = [at for at in a.segments.keys() | b.segments.keys() if a.segments.get(at) != b.segments.get(at)]
    found = pair.compared
    only_zeroes = bool(found.items) and all(_is_explained(bench, pair, item) for item in found.items.values())
    is_explained = only_zeroes and not found.only_a.rows and not found.only_b.rows
    status = PASS if a.total == b.total else EXPLAINED if is_explained else FAIL
    shown = ", ".join("/".join(map(str, at)) for at in sorted(wrong, key=str)[:5])
    return Check(
        "R-060", pair.legs, "正準ダイジェストが一致", status, len(wrong), grain="segments", expected=a.total,
        actual=b.total, cause=f"異なる区分: {shown}" if wrong else None,
    )  # fmt: skip


def _key_text(key: Sequence[object]) -> str:
    """A key as `row_key` writes it, so that one row has one hash wherever it is named."""
    return json.dumps([None if part is None else str(part) for part in key], ensure_ascii=False)


def _hashes(bench: Bench, keys: Sequence[Sequence[object]]) -> list[str]:
    return bench.hashes([_key_text(key) for key in keys])


def _keep_differences(bench: Bench, pair: Pair) -> None:
    """Store the first thousand differences of each check and component."""
    found: list[tuple[str, str | None, Sequence[object], str | None, str | None, str, str]] = [
        ("R-011", None, key, None, None, kind, cause)
        for side, kind, cause in (
            (pair.compared.only_a, "only-left", "row missing（行の欠落）"),
            (pair.compared.only_b, "only-right", "row added or duplicated（行の追加・重複）"),
        )
        for key in side.keys
    ]
    found += [
        (
            "R-030",
            item.column,
            each.key,
            *_shown(bench, item.column, each.a, each.b),
            each.kind,
            pair.causes[item.column],
        )
        for item in pair.compared.items.values()
        for each in item.examples
    ]
    with bench.connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into migration.recon_diff
                (run_id, group_id, check_id, legs, key_hash, component, a, b, class, suspected_cause)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (bench.run.run_id, bench.group.group_id, check, pair.legs, _hashes(bench, [key])[0], column, a, b, kind,
                 cause)
                for check, column, key, a, b, kind, cause in found
            ],
        )  # fmt: skip


def _shown(bench: Bench, column: str, a: str | None, b: str | None) -> tuple[str | None, str | None]:
    if bench.spec.group.item(column).type not in _HIDDEN_TYPES:
        return a, b
    return tuple(None if value is None else f"({len(value)} characters)" for value in (a, b))  # type: ignore[return-value]


def _keep_unexplained(bench: Bench, pair: Pair) -> None:
    """Remember the keys whose rows differ by more than the profile's own zero for nothing."""
    is_left = sql.SQL("not is_null_became_zero" if pair.right == "F" and _fills_with_zero(bench) else "true")
    bench.connection.execute(
        sql.SQL("insert into unexplained select {}, {}, {}, yen from differing_key where {}").format(
            sql.Literal(bench.group.group_id), sql.Literal(pair.legs), row_key(bench.spec), is_left
        )
    )
