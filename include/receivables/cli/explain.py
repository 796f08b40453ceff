"""`receivables explain claim|contact`: from a figure or a letter back to what it rests on (根拠の説明)."""

from typing import Any

import typer

from receivables.cli import console
from receivables.cli.console import JsonOption, StateOption
from receivables.explain import explain_claim

app = typer.Typer(help="From a figure back to its reasons (根拠の説明)", no_args_is_help=True)


@app.callback()
def _room() -> None:
    """From a figure back to its reasons (根拠の説明)."""


@app.command()
def claim(claim_id: str, state: StateOption = None, as_json: JsonOption = False) -> None:
    """One claim: assessed, received, charged and prescribing, each with its reason."""
    found = explain_claim(claim_id, state=console.state_of(state))
    console.emit(found, as_json, lambda: _show(found))


@app.command()
def contact(contact: str, state: StateOption = None, as_json: JsonOption = False) -> None:
    """One contact, by its id or the number on letter or list: approvals, the twelve proofs, what came of it."""
    from receivables.campaigns.explaining import explain_contact

    found = explain_contact(contact, state=console.state_of(state))
    console.emit(found, as_json, lambda: _show_contact(found))


def _show_contact(found: dict[str, Any]) -> None:
    one, run, seen = found["contact"], found["run"], found["verified"]
    say = console.console.print
    say(
        f"{run['purpose']}（{run['campaign']}、{run['channel']}）基準日 {run['as_of']}  作成者 {run['maker']}",
        markup=False,
    )
    say(f"対象者 {one['contact_id']}  区分 {one['arm']}  {'、'.join(one['reasons_ja'])}", markup=False)
    say(f"承認 {'、'.join(each['approver'] for each in found['approvals']) or 'なし'}", markup=False)
    holds = {True: "一致", False: "不一致"}
    say(f"リスト {holds[seen['list']]}  文面 {holds[seen['text']]}", markup=False)
    for certificate, is_intact in zip(found["certificates"], seen["certificates"], strict=True):
        rows = [[name, "○" if proof["holds"] else "×"] for name, proof in certificate["proofs"].items()]
        console.table(f"送達可否証明 {certificate['issued_at']}（{holds[is_intact]}）", ["証明", "成立"], rows)
    console.table("送信の経過", ["から", "状態", "結果", "時刻"], [
        [each["from_state"] or "", each["to_state"], each["outcome"] or "", each["at"]] for each in found["history"]
    ])  # fmt: skip
    console.table("連絡の結果", ["経路", "結果", "日", "約束日"], [
        [each["channel"], each["event"], each["occurred_on"], each["promised_on"] or ""] for each in found["events"]
    ])  # fmt: skip
    console.table("根拠のファイル", ["取込", "ファイル", "SHA-256"], [
        [each["batch_id"], each["file_name"], each["file_sha256"][:12]] for each in found["rests_on"]
    ])  # fmt: skip


def _show(found: dict[str, Any]) -> None:
    one, law, origin = found["claim"], found["assessment"] or {}, found["origin"] or {}
    say = console.console.print
    say(f"債権 {one['claim_id']}（{one['claim_type']}、{one['legal_class']}、所管 {one['owner_dept']}）", markup=False)
    say(
        f"調定 {one['assessed_yen']:,}円 − 収納 {one['received_yen']:,}円 − 欠損 {one['written_off_yen']:,}円"
        f" ＋ 還付未済 {one['refund_pending_yen']:,}円 ＝ 未納 {one['outstanding_yen']:,}円",
        markup=False,
    )
    say(
        f"出所 {origin.get('file_name')} {origin.get('line_no')}行 {origin.get('byte_offset')}バイト目"
        f"（{origin.get('batch_id')}、SHA-256 {str(origin.get('file_sha256'))[:12]}…）",
        markup=False,
    )
    for name, rule in found["rules"].items():
        if rule:
            say(f"規則 {name}: {rule['seed']} の {rule['row']}（{rule['citation']}）", markup=False)
    segments = [
        [each["from"], each["to"], each["days"], f"{each['permille'] / 10}%", each["base_yen"], each["yen"]]
        for each in law.get("charge_segments") or []
    ]
    if segments:
        title = f"延滞金 {law['delinquency_charge_yen']:,}円（{law['as_of']}現在）"
        console.table(title, ["から", "まで", "日数", "年利", "計算の基礎(円)", "円"], segments)
    if law.get("is_charge_known") is False:
        say(f"延滞金 不明（{law['as_of']}現在。下の「不足する事実」がそろうまで計算しない）", markup=False)
    clock = [
        [each["event"], each["date"], each["restart"], each["until"], each["article"]]
        for each in law.get("prescription_clock") or []
    ]
    title = f"時効 {law.get('prescription_state')} 安全側 {law.get('prescription_date_safe')}"
    console.table(title, ["事由", "日", "起算", "満了", "根拠"], clock)
    if law.get("standing"):
        ended = f"、{law['extinct_from']} から消滅（{law['extinct_cause']}）" if law["extinct_from"] else ""
        held = f"、徴収を止めるもの {law['held_by']}（{law['held_until'] or '終期なし'}）" if law["held_by"] else ""
        say(f"現況 {law['standing']}{ended}{held}  根拠 {' / '.join(law['citations'])}", markup=False)
        if law["missing"]:
            say(f"不足する事実: {', '.join(law['missing'])}", markup=False)
    void = [[one["event"], one["on"], one["date_safe"], one["date_alternative"]] for one in found["what_if"]]
    if void:
        console.table("その事由がなかったとしたら", ["事由", "日", "時効 安全側", "時効 他説"], void)
    events = [
        [one["event_date"], one["event_type"], one["amount_yen"], one["until_on"], one["document_no"],
         one["recorded_on"], one["withdrawn_on"]]
        for one in found["events"]
    ]  # fmt: skip
    console.table("異動（債権台帳）", ["日", "事由", "円", "終期", "文書", "記帳日", "取消日"], events)
    receipts = [[each["paid_on"], each["principal_yen"], each["delinquency_charge_yen"], each["channel_code"]]
                for each in found["receipts"]]  # fmt: skip
    console.table("収納", ["領収日", "本税（料）(円)", "延滞金(円)", "経路"], receipts)
