"""The rows of a group as CSV text, drawn by PostgreSQL (書出しのSQL)."""

from psycopg import sql

from receivables.migration.files.profile import NUMERIC, GroupSpec
from receivables.standard import Item

_KEY = "staged_row_key"


def copy_statement(relation: sql.Composable, spec: GroupSpec) -> sql.Composed:
    """COPY of the rows by the key's bytes; rows of one key follow by their values, whatever order they came in.

    Before the items stands the key: an x and its bytes in hexadecimal digits. The sort is within, on what is staged:
    it carries dates and NULL, and not their text.
    """
    items, profile = spec.group.items, spec.profile
    texts = [_text(item, empty, profile.quoting) for item, empty in zip(items, spec.empties, strict=True)]
    quoted = sql.SQL(", force_quote ({})").format(_names(items)) if profile.quoting == "all" else sql.SQL("")
    return sql.SQL(
        "copy (select 'x' || encode(convert_to(row_key, 'UTF8'), 'hex') as {key}, {texts} from"
        " (select row_key, {names} from {relation} as staged order by {order}) as ordered)"
        " to stdout (format csv, encoding 'UTF8', delimiter {delimiter}{quoted})"
    ).format(
        key=sql.Identifier(_KEY), texts=sql.SQL(", ").join(texts), names=_names(items), relation=relation,
        order=_order(items), delimiter=sql.Literal(profile.delimiter), quoted=quoted,
    )  # fmt: skip


def _names(items: tuple[Item, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(item.column) for item in items)


def _order(items: tuple[Item, ...]) -> sql.Composed:
    by = [sql.SQL('row_key collate "C"')]
    for item in items:
        is_text = item.type not in NUMERIC and item.type != "date"
        by.append(sql.SQL('{} collate "C"' if is_text else "{}").format(sql.Identifier(item.column)))  # type: ignore[arg-type]
    return sql.SQL(", ").join(by)


def _text(item: Item, empty: str, quoting: str) -> sql.Composed:
    """An item as text for the file. Nothing is NULL here where the file holds '': COPY would quote a true ''."""
    name = sql.Identifier(item.column)
    if item.type in NUMERIC or item.type == "date":
        value = sql.SQL("{}").format(name)
    else:
        value = sql.SQL("nullif({}, '')").format(name)
    if empty or quoting == "all":  # force_quote leaves NULL bare
        value = sql.SQL("coalesce({}::text, {})").format(value, sql.Literal(empty))
    return sql.SQL("{} as {}").format(value, name)
