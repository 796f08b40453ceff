"""Japanese words for codes (用語): from the seeds where they are data, from here where they are the program's own."""

import csv
from functools import cache

from receivables.screens.model import Tone
from receivables.settings import SEEDS

DELIVERY: dict[str, tuple[str, Tone]] = {
    "loaded": ("取込済", "good"),
    "duplicate": ("再送（変更なし）", "good"),
    "landed": ("受領済・検査前", "watch"),
    "checked": ("検査済・反映前", "watch"),
    "held": ("保留", "watch"),
    "rejected": ("不受理", "bad"),
    "missing": ("未着", "bad"),
}
CAMPAIGN = {
    "waiting": "承認待ち",
    "approved": "承認済",
    "sending": "送信中",
    "done": "完了",
    "superseded": "差替え済",
    "cancelled": "取消",
}
VERDICT: dict[str, tuple[str, Tone]] = {
    "PASS": ("一致", "good"),
    "EXPLAINED": ("説明済みの差", "watch"),
    "FAIL": ("不一致", "bad"),
    "NOT RUN": ("未実施", "quiet"),
}
CATEGORY = {"current": "現年分", "arrears": "滞納繰越分"}
LEGS = {"S": "受入原票", "W": "倉庫", "G": "移行データ", "F": "書出しファイル"}
BUCKETS = {
    "1-30": "30日以内",
    "31-90": "31〜90日",
    "91-180": "91〜180日",
    "181-365": "181〜365日",
    "366-": "1年超",
}


def reason_ja(code: str | None) -> str | None:
    """The reason of a rejected file or quarantined row; the code itself while it has no text (隔離理由)."""
    return None if code is None else _column("ingest/reason_codes.csv", "reason_code", "title_ja").get(code, code)


def exclusion_ja(code: str) -> str:
    """The reason of an exclusion code, given in full or by its first three characters (除外理由)."""
    known = _column("campaign/exclusions.csv", "exclusion_code", "reason_ja")
    return known.get(code) or next((text for full, text in known.items() if full[:3] == code[:3]), code)


def legs_ja(legs: str) -> str:
    """What a check compares: 倉庫 ↔ 移行データ for W-G."""
    return " ↔ ".join(LEGS.get(leg, leg) for leg in dict.fromkeys(legs.split("-")))


def claim_type_ja(claim_type: str) -> str:
    """The name of a kind of claim (債権の種類)."""
    return _column("law/claim_types.csv", "claim_type", "name_ja").get(claim_type, claim_type)


@cache
def _column(seed: str, key: str, value: str) -> dict[str, str]:
    file = SEEDS / seed
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {row[key]: row[value] for row in csv.DictReader(lines)}
