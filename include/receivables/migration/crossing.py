"""Between groups (グループ間の整合性): parents before children, flags, sums of one group in another (C-031 … R-041)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from psycopg import sql

from receivables.migration.checks import Check, passed_when
from receivables.migration.legs import Bench
from receivables.migration.tables import part

CLAIM = "chotei_shuno"
CLAIM_KEY = (
    "shikuchoson_cd", "mae_shikuchoson_cd", "fuka_nendo", "soto_nendo", "tsuchisho_no", "kamoku_cd",
    "tokucho_shitei_no", "kibetsu_cd", "shinkoku_rireki_no", "jigyo_nendo_no", "jido_atena_no",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """Two days of one row that come in this order (日付の前後)."""

    group: str
    earlier: str
    later: str
    basis: str


# 日付の前後関係: rule rows; the day named first may not be after the other.
ORDERS = (
    Order("yuyo", "kaishi_ymd", "shuryo_ymd", "地方税法第15条・第15条の5・第15条の6（猶予期間）"),
    Order("entaikin_gemmen", "kaishi_ymd", "shuryo_ymd", "設定（減免の期間）"),
    Order("tainoshobun", "hasso_ymd", "totatsu_ymd", "設定（発送と到達）"),
    Order("tainoshobun", "hasso_ymd", "kaijo_ymd", "国税徴収法第79条（差押の解除）"),
    Order("kofu_yokyu", "yokyu_ymd", "kaijo_ymd", "国税徴収法第84条（交付要求の解除）"),
    Order("shikkoteishi", "teishi_ymd", "torikeshi_ymd", "地方税法第15条の8（停止の取消し）"),
    Order("shikkoteishi", "teishi_ymd", "shometsu_yotei_ymd", "地方税法第15条の7第4項・第5項"),
    Order("kanpu", "kago_hassei_ymd", "kanpu_shiharai_ymd", "地方税法第17条（還付）"),
    Order("saikoku_hasso", "hasso_ymd", "shitei_kigen_ymd", "設定（催告の期限）"),
)
# 有無フラグ: a row in one of these groups must be seen in the flag.
FLAGS = {
    "bunno_umu": (("bunno_keikaku", "left(bunno_kanri_no, 2) = '01'"),),
    "shobun_umu": (("tainoshobun", "true"), ("kofu_yokyu", "true")),
    "shikkoteishi_umu": (("shikkoteishi", "true"),),
    "kesson_umu": (("kesson", "true"),),
}


def crossing_checks(benches: Sequence[Bench]) -> Iterator[Check]:
    """Every check between the staged groups of a run, as far as the run has them."""
    by_group = {bench.group.group_id: bench for bench in benches}
    yield from _date_orders(by_group)
    yield from _orphans(by_group)
    if {"taino_meisai", CLAIM} <= by_group.keys():
        yield _flags(by_group)
    if {"shuno_rireki", CLAIM} <= by_group.keys():
        yield from _receipts(by_group)
    if {"kesson", CLAIM} <= by_group.keys():
        yield _write_offs(by_group)
    if "kanpu" in by_group:
        yield _overpayments(by_group["kanpu"])
    if {"bunno_keikaku", CLAIM} <= by_group.keys():
        yield _plans(by_group)
    if {"tokusoku", CLAIM} <= by_group.keys():
        yield _dunned_after_due(by_group)


def _staged(bench: Bench) -> sql.Identifier:
    return part("stage", bench.spec, bench.run.run_id)


def _same_key(a: str, b: str) -> sql.Composed:
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(a, name), sql.Identifier(b, name)) for name in CLAIM_KEY
    )


def _found(bench: Bench, check_id: str, title: str, rows: list[tuple[object, ...]], *, yen_at: int | None = None,
           note: str = "") -> Check:  # fmt: skip
    """A check that fails for each row found: the key first, yen where the check counts yen."""
    yen = sum(abs(int(str(row[yen_at]))) for row in rows) if yen_at is not None else len(rows)
    cause = f"{len(rows):,} 行" + (f" {yen:,} 円" if yen_at is not None else "") if rows else note
    check = Check(
        check_id, "G", title, passed_when(not rows), yen, grain="yen" if yen_at is not None else "rows",
        cause=cause or None, keys=bench.hashes([row[0] for row in rows[:20]]),
    )  # fmt: skip
    return replace(check, group=bench.group.group_id)


def _date_orders(by_group: dict[str, Bench]) -> Iterator[Check]:
    """C-031: from is not after to, released not before seized, extinct not before stayed."""
    for group in dict.fromkeys(rule.group for rule in ORDERS if rule.group in by_group):
        bench = by_group[group]
        rules = [rule for rule in ORDERS if rule.group == group]
        wrong = sql.SQL(" or ").join(
            sql.SQL("{} > {}").format(sql.Identifier(rule.earlier), sql.Identifier(rule.later)) for rule in rules
        )
        rows = bench.rows(sql.SQL("select row_key from {} where {} order by 1").format(_staged(bench), wrong))
        named = "、".join(f"{bench.spec.label(r.earlier)} ≦ {bench.spec.label(r.later)}（{r.basis}）" for r in rules)
        yield _found(bench, "C-031", f"日付の前後: {named}", rows)


def _orphans(by_group: dict[str, Bench]) -> Iterator[Check]:
    """C-080: each child's claim is in 調定収納, each debtor in 宛名."""
    for group, bench in by_group.items():
        columns = {item.column for item in bench.spec.group.items}
        if group != CLAIM and CLAIM in by_group and set(CLAIM_KEY) <= columns:
            rows = bench.rows(
                sql.SQL(
                    "select c.row_key from {} as c where not exists (select from {} as p where {}) order by 1"
                ).format(_staged(bench), _staged(by_group[CLAIM]), _same_key("c", "p"))
            )
            yield _found(bench, "C-080", "親の調定がある（孤児なし）", rows)
        if group != "atena" and "atena" in by_group and "atena_no" in columns:
            rows = bench.rows(
                sql.SQL(
                    "select c.row_key from {} as c where c.atena_no is not null and not exists"
                    " (select from {} as p where p.atena_no = c.atena_no) order by 1"
                ).format(_staged(bench), _staged(by_group["atena"]))
            )
            yield _found(bench, "C-080", "宛名がある（孤児なし）", rows)


def _flags(by_group: dict[str, Bench]) -> Check:
    """C-060: a plan, a measure, a stay or a write-off that moves is seen in the flag of its claim."""
    bench, tests = by_group["taino_meisai"], []
    for flag, origins in FLAGS.items():
        there = [
            sql.SQL("exists (select from {} as o where {} and {})").format(
                _staged(by_group[group]), sql.SQL(condition), _same_key("c", "o")
            )
            for group, condition in origins
            if group in by_group
        ]
        if there:
            tests.append(sql.SQL("(c.{} <> '1' and ({}))").format(sql.Identifier(flag), sql.SQL(" or ").join(there)))
    if not tests:
        return _found(bench, "C-060", "有無フラグ（対象グループなし）", [])
    rows = bench.rows(
        sql.SQL("select c.row_key from {} as c where {} order by 1").format(_staged(bench), sql.SQL(" or ").join(tests))
    )
    return _found(bench, "C-060", "有無フラグが明細と一致（分納・処分・執行停止・欠損）", rows)


def _receipts(by_group: dict[str, Bench]) -> Iterator[Check]:
    """R-040: per key, the receipts of 収納履歴 add up to what 調定収納 says, 本消 and 仮消 apart."""
    bench, receipts = by_group[CLAIM], by_group["shuno_rireki"]
    for name, mark, suffix in (("本消", "0", "shuno"), ("仮消", "1", "karikeshi")):
        parts = ("zeigaku", "tokusoku", "entaikin")
        sums = sql.SQL(", ").join(
            sql.SQL("coalesce(sum({}) filter (where karikeshi_kbn = {}), 0) as {}").format(
                sql.Identifier(f"{each}_shuno"), sql.Literal(mark), sql.Identifier(each)
            )
            for each in parts
        )
        gap = sql.SQL(" + ").join(
            sql.SQL("abs(coalesce(c.{}, 0) - coalesce(r.{}, 0))").format(
                sql.Identifier(f"{each}_{suffix}"), sql.Identifier(each)
            )
            for each in parts
        )
        key = sql.SQL(", ").join(map(sql.Identifier, CLAIM_KEY))
        rows = bench.rows(
            sql.SQL(
                "select c.row_key, {gap} from {claims} as c"
                " left join (select {key}, {sums} from {receipts} group by {key}) as r on {same}"
                " where {gap} <> 0 order by 1"
            ).format(
                gap=gap, claims=_staged(bench), key=key, sums=sums, receipts=_staged(receipts), same=_same_key("c", "r")
            )
        )
        yield _found(bench, "R-040", f"収納履歴の合計 = 調定収納の収納額（{name}）", rows, yen_at=1)


def _write_offs(by_group: dict[str, Bench]) -> Check:
    """R-041: per key, 不納欠損期別 adds up to the write-off in 調定収納."""
    bench = by_group[CLAIM]
    key = sql.SQL(", ").join(map(sql.Identifier, CLAIM_KEY))
    rows = bench.rows(
        sql.SQL(
            "select c.row_key, coalesce(c.kesson_zeigaku, 0) - coalesce(k.yen, 0) from {} as c"
            " left join (select {key}, sum(kesson_zeigaku) as yen from {} group by {key}) as k on {}"
            " where coalesce(c.kesson_zeigaku, 0) <> coalesce(k.yen, 0) order by 1"
        ).format(_staged(bench), _staged(by_group["kesson"]), _same_key("c", "k"), key=key)
    )
    return _found(bench, "R-041", "不納欠損期別の合計 = 調定収納の欠損額", rows, yen_at=1)


def _overpayments(bench: Bench) -> Check:
    """R-041: no more goes back, or to another claim, than was paid too much."""
    rows = bench.rows(
        sql.SQL(
            "select row_key, coalesce(kanpu_gaku, 0) + coalesce(juto_gaku, 0) - coalesce(kago_zeigaku, 0) from {}"
            " where coalesce(kanpu_gaku, 0) + coalesce(juto_gaku, 0) > coalesce(kago_zeigaku, 0) order by 1"
        ).format(_staged(bench))
    )
    return _found(bench, "R-041", "還付額 + 充当額 ≦ 過誤納額", rows, yen_at=1)


def _plans(by_group: dict[str, Bench]) -> Check:
    """R-041: the lines of one plan for one claim never promise more than was levied."""
    bench = by_group["bunno_keikaku"]
    key = sql.SQL(", ").join(sql.Identifier("b", name) for name in CLAIM_KEY)
    rows = bench.rows(
        sql.SQL(
            "select min(b.row_key), sum(b.bunno_zeigaku) - min(c.zeigaku) from {} as b inner join {} as c on {}"
            " group by b.bunno_kanri_no, {key} having sum(b.bunno_zeigaku) > min(c.zeigaku) order by 1"
        ).format(_staged(bench), _staged(by_group[CLAIM]), _same_key("b", "c"), key=key)
    )
    return _found(bench, "R-041", "分納計画の合計 ≦ 調定額（管理番号・期別ごと）", rows, yen_at=1)


def _dunned_after_due(by_group: dict[str, Bench]) -> Check:
    """C-031: a dunning letter goes out after the due date (地方税法第329条ほか、地方自治法第231条の3第1項)."""
    bench = by_group["tokusoku"]
    rows = bench.rows(
        sql.SQL(
            "select t.row_key from {} as t inner join {} as c on {} where t.tokusoku_hakko_ymd <= c.noki_ymd order by 1"
        ).format(_staged(bench), _staged(by_group[CLAIM]), _same_key("t", "c"))
    )
    return _found(bench, "C-031", "督促発行 > 納期限（地方自治法第231条の3第1項、地方税法第329条）", rows)
