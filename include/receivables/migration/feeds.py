"""The map as SQL: each item's expression, each exclusion, each reason to reject a row (C-010 … C-070)."""

from collections.abc import Iterator

from psycopg import sql

from receivables.migration.mapping import Exclusion, Feed, Map
from receivables.migration.spec import Spec
from receivables.migration.tables import POSTGRES
from receivables.standard import Item
from receivables.yen import BIGGEST_YEN

_TEXTUAL = ("text", "code", "flag", "time")

# Why a row is not staged, the check it breaks, and what it means.
REJECTIONS = {
    "NO_BALANCE": ("C-050", "残高の計算に無い調定"),
    "CODE_UNMAPPED": ("C-040", "コード変換表に無い、または期間外のコード"),
    "KEY_NULL": ("C-010", "キー項目が空"),
    "CODE_OVERFLOW": ("C-051", "桁埋めの桁数を超える番号（切捨て禁止）"),
    "TOO_LONG": ("C-021", "桁数超過（切捨て禁止）"),
    "BLANK_EDGE": ("C-070", "前後の空白"),
    "CONTROL_CHAR": ("C-070", "制御文字・改行"),
    "PRIVATE_USE_CHAR": ("C-070", "外字領域の文字"),
    "DATE_RANGE": ("C-030", "日付の範囲外"),
    "AMOUNT_RANGE": ("C-020", "負または範囲外の金額"),
    "DUPLICATE_KEY": ("C-050", "キーの重複"),
    "CLAIM_REJECTED": ("R-001", "調定が取り込めなかった収納"),
}
# Why a row stays behind whatever a map says.
LEFT_BEHIND = {
    "ORPHAN_RECEIPT": "該当する調定が無い収納",
    "CLAIM_EXCLUDED": "対象外とした調定の収納",
    "ORPHAN": "該当する調定が無い（隔離中または不明）",
    "OTHER_SYSTEM": "移行の対象でない債権のもの",
    "NO_CLAIM": "移行する債権が無い",
    "PROTECTED": "支援措置対象者とその同居者・同じ連絡先の者（職員が手で移す）",
    "NO_PHONE": "電話番号が無い",
    "NO_CLOCK": "時効の日を計算できない",
    "OTHER_PERIOD": "2年・5年以外の時効",
}


def expressions(spec: Spec, chosen: Map) -> sql.Composed:
    """Every item of the group as SQL over the source row `s`, in order; an item without a source is NULL."""
    return sql.SQL(",\n    ").join(
        sql.SQL("({})::{} as {}").format(
            _expression(chosen.items.get(item.column), chosen),
            sql.SQL(POSTGRES.get(item.type, "text")),
            sql.Identifier(item.column),
        )
        for item in spec.group.items
    )


def _expression(feed: Feed | None, chosen: Map) -> sql.Composable:
    if feed is None or feed.nothing:
        return sql.SQL("null")
    if feed.column is None:
        return sql.Literal(feed.constant)
    column = sql.Identifier("s", feed.column)
    if feed.codes:
        return sql.SQL(
            "select c.target_code from code_rows as c where c.code_set = {} and c.source_code = {}::text"
            " and s.{} between c.valid_from and c.valid_to"
        ).format(sql.Literal(feed.codes), column, sql.Identifier(chosen.code_date or ""))
    if feed.transform == "zero_pad":  # lpad alone would cut a longer number silently (C-051)
        return sql.SQL("lpad({0}::text, greatest({1}, length({0}::text)), '0')").format(column, sql.Literal(feed.width))
    if feed.transform == "null_when_zero":
        return sql.SQL("nullif({}, 0)").format(column)
    if feed.transform == "full_width_kana":  # 半角カナ → 全角カナ: for readings alone, never for names
        return sql.SQL("translate(normalize({}, nfkc), ' ', U&'\\3000')").format(column)
    if feed.transform == "empty_when_null":  # 該当なし in a key
        return sql.SQL("coalesce({}, '')").format(column)
    return column


def exclusion_reason(rules: tuple[Exclusion, ...]) -> sql.Composable:
    """Why the source row `s` stays behind: by itself, or by the first exclusion that fits; else NULL."""
    if not rules:
        return sql.SQL("s.left_behind")
    cases = [
        sql.SQL("when {} then {}").format(
            sql.SQL(" and ").join(
                sql.SQL("{} is null" if each.is_null else "{} is not null").format(sql.Identifier("s", each.column))
                if each.equals is None
                else sql.SQL("{} = {}").format(sql.Identifier("s", each.column), sql.Literal(each.equals))
                for each in rule.when
            ),
            sql.Literal(rule.reason),
        )
        for rule in rules
    ]
    return sql.SQL("coalesce(s.left_behind, case {} end)").format(sql.SQL(" ").join(cases))


def rejection_reason(spec: Spec, chosen: Map) -> sql.Composed:
    """The first reason to reject the mapped row `m` of the source row `s`, else NULL."""
    cases = [
        sql.SQL("when {} then {}").format(sql.SQL(" or ").join(tests), sql.Literal(reason))
        for reason, tests in _tests(spec, chosen)
        if tests
    ]
    return sql.SQL("coalesce(s.broken, case {} end)").format(sql.SQL("\n    ").join(cases))


def _tests(spec: Spec, chosen: Map) -> Iterator[tuple[str, list[sql.Composable]]]:
    items = spec.group.items
    textual = [_of("m", item) for item in items if item.type in _TEXTUAL]
    yield (
        "CODE_UNMAPPED",
        [
            sql.SQL("(m.{} is null and s.{} is not null)").format(sql.Identifier(name), sql.Identifier(feed.column))
            for name, feed in chosen.items.items()
            if feed.codes and feed.column
        ],
    )
    nothing = {name for name, feed in chosen.items.items() if feed.nothing}
    yield (
        "KEY_NULL",
        [sql.SQL("m.{} is null").format(sql.Identifier(name)) for name in spec.group.key if name not in nothing],
    )
    yield (
        "CODE_OVERFLOW",
        [
            sql.SQL("char_length(m.{}) > {}").format(sql.Identifier(name), sql.Literal(feed.width))
            for name, feed in chosen.items.items()
            if feed.transform == "zero_pad"
        ],
    )
    yield "TOO_LONG", [_length(item) for item in items if item.length and item.type in _TEXTUAL]
    yield "BLANK_EDGE", [sql.SQL("{0} <> btrim({0}, U&' \\3000\\0009\\00A0')").format(each) for each in textual]
    yield "CONTROL_CHAR", [sql.SQL("{} ~ '[\\x01-\\x1f\\x7f]'").format(each) for each in textual]
    yield "PRIVATE_USE_CHAR", [sql.SQL("{} ~ '[\\uE000-\\uF8FF]'").format(each) for each in textual]
    yield (
        "DATE_RANGE",
        [
            sql.SQL("{} not between date '1868-01-25' and s.snapshot_date + interval '30 years'").format(_of("m", item))
            for item in items
            if item.type == "date"
        ],
    )
    yield (
        "AMOUNT_RANGE",
        [
            sql.SQL("{} not between 0 and {}").format(_of("m", item), sql.Literal(BIGGEST_YEN))
            for item in items
            if item.type == "yen"
        ],
    )


def _of(alias: str, item: Item) -> sql.Identifier:
    return sql.Identifier(alias, item.column)


def _length(item: Item) -> sql.Composed:
    """A code is exactly as wide as the edition says, or empty; other text is at most that long."""
    exact = item.type == "code"
    test = "({0} <> '' and char_length({0}) <> {1})" if exact else "char_length({0}) > {1}"
    return sql.SQL(test).format(_of("m", item), sql.Literal(item.length))
