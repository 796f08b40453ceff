"""Handmade facts: an ordinary rehearsal of three groups, a failed one, an empty one and a long one of all groups.

Nothing of it is anybody's: figures are made by rule, keys are digests of numbers.
"""

import hashlib
from dataclasses import replace

from receivables.migration.checks import Check
from receivables.migration.plan import GROUPS
from receivables.migration.signoff.differing import Differing, keys_digest
from receivables.migration.signoff.fact_lines import (
    AcceptanceLine,
    BurnDown,
    ChangedMeaning,
    CharacterLine,
    CodeLine,
    DifferenceLine,
    FileLine,
    LedgerLine,
    PreviousRun,
    Readiness,
    RollLine,
    SampleLine,
    TargetLine,
)
from receivables.migration.signoff.facts import (
    AmountLine,
    CountLine,
    FinanceLine,
    GroupFacts,
    Place,
    RunFacts,
    RunRow,
)
from receivables.migration.signoff.roles import required

NAMES = {"atena": "宛名情報", "chotei_shuno": "調定収納情報", "shuno_rireki": "収納履歴情報"}
SUBJECTS = (("23", "国民健康保険料"), ("22", "後期高齢者医療保険料"), ("A1", "保育所保育料"))
COMPONENTS = (
    ("zeigaku", "税（料）額"),
    ("tokusoku", "督促手数料"),
    ("entaikin", "延滞金"),
    ("zeigaku_shuno", "収納額"),
)
ASPECTS = ("仕様", "対応表", "コード", "文字", "整合性", "照合", "会計")


def sha(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def key(number: int) -> str:
    return "k" + sha(f"key {number}")[:16]


def differing(rows: int = 1, yen: int = 300, *, check: str = "R-030", component: str = "entaikin") -> Differing:
    keys = keys_digest(key(each) for each in range(rows))
    return Differing("chotei_shuno", check, "W-G", component, "amount", rows, yen, keys)


def check(check_id: str, legs: str, title: str, status: str = "PASS", **more: object) -> Check:
    return replace(Check(check_id, legs, title, status), **more)  # type: ignore[arg-type]


def run_row(**given: object) -> RunRow:
    made = RunRow(
        run_id="M20260619-0003", kind="rehearsal", city="世田谷区", edition="0.1-draft", is_draft=True,
        profile="standard_csv", profile_title="標準の CSV（UTF-8、CRLF、見出しあり）", snapshot="2026-06-19",
        published_batch="p20260619", revision="v0.7.0-12-g0123456789ab", spec_sha256=sha("spec"),
        map_sha256=sha("map"), profile_sha256=sha("profile"), sources=("nhi", "latter_stage", "nursery"),
        made_by="planner",
    )  # fmt: skip
    return replace(made, **given)  # type: ignore[arg-type]


def places(years: int = 3) -> list[Place]:
    return [
        Place(code, name, 2026 - ago, 2026 - ago, "現年分" if ago == 0 else "滞納繰越分")
        for code, name in SUBJECTS
        for ago in range(years)
    ]


def group(group_id: str, name: str, *, years: int = 3, wrong_yen: int = 0) -> GroupFacts:
    """A group with figures made by rule; `wrong_yen` is missing from the staged 延滞金 of one cell."""
    counts, amounts = [], []
    for at, place in enumerate(places(years)):
        rows = 1_000 + 137 * at
        counts.append(CountLine(place, dict.fromkeys("SWGF", rows) | {"S": rows + 3}, dict.fromkeys("WGF", rows // 3)))
        for nth, (column, item) in enumerate(COMPONENTS):
            yen = rows * (10_000 // (nth + 1) ** 3)
            lacking = wrong_yen if column == "entaikin" and at == 0 else 0
            amounts.append(
                AmountLine(place, column, item, {"S": yen, "W": yen, "G": yen - lacking, "F": yen - lacking})
            )
    return GroupFacts(
        group_id, name, "036o005", "observed", tuple(counts), tuple(amounts), {"W": sha(group_id), "G": sha(group_id)},
        unverified=("納付番号", "確認番号"), empty=("車両番号", "標識番号"),
    )  # fmt: skip


def ordinary() -> RunFacts:
    """Every section filled; one difference explained, one acceptance void."""
    seen = differing()
    groups = (
        GroupFacts("atena", NAMES["atena"], None, "reconstructed",
                   (CountLine(Place("", "", None, None, ""), dict.fromkeys("SWGF", 41_206), {"G": 41_206}),)),
        group("chotei_shuno", NAMES["chotei_shuno"], wrong_yen=300),
        group("shuno_rireki", NAMES["shuno_rireki"]),
    )  # fmt: skip
    checks = (
        check("R-010", "W-G", "件数と人数が一致", group="atena"),
        check("R-001", "S-G", "調定の件数が台帳と一致", group="chotei_shuno"),
        check("R-010", "W-G", "件数と人数が一致（科目・年度・期別）", group="chotei_shuno"),
        check("R-030", "W-G", "各行の値が一致", "EXPLAINED", group="chotei_shuno", difference=1,
              cause="説明済み（A03 基準日前後の異動）締め後の減免［提案 chief_tax、承認 chief_insurance、票 K-118］"),
        check("R-030", "G-F", "各行の値が一致", group="chotei_shuno"),
        check("R-021", "W-L", "決算の額と一致", "PASS", group="chotei_shuno", grain="yen"),
        check("C-040", "G", "コードが基準日に有効", group="chotei_shuno"),
        check("C-080", "G", "親の無い子がない", group="shuno_rireki"),
        check("C-110", "G", "仕様の版が確定している", group="chotei_shuno"),
    )  # fmt: skip
    return RunFacts(
        run=run_row(), groups=groups, checks=checks, unexplained_rows=0, unexplained_yen=0,
        signers=required(["nhi_premium", "latter_stage_medical_premium", "nursery_fee"]),
        differences=(DifferenceLine(seen, "延滞金", "締め後の減免", (key(0),), is_explained=True),),
        finance=finance(), ledger=ledger("chotei_shuno"), codes=codes(), characters=characters(),
        previous=PreviousRun("M20260512-0002", "2026-05-12", "FAIL", {"atena": (41_198, 41_206)},
                             (RollLine("chotei_shuno", "23 国民健康保険料", 900_000, 120_000, 80_000, 5_000, -300,
                                       934_700),)),
        burn_down=burn_down(), acceptances=accepted(), sample=sample(), files=files(groups), targets=targets(),
        changed=(ChangedMeaning("S01", "仮消額", "空（値なし）", "0", "公開資料で確認", "未決（保険料収納課）", 12, 812,
                                9_000),),
        readiness=tuple(readiness(each.id, at) for at, each in enumerate(groups)),
        environment={"PostgreSQL": "17.4", "Python": "3.11.9", "typst": "0.15", "receivables": "0.1.0"},
        steps=("一つの基準日の倉庫から移行元を確定する", "receivables migration rehearse --snapshot 2026-06-19",
               "ファイルを独立に再読込し、照合する（receivables migration reconcile M20260619-0003）"),
    )  # fmt: skip


def failed() -> RunFacts:
    """A report that nobody can sign: yen are missing, a code is unmapped, and the causes are very long."""
    long_cause = "延滞金と督促手数料の列が入れ替わっている疑い。" * 60
    seen = replace(differing(rows=4_812, yen=1_203_450), kind="transposition")
    found = ordinary()
    checks = (
        check("R-002", "S-G", "調定の金額が台帳と一致", "FAIL", group="chotei_shuno", difference=300, grain="yen"),
        check("R-031", "W-G", "金額の列が入れ替わっていない", "FAIL", group="chotei_shuno", difference=4_812,
              cause=long_cause),
        check("R-021", "W-L", "決算の額と一致", "NOT RUN", group="chotei_shuno", cause="会計の統制値が届いていない"),
        *found.checks,
    )  # fmt: skip
    miscounted = replace(found.codes[1], expected_rows=13)
    unmapped = CodeLine("chotei_shuno", "kamoku", "99", None, "", "", "", 17)
    return replace(
        found, run=run_row(run_id="M20260512-0002"), checks=checks, unexplained_rows=4_812, unexplained_yen=1_203_450,
        differences=(DifferenceLine(seen, "延滞金", long_cause, tuple(map(key, range(20)))), *found.differences),
        codes=(found.codes[0], miscounted, found.codes[2], unmapped),
        finance=(
            replace(found.finance[0], finance=None), *found.finance[1:3], replace(found.finance[3], finance=3_759_999),
        ),
    )  # fmt: skip


def empty() -> RunFacts:
    """Nothing to move: no row in any group, no check run."""
    groups = (GroupFacts("chotei_shuno", NAMES["chotei_shuno"], "036o005", "observed"),)
    return RunFacts(run_row(run_id="M20260619-0000", sources=(), revision=None, made_by=None), groups, (), 0, 0, ())


def long() -> RunFacts:
    """All groups, many years, long lists: tables go on over pages."""
    found = ordinary()
    groups = tuple(group(name, f"{name} の情報", years=8) for name in GROUPS)
    checks = tuple(
        check(check_id, legs, f"{check_id} の検査", group=each.id, cause="該当なし" if at % 7 == 0 else None)
        for at, each in enumerate(groups)
        for check_id, legs in (("R-001", "S-G"), ("R-010", "W-G"), ("R-010", "G-F"), ("R-020", "W-G"), ("R-030", "W-G"),
                               ("R-030", "G-F"), ("R-060", "G-F"), ("C-010", "G"), ("C-050", "G"), ("C-080", "G"))
    )  # fmt: skip
    return replace(
        found, run=run_row(run_id="M20260619-0017"), groups=groups, checks=checks, differences=(),
        ledger=tuple(line for each in groups for line in ledger(each.id)), files=files(groups), acceptances=(),
        sample=tuple(line for nth in range(30) for line in sample(nth)), codes=codes() * 20,
        readiness=tuple(readiness(each.id, at) for at, each in enumerate(groups)),
    )  # fmt: skip


def finance() -> tuple[FinanceLine, ...]:
    place = places()[0]
    return tuple(
        FinanceLine(place, measure, yen, yen - lacking, "収入整理簿 令和8年6月分")
        for measure, yen, lacking in (("調定額", 10_000_000, 0), ("収入済額", 6_200_000, 0), ("不納欠損額", 40_000, 0),
                                      ("収入未済額", 3_760_000, 0))
    )  # fmt: skip


def ledger(group_id: str) -> tuple[LedgerLine, ...]:
    return (
        LedgerLine(group_id, "調定", "nhi", "staged", None, "", 9_400, 94_000_000),
        LedgerLine(group_id, "調定", "nhi", "merged", None, "期別に合算", 120, 1_200_000),
        LedgerLine(group_id, "調定", "nhi", "excluded", "X01", "調定額も収納額も 0 円で、履歴の無い期別", 310, 0),
        LedgerLine(group_id, "収納", "nhi", "rejected", "E07", "調定の無い収納", 2, 4_300),
    )


def codes() -> tuple[CodeLine, ...]:
    return (
        CodeLine(
            "chotei_shuno", "kamoku", "1", "23", "国民健康保険料（一般）", "1900-01-01", "9999-12-31", 8_800, 8_800
        ),
        CodeLine(
            "chotei_shuno", "kamoku", "2", "23", "国民健康保険料（退職）", "1900-01-01", "2015-03-31", 12, 12, True
        ),
        CodeLine("chotei_shuno", "channel", "09", "05", "スマートフォン決済", "2020-04-01", "9999-12-31", 0),
    )


def characters() -> tuple[CharacterLine, ...]:
    return (
        CharacterLine("nhi", "F040", "MJ012345", "外字（利用者定義）", "同定済", 31, 12, "字形照合 令和8年5月"),
        CharacterLine("nhi", "F041", "", "外字（利用者定義）", "未定", 2, 1, "字形票なし。原票を確認中"),
        CharacterLine("nhi", "F042", "MJ023456", "外字（利用者定義）", "暫定", 4, 4, "縮退マップ（類推）"),
    )


def burn_down() -> tuple[BurnDown, ...]:
    return (
        BurnDown("M20260403-0001", "2026-04-03", 14, 9_120, 4_403_100, 0),
        BurnDown("M20260512-0002", "2026-05-12", 3, 4_812, 1_203_450, 0),
        BurnDown("M20260619-0003", "2026-06-19", 0, 0, 0, 1),
    )


def accepted() -> tuple[AcceptanceLine, ...]:
    return (
        AcceptanceLine("migration_difference-1", differing(), 1, 300, "explained", "A03 基準日前後の異動：締め後の減免",
                       "K-118", "chief_tax", "chief_insurance", "M20260512-0002 の後 2 回まで", None),
        AcceptanceLine("migration_difference-2", differing(rows=3, yen=900, component="tokusoku"), 4, 1_200, "void",
                       "A01 移行元の既知の誤り：督促の取消漏れ", "K-097", "chief_tax", "chief_insurance",
                       "基準日 2026-09-30 まで", "数値が変わった：行 3 → 4、円 900 → 1,200"),
    )  # fmt: skip


def sample(nth: int = 0) -> tuple[SampleLine, ...]:
    return tuple(
        SampleLine("chotei_shuno", stratum, "036o005_20260619000000_1.csv", 1 + 97 * at + 11 * nth, key(at + 7 * nth),
                   "税（料）額 10,000 円、収納額 4,000 円、延滞金 300 円")
        for at, stratum in enumerate(("差押あり", "執行停止", "残高上位 50", "科目×状態×金額帯"))
    )  # fmt: skip


def files(groups: tuple[GroupFacts, ...]) -> tuple[FileLine, ...]:
    return tuple(
        FileLine(f"{each.interface_id or each.id}_{each.id}_20260619000000_1.csv", each.id, 9_400 + at, 94_000_000,
                 4_103_221 + at, sha(f"file {each.id}"), key(at), key(at + 1))
        for at, each in enumerate(groups)
    )  # fmt: skip


def targets() -> tuple[TargetLine, ...]:
    return (
        TargetLine("nhi_premium", "国民健康保険料", "nhi", "standard", "国民健康保険システム", "to_come", "", "23",
                   "特定移行支援システム（令和7年12月末）"),
        TargetLine("school_lunch_fee", "学校給食費", "school_lunch", "integrated", "統合収滞納管理", "to_come", "",
                   "Z2", "標準の対象外。独自施策システム連携"),
        TargetLine("scholarship_loan", "奨学資金貸付金", "scholarship", "stay", "", "none", "", "",
                   "私債権。本システムの台帳に残す"),
    )  # fmt: skip


def readiness(group_id: str, at: int) -> Readiness:
    states = ("ready", "attention", "blocked", "none")
    return Readiness(group_id, {name: states[(at + nth) % 4 if nth > 3 else 0] for nth, name in enumerate(ASPECTS)})
