"""Sections 6 to 10 of the report (台帳から前回との差まで): where everything went, and what stands against before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from receivables.migration.signoff import charts
from receivables.migration.signoff.blocks import (
    Block,
    chart,
    difference,
    gathered,
    heading,
    note,
    number,
    shortened,
    status,
    strong,
    table,
    text,
)

_DISPOSITIONS = {"staged": "移行", "merged": "合算", "excluded": "対象外", "rejected": "エラー"}
_ROLL = ("before", "assessed", "received", "written_off", "corrected", "now")
_DECIDED = "同定済"
LISTED = 8  # item names in one cell


def ledger(model: Mapping[str, Any]) -> Iterator[Block]:
    """6 除外・エラー台帳: every disposition and reason with rows and yen; the sum is the source."""
    lines = model["ledger"]
    if lines:
        names = {each["group"]: each["name"] for each in model["summary"]["groups"]}
        yield chart(charts.ledger_bars(lines, names), "グループごとの、移行元の行の行き先")
    yield table(
        ["=グループ", "=種別", "=移行元", "=扱い", "=理由", "4内容", "#行", "#円"],
        [
            [each["group"], each["entity"], each["source"], _DISPOSITIONS[each["disposition"]], each["reason"] or "",
             each["title"], number(each["rows"]), number(each["yen"])]
            for each in lines
        ] + _sum(lines),
        empty="移行元の行はありません（0 件）。",
    )  # fmt: skip
    yield note("移行元のすべての行が、この表のどれか一つにだけ入ります（R-001、R-002）。")


def codes(model: Mapping[str, Any]) -> Iterator[Block]:
    """7 コード変換表: the matrix of what was used, then what no map knows, then what nothing used."""
    of = model["codes"]
    yield table(
        ["=グループ", "=表", "=移行元", "=標準", "3名称", "=適用開始", "=適用終了", "=集約", "#使用行", "#再計算"],
        [
            [each["group"], each["table"], each["source_code"], each["target_code"], each["target_name"],
             each["valid_from"], each["valid_to"], "宣言済" if each["is_merged"] else "", number(each["rows"]),
             _expected(each)]
            for each in of["used"]
        ],
        empty="使われたコードはありません。",
    )  # fmt: skip
    yield heading("対応表に無いコード")
    yield table(
        ["=グループ", "=表", "移行元", "#行"],
        [
            [each["group"], each["table"], {"text": each["source_code"], "tone": "bad"}, number(each["rows"])]
            for each in of["unmapped"]
        ],
    )  # fmt: skip
    yield heading("使われなかったコード")
    yield table(
        ["=グループ", "=表", "移行元", "標準", "3名称"],
        [
            [each["group"], each["table"], each["source_code"], each["target_code"], each["target_name"]]
            for each in of["unused"]
        ],
    )  # fmt: skip


def characters(model: Mapping[str, Any]) -> Iterator[Block]:
    """8 文字同定: how many are decided, and each that is not."""
    lines = model["characters"]
    counted = {name: sum(each["decision"] == name for each in lines) for name in (_DECIDED, "暫定", "代替", "未定")}
    yield text("　".join(f"{name} {count:,} 字" for name, count in counted.items()))
    yield table(
        ["=移行元", "=符号", "=標準", "2区分", "=決定", "#行", "#人", "4根拠"],
        [
            [each["source"], each["code"], each["target"] or "―", each["character_class"],
             {"text": each["decision"], "tone": "bad" if each["decision"] == "未定" else "note"},
             number(each["rows"]), number(each["persons"]), each["basis"]]
            for each in lines if each["decision"] != _DECIDED
        ],
        empty="未定・暫定・代替の文字はありません。",
    )  # fmt: skip


def consistency(model: Mapping[str, Any]) -> Iterator[Block]:
    """9 整合性: C-030 to C-090, and how well the edition itself is known (C-110)."""
    of = model["consistency"]
    yield table(
        ["=検査", "=グループ", "4内容", "=結果", "#差", "5理由・推定原因"],
        [
            [each["id"], groups, each["title"], status(each["status"]), number(each["difference"]),
             shortened(each["cause"])]
            for groups, each in gathered(of["checks"])
        ],
        empty="整合性の検査は行われていません。",
    )  # fmt: skip
    yield heading("仕様の確定度と値の無い項目")
    yield table(
        ["2グループ", "=確からしさ", "4桁数が未確定の項目", "4空のまま渡す項目"],
        [
            [each["name"], each["evidence"], _listed(each["unverified"]), _listed(each["empty"])]
            for each in of["spec"]
        ],
    )  # fmt: skip


def previous(model: Mapping[str, Any]) -> Iterator[Block]:
    """10 前回リハーサルとの差: rows, the roll-forward of yen (R-080), and how the defects went down."""
    of = model["previous"]
    before = of["run"]
    if before is None:
        yield text("前回はありません。")
    else:
        yield text(f"前回 {before['run_id']}（基準日 {before['snapshot']}、判定 {before['verdict'] or '無し'}）")
        yield table(
            ["3グループ", "#前回（行）", "#今回（行）", "#差"],
            [[each["group"], number(each["before"]), number(each["now"]), f"{each['now'] - each['before']:+,}"]
             for each in of["rows"]],
        )  # fmt: skip
        yield table(
            ["=グループ", "2科目", "#前回", "#新規調定", "#収納", "#欠損", "#更正", "#今回", "#説明の無い差"],
            [
                [each["group"], each["subject"],
                 *(number(each[name]) for name in _ROLL),
                 difference(each["unexplained"])]
                for each in of["rolls"]
            ],
            empty="増減の内訳はありません。",
        )  # fmt: skip
    yield heading("不具合の推移")
    if of["burn_down"]:
        yield chart(charts.burn_down(of["burn_down"]), "リハーサルごとの不合格の検査数と、説明の無い金額")
    yield table(
        ["=実行番号", "=基準日", "#不合格の検査", "#説明の無い行", "#説明の無い円", "#説明済み"],
        [
            [each["run_id"], each["snapshot"],
             *(number(each[name]) for name in ("failed_checks", "open_rows", "open_yen", "explained"))]
            for each in of["burn_down"]
        ],
    )  # fmt: skip


def _sum(lines: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    if not lines:
        return []
    return [[strong("計"), *[""] * 5, *(strong(number(sum(each[name] for each in lines))) for name in ("rows", "yen"))]]


def _expected(line: Mapping[str, Any]) -> Any:
    is_other = line["expected_rows"] is not None and line["expected_rows"] != line["rows"]
    return {"text": number(line["expected_rows"]), "tone": "bad"} if is_other else number(line["expected_rows"])


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "なし"
    rest = " ほか（全件は report.json）" if len(names) > LISTED else ""
    return f"{len(names)} 項目：{'、'.join(names[:LISTED])}{rest}"
