"""Pages about effects (効果検証の帳票): one model of sections, as Markdown and as an HTML page with drawn intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from receivables import reports
from receivables.campaigns.experiments.intervals import Interval
from receivables.settings import State

CHANNELS_JA = {"sms": "SMS", "auto_call": "自動音声", "phone_centre": "電話", "letter": "文書"}
_TEMPLATE = Path(__file__).with_name("templates") / "page.html.j2"
_LEFT, _WIDTH, _ROW = 210, 400, 26  # of the drawing, in its own units


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with notes, a table and, if wanted, a drawing of intervals."""

    title: str
    notes: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    bars: Sequence[tuple[str, Interval]] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One printable page; its name is that of its files."""

    name: str
    title: str
    verdict: str
    sections: Sequence[Section] = field(default=())


def markdown(page: Page) -> str:
    """The page as Markdown in Japanese."""
    lines = [f"# {page.title}", "", f"**{page.verdict}**"]
    for section in page.sections:
        lines += ["", f"## {section.title}", "", *(f"{note}  " for note in section.notes)]
        if section.rows:
            lines += ["", _line(section.head), "|" + "---|" * len(section.head), *map(_line, section.rows)]
    return "\n".join(lines) + "\n"


def html(page: Page) -> str:
    """The page as HTML with its drawings inline; needs nothing from anywhere."""
    shown = [(section, drawing(section.bars) if section.bars else None) for section in page.sections]
    return reports.page(_TEMPLATE, page=page, sections=shown, text_of=text_of)


def keep(page: Page, *, state: State) -> Path:
    """Write page.html and page.md below the state's folder of reports; returns the HTML file."""
    file = state.path("reports", "campaign", page.name, "report.html")
    reports.write_private(file.with_suffix(".md"), markdown(page).encode())
    reports.write_private(file, html(page).encode())
    return file


def drawing(bars: Sequence[tuple[str, Interval]]) -> Mapping[str, Any]:
    """Where each bar, its interval and the line of zero stand (棒と95%区間)."""
    edges = [0.0, *(each for _, found in bars for each in found)]
    low, span = min(edges), (max(edges) - min(edges)) or 1.0

    def at(value: float) -> float:
        return round(_LEFT + (value - low) / span * _WIDTH, 1)

    return {
        "width": _LEFT + _WIDTH + 20, "height": _ROW * len(bars) + 8, "zero": at(0),
        "bars": [
            {
                "label": label, "y": 6 + _ROW * place, "x": min(at(0), at(found.estimate)),
                "width": round(abs(at(found.estimate) - at(0)), 1), "low": at(found.low), "high": at(found.high),
                "is_sure": found.low > 0 or found.high < 0,
                "text": f"{found.estimate:.1f}（{found.low:.1f}～{found.high:.1f}）",
            }
            for place, (label, found) in enumerate(bars)
        ],
    }  # fmt: skip


def text_of(cell: Any) -> str:
    """A cell for people: thousands separated, nothing for what is hidden or not known."""
    return "－" if cell is None else f"{cell:,}" if isinstance(cell, int | float) else str(cell)


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(text_of(cell).replace("|", "/") for cell in cells) + " |"
