"""`receivables law …`: the law for one claim, without a database (法の計算)."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from receivables.cli import console
from receivables.cli.console import JsonOption
from receivables.errors import InputRejectedError
from receivables.law.clock import Event
from receivables.law.late_charge import LateChargeRule, Payment, late_charge
from receivables.law.late_damages import DamagesRule, late_damages
from receivables.law.prescription import prescription
from receivables.law.refund_interest import refund_interest
from receivables.rulebook import rulebook

app = typer.Typer(help="Late charges, damages, prescription and refund interest, with articles.", no_args_is_help=True)
RuleOption = Annotated[list[str] | None, typer.Option("--rule", help="Override a parameter: key=value; repeatable")]
PrincipalOption = Annotated[int, typer.Option(min=0, help="Principal in yen")]
TypeOption = Annotated[str, typer.Option("--claim-type", help="Kind of claim, as in seeds/law/claim_types.csv")]


@app.command("late-charge")
def late_charge_command(
    claim_type: TypeOption,
    principal: PrincipalOption,
    due: Annotated[str, typer.Option(help="Due date 納期限 (YYYY-MM-DD)")],
    paid: Annotated[str | None, typer.Option(help="Day paid; with --payments the day of the last one")] = None,
    payments: Annotated[Path | None, typer.Option(help='JSON list of {"paid_on", "amount_yen"}')] = None,
    rule: RuleOption = None,
    as_json: JsonOption = False,
) -> None:
    """延滞金: the delinquency charge with its segments, rates and articles."""
    rules = rulebook()
    kind = rules.claim_type(claim_type)
    given = kind.late_charge_rule
    if given is None and not rule:
        raise InputRejectedError(
            f"{claim_type} bears no 延滞金 (see claim_types.csv); for private claims use `law late-damages`"
        )
    chosen = _overridden(given or _PLAIN, rule)
    made = _payments(payments)
    last = console.day(paid, "--paid") if paid else max((each.paid_on for each in made), default=None)
    if last is None:
        raise InputRejectedError("--paid or a --payments file with at least one payment is needed")
    until = max([last, *(each.paid_on for each in made)])
    found = late_charge(
        principal, due=console.day(due, "--due"), paid=until, rule=chosen, rates=rules.late_charge_rates, payments=made
    )
    segments = [
        {"from": each.first, "to": each.last, "days": each.days, "permille": each.permille,
         "base_yen": each.base_yen, "yen": each.yen}
        for each in found.segments
    ]  # fmt: skip
    payload = {
        "charge_yen": found.charge_yen,
        "sum_before_rounding_yen": found.sum_before_rounding_yen,
        "segments": segments,
        "rule": {name: getattr(chosen, name) for name in LateChargeRule.__slots__},
        "citations": [kind.citation, chosen.citation],
    }
    console.emit(payload, as_json, lambda: _show_segments("延滞金", found.charge_yen, segments, payload["citations"]))


@app.command("late-damages")
def late_damages_command(
    principal: PrincipalOption,
    delay_from: Annotated[str, typer.Option(help="First day of delay: the day after the due date")],
    paid: Annotated[str, typer.Option(help="Day paid")],
    rule: RuleOption = None,
    as_json: JsonOption = False,
) -> None:
    """遅延損害金: late damages on a private-law claim, at the rate of the first day of delay."""
    chosen = _overridden(DamagesRule(), rule)
    found = late_damages(
        principal,
        delay_from=console.day(delay_from, "--delay-from"),
        paid=console.day(paid, "--paid"),
        rates=rulebook().legal_rates,
        rule=chosen,
    )
    citations = [found.citation, "民法第419条第1項"]
    console.emit(
        {"damages_yen": found.damages_yen, "days": found.days, "permille": found.permille, "citations": citations},
        as_json,
    )


@app.command("prescription")
def prescription_command(
    claim_type: TypeOption,
    due: Annotated[str, typer.Option(help="Due date 納期限 (rolled)")],
    as_of: Annotated[str, typer.Option(help="Business date 基準日")],
    events: Annotated[Path | None, typer.Option(help='JSON list of {"type", "date", …}')] = None,
    contract_date: Annotated[str | None, typer.Option(help="契約日, for private claims")] = None,
    as_json: JsonOption = False,
) -> None:
    """時効: the last days on which the claim stands, and every event that moved the clock."""
    found = prescription(
        due=console.day(due, "--due"),
        as_of=console.day(as_of),
        rule=rulebook().claim_type(claim_type).prescription_rule,
        events=_events(events),
        contract_date=console.day(contract_date, "--contract-date") if contract_date else None,
    )
    clock = [
        {"event": each.event, "date": each.on, "restart": each.restart, "until": each.until, "article": each.article}
        for each in found.clock
    ]
    payload = {
        "state": found.state,
        "date_safe": found.date_safe,
        "date_alternative": found.date_alternative,
        "cause": found.cause,
        "clock": clock,
        "missing": list(found.missing),
        "needs_invocation": found.needs_invocation,
    }
    rows = [[each["event"], each["date"], each["restart"], each["until"], each["article"]] for each in clock]

    def show() -> None:
        console.table("時効の進行", ["事由", "日", "起算", "満了", "根拠"], rows)
        console.console.print(
            f"状態 {found.state}  安全側 {found.date_safe}  他説 {found.date_alternative}", markup=False
        )
        console.console.print(f"原因 {found.cause}  不足 {', '.join(found.missing) or 'なし'}", markup=False)

    console.emit(payload, as_json, show)


@app.command("refund-interest")
def refund_interest_command(
    principal: PrincipalOption,
    first: Annotated[str, typer.Option("--from", help="First day")],
    last: Annotated[str, typer.Option("--to", help="Last day")],
    as_json: JsonOption = False,
) -> None:
    """還付加算金: interest on a refund."""
    found = refund_interest(
        principal,
        first=console.day(first, "--from"),
        last=console.day(last, "--to"),
        rates=rulebook().refund_interest_rates,
    )
    segments = [
        {"from": each.first, "to": each.last, "days": each.days, "permille": each.permille,
         "base_yen": each.base_yen, "yen": each.yen}
        for each in found.segments
    ]  # fmt: skip
    citations = ["地方税法第17条の4", "地方税法第20条の4の2"]
    payload = {"interest_yen": found.interest_yen, "segments": segments, "citations": citations}
    console.emit(payload, as_json, lambda: _show_segments("還付加算金", found.interest_yen, segments, citations))


_PLAIN = LateChargeRule("given", 1_000, 2_000, 1, "floor_each", 100, 1_000, None, "--rule")


def _show_segments(title: str, yen: int, segments: list[dict[str, Any]], citations: Any) -> None:
    rows = [[str(one["from"]), str(one["to"]), one["days"], f"{one['permille'] / 10}%", one["base_yen"], one["yen"]]
            for one in segments]  # fmt: skip
    console.table(f"{title} {yen:,}円", ["から", "まで", "日数", "年利", "計算の基礎(円)", "円"], rows)
    console.console.print(f"根拠: {' / '.join(citations)}", markup=False)


def _overridden(rule: Any, given: list[str] | None) -> Any:
    """`rule` with key=value pairs in place; numbers stay whole."""
    changes: dict[str, Any] = {}
    for pair in given or []:
        key, sign, value = pair.partition("=")
        if not sign or key in ("rule_id", "citation") or key not in type(rule).__slots__:
            known = [name for name in type(rule).__slots__ if name not in ("rule_id", "citation")]
            raise InputRejectedError(f"--rule {pair!r} is not key=value with a key of: {', '.join(known)}")
        changes[key] = int(value) if value.isascii() and value.isdigit() and key != "year_basis" else value
        if isinstance(getattr(rule, key), int) and not isinstance(changes[key], int):
            raise InputRejectedError(f"--rule {key} takes a whole number, not {value!r}")
    if changes.get("segment_rounding", "floor_each") not in ("floor_each", "sum_exact"):
        raise InputRejectedError("--rule segment_rounding is floor_each or sum_exact")
    if changes.get("year_basis", "365") not in ("365", "actual"):
        raise InputRejectedError("--rule year_basis is 365 or actual")
    return replace(rule, **changes)


def _payments(file: Path | None) -> list[Payment]:
    return [
        Payment(_date(file, number, one, "paid_on"), _yen(file, number, one))
        for number, one in enumerate(_list(file), start=1)
    ]


def _events(file: Path | None) -> list[Event]:
    found = []
    dates = ("issued_on", "arrived_on", "designated_deadline", "returned_on", "until")
    for number, one in enumerate(_list(file), start=1):
        if "type" not in one:
            raise InputRejectedError(f"{file}, event {number}: no type; write one such as dunned or acknowledged")
        on = _date(file, number, one, next((key for key in ("date", "issued_on") if key in one), "date"))
        given: Any = {key: _date(file, number, one, key) for key in dates if one.get(key)}
        found.append(
            Event(str(one["type"]), on, channel=one.get("channel"), is_immediate=bool(one.get("is_immediate")), **given)
        )
    return found


def _list(file: Path | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputRejectedError(f"{file} is not a readable JSON file; write a JSON list of objects") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputRejectedError(f"{file} is not a JSON list of objects")
    return found


def _date(file: Path | None, number: int, one: dict[str, Any], key: str) -> date:
    try:
        return date.fromisoformat(one[key])
    except (KeyError, TypeError, ValueError):
        raise InputRejectedError(f"{file}, entry {number}: {key} is missing or not a date YYYY-MM-DD") from None


def _yen(file: Path | None, number: int, one: dict[str, Any]) -> int:
    amount = one.get("amount_yen")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise InputRejectedError(f"{file}, entry {number}: amount_yen is not a whole number of yen")
    return amount
