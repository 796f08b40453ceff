"""The page as HTML and as JSON (画面の描画). One file, no script from elsewhere, no font from elsewhere."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from receivables.era import date_to_wareki
from receivables.screens import charts, drawing, summing, words
from receivables.screens.model import Night

TEMPLATES = Path(__file__).parent / "templates"
TOKYO = ZoneInfo("Asia/Tokyo")
WEEKDAYS = "月火水木金土日"


def night_html(night: Night) -> str:
    """The page 「昨夜の状況」."""
    year, uncollected = summing.uncollected(night)
    return _environment().get_template("night.html.j2").render(
        night=night,
        sentences=summing.summary(night),
        rate_rows=summing.rate_rows(night),
        closed_year=summing.closed_year(night),
        running_label=summing.running_label(night),
        uncollected_year=year,
        uncollected=uncollected,
        rate_charts=_rate_charts(night),
        uncollected_chart=charts.uncollected_chart(uncollected) if uncollected else None,
        ageing_chart=charts.ageing_chart(night.ageing) if night.ageing else None,
        ageing_rows=_ageing_rows(night),
        ageing_kinds=sorted({(each.claim_type, each.title) for each in night.ageing}),
    )  # fmt: skip


def notice_html(title: str, text: str, command: str | None = None) -> str:
    """A page that says one thing, such as that the database does not answer."""
    return _environment().get_template("notice.html.j2").render(title=title, text=text, command=command)


def night_json(night: Night) -> str:
    """The same page as one JSON object: yen as whole numbers, rates as text, times with their offset."""
    return json.dumps(dataclasses.asdict(night), ensure_ascii=False, default=_plain)


def _rate_charts(night: Night) -> list[tuple[str, drawing.Shape]]:
    current = [each for each in night.collection if each.category == "current"]
    years = {kind: [each for each in current if each.claim_type == kind] for kind in summing.kinds(current)}
    return [(shown[-1].title, charts.rate_chart(kind, shown)) for kind, shown in years.items()]


def _ageing_rows(night: Night) -> list[Mapping[str, Any]]:
    made: list[Mapping[str, Any]] = []
    for bucket, label in words.BUCKETS.items():
        cells = {each.claim_type: each for each in night.ageing if each.bucket == bucket}
        made.append({
            "label": label, "cells": cells,
            "count": sum(each.claim_count for each in cells.values()),
            "yen": sum(each.outstanding_yen for each in cells.values()),
        })  # fmt: skip
    return made


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _whole(value: int | None) -> str:
    return "－" if value is None else f"{value:,}"


def _day(value: date | None) -> str:
    return "－" if value is None else f"{date_to_wareki(value)}（{WEEKDAYS[value.weekday()]}）"


def _moment(value: datetime | None) -> str:
    if value is None:
        return "－"
    local = value.astimezone(TOKYO)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _points(value: Decimal | None) -> str:
    if value is None:
        return "－"
    return f"±{value}" if value == 0 else f"{value:+}".replace("-", "−")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(
        whole=_whole, day=_day, moment=_moment, points=_points, year_ja=charts.year_ja, legs_ja=words.legs_ja
    )
    made.globals.update(VERDICT=words.VERDICT)
    return made
