"""The three charts of the page (図): rates by month, what is uncollected, how old the arrears are."""

from collections.abc import Sequence

from receivables.screens import words
from receivables.screens.drawing import Shape, element, line, picture, round_top, scaled, short_yen, text
from receivables.screens.model import Ageing, Collection, RatePoint

MONTHS = 14  # April to the May in which the books close (出納整理期間)
TICKS = ((0, "4月"), (5, "9月"), (11, "3月"), (13, "5月"))


def year_ja(fiscal_year: int) -> str:
    """令和8年度 for 2026; years before 2019 as 平成."""
    return f"令和{fiscal_year - 2018}年度" if fiscal_year >= 2019 else f"平成{fiscal_year - 1988}年度"


def rate_chart(claim_type: str, years: Sequence[Collection]) -> Shape:
    """収納率 through the year: one line a fiscal year, the newest drawn strongest."""
    width, height, left, top, right, bottom = 340, 210, 34, 14, 58, 26
    across, tall = width - left - right, height - top - bottom
    shapes = []
    for percent in (0, 25, 50, 75, 100):
        y = top + tall - scaled(percent, 100, tall)
        shapes += [line(left, y, left + across, y), text(left - 6, y + 4, str(percent), class_="tick", anchor="end")]
    for month, word in TICKS:
        x = left + scaled(month, MONTHS - 1, across)
        shapes.append(text(x, height - 8, word, class_="tick", anchor="middle"))
    ends: list[int] = []
    for age, year in enumerate(reversed(years)):
        places = [
            (left + scaled(_month_no(point, year.fiscal_year), MONTHS - 1, across), top + tall - _up(point, tall))
            for point in year.points
            if point.denominator_yen
        ]
        if not places:
            continue
        path = "M" + " L".join(f"{x} {y}" for x, y in places)
        x, y = places[-1]
        shapes.append(element("path", d=path, class_=f"rate age{age}"))
        shapes.append(element("circle", cx=x, cy=y, r=4 if age == 0 else 3, class_=f"dot age{age}"))
        place = _free_of(ends, y)
        ends.append(place)
        shapes.append(text(x + 7, place + 4, f"R{year.fiscal_year - 2018}", class_=f"mark age{age}"))
    return picture(
        f"rate-{claim_type}",
        width=width,
        height=height,
        title=f"{years[-1].title}の収納率（現年分）",
        description="月末ごとの累計。" + "、".join(_said(year) for year in reversed(years)),
        shapes=shapes,
    )


def uncollected_chart(rows: Sequence[tuple[str, int, int]]) -> Shape:
    """収入未済額 per claim type: (title, 現年分, 滞納繰越分) as one bar of two parts."""
    width, left, right, row, top = 560, 150, 96, 46, 8
    height, across = top + row * len(rows) + 28, width - left - right
    biggest = round_top(max((current + arrears for _, current, arrears in rows), default=1) or 1)
    shapes = []
    for quarter in range(5):
        x = left + scaled(quarter, 4, across)
        shapes.append(line(x, top, x, height - 26))
        shapes.append(text(x, height - 8, short_yen(biggest * quarter // 4), class_="tick", anchor="middle"))
    for at, (title, current, arrears) in enumerate(rows):
        y, first, second = top + row * at, scaled(current, biggest, across), scaled(arrears, biggest, across)
        shapes += [
            text(left - 10, y + 27, title, anchor="end"),
            element("rect", x=left, y=y + 11, width=first, height=24, class_="bar current"),
            element("rect", x=left + first, y=y + 11, width=second, height=24, class_="bar arrears"),
            text(left + first + second + 8, y + 28, short_yen(current + arrears), class_="value"),
        ]
    return picture(
        "uncollected", width=width, height=height, title="収入未済額",
        description="、".join(f"{name} 現年分{short_yen(now)}、滞納繰越分{short_yen(old)}" for name, now, old in rows),
        shapes=shapes,
    )  # fmt: skip


def ageing_chart(rows: Sequence[Ageing]) -> Shape:
    """滞納の年齢: one column a class of days, stacked by claim type."""
    width, height, left, top, bottom = 560, 250, 62, 22, 28
    across, tall, kinds = width - left - 10, height - top - bottom, sorted({each.claim_type for each in rows})
    sums = {bucket: sum(each.outstanding_yen for each in rows if each.bucket == bucket) for bucket in words.BUCKETS}
    biggest = round_top(max(sums.values()) or 1)
    shapes = []
    for quarter in range(5):
        y = top + tall - scaled(quarter, 4, tall)
        shapes += [line(left, y, width - 10, y)]
        shapes += [text(left - 8, y + 4, short_yen(biggest * quarter // 4), class_="tick", anchor="end")]
    step = across // len(words.BUCKETS)
    for at, (bucket, label) in enumerate(words.BUCKETS.items()):
        x, y = left + step * at + step // 2, top + tall
        for each in sorted((each for each in rows if each.bucket == bucket), key=lambda each: each.claim_type):
            part = scaled(each.outstanding_yen, biggest, tall)
            y -= part
            kind = f"bar kind{kinds.index(each.claim_type)}"
            shapes.append(element("rect", x=x - 26, y=y, width=52, height=part, class_=kind))
        shapes.append(text(x, y - 6, short_yen(sums[bucket]), class_="value", anchor="middle"))
        shapes.append(text(x, height - 8, label, class_="tick", anchor="middle"))
    return picture(
        "ageing", width=width, height=height, title="滞納の年齢",
        description="、".join(f"{label} {short_yen(sums[bucket])}" for bucket, label in words.BUCKETS.items()),
        shapes=shapes,
    )  # fmt: skip


def _month_no(point: RatePoint, fiscal_year: int) -> int:
    year, month = point.month.split("-")
    return min(max((int(year) - fiscal_year) * 12 + int(month) - 4, 0), MONTHS - 1)


def _up(point: RatePoint, tall: int) -> int:
    return min(max(scaled(point.numerator_yen, point.denominator_yen, tall), 0), tall)


def _free_of(taken: Sequence[int], y: int) -> int:
    """`y`, moved down until no other mark is in its way."""
    while any(abs(y - other) < 12 for other in taken):
        y += 1
    return y


def _said(year: Collection) -> str:
    rate = year.last.rate
    return f"{year_ja(year.fiscal_year)} {year.last.month}末 {rate}%" if rate is not None else year_ja(year.fiscal_year)
