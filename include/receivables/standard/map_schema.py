"""JSON Schema of map files (項目対応表の形式): what an editor can check while a map is written.

The shape of a map is the migration's own and comes from there; here it learns the items of one group. Whether a
source has a column, and that a code table fits, only the migration itself can say.
"""

import json
from copy import deepcopy
from typing import Any

from receivables.standard import Edition
from receivables.standard.parts import Group, Item

_WHOLE = ("yen", "int", "year")


def schema_text(edition: Edition, group: Group, shape: dict[str, Any]) -> str:
    """The schema of maps to `group`: only its items, each key item, and constants of the item's kind.

    `shape` is the JSON Schema of any map, with the properties group and items.
    """
    schema = deepcopy(shape)
    feed = schema["properties"]["items"].pop("additionalProperties")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"項目対応表 {group.name}（標準仕様 {edition.name}）"
    schema["properties"]["group"] = {"const": group.id}
    schema["properties"]["items"] |= {
        "properties": {item.column: _of_item(item, feed) for item in group.items},
        "additionalProperties": False,
        "required": list(group.key),
    }
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _of_item(item: Item, feed: dict[str, Any]) -> dict[str, Any]:
    kind = "null" if item.type == "date" else "integer" if item.type in _WHOLE else "string"
    may = ["null"] if kind == "null" else [kind, "null"]
    told = f"{item.type} {item.length or '桁数未確認'}"
    return feed | {"title": item.name, "description": told, "properties": {"constant": {"type": may}}}
