"""What came of one run, for people (効果検証の結果): one page in Japanese that says first whether it worked."""

from collections.abc import Mapping
from typing import Any

from receivables.campaigns.experiments.drawing import CHANNELS_JA, Page, Section
from receivables.campaigns.experiments.intervals import Interval
from receivables.campaigns.experiments.registered import lines_ja
from receivables.campaigns.experiments.stopping import DECISIONS_JA

ARMS_JA = {"treat": "送信", "control": "対照群"}
_COUNTS = ("assigned_count", "unit_count", "contacted_count", "paid_count", "due_yen", "paid_yen")


def result_page(found: Mapping[str, Any]) -> Page:
    """The page of what `results.results` gives."""
    return Page(
        found["run_id"], f"{found['title']} 効果検証の結果（送信日 {found['dispatched_on']}）", verdict(found),
        [_rates(found), _money(found), _rules(found), _harm(found), _contacts(found)],
    )  # fmt: skip


def verdict(found: Mapping[str, Any]) -> str:
    """Whether it worked, in one sentence; never more than the interval says."""
    effect = _primary(found)
    if effect is None or effect["uplift_permille"] is None:
        return "送信した人と対照群の両方がいないため、効果は測れません。"
    days = found["primary_horizon_days"]
    told = (
        f"{days}日以内に納付した人の割合の差は {_points(effect['uplift_permille'])}"
        f"（95%区間 {_points(effect['uplift_low_permille'])}～{_points(effect['uplift_high_permille'])}）。"
    )
    if not effect["is_complete"]:
        return told + f"期間または入金の反映が終わっていないため、途中の数字です（基準日 {found['as_of']}）。"
    if effect["uplift_low_permille"] > 0:
        return told + "送信によって納付した人が増えたと言えます。"
    if effect["uplift_high_permille"] < 0:
        return told + "送信した側の納付が少なかったと言えます。"
    return told + "差があるとは言えません（効果がないことの証明ではありません）。"


def _rates(found: Mapping[str, Any]) -> Section:
    treated = [each for each in found["effects"] if each["uplift_permille"] is not None]
    return Section(
        "納付した人の割合（割付どおりに集計）",
        ["届いたかどうかにかかわらず、割り付けた全員を数えます。送信日以前の納付と速報の納付は、どちらの群にも数えません。"],
        ["日数", "群", "確定", "人数", "単位数", "送信", "納付した人", "対象額（円）", "納付額（円）"],
        [
            [each["horizon_days"], ARMS_JA[each["arm"]], "済" if each["is_complete"] else "途中",
             *(each[name] for name in _COUNTS)]
            for each in found["effects"]
        ],
        [
            (f"{each['horizon_days']}日以内の差", Interval(*(
                each[name] / 10 for name in ("uplift_permille", "uplift_low_permille", "uplift_high_permille")
            )))
            for each in treated
        ],
        "ポイント",
    )  # fmt: skip


def _money(found: Mapping[str, Any]) -> Section:
    treated = [each for each in found["effects"] if each["arm"] == "treat"]
    names = ("gain_yen", "gain_low_yen", "gain_high_yen")
    return Section(
        "追加で納付された額と費用",
        ["追加納付千円当たりの費用は、追加納付の区間が0円を含むとき「推定できない」とします。"],
        ["日数", "一人当たりの追加納付（円）", "95%区間", "費用（円）", "追加納付千円当たりの費用（円）", "95%区間"],
        [
            [each["horizon_days"], each["gain_yen"], _range(each["gain_low_yen"], each["gain_high_yen"]),
             each["cost_yen"], each["cost_yen_per_1000_yen"] or "推定できない",
             _range(each["cost_low_yen_per_1000_yen"], each["cost_high_yen_per_1000_yen"])]
            for each in treated
        ],
        [
            (f"{each['horizon_days']}日以内、一人当たり", Interval(*(each[name] for name in names)))
            for each in treated if each["gain_yen"] is not None
        ],
        "円",
    )  # fmt: skip


def _rules(found: Mapping[str, Any]) -> Section:
    halted = [f"停止中: {reason}" for reason in found["halted_because"]]
    return Section(
        "事前登録と逐次検証",
        [*lines_ja(found["registered"]), *halted],
        ["回", "差（ポイント）", "z", "境界", "判定"],
        [
            [each["look_no"], round(float(each["uplift_permille"]) / 10, 2), round(each["z"], 2),
             round(each["bound"], 2), DECISIONS_JA[each["decision"]]]
            for each in found["looks"]
        ],
    )  # fmt: skip


def _harm(found: Mapping[str, Any]) -> Section:
    return Section(
        "害の見張り（少人数の欄は秘匿）",
        ["拒否・番号違い・不達は送信した人に対する割合、分納の不履行と生活困窮の相談は対照群との差です（‰）。"],
        ["内容", "区分", "値", "人数", "件数", "‰", "上限‰", "超過"],
        [
            [each["measure_ja"], each["group_ja"], each["cell"], each["people"], each["count"], each["permille"],
             each["limit_permille"], "超過" if each["is_over"] else ""]
            for each in found["harm"] if each["count"] or each["is_over"] or each["group_ja"] == "全体"
        ],
    )  # fmt: skip


def _contacts(found: Mapping[str, Any]) -> Section:
    kept = found["promises"]
    told = (
        "期日の来た納付約束は公表できる件数に達していません。"
        if kept["promises"] is None
        else f"納付約束 {kept['promises']:,} 件のうち期日までの履行 {kept['kept']:,} 件"
        f"（{kept['kept_permille'] / 10:.1f}%）。"
    )
    return Section(
        "時間帯別の接触率と納付約束",
        [told],
        ["経路", "時", "試行", "接触", "‰"],
        [
            [
                CHANNELS_JA.get(each["channel"], each["channel"]),
                each["hour"],
                each["attempted"],
                each["reached"],
                each["permille"],
            ]
            for each in found["hours"]
        ],
    )


def _primary(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    days = found["primary_horizon_days"]
    return next((e for e in found["effects"] if (e["horizon_days"], e["arm"]) == (days, "treat")), None)


def _points(permille: float) -> str:
    return f"{permille / 10:+.1f}ポイント"


def _range(low: int | None, high: int | None) -> str | None:
    return None if low is None or high is None else f"{low:,}～{high:,}"
