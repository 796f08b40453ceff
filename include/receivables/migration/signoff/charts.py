"""Small drawings for the report (図): where the legs meet, what became of the source's rows, what is still open.

Every figure that a drawing shows stands in a table beside it too, and no meaning hangs on a colour alone.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from receivables.migration.signoff.blocks import LEG_NAMES, number

_GOOD, _NOTE, _BAD, _INK, _LINE, _PALE = "#0b5a36", "#8a5a00", "#a3001b", "#1a1a1c", "#949497", "#eef2f8"
_FONT = "Noto Sans JP, Noto Sans CJK JP, Hiragino Kaku Gothic ProN, Yu Gothic, Meiryo, sans-serif"
_AT = {"S": (0, 0), "W": (0, 1), "L": (0, 2), "G": (1, 0.5), "F": (2, 0.5), "T": (3, 0.5)}
_LINKS = (("S", "G"), ("W", "G"), ("W", "L"), ("G", "F"), ("F", "T"))
_PARTS = (("staged", "移行", "#1a3c6e"), ("merged", "合算", "#6f8fbf"), ("excluded", "対象外", "#c9a13b"),
          ("rejected", "エラー", _BAD))  # fmt: skip
_WIDE, _HIGH = 132, 46  # a box
_ACROSS, _DOWN = 212, 66  # from box to box


def tie_out(figures: Mapping[str, Mapping[str, int]], checks: Sequence[Mapping[str, Any]]) -> str:
    """Legs as boxes with rows and yen, and between them whether they agree (突合図)."""
    links = {pair: found for pair in _LINKS if (found := _between(pair, checks))}
    shown = [
        leg for leg in _AT if leg in figures["rows"] or leg in figures["yen"] or any(leg in pair for pair in links)
    ]
    drawn = [_link(pair, checks_of) for pair, checks_of in links.items()]
    drawn += [_box(leg, figures) for leg in shown]
    right = max((_AT[leg][0] for leg in shown), default=0) * _ACROSS + _WIDE
    bottom = max((_AT[leg][1] for leg in shown), default=0) * _DOWN + _HIGH
    return _svg(int(right) + 4, int(bottom) + 4, drawn)


def ledger_bars(ledger: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """Per group, which part of the source's rows went where (台帳の内訳)."""
    rows: dict[str, dict[str, int]] = {}
    for line in ledger:
        parts = rows.setdefault(str(line["group"]), dict.fromkeys((part for part, _, _ in _PARTS), 0))
        parts[str(line["disposition"])] += int(line["rows"])
    drawn = [_legend()]
    for at, (group, parts) in enumerate(rows.items()):
        drawn.append(_bar(24 + at * 18, names.get(group, group), parts))
    return _svg(660, 30 + len(rows) * 18, drawn)


def burn_down(runs: Sequence[Mapping[str, Any]]) -> str:
    """Failed checks and open yen, rehearsal by rehearsal (不具合の推移)."""
    most = max([int(each["failed_checks"]) for each in runs] + [1])
    step = min(86, 640 // max(len(runs), 1))
    drawn = [f'<line x1="4" y1="92" x2="{8 + step * len(runs)}" y2="92" stroke="{_LINE}"/>']
    for at, each in enumerate(runs):
        high = 64 * int(each["failed_checks"]) / most
        left = 8 + at * step
        colour = _BAD if each["failed_checks"] else _GOOD
        drawn.append(
            f'<rect x="{left + 14}" y="{92 - high:.1f}" width="{step - 28}" height="{high:.1f}" fill="{colour}"/>'
        )
        middle = left + step / 2
        drawn.append(_words(middle, 92 - high - 5, f"{each['failed_checks']} 件", 10, anchor="middle", weight=700))
        drawn.append(_words(middle, 106, str(each["snapshot"]), 9, anchor="middle"))
        drawn.append(_words(middle, 119, f"{number(int(each['open_yen']))} 円", 9, anchor="middle"))
    return _svg(16 + step * max(len(runs), 1), 126, drawn)


def _between(pair: tuple[str, str], checks: Sequence[Mapping[str, Any]]) -> list[str]:
    left, right = pair
    return [str(each["status"]) for each in checks if str(each["legs"]) in (f"{left}-{right}", f"{right}-{left}")]


def _agreement(statuses: Sequence[str]) -> tuple[str, str]:
    """A link in words and its colour: the worst of its checks."""
    failed, not_run = statuses.count("FAIL"), statuses.count("NOT RUN")
    if failed:
        return f"不一致 {failed}", _BAD
    if not_run:
        return f"未実施 {not_run}", _BAD
    explained = statuses.count("EXPLAINED")
    return (f"説明済 {explained}", _NOTE) if explained else ("一致", _GOOD)


def _link(pair: tuple[str, str], statuses: Sequence[str]) -> str:
    (x1, y1), (x2, y2) = _AT[pair[0]], _AT[pair[1]]
    said, colour = _agreement(statuses)
    is_down = x1 == x2
    begin = (x1 * _ACROSS + (_WIDE / 2 if is_down else _WIDE) + 2, y1 * _DOWN + (_HIGH if is_down else _HIGH / 2) + 2)
    end = (x2 * _ACROSS + (_WIDE / 2 if is_down else 0) + 2, y2 * _DOWN + (0 if is_down else _HIGH / 2) + 2)
    dash = "" if said == "一致" else ' stroke-dasharray="5 3"'
    middle, level = (begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2
    side = (middle + 6, level + 4, "start") if is_down else (middle, level + 4, "middle")
    return (
        f'<line x1="{begin[0]}" y1="{begin[1]}" x2="{end[0]}" y2="{end[1]}" stroke="{colour}" stroke-width="2"{dash}/>'
        + _halo(_words(side[0], side[1], said, 10, anchor=side[2], colour=colour, weight=700))
    )


def _box(leg: str, figures: Mapping[str, Mapping[str, int]]) -> str:
    x, y = _AT[leg][0] * _ACROSS + 2, _AT[leg][1] * _DOWN + 2
    rows, yen = figures["rows"].get(leg), figures["yen"].get(leg)
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="3" fill="{_PALE}" stroke="{_INK}"/>'
        + _words(x + 7, y + 14, LEG_NAMES[leg], 11, weight=700)
        + _words(x + _WIDE - 7, y + 27, "" if rows is None else f"{number(rows)} 行", 10, anchor="end")
        + _words(x + _WIDE - 7, y + 40, "" if yen is None else f"{number(yen)} 円", 10, anchor="end")
    )


def _bar(y: int, name: str, parts: Mapping[str, int]) -> str:
    total = sum(parts.values())
    drawn, left = [_words(150, y + 10, name[:14], 10, anchor="end")], 158.0
    for part, _, colour in _PARTS:
        wide = 400 * parts[part] / total if total else 0
        if parts[part]:
            wide = max(wide, 1.5)  # one row among a million is still seen
            drawn.append(f'<rect x="{left:.1f}" y="{y}" width="{wide:.1f}" height="12" fill="{colour}"/>')
        left += wide
    return "".join(drawn) + _words(left + 6, y + 10, f"{number(total)} 行", 10)


def _legend() -> str:
    return "".join(
        f'<rect x="{158 + at * 74}" y="4" width="10" height="10" fill="{colour}"/>'
        + _words(172 + at * 74, 13, name, 10)
        for at, (_, name, colour) in enumerate(_PARTS)
    )


def _words(
    x: float, y: float, said: str, size: int, *, anchor: str = "start", colour: str = _INK, weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
        f' font-weight="{weight}">{escape(said)}</text>'
        if said
        else ""
    )


def _halo(words: str) -> str:
    """The same words in white and bold beneath, so that a line does not run through them."""
    return words.replace("<text ", '<text stroke="#fff" stroke-width="5" stroke-linejoin="round" ') + words


def _svg(wide: int, high: int, drawn: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
        f' font-family="{_FONT}">{"".join(drawn)}</svg>'
    )
