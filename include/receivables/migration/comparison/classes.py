"""What kind of difference (差異区分) two values have, told by the server so that no million of values travels.

`character` is the same text but for shapes: canonical equivalence (U+FA19 folded to U+795E), a variation selector
(IVS) lost or added, or a user-defined or replacement character where the other side has something else.
"""

from psycopg import sql

from receivables.migration.comparison.shape import Column

AMOUNT, DATE, DATE_SENTINEL, ATTRIBUTE, CHARACTER = "amount", "date", "date-sentinel", "attribute", "character"
NULL_VS_EMPTY, NULL_VS_ZERO, NULL_VS_VALUE = "null-vs-empty", "null-vs-zero", "null-vs-value"
WHITESPACE_OR_WIDTH, ONLY_LEFT, ONLY_RIGHT = "whitespace-or-width", "only-left", "only-right"
NUMERIC = ("yen", "int", "year", "decimal")
# What stands for "no day" or "no end": the standard's own empty values, and the first and last days in use.
SENTINELS = ("0000-00-00", "00000000", "00:00:00", "0001-01-01", "9999-12-31", "99999999", "infinity", "-infinity")
_SELECTORS = "[\\uFE00-\\uFE0F\\U000E0100-\\U000E01EF]"
_ODD = "[\\uE000-\\uF8FF\\uFFFD\\u3013\\U000F0000-\\U0010FFFD]"  # user-defined, replacement, 〓


def class_of(column: Column) -> sql.Composed:
    """The class of one differing item of a pair."""
    a, b = (sql.SQL("{}::text").format(column.of(side)) for side in "ab")
    known = sql.SQL("coalesce({}, {})").format(a, b)
    one_is_null = [(known + sql.SQL(" = ''"), NULL_VS_EMPTY)]
    both = _of_both(column, a, b)
    if column.type in NUMERIC:
        one_is_null.append((known + sql.SQL(" = '0'"), NULL_VS_ZERO))
    if column.type in ("date", "time"):
        one_is_null.append((_is_sentinel(known), DATE_SENTINEL))
    return sql.SQL("case when {a} is null or {b} is null then {one} else {both} end").format(
        a=a, b=b, one=_case(one_is_null, NULL_VS_VALUE), both=both
    )


def _of_both(column: Column, a: sql.Composed, b: sql.Composed) -> sql.Composed:
    if column.type in ("date", "time"):
        return _case([(sql.SQL("{} or {}").format(_is_sentinel(a), _is_sentinel(b)), DATE_SENTINEL)], DATE)
    if column.type in NUMERIC:
        return sql.SQL("{}").format(sql.Literal(AMOUNT if column.type == "yen" else ATTRIBUTE))
    return _case(
        [
            (_same(a, b, f"normalize(regexp_replace({{}}, '{_SELECTORS}', '', 'g'), nfc)"), CHARACTER),
            (_same(a, b, "regexp_replace(normalize({}, nfkc), '\\s', '', 'g')"), WHITESPACE_OR_WIDTH),
            (sql.SQL("char_length({0}) = char_length({1}) and ({0} ~ {2}) <> ({1} ~ {2})").format(
                a, b, sql.Literal(_ODD)), CHARACTER),
        ],
        ATTRIBUTE,
    )  # fmt: skip


def _same(a: sql.Composed, b: sql.Composed, form: str) -> sql.Composed:
    both = (sql.SQL(form).format(one) for one in (a, b))
    return sql.SQL(" = ").join(both)


def _is_sentinel(value: sql.Composed) -> sql.Composed:
    return sql.SQL("{} = any({})").format(value, sql.Literal(list(SENTINELS)))


def _case(branches: list[tuple[sql.Composed, str]], otherwise: str) -> sql.Composed:
    when = sql.SQL(" ").join(
        sql.SQL("when {} then {}").format(condition, sql.Literal(name)) for condition, name in branches
    )
    return sql.SQL("case {} else {} end").format(when, sql.Literal(otherwise))
