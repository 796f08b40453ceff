"""Sections 11 to 15 of the report (差異承認一覧から署名欄まで): who accepted what, how to look again, who signs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from receivables.migration.signoff.blocks import Block, Cell, heading, note, number, strong, table, text

_OUTCOMES: dict[str, Cell] = {
    "explained": {"text": "有効", "tone": "good"},
    "void": {"text": "無効", "tone": "bad"},
    "expired": {"text": "期限切れ", "tone": "bad"},
    "waiting": {"text": "承認待ち", "tone": "note"},
}
_TARGETS = {"standard": "標準準拠システム", "integrated": "統合収滞納", "stay": "本システムに残す"}
_STATES = {"done": "移行済み", "to_come": "これから", "none": "―"}


def acceptances(model: Mapping[str, Any]) -> Iterator[Block]:
    """11 差異承認一覧: who accepted which numbers and why; what became void stays, with both numbers."""
    yield table(
        ["=状態", "=検査", "=段", "2グループ・項目・区分", "#承認（行）", "#今回（行）", "#承認（円）", "#今回（円）",
         "4理由・票", "3提案・承認・期限"],
        [
            [_OUTCOMES[each["outcome"]], each["check"], each["legs"],
             " ".join(filter(None, (each["group"] or "全体", each["component"], each["kind"]))), number(each["rows"]),
             number(each["rows_now"]), number(each["yen"]), number(each["yen_now"]),
             f"{each['reason']}（票 {each['ticket']}）" + (f"　{each['note']}" if each["note"] else ""),
             f"{each['proposed_by']} → {each['approved_by'] or '―'}　{each['limit']}"]
            for each in model["acceptances"]
        ],
        empty="承認された差異はありません。",
    )  # fmt: skip


def sample(model: Mapping[str, Any]) -> Iterator[Block]:
    """12 目視確認サンプル with room for the result."""
    yield table(
        ["=グループ", "2抽出区分", "#ファイルの行", "~キー（ハッシュ）", "5原簿と照らす値", "3確認結果"],
        [
            [each["group"], each["stratum"], number(each["row_no"]), each["key"], each["shown"], ""]
            for each in model["sample"]
        ],
        empty="抽出された行はありません。",
    )  # fmt: skip
    yield note("行は実行番号から機械的に選ばれ、見る前に決まっています。原簿と照らし、結果を記入してください。")


def files(model: Mapping[str, Any]) -> Iterator[Block]:
    """13 ファイル一覧: rows, yen, bytes and SHA-256."""
    lines = model["files"]
    sums = [strong(number(sum(each[name] for each in lines))) for name in ("rows", "yen", "bytes")]
    yield table(
        ["3ファイル名", "=グループ", "#件数", "#金額計（円）", "#バイト", "~SHA-256"],
        [
            [each["file_name"], each["group"], number(each["rows"]), number(each["yen"]), number(each["bytes"]),
             each["sha256"]]
            for each in lines
        ] + ([[strong("計"), "", *sums, ""]] if lines else []),
        empty="ファイルはありません。",
    )  # fmt: skip


def procedure(model: Mapping[str, Any]) -> Iterator[Block]:
    """14 手順と環境: how to do it again, with which versions, and where each kind of claim goes."""
    of = model["procedure"]
    yield table(["#順", "手順"], [[str(at), each] for at, each in enumerate(of["steps"], start=1)])
    yield table(["=道具", "版"], sorted(of["environment"].items()))
    yield heading("債権の移行先（移行計画）")
    yield table(
        ["2債権", "=移行元", "=行き先", "2システム", "=状態", "=移行日", "=科目", "3根拠"],
        [
            [each["name"], each["source"], _TARGETS[each["target"]], each["system"], _STATES[each["state"]],
             each["cut_over_on"] or "未定", each["subject_code"], each["basis"]]
            for each in of["targets"]
        ],
    )  # fmt: skip


def signatures(model: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """15 署名欄: a box per role, filled by whoever signed in it; signatures without a role and refusals below."""
    by_role = {each["role"]: each for each in given if each["decision"] == "accepted" and each["role"]}
    if not model["signers"]:
        yield text("署名する役割がありません（移行する債権がありません）。")
    yield {
        "kind": "signatures",
        "boxes": [
            {"title": each["title"], "user": by_role[each["role"]]["user"] if each["role"] in by_role else "",
             "signed_at": by_role[each["role"]]["signed_at"][:16] if each["role"] in by_role else ""}
            for each in model["signers"]
        ],
    }  # fmt: skip
    yield table(
        ["=判断", "=役割", "2利用者", "=日時", "4理由"],
        [
            [{"text": "署名", "tone": "good"} if each["decision"] == "accepted" else {"text": "差戻し", "tone": "bad"},
             each["title"] or "―", each["user"], each["signed_at"][:19], each["reason"] or ""]
            for each in given
        ],
        empty="電子署名はまだありません。リハーサルは異なる二人、本番移行は上のすべての役割の署名で受入れとなります。",
    )  # fmt: skip
