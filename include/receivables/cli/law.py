"""`receivables law …`: the law for one claim, without a database (法の計算)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from receivables.cli import console
from receivables.cli.console import JsonOption
from receivables.cli.law_files import events_in, payments_in, reliefs_in
from receivables.cli.law_rates import rates_command
from receivables.cli.law_shown import prescription_of, segments_of, show_clock, show_segments
from receivables.cli.law_standing import (
    ClassOption,
    EventsOption,
    TypeOption,
    collection_command,
    due_date_command,
    dunning_command,
    standing_command,
)
from receivables.errors import InputRejectedError
from receivables.law.due_dates import accounting_year
from receivables.law.late_charge import LateChargeRule, late_charge
from receivables.law.late_damages import DamagesRule, late_damages
from receivables.law.prescription import prescription
from receivables.law.refund_interest import first_day_of_interest, refund_interest
from receivables.law.reliefs import Relief, reliefs_of
from receivables.law.what_if import what_if
from receivables.rulebook import rulebook

app = typer.Typer(help="Charges, damages, interest, prescription, standing, with articles.", no_args_is_help=True)
RuleOption = Annotated[list[str] | None, typer.Option("--rule", help="Override a parameter: key=value; repeatable")]
PrincipalOption = Annotated[int, typer.Option(min=0, help="Principal in yen")]
PaymentsOption = Annotated[Path | None, typer.Option(help='JSON list of {"paid_on", "amount_yen"}')]
PermilleOption = Annotated[str | None, typer.Option(help="Thousandths a year: 145, or a fraction such as 73/2")]
DayOption = Annotated[str | None, typer.Option(help="YYYY-MM-DD")]


@app.command("late-charge")
def late_charge_command(
    claim_type: TypeOption,
    principal: PrincipalOption,
    due: Annotated[str, typer.Option(help="Due date 納期限 (YYYY-MM-DD)")],
    paid: Annotated[str | None, typer.Option(help="Day paid; with --payments the day of the last one")] = None,
    payments: PaymentsOption = None,
    rule: RuleOption = None,
    reliefs: Annotated[Path | None, typer.Option(help='JSON list of {"kind", "from", "to"}')] = None,
    events: EventsOption = None,
    fiscal_year: Annotated[int | None, typer.Option(help="年度, where it is not that of the due date")] = None,
    as_json: JsonOption = False,
) -> None:
    """延滞金: the delinquency charge with its segments, rates, reliefs and articles."""
    rules, due_on = rulebook(), console.day(due, "--due")
    kind = rules.claim_type(claim_type, on=due_on)
    given = kind.late_charge_rule
    if given is None and not rule:
        raise InputRejectedError(
            f"{claim_type} bears no 延滞金 (see claim_types.csv); for private claims use `law late-damages`"
        )
    chosen = _overridden(given or _PLAIN, rule)
    made = payments_in(payments)
    last = console.day(paid, "--paid") if paid else max((each.paid_on for each in made), default=None)
    if last is None:
        raise InputRejectedError("--paid or a --payments file with at least one payment is needed")
    until = max([last, *(each.paid_on for each in made)])
    found = late_charge(
        principal, due=due_on, paid=until, rule=chosen, rates=rules.late_charge_rates, payments=made,
        reliefs=[*reliefs_in(reliefs), *_reliefs(events, until)], deferral_rates=rules.deferral_rates,
        fiscal_year=accounting_year(unrolled_due=due_on) if fiscal_year is None else fiscal_year,
    )  # fmt: skip
    segments = segments_of(found.segments)
    citations = [kind.citation, chosen.citation, *(["地方税法第15条の9第1項"] if reliefs or events else [])]
    payload = {
        "charge_yen": found.charge_yen,
        "sum_before_rounding_yen": found.sum_before_rounding_yen,
        "segments": segments,
        "rule": {name: getattr(chosen, name) for name in LateChargeRule.__slots__},
        "citations": citations,
    }
    console.emit(payload, as_json, lambda: show_segments("延滞金", found.charge_yen, segments, citations))


def _reliefs(events: Path | None, until: date) -> tuple[Relief, ...]:
    found, missing = reliefs_of(events_in(events), as_of=until)
    if missing:
        raise InputRejectedError(f"{events}: the relief is unknown without {', '.join(missing)}")
    return found


@app.command("late-damages")
def late_damages_command(
    principal: PrincipalOption,
    delay_from: Annotated[str, typer.Option(help="First day of delay: the day after the due date")],
    paid: Annotated[str, typer.Option(help="Day paid")],
    rule: RuleOption = None,
    payments: PaymentsOption = None,
    agreed_permille: PermilleOption = None,
    penalty_permille: PermilleOption = None,
    as_json: JsonOption = False,
) -> None:
    """遅延損害金: late damages on a private-law claim, at the rate of the first day of delay."""
    found = late_damages(
        principal,
        delay_from=console.day(delay_from, "--delay-from"),
        paid=console.day(paid, "--paid"),
        rates=rulebook().legal_rates,
        rule=_overridden(DamagesRule(), rule),
        payments=payments_in(payments),
        agreed_permille=_permille(agreed_permille, "--agreed-permille"),
        penalty_permille=_permille(penalty_permille, "--penalty-permille"),
    )
    citations = [found.citation, "民法第419条第1項"]
    console.emit(
        {"damages_yen": found.damages_yen, "days": found.days, "permille": found.permille, "citations": citations},
        as_json,
    )


def _permille(text: str | None, name: str) -> int | Fraction | None:
    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise InputRejectedError(f"{name} {text!r} is not a number of thousandths such as 145 or 73/2") from None
    return rate.numerator if rate.denominator == 1 else rate


@app.command("prescription")
def prescription_command(
    claim_type: TypeOption,
    due: Annotated[str, typer.Option(help="Due date 納期限 (rolled)")],
    as_of: Annotated[str, typer.Option(help="Business date 基準日")],
    events: EventsOption = None,
    contract_date: Annotated[str | None, typer.Option(help="契約日, for private claims")] = None,
    class_rule: ClassOption = None,
    claim_id: Annotated[str | None, typer.Option(help="For pledges that list the claims they are about")] = None,
    as_json: JsonOption = False,
) -> None:
    """時効: the last days on which the claim stands, every event that moved the clock, and what if it were void."""
    day = console.day(due, "--due")
    contracted = console.day(contract_date, "--contract-date") if contract_date else None
    kind = rulebook().claim_type(claim_type, on=contracted or day)
    if class_rule:
        kind = rulebook().kind_of(claim_type, class_rule, on=contracted or day)
    asked: dict[str, Any] = {
        "due": day, "as_of": console.day(as_of), "rule": kind.prescription_rule, "events": events_in(events),
        "contract_date": contracted, "claim_id": claim_id,
    }  # fmt: skip
    void = [
        {"event": each.event, "date": each.on, "date_safe": each.date_safe, "date_alternative": each.date_alternative}
        for each in what_if(**asked)
    ]
    payload = prescription_of(prescription(**asked)) | {"without": void}
    console.emit(payload, as_json, lambda: _show_prescription(payload))


def _show_prescription(payload: dict[str, Any]) -> None:
    show_clock(payload)
    rows = [[one["event"], one["date"], one["date_safe"], one["date_alternative"]] for one in payload["without"]]
    console.table("その事由がなかったときの満了日", ["事由", "日", "安全側", "他説"], rows)


@app.command("refund-interest")
def refund_interest_command(
    principal: PrincipalOption,
    last: Annotated[str, typer.Option("--to", help="Last day: 還付・充当を決定した日")],
    first: Annotated[str | None, typer.Option("--from", help="First day, or give --start-rule")] = None,
    start_rule: Annotated[str | None, typer.Option(help="Row of seeds/law/refund_interest_starts.csv")] = None,
    paid_on: DayOption = None,
    decided_on: DayOption = None,
    requested_on: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """還付加算金: interest on a refund, from a day or by the rule that says from when."""
    rules = rulebook()
    given = {"paid_on": paid_on, "decided_on": decided_on, "requested_on": requested_on}
    occasions = {name: console.day(text, f"--{name}") if text else None for name, text in given.items()}
    if first is not None:
        begins = console.day(first, "--from")
    elif start_rule in rules.refund_interest_starts:
        begins = first_day_of_interest(rules.refund_interest_starts[start_rule], occasions)
    else:
        raise InputRejectedError(f"--from or --start-rule is needed: {', '.join(rules.refund_interest_starts)}")
    rule = rules.refund_interest_rules["local_tax"]
    until = console.day(last, "--to")
    found = refund_interest(principal, first=begins, last=until, rates=rules.refund_interest_rates, rule=rule)
    segments = segments_of(found.segments)
    citations = ["地方税法第17条の4", "地方税法第20条の4の2"]
    payload = {"interest_yen": found.interest_yen, "segments": segments, "citations": citations}
    console.emit(payload, as_json, lambda: show_segments("還付加算金", found.interest_yen, segments, citations))


app.command("standing")(standing_command)
app.command("dunning")(dunning_command)
app.command("due-date")(due_date_command)
app.command("collection")(collection_command)
app.command("rates")(rates_command)

_PLAIN = LateChargeRule("given", 1_000, 2_000, 1, "floor_each", 100, 1_000, None, "--rule")


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
