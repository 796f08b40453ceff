"""Does it hold together (整合性): balances, parts, code matrix, origin of amounts, rerun (R-032 … R-090)."""

from collections import defaultdict
from collections.abc import Iterator

from psycopg import sql

from receivables.migration.checks import Check, passed_when
from receivables.migration.legs import Bench
from receivables.migration.writing import written_again

# Which source column the independent recomputation takes for each amount item. A pair of
# columns that are equal in every row (two columns of zeros) can only be told apart here.
ORIGINS = {
    "chotei_shuno": {
        "zeigaku": "assessed_yen", "zeigaku_iryo_ippan": "medical_yen", "zeigaku_kaigo_ippan": "care_yen",
        "zeigaku_shien_ippan": "support_yen", "zeigaku_shuno": "received_principal_yen",
        "zeigaku_karikeshi": "provisional_principal_yen", "tokusoku_shuno": "received_fee_yen",
        "tokusoku_karikeshi": "provisional_fee_yen", "entaikin_shuno": "received_charge_yen",
        "entaikin_karikeshi": "provisional_charge_yen", "kesson_zeigaku": "written_off_yen",
    },
    "shuno_rireki": {
        "zeigaku_shuno": "principal_yen", "tokusoku_shuno": "dunning_fee_yen",
        "entaikin_shuno": "delinquency_charge_yen",
    },
    "bunno_keikaku": {"bunno_zeigaku": "planned_yen"},
    "entaikin_gemmen": {"menjo_kingaku": "exempted_yen"},
    "tainoshobun": {"shobun_zeigaku": "seized_yen"},
    "kesson": {"kesson_zeigaku": "written_off_yen"},
    "kanpu": {"kago_zeigaku": "overpaid_yen", "kanpu_gaku": "refunded_yen", "juto_gaku": "offset_yen"},
    "kosho_keika": {"yakusoku_gaku": "promised_yen"},
}  # fmt: skip
_PARTS = ("zeigaku_iryo_ippan", "zeigaku_kaigo_ippan", "zeigaku_shien_ippan")
_OF_PARTS_ALONE = ("nhi",)  # 国保内訳: the other sources levy one sum


def consistency_checks(bench: Bench) -> Iterator[Check]:
    """Every check that looks at rows or codes of one group as a whole."""
    if bench.spec.yen_columns:
        yield _origins(bench)
    if bench.group.group_id == "chotei_shuno":
        yield from _parts(bench)
        yield _balances(bench)
    if "kamoku_cd" in bench.g0 and any("kamoku" in each["codes"] for each in bench.group.maps):
        yield _code_matrix(bench)


def _origins(bench: Bench) -> Check:
    """R-032: the maps feed every amount item from the column that the recomputation uses."""
    wanted = ORIGINS.get(bench.group.group_id, {})
    wrong, causes = [], []
    for feeds in bench.group.maps:
        items, whose = feeds["items"], "・".join(feeds["sources"])
        expected = {
            column: origin for column, origin in wanted.items()
            if column not in _PARTS or set(feeds["sources"]) & set(_OF_PARTS_ALONE)
        }  # fmt: skip
        for column in bench.spec.yen_columns:
            feed = items.get(column)
            got = None if feed is None else feed.get("column", f"constant {feed.get('constant')}")
            if got != expected.get(column):
                wrong.append(f"{whose} {bench.label(column)}: {got} から（想定 {expected.get(column)}）")
        causes += [
            f"transposition suspected（入替えの疑い）: {bench.label(a)} ⇄ {bench.label(b)}"
            for a, b in _crossed(items, expected)
        ]
    return Check(
        "R-032", "W-G", "金額項目の出所が独立計算と同じ", passed_when(not wrong), len(wrong), grain="items",
        cause="; ".join(causes + wrong) or None,
    )  # fmt: skip


def _crossed(items: dict[str, dict[str, object]], origins: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs of amount items that are each fed from the other's column."""
    fed = {column: items[column].get("column") for column in origins if column in items}
    return [(a, b) for a in fed for b in fed if a < b and fed[a] == origins[b] and fed[b] == origins[a]]


def _parts(bench: Bench) -> Iterator[Check]:
    """R-040: 国保の調定額 is the sum of its parts, per key."""
    total = sql.SQL(" + ").join(sql.SQL("coalesce({}, 0)").format(sql.Identifier(name)) for name in _PARTS)
    for name in "WGF":
        rows = bench.rows(
            sql.SQL(
                "select row_key, coalesce(zeigaku, 0) - ({total}) from {} as leg where kamoku_cd = '23'"
                " and coalesce(zeigaku, 0) <> {total} order by 1"
            ).format(bench.leg(name), total=total)
        )
        yen = sum(abs(int(str(row[1]))) for row in rows)
        yield Check(
            "R-040", name, "調定額 = 国保内訳の合計", passed_when(not rows), yen, grain="yen",
            cause=f"{len(rows):,} 行 {yen:,} 円" if rows else None, keys=bench.hashes([row[0] for row in rows[:20]]),
        )  # fmt: skip


def _balances(bench: Bench) -> Check:
    """R-040: 未納 = 調定 − 収納 − 欠損 + 還付未済 equals the warehouse's balance; over-payments are listed."""
    expected = sql.SQL("a.expected_outstanding_yen - a.expected_refund_yen")
    staged = sql.SQL("coalesce(b.zeigaku, 0) - coalesce(b.zeigaku_shuno, 0) - coalesce(b.kesson_zeigaku, 0)")
    rows = bench.rows(
        sql.SQL(
            "select a.row_key, {staged} - ({expected}) from {w} as a inner join {g} as b on a.row_key = b.row_key"
            " where ({expected}) is distinct from {staged} order by 1"
        ).format(staged=staged, expected=expected, w=bench.leg("W"), g=bench.leg("G"))
    )
    over = bench.rows(
        sql.SQL(
            "select count(*), coalesce(sum(expected_refund_yen), 0)::bigint from {} as leg"
            " where expected_refund_yen > 0"
        ).format(bench.leg("W"))
    )
    open_rows = bench.rows(
        sql.SQL(
            "select count(*), coalesce(sum(zeigaku_karikeshi), 0)::bigint from {} as leg where zeigaku_karikeshi <> 0"
        ).format(bench.leg("G"))
    )
    yen = sum(abs(int(str(row[1] or 0))) for row in rows)
    note = f"過誤納 {over[0][0]:,} 行 {over[0][1]:,} 円、仮消 {open_rows[0][0]:,} 行 {open_rows[0][1]:,} 円を含む"
    return Check(
        "R-040", "W-G", "未納額 = 調定 − 収納 − 欠損 + 還付未済", passed_when(not rows), yen, grain="yen",
        cause=f"{len(rows):,} 行 {yen:,} 円; {note}" if rows else note,
        keys=bench.hashes([row[0] for row in rows[:20]]),
    )  # fmt: skip


def _code_matrix(bench: Bench) -> Check:
    """R-050: source codes became exactly the declared ones; several to one only where declared."""
    declared = {
        (code["source_code"], code["target_code"]): code["is_shared"]
        for feeds in bench.group.maps
        for code in feeds["codes"].get("kamoku", ())
    }
    counted = bench.rows(
        sql.SQL(
            "select w.source_claim_type, g.kamoku_cd, count(*) from {} as w inner join {} as g"
            " on w.source_code = g.source_code and w.source_key = g.source_key group by 1, 2 order by 1, 2"
        ).format(bench.leg("W"), bench.leg("G"))
    )
    causes = [
        f"宣言の無い変換 {source} → {target} {count:,} 行"
        for source, target, count in counted
        if (source, target) not in declared
    ]
    sources: dict[str, set[str]] = defaultdict(set)
    for source, target in declared:
        sources[target].add(source)
    causes += [
        f"宣言の無い多対一 {', '.join(sorted(origins))} → {target}"
        for target, origins in sources.items()
        if len(origins) > 1 and not all(declared[origin, target] for origin in origins)
    ]
    seen = {(source, target) for source, target, _ in counted}
    unused = [f"{source} → {target}" for source, target in declared if (source, target) not in seen]
    note = f"使われなかった変換: {', '.join(unused)}" if unused else None
    return Check(
        "R-050", "W-G", "コード変換が宣言どおり（科目）", passed_when(not causes), len(causes), grain="codes",
        cause="; ".join(causes) or note, actual="; ".join(f"{s} → {t} {n:,} 行" for s, t, n in counted),
    )  # fmt: skip


def rerun_check(bench: Bench) -> Check:
    """R-090: writing the same rows again, now and in earlier runs of the same inputs, gives the same SHA-256."""
    rows = bench.connection.execute(
        """
        select distinct f.file_name, f.sha256
        from migration.run as r
        inner join migration.run_group as g on r.run_id = g.run_id and g.group_id = %(group)s
        inner join migration.run as same on same.run_id = %(run)s
            and (r.spec_sha256, r.map_sha256, r.profile_sha256, r.snapshot_date)
            = (same.spec_sha256, same.map_sha256, same.profile_sha256, same.snapshot_date)
            and r.revision is not distinct from same.revision
        inner join migration.run_group as mine on mine.run_id = same.run_id and mine.group_id = g.group_id
        inner join migration.file_manifest as f on r.run_id = f.run_id and f.group_id = g.group_id
        where r.run_id = same.run_id or g.staged_digest = mine.staged_digest
        """,
        {"run": bench.run.run_id, "group": bench.group.group_id},
    ).fetchall()
    again = written_again(bench)
    written = sorted({str(row[1]) for row in rows})
    is_same = written == sorted(again)
    return Check(
        "R-090", "F-F", "再作成で同じ SHA-256", passed_when(is_same), 0 if is_same else 1, grain="files",
        expected="; ".join(written) or None, actual="; ".join(again),
        cause=None if is_same else "the same rows did not give the same bytes",
    )  # fmt: skip
