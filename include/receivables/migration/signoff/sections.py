"""Sections 1 to 5 of the report (表紙から項目照合まで): the verdict and the figures that must agree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from receivables.migration.signoff import charts
from receivables.migration.signoff.blocks import (
    LEG_NAMES,
    STATUS_TONES,
    VERDICTS,
    Block,
    Cell,
    chart,
    difference,
    gathered,
    heading,
    legs_in,
    note,
    number,
    shortened,
    status,
    strong,
    table,
    text,
)

CELLS_SHOWN = 60  # of one group; what differs is always shown
_KINDS = {"rehearsal": "移行リハーサル", "production": "本番移行", "dry": "予行", "return": "読み戻し"}
_WORST_FIRST = ("FAIL", "NOT RUN", "EXPLAINED", "PASS")
_STEPS = (("W", "G"), ("G", "F"), ("F", "T"))
_EXPLAINED: dict[bool, Cell] = {True: {"text": "済", "tone": "note"}, False: {"text": "無", "tone": "bad"}}
_READY = {"ready": ("済", "good"), "attention": ("要確認", "note"), "blocked": ("未了", "bad"), "none": ("対象外", "")}


def cover(model: Mapping[str, Any], digest: str) -> Iterator[Block]:
    """1 表紙: what was reconciled, by which rules; and the digest that people sign."""
    of = model["cover"]
    draft = "（草案。本番移行には使えません）" if of["is_draft"] else ""
    lines = [
        ("区分", _KINDS.get(of["kind"], of["kind"])),
        ("実行番号", of["run_id"]),
        ("基準日", f"{of['snapshot']}　公開バッチ {of['published_batch']}"),
        ("移行元", "、".join(of["sources"]) or "―"),
        ("標準仕様の版", of["edition"] + draft),
        ("受入先", f"{of['profile']}　{of['profile_title']}"),
        ("プログラムの版", of["revision"] or "不明"),
        ("実施者", of["made_by"] or "記録なし"),
    ]
    digests = [("標準仕様", "spec_sha256"), ("項目対応表", "map_sha256"), ("受入先の設定", "profile_sha256")]
    yield table(["=", "3"], [(strong(name), said) for name, said in lines])
    yield table(
        ["=ダイジェスト", "~SHA-256"],
        [*((name, of[key]) for name, key in digests), (strong("本報告書（report.json）"), digest)],
    )
    yield note("キーは鍵付きハッシュで示します。氏名・宛名番号・住所・通知書番号は載せていません。")


def summary(model: Mapping[str, Any]) -> Iterator[Block]:
    """2 総括: the verdict, what each leg holds, every check, and how ready each group is."""
    of = model["summary"]
    yield table(
        ["判定", "#説明の無い差異（行）", "#説明の無い差異（円）", "#説明済みの差異"],
        [[
            {"text": VERDICTS[of["verdict"]], "tone": str(status(of["verdict"])["tone"])},  # type: ignore[index]
            number(of["unexplained_rows"]), number(of["unexplained_yen"]), number(of["explained"]),
        ]],
    )  # fmt: skip
    counted = of["by_status"]
    yield text("　".join(f"{name} {counted[name]:,} 件" for name in STATUS_TONES) + "（NOT RUN は合格に数えません）")
    figures = {
        what: {leg: sum(group[what].get(leg, 0) for group in of["groups"]) for leg in _legs(of["groups"], what)}
        for what in ("rows", "yen")
    }
    if of["checks"]:
        yield chart(charts.tie_out(figures, of["checks"]), "各段の件数と金額項目の合計、および段と段の一致")
    yield heading("グループ別")
    yield _groups(of["groups"])
    yield heading("準備状況")
    yield _readiness(of["readiness"])
    yield heading("検査の結果")
    yield table(
        ["=検査", "=段", "=グループ", "4内容", "=結果", "#差", "5理由・推定原因"],
        [
            [each["id"], each["legs"], groups, each["title"], status(each["status"]), number(each["difference"]),
             shortened(each["cause"])]
            for groups, each in gathered(sorted(of["checks"], key=lambda each: _WORST_FIRST.index(each["status"])))
        ],
        empty="検査は一つも行われていません。",
    )  # fmt: skip
    yield note(
        "段: " + "、".join(LEG_NAMES.values()) + "。S は台帳、W は倉庫からの独立した再計算、F は独立した再読込です。"
    )


def counts(model: Mapping[str, Any]) -> Iterator[Block]:
    """3 件数・人数照合表, group by group."""
    for group in model["counts"]:
        lines = group["lines"]
        yield heading(f"{group['name']}（{group['group']}）")
        rows, persons = (legs_in(line[what] for line in lines) for what in ("rows", "persons"))
        titles = [f"#件数 {leg}" for leg in rows] + [f"#人数 {leg}" for leg in persons]
        yield table(
            ["2科目", "=賦課年度", "=相当年度", "=区分", *titles],
            [
                [*_place(line), *_compared(line["rows"], rows), *_compared(line["persons"], persons)]
                for line in lines
            ],
            empty="対象となる行はありません（0 件）。",
        )  # fmt: skip


def amounts(model: Mapping[str, Any]) -> Iterator[Block]:
    """4 金額照合表 per amount item, each cell that differs, and 決算・収入整理簿 beside ours."""
    for group in model["amounts"]["groups"]:
        legs = legs_in(item["yen"] for item in group["items"])
        steps = [(a, b) for a, b in _STEPS if a in legs and b in legs]
        yield heading(f"{group['name']}（{group['group']}）　単位 円")
        yield table(
            ["2項目", *(f"#{LEG_NAMES[leg]}" for leg in legs), *(f"#{b}－{a}" for a, b in steps)],
            [
                [item["item"], *(number(item["yen"].get(leg)) for leg in legs),
                 *(difference(item["yen"].get(b, 0) - item["yen"].get(a, 0)) for a, b in steps)]
                for item in group["items"]
            ],
        )  # fmt: skip
        yield from _cells(group, legs)
    yield heading("決算書・収入整理簿との照合（L）")
    yield table(
        ["2科目", "=賦課年度", "=相当年度", "=区分", "=区分の額", "#本システム", "#会計 L", "#差", "3根拠"],
        [
            [*_place(each["place"]), each["measure"], number(each["ours"]), number(each["finance"]),
             "―" if each["finance"] is None else difference(each["ours"] - each["finance"]), each["basis"]]
            for each in model["amounts"]["finance"]
        ],
        empty="会計からの統制値が届いていないため、照合していません（NOT RUN は合格に数えません）。",
    )  # fmt: skip


def items(model: Mapping[str, Any]) -> Iterator[Block]:
    """5 項目照合: differences by class with the first keys, and items whose meaning changes."""
    found = model["items"]
    yield table(
        ["=検査", "=段", "=グループ", "2項目", "=差異区分", "#行", "#円", "=説明", "4推定原因", "~キー（ハッシュ）"],
        [
            [each["check"], each["legs"], each["group"] or "全体", each["item"], each["kind"], number(each["rows"]),
             number(each["yen"]), _EXPLAINED[each["is_explained"]],
             shortened(each["cause"]), " ".join(each["keys"][:3])]
            for each in found["differences"]
        ],
        empty="差異はありません。",
    )  # fmt: skip
    yield heading("意味の変わる項目（制度・仕様の相違）")
    yield table(
        ["=番号", "2事項", "3現行", "3移行後", "=確からしさ", "=決定", "#人", "#件", "#未納（円）"],
        [
            [each["id"], each["what"], each["before"], each["after"], each["certainty"], each["decision"],
             *(number(each[name]) for name in ("persons", "claims", "yen"))]
            for each in found["changed"]
        ],
        empty="数えていません（全業務・全グループのリハーサルでだけ数えます）。",
    )  # fmt: skip


def _legs(groups: Sequence[Mapping[str, Any]], what: str) -> list[str]:
    return legs_in(group[what] for group in groups)


def _groups(groups: Sequence[Mapping[str, Any]]) -> Block:
    legs = _legs(groups, "rows")
    return table(
        ["3グループ", *(f"#件数 {leg}" for leg in legs), "#人数 G", "#金額計 G（円）", "=結果"],
        [
            [each["name"], *(number(each["rows"].get(leg)) for leg in legs), number(each["persons"].get("G")),
             number(each["yen"].get("G")), status(each["status"])]
            for each in groups
        ],
    )  # fmt: skip


def _readiness(lines: Sequence[Mapping[str, Any]]) -> Block:
    aspects = list(dict.fromkeys(name for line in lines for name, _ in line["aspects"]))

    def cell(state: str) -> Cell:
        said, tone = _READY[state]
        return {"text": said, "tone": tone}

    return table(
        ["2グループ", *(f"={name}" for name in aspects)],
        [[line["group"], *(cell(dict(line["aspects"]).get(name, "none")) for name in aspects)] for line in lines],
        empty="記録がありません。",
    )


def _place(at: Mapping[str, Any]) -> list[Cell]:
    years = ["" if at[name] is None else str(at[name]) for name in ("levy_year", "fiscal_year")]
    return [f"{at['subject']} {at['subject_name']}".strip(), *years, at["category"]]


def _compared(found: Mapping[str, int], legs: Sequence[str]) -> list[Cell]:
    """One figure per leg; those that are not the staged one stand out (the source is compared in the ledger)."""
    staged = found.get("G")
    return [
        {"text": number(found.get(leg)), "tone": "bad"}
        if leg in "WFT" and leg in found and staged is not None and found[leg] != staged
        else number(found.get(leg))
        for leg in legs
    ]


def _cells(group: Mapping[str, Any], legs: Sequence[str]) -> Iterator[Block]:
    lines = [(item["item"], line) for item in group["items"] for line in item["lines"]]
    differing = [
        (name, line) for name, line in lines if len({line["yen"].get(leg, 0) for leg in legs if leg in "WGFT"}) > 1
    ]
    shown = lines if len(lines) <= CELLS_SHOWN else differing
    if len(lines) > CELLS_SHOWN:
        yield note(
            f"科目・年度別の全 {len(lines):,} 行は report.json にあります。差のある {len(differing):,} 行を示します。"
        )
    if shown:
        yield table(
            ["2科目", "=賦課年度", "=相当年度", "=区分", "2項目", *(f"#{leg}" for leg in legs)],
            [[*_place(line), name, *_compared(line["yen"], legs)] for name, line in shown],
        )
