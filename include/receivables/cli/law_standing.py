"""`receivables law standing`, `dunning`, `due-date`, `collection`: where a claim stands, its letter, its year."""

from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import calendar
from receivables.cli import console
from receivables.cli.console import JsonOption
from receivables.cli.law_files import events_in
from receivables.cli.law_shown import prescription_of, show_clock
from receivables.law.collection import collection
from receivables.law.due_dates import accounting_year, collection_category, rolled_due_date
from receivables.law.dunning import dunning
from receivables.law.execution_stay import execution_stay
from receivables.law.standing import Standing, standing
from receivables.rulebook import rulebook

TypeOption = Annotated[str, typer.Option("--claim-type", help="Kind of claim, as in seeds/law/claim_types.csv")]
ClassOption = Annotated[str | None, typer.Option("--class-rule", help="Row of seeds/law/claim_classes.csv, if any")]
EventsOption = Annotated[Path | None, typer.Option(help='JSON list of {"type", "date", …}')]
YenOption = Annotated[int, typer.Option(min=0)]


def standing_command(
    claim_type: TypeOption,
    due: Annotated[str, typer.Option(help="Due date 納期限 (rolled)")],
    as_of: Annotated[str, typer.Option(help="Business date 基準日")],
    events: EventsOption = None,
    contract_date: Annotated[str | None, typer.Option(help="契約日, for private claims")] = None,
    class_rule: ClassOption = None,
    claim_id: Annotated[str | None, typer.Option(help="For pledges that list the claims they are about")] = None,
    outstanding: Annotated[int | None, typer.Option(min=0, help="未納額 in yen")] = None,
    as_json: JsonOption = False,
) -> None:
    """債権の現況: what ended a claim and since when, what holds its collection, which facts are missing."""
    day, until = console.day(due, "--due"), console.day(as_of)
    contracted = console.day(contract_date, "--contract-date") if contract_date else None
    told = events_in(events)
    found = standing(
        due=day, as_of=until, rule=rulebook().kind_of(claim_type, class_rule, on=contracted or day).prescription_rule,
        events=told, contract_date=contracted, claim_id=claim_id, outstanding_yen=outstanding,
    )  # fmt: skip
    stay = execution_stay(told, as_of=until)
    payload = _standing_of(found) | {"stay_days_left": stay.days_left(until) if stay else None}
    console.emit(payload, as_json, lambda: _show(payload))


def _standing_of(found: Standing) -> dict[str, Any]:
    return {
        "state": found.state,
        "cause": found.cause,
        "last_day": found.last_day,
        "extinct_from": found.extinct_from,
        "outstanding_yen": found.outstanding_yen,
        "awaits_invocation": found.awaits_invocation,
        "holds": [
            {"kind": hold.kind, "since": hold.since, "until": hold.until, "article": hold.article}
            for hold in found.holds
        ],
        "missing": list(found.missing),
        "citations": list(found.articles),
        "prescription": prescription_of(found.prescription),
    }


def _show(payload: dict[str, Any]) -> None:
    show_clock(payload["prescription"])
    holds = [[hold["kind"], hold["since"], hold["until"], hold["article"]] for hold in payload["holds"]]
    console.table("徴収の停止・猶予", ["種別", "から", "まで", "根拠"], holds)
    ends = f"現況 {payload['state']}  原因 {payload['cause']}  存続の末日 {payload['last_day']}"
    console.console.print(f"{ends}  援用待ち {'はい' if payload['awaits_invocation'] else 'いいえ'}", markup=False)
    console.console.print(f"根拠: {' / '.join(payload['citations'])}", markup=False)


def dunning_command(
    claim_type: TypeOption,
    due: Annotated[str, typer.Option(help="Due date 納期限 (rolled)")],
    issued: Annotated[str | None, typer.Option(help="発付日 of the letter")] = None,
    as_json: JsonOption = False,
) -> None:
    """督促: the last day for the letter, whether it kept it, from when seizure is possible."""
    day = console.day(due, "--due")
    rule = rulebook().claim_type(claim_type, on=day).dunning_rule
    found = dunning(day, rule, issued_on=console.day(issued, "--issued") if issued else None)
    console.emit(
        {"limit_on": found.limit_on, "is_on_time": found.is_on_time, "seizable_from": found.seizable_from,
         "citations": [found.citation]},
        as_json,
    )  # fmt: skip


def due_date_command(
    day: Annotated[str, typer.Option(help="納期の末日, as the ordinance has it (unrolled)")],
    as_of: Annotated[str | None, typer.Option(help="Business date 基準日, for the category")] = None,
    as_json: JsonOption = False,
) -> None:
    """納期限: where a due date rolls to, and the fiscal year the claim belongs to."""
    unrolled = console.day(day, "--day")
    year = accounting_year(unrolled_due=unrolled)
    console.emit(
        {
            "due_on": rolled_due_date(unrolled, rulebook().closing_days, calendar.is_holiday),
            "fiscal_year": year,
            "books_close_on": calendar.book_closing(year),
            "collection_category": collection_category(year, console.day(as_of)) if as_of else None,
            "citations": ["地方税法第20条の5第2項", "地方自治法施行令第142条第1項第1号", "地方自治法第235条の5"],
        },
        as_json,
    )


def collection_command(
    assessed: YenOption,
    received: YenOption,
    written_off: YenOption = 0,
    refund_pending: YenOption = 0,
    as_json: JsonOption = False,
) -> None:
    """収納率・収入未済額: from assessed, received, written off and refund pending, in yen."""
    found = collection(
        assessed_yen=assessed, received_yen=received, written_off_yen=written_off, refund_pending_yen=refund_pending
    )
    points = found.rate_basis_points
    rate = None if points is None else f"{points // 100}.{points % 100:02}"
    console.emit(
        {"net_collected_yen": found.net_collected_yen, "uncollected_yen": found.uncollected_yen,
         "rate_percent": rate, "citations": ["地方自治法第233条第1項"]},
        as_json,
    )  # fmt: skip
