"""The contract as text (契約の下書き): the house's YAML, with 要確認 beside what a person has to decide."""

import json
import re
from typing import Any

from receivables.sources.columns import Guess
from receivables.sources.requests import Request
from receivables.sources.tables import Draft

_PLAIN = re.compile(r"[A-Za-z_぀-ヿ一-鿿][\w぀-ヿ一-鿿ー（）・/%-]*")
_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
_PURPOSE = {"claims": "調定の把握", "receipts": "収納・行き違い納付の確認", "dunnings": "督促の発行と時効の管理"}
_CONTENT = {"claims": "調定", "receipts": "収納", "dunnings": "督促"}


def contract_text(request: Request, tables: list[Draft]) -> str:
    """`_<source>.yml`."""
    lines = [
        "version: 2",
        "",
        "# 見本からの下書き: 要確認 を全て決めてから使う",
        "sources:",
        f"  - name: {request.source}",
        f"    description: {_scalar(request.title)}",
        "    schema: raw",
        "    config:",
        "      meta:",
        f"        department: {_scalar(request.department)}",
        f"        owner_dept: {request.owner_dept}",
        '        schedule: "0 4 * * *" # 要確認: いつ届くか',
        "    tables:",
    ]
    for table in tables:
        lines += _table_lines(table, request.title)
    return "\n".join(lines) + "\n"


def _table_lines(table: Draft, title: str) -> list[str]:
    meta: list[tuple[str, str]] = [
        ("purpose", _scalar(f"{title}の{_PURPOSE[table.kind]}")),
        ("reader", table.sample.reader),
    ]
    meta += [("layout", table.layout)] if table.layout else []
    meta.append(("file", json.dumps(table.file_pattern, ensure_ascii=False)))
    meta += [(key, _flow(value)) for key, value in table.sample.keys.items()]
    meta.append(("key", _flow(table.key)))
    meta += [("yen", table.yen)] if table.yen else []
    meta += [("also_yen", _flow(table.also_yen))] if table.also_yen else []
    meta += [("sum_of", _flow({table.yen: table.sum_of}))] if table.sum_of else []
    meta += [("fiscal_year", table.fiscal_year)] if table.fiscal_year else []
    beside = {"file": table.manifest or "soufu_{date}.csv"} if table.control == "manifest" else {}
    control = {"kind": table.control} | beside
    meta.append(("control", _flow(control)))
    rules = [{"column": column, "equals": equals, "reason": reason} for column, equals, reason in table.exclude]
    meta += [("exclude", _flow(rules))] if rules else []
    return [
        f"      - name: {table.name}",
        f"        description: {_scalar(f'{title}の{_CONTENT[table.kind]}')}. Drafted from a sample.",
        *(f"        # 要確認: {doubt}" for doubt in table.doubts),
        "        config:",
        "          meta:",
        *(f"            {key}: {value}" for key, value in meta),
        "        columns:",
        *(_column_line(column, table) for column in table.columns),
    ]


def _column_line(column: Guess, table: Draft) -> str:
    place: dict[str, Any] = {"from": column.heading}
    if table.sample.places:
        place = {"at": list(table.sample.places[table.sample.heading.index(column.heading)])}
    meta = place | {"type": column.type} | column.keys
    meta |= {} if column.required else {"required": False}
    meta |= {"pii": True} if column.pii else {}
    written = _flow({"name": column.name, "description": column.heading, "config": {"meta": meta}})
    return f"          - {written}" + (f" # 要確認: {'。'.join(column.doubts)}" if column.doubts else "")


def _flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _scalar(str(value))


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)
