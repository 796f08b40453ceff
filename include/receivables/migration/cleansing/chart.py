"""The burn-down as a picture (進み具合の図): one line a severity, told apart by dashes and words, not colour alone."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from receivables.migration.cleansing.burning import BurnDown
from receivables.migration.cleansing.catalogue import SEVERITIES
from receivables.reports import page

TEMPLATE = Path(__file__).with_name("burn_down.html.j2")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 260, 64, 16, 150, 34
_DASHES = {"stop": "none", "before_cut_over": "8 4", "note": "2 4"}
_ROW = 14  # words at line ends keep this distance


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its words, dashes, points and where its label stands."""

    severity: str
    words: str
    dashes: str
    points: tuple[tuple[int, int], ...]
    label_y: int
    rows: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: series, the values of the axis and the days below it."""

    series: tuple[Series, ...]
    grid: tuple[tuple[int, int], ...]  # y, rows
    days: tuple[tuple[int, date], ...]  # x, day
    described: str


def chart(found: BurnDown) -> Chart:
    """The picture of all measurements up to the day; whole-number coordinates."""
    points = found.points
    top = max((rows for _, counts in points for rows in counts.values()), default=0) or 1
    first, last = points[0][0], points[-1][0]
    span = (last - first).days or 1
    tall, across = HEIGHT - TOP - BOTTOM, WIDTH - LEFT - RIGHT

    def x(day: date) -> int:
        return LEFT + (across * (day - first).days // span if last > first else across)

    def y(rows: int) -> int:
        return TOP + tall - tall * rows // top

    lines = {severity: tuple((x(day), y(counts[severity])) for day, counts in points) for severity in SEVERITIES}
    labels = _labels({severity: line[-1][1] for severity, line in lines.items()})
    series = [
        Series(severity, words, _DASHES[severity], lines[severity], labels[severity], points[-1][1][severity])
        for severity, words in SEVERITIES.items()
    ]
    said = "、".join(f"{each.words} {each.rows:,} 件" for each in series)
    ends = (first, last) if last > first else (last,)
    return Chart(
        tuple(series), tuple((y(top * part // 4), top * part // 4) for part in range(5)),
        tuple((x(day), day) for day in ends), f"{last} 現在：{said}",
    )  # fmt: skip


def _labels(ends: dict[str, int]) -> dict[str, int]:
    """Where each word stands: at its line's end, from the lowest up, never nearer than a row to the one below."""
    placed: dict[str, int] = {}
    free = HEIGHT
    for severity, y in sorted(ends.items(), key=lambda end: -end[1]):
        placed[severity] = min(y, free)
        free = placed[severity] - _ROW
    return placed


def burn_down_page(found: BurnDown) -> str:
    """The burn-down as one Japanese page for print: the picture with its figures beside it, without any case."""
    return page(TEMPLATE, found=found, chart=chart(found), severities=SEVERITIES, width=WIDTH, height=HEIGHT, left=LEFT,
                right=WIDTH - RIGHT, bottom=HEIGHT - BOTTOM)  # fmt: skip
