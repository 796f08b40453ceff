"""What differs between two editions (版の差分), and what the migration team must do about each difference.

Groups are the same when their id is, items when their column is. An item counts as moved only when it stands in
another order than the items both editions have, not because something was put in before it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from receivables.standard import Edition
from receivables.standard.parts import Code, Group, Item

# Kind of change: what people call it, and the line of the checklist (チェックリスト).
KINDS = {
    "group_added": ("グループ追加", "移行の対象か（標準・統合・残置）を決め、対象なら対応表を作る"),
    "group_removed": ("グループ削除", "投入先を受入先と決め直し、このグループの対応表と段階表を使わないことを記録する"),
    "group_changed": ("グループ属性変更", "名称・連携ID・投入順序を使うファイル名と手順書を直す"),
    "added": ("項目追加", "移行元の列を決めて対応表に足す。移行元になければ空の扱いを受入先と決める"),
    "removed": ("項目削除", "対応表から外し、移行しない値の件数と保管先を記録する"),
    "moved": ("項目移動", "書き出す列の順が変わる。受入先の取込定義が新しい順かを確かめる"),
    "retyped": ("型変更", "変換規則を見直し、全件を新しい型で読めるか適合検査（C-020）で確かめる"),
    "relengthed": ("桁数変更", "今のデータの最大桁を数え、超える行の扱いを決める（切捨て禁止、C-021）"),
    "relabelled": ("項目名変更", "見出しが変わる。この名前で読む契約（layout を使う業務）と受入先の見出しを直す"),
    "rekeyed": ("主キー変更", "一意性（C-050）を確かめ、前回リハーサルとキーでは比べられないことを記録する"),
    "required_changed": ("必須区分変更", "空のままの行を数え、埋める値か除外の理由を決める（C-010）"),
    "attribute_changed": ("項目属性変更", "文字種・単位・符号・空値・繰返しの扱いを対応表と受入先プロファイルで見直す"),
    "evidence_changed": ("裏付け変更", "未確認の一覧（standard show）を見直し、本番を止めるものが残るかを確かめる"),
    "code_table_changed": ("コード表の付替え", "対応表のコード変換表を新しい表に合わせる（C-040）"),
    "code_added": ("コード追加", "移行元のコードから新しいコードになるものがあるかを決める"),
    "code_removed": ("コード削除", "このコードになる移行元の行を数え、変換先を決め直す（C-040・R-050）"),
    "code_renamed": ("コード名称変更", "意味が変わったのか表記だけかを確かめ、変換表の名称を直す"),
    "code_dates_changed": ("コード有効期間変更", "各行の基準日に有効かを確かめる（C-040）"),
}
_ATTRIBUTES = ("charset", "unit", "is_signed", "null_policy", "repeat")


class Change(NamedTuple):
    """One difference: its kind, what it is about, and what stood there before and after."""

    kind: str
    group_id: str
    group_name: str
    column: str | None
    name: str | None
    before: Any
    after: Any

    @property
    def title(self) -> str:
        """The kind as people call it (変更の種類)."""
        return KINDS[self.kind][0]

    @property
    def todo(self) -> str:
        """The line of the checklist: where, what, and what to do."""
        where = f"{self.group_name}「{self.name}」（{self.column}）" if self.column else self.group_name
        change = f"{_told(self.before)} → {_told(self.after)}: " if (self.before, self.after) != (None, None) else ""
        return f"□ {where} {self.title} {change}{KINDS[self.kind][1]}"


def differences(before: Edition, after: Edition) -> list[Change]:
    """Every difference between two editions, group by group in the load order of the newer."""
    old, new = before.groups, after.groups
    found: list[Change] = []
    for group in after.in_load_order():
        if group.id not in old:
            found.append(Change("group_added", group.id, group.name, None, None, None, f"{len(group.items)}項目"))
            continue
        found += _of_group(old[group.id], group)
        found += _codes_of_group(before, after, old[group.id], group)
    found += [Change("group_removed", group.id, group.name, None, None, f"{len(group.items)}項目", None)
              for group in before.in_load_order() if group.id not in new]  # fmt: skip
    return found


def counts(changes: Sequence[Change]) -> dict[str, int]:
    """How many changes of each kind, in the order of KINDS."""
    found = Counter(each.kind for each in changes)
    return {kind: found[kind] for kind in KINDS if found[kind]}


def _told(value: Any) -> str:
    return "なし" if value is None else f"「{value}」" if value == "" or isinstance(value, str) else str(value)


def _of_group(old: Group, new: Group) -> Iterator[Change]:
    for name in ("name", "interface_id", "load_order"):
        if getattr(old, name) != getattr(new, name):
            yield Change("group_changed", new.id, new.name, None, None, getattr(old, name), getattr(new, name))
    was = {item.column: item for item in old.items}
    now = {item.column: item for item in new.items}
    moved = set(_moved([each for each in was if each in now], [each for each in now if each in was]))
    for column, item in now.items():
        if column not in was:
            yield _change("added", new, item, None, f"{item.type} {item.length or '桁数未確認'}")
            continue
        if column in moved:
            yield _change("moved", new, item, was[column].no, item.no)
        yield from _of_item(old, new, was[column], item)
    yield from (_change("removed", new, item, item.type, None) for column, item in was.items() if column not in now)


def _of_item(old: Group, new: Group, was: Item, now: Item) -> Iterator[Change]:
    compared = [
        ("retyped", was.type, now.type),
        ("relengthed", _digits(was), _digits(now)),
        ("relabelled", was.name, now.name),
        ("rekeyed", "主キー" if was.key else "主キーでない", "主キー" if now.key else "主キーでない"),
        ("required_changed", was.required, now.required),
        ("code_table_changed", was.code_table, now.code_table),
        ("evidence_changed", was.evidence or old.evidence, now.evidence or new.evidence),
    ]
    yield from (_change(kind, new, now, one, other) for kind, one, other in compared if one != other)
    for name in _ATTRIBUTES:
        one, other = getattr(was, name), getattr(now, name)
        if one != other:
            yield _change("attribute_changed", new, now, f"{name}={_told(one)}", f"{name}={_told(other)}")


def _change(kind: str, group: Group, item: Item, before: Any, after: Any) -> Change:
    return Change(kind, group.id, group.name, item.column, item.name, before, after)


def _digits(item: Item) -> str | None:
    """Digits as people write them: 5.2 has five before the point."""
    if item.length is None:
        return None
    return str(item.length) if item.scale is None else f"{item.length}.{item.scale}"


def _moved(old: list[str], new: list[str]) -> list[str]:
    """What must move for one order to become the other: all but a longest run that keeps its order."""
    place = {column: at for at, column in enumerate(old)}
    tails: list[int] = []  # the smallest last place of a rising run of each length
    runs: list[list[str]] = []
    for column in new:
        at = bisect_left(tails, place[column])
        run = [*(runs[at - 1] if at else []), column]
        tails[at : at + 1], runs[at : at + 1] = [place[column]], [run]
    kept = set(runs[-1]) if runs else set()
    return [column for column in new if column not in kept]


def _codes_of_group(before: Edition, after: Edition, old: Group, new: Group) -> Iterator[Change]:
    """Codes compared by the item that uses them, whatever its table is called."""
    was = {item.column: item for item in old.items}
    for item in new.items:
        earlier = was.get(item.column)
        if earlier and earlier.code_table and item.code_table:
            yield from _of_codes(new, item, before.codes(earlier.code_table), after.codes(item.code_table))


def _of_codes(group: Group, item: Item, old: Sequence[Code], new: Sequence[Code]) -> Iterator[Change]:
    was, now = _periods(old), _periods(new)
    for code in sorted({*was, *now}):
        if code not in was:
            yield _change("code_added", group, item, None, f"{code} {now[code][-1].name}")
        elif code not in now:
            yield _change("code_removed", group, item, f"{code} {was[code][-1].name}", None)
        else:
            yield from _of_code(group, item, was[code], now[code])


def _of_code(group: Group, item: Item, was: list[Code], now: list[Code]) -> Iterator[Change]:
    names = [list(dict.fromkeys(one.name for one in each)) for each in (was, now)]
    code = now[0].code
    if names[0] != names[1]:
        yield _change("code_renamed", group, item, *(f"{code} {'／'.join(each)}" for each in names))
    days = [[f"{one.valid_from or ''}〜{one.valid_to or ''}" for one in each] for each in (was, now)]
    if days[0] != days[1]:
        yield _change("code_dates_changed", group, item, *(f"{code} {'、'.join(each)}" for each in days))


def _periods(codes: Sequence[Code]) -> dict[str, list[Code]]:
    found: dict[str, list[Code]] = {}
    for code in sorted(codes, key=lambda one: (one.code, str(one.valid_from or ""))):
        found.setdefault(code.code, []).append(code)
    return found
