"""Small pieces of SVG (図の部品): elements with escaped text, whole-number coordinates, no library, no script."""

from collections.abc import Iterable

from markupsafe import Markup, escape

Shape = Markup


def element(name: str, *children: str | Markup, **attributes: str | int | None) -> Shape:
    """One SVG element; `_` in an attribute's name is `-`, `class_` is `class`; text is escaped."""
    drawn = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, drawn, Markup("").join(escape(child) for child in children))


def text(x: int, y: int, words: str, *, class_: str = "label", anchor: str = "start") -> Shape:
    """A word or figure at a place."""
    return element("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: int, y1: int, x2: int, y2: int, class_: str = "grid") -> Shape:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def picture(identity: str, *, width: int, height: int, title: str, description: str, shapes: Iterable[Shape]) -> Shape:
    """A whole chart: title and description are read out by screen readers, the figures stand in a table beside it."""
    return element(
        "svg",
        element("title", title, id=f"{identity}-title"),
        element("desc", description, id=f"{identity}-desc"),
        *shapes,
        class_="chart",
        id=identity,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
        xmlns="http://www.w3.org/2000/svg",
    )


def scaled(amount: int, biggest: int, length: int) -> int:
    """`amount` on a scale of `length` pixels that ends at `biggest`."""
    return amount * length // biggest if biggest > 0 else 0


def round_top(biggest: int) -> int:
    """The end of an axis: the next 1, 2, 2.5 or 5 times a power of ten at or above `biggest`."""
    unit = int("1".ljust(len(str(biggest)), "0"))
    return next(top for top in (unit, 2 * unit, 5 * unit // 2, 5 * unit, 10 * unit) if top >= biggest)


def short_yen(amount: int) -> str:
    """Yen for an axis, cut to 万円 or 億円 (概数): 123,456,789 is 1.2億円."""
    if amount >= 100_000_000:
        tenths = amount // 10_000_000
        return f"{tenths // 10:,}.{tenths % 10}億円"
    return f"{amount // 10_000:,}万円" if amount >= 10_000 else f"{amount:,}円"
