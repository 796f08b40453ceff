"""The league table and the shift report, for people (効果の一覧・架電から受電への転換)."""

from collections.abc import Mapping
from typing import Any

from receivables.campaigns.experiments.drawing import CHANNELS_JA, Page, Section
from receivables.campaigns.experiments.intervals import Interval
from receivables.campaigns.experiments.weeks import MODES_JA

_LEAGUE_HEAD = [
    "順", "催告", "所管", "経路", "実施", "送信", "対照", "差（ポイント）", "95%区間", "一人当たり（円）", "95%区間",
]  # fmt: skip


def league_page(found: Mapping[str, Any]) -> Page:
    """The page of what `league.league` gives."""
    places = found["places"]
    left_out = [f"人数が少ない{found['left_out']}行は載せていません。"] if found["left_out"] else []
    rows = [
        [at, each["title"], each["department"], _channel(each["channel"]), f"{each['first_on']}～{each['last_on']}",
         each["treat_count"], each["control_count"], round(each["uplift_permille"] / 10, 1),
         _interval(each, "uplift", 10),
         each["gain_yen"], _interval(each, "gain", 1)]
        for at, each in enumerate(places, start=1)
    ]  # fmt: skip
    return Page(
        "league", "催告の効果の一覧（所管・計画・経路）",
        f"確かに効果がある順（95%区間の下限の順）に {len(places)} 件。" if places else "確定した比較はまだありません。",
        [Section(
            "30日以内に納付した人の割合の差", [*found["warnings"], *left_out],
            _LEAGUE_HEAD, rows,
            [(f"{each['title']} {_channel(each['channel'])}", Interval(*(
                each[f"uplift_{part}permille"] / 10 for part in ("", "low_", "high_")
            ))) for each in places], "ポイント",
        )],
    )  # fmt: skip


def shift_page(found: Mapping[str, Any]) -> Page:
    """The page of what `shift.shift_report` gives."""
    return Page(
        "shift", f"架電から受電への転換の検証（基準日 {found['as_of']}）", _shift_verdict(found),
        [_arms(found), _weeks(found["weeks"]), _load(found["load"])],
    )  # fmt: skip


def _shift_verdict(found: Mapping[str, Any]) -> str:
    gap = found["outbound_minus_inbound"]
    if gap is None:
        return "架電と受電誘導の両方の比較がまだないため、判断できません。"
    told = (
        f"架電は受電誘導（SMS・自動音声）より、納付した人の割合で {gap['estimate'] / 10:+.1f} ポイント"
        f"（95%区間 {gap['low'] / 10:+.1f}～{gap['high'] / 10:+.1f}）。"
    )
    if gap["low"] > 0:
        return told + "架電の効果の方が大きいと言えます。"
    return told + ("受電誘導の効果の方が大きいと言えます。" if gap["high"] < 0 else "差があるとは言えません。")


def _arms(found: Mapping[str, Any]) -> Section:
    kinds = {"outbound": "架電", "inbound": "受電誘導"}
    return Section(
        "無作為に割り付けた群の比較",
        ["経路は催告ごとに無作為に決めていますが、携帯電話のない方にSMSは送れないため、対象者は完全には同じではありません。"],
        ["種別", "経路", "期間", "送信", "対照"],
        [
            [kinds[each["kind"]], each["channel"], f"{each['first_on']}～{each['last_on']}", each["treat_count"],
             each["control_count"]]
            for each in found["arms"]
        ],
        [
            (kinds[each["kind"]], Interval(*(each["uplift"][part] / 10 for part in ("estimate", "low", "high"))))
            for each in found["arms"]
        ],
        "ポイント",
    )  # fmt: skip


def _weeks(found: Mapping[str, Any]) -> Section:
    chance = found["chance_permille"]
    notes = [
        "週の比較はまだありません。" if found["gain_yen"] is None
        else f"架電の週と受電の週の納付額の差は {found['gain_yen']:+,} 円"
        f"（95%区間 {found['gain_low_yen']:+,}～{found['gain_high_yen']:+,}、{found['pairs']}組）。"
    ]  # fmt: skip
    notes += [] if chance is None else [f"偶然だけでこれ以上の差になる割合は {chance / 10:.1f}% です。"]
    return Section(
        "無作為に割り付けた週の比較", notes, ["週の初日", "種別", "納付額（円）", "受電（件）"],
        [[str(each["week_start"]), MODES_JA[each["mode"]], each["paid_yen"], each["calls"]] for each in found["weeks"]],
    )  # fmt: skip


def _load(found: Mapping[str, Any]) -> Section:
    came_from = "仮定（受電件数の実績が20日分に満たない）" if found["is_assumed"] else "受電件数の実績からの推定"
    return Section(
        f"{_channel(found['channel'])} {found['messages']:,} 件を送ったときの受電の見込み",
        [f"{came_from}。1,000件当たり {found['calls_permille']:g} 件。区間は一日ごとの95%区間です。"],
        ["日", "見込み（件）", "下限", "上限"],
        [[str(each["day"]), each["calls"], each["low"], each["high"]] for each in found["days"]],
        [(str(each["day"]), Interval(each["calls"], each["low"], each["high"])) for each in found["days"]],
        "件",
    )


def _channel(channel: str) -> str:
    return CHANNELS_JA.get(channel, channel)


def _interval(each: Mapping[str, Any], name: str, scale: int) -> str | None:
    unit = "permille" if name == "uplift" else "yen"
    low, high = each[f"{name}_low_{unit}"], each[f"{name}_high_{unit}"]
    return None if low is None else f"{low / scale:,.1f}～{high / scale:,.1f}" if scale > 1 else f"{low:,}～{high:,}"
