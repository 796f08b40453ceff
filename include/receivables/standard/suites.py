"""Great Expectations suites of the staged tables (検証スイート): lengths, characters, codes and keys of each group.

What an official list says is critical; what a draft assumes warns. The library takes seconds to import, hence
only when suites are made.
"""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

from receivables.standard import Edition
from receivables.standard.dbt_sources import FLAGS, is_official
from receivables.standard.parts import Group, Item

_PATTERNS = {  # read by PostgreSQL; columns are collated "C", so a range is one of code points
    "digits": r"^[0-9]*$",
    "ascii": r"^[ -~]*$",
    "kana": r"^[ァ-ヺー・゛゜　 ]*$",
    "bank": r"^[ｦ-ﾟ0-9A-Z ().,/\\¥｢｣-]*$",
    "name": r"^[^[:cntrl:]]*$",
    "free": r"^[^[:cntrl:]]*$",
}
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
_NUMBERS = ("yen", "int", "year", "decimal")


def suite_text(edition: Edition, group: Group) -> str:
    """The suite of one group as JSON, one expectation a line, the same on every machine."""
    gx = _library()
    promised = list(_expectations(gx.expectations, edition, group))
    suite = gx.ExpectationSuite(name=f"stage_{group.id}", expectations=promised).to_json_dict()
    lines = [json.dumps(each, ensure_ascii=False, sort_keys=True) for each in suite["expectations"]]
    head = {
        "name": suite["name"],
        "id": None,
        "notes": f"{group.name} {edition.name}",
        "meta": {"edition": edition.name},
    }
    told = json.dumps(head, ensure_ascii=False)[:-1]
    return f'{told}, "expectations": [\n' + ",\n".join(lines) + "\n]}\n"


def _library() -> Any:
    """Great Expectations, imported quietly and without its analytics."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations._docs_decorators").setLevel(logging.ERROR)
    import great_expectations as gx

    return gx


def _expectations(known: Any, edition: Edition, group: Group) -> Iterator[Any]:
    yield known.ExpectTableColumnsToMatchSet(
        column_set=["run_id", "source_code", "source_key", "row_key", *(item.column for item in group.items)],
        exact_match=True, severity="critical", meta={"check": "C-001"},
    )  # fmt: skip
    if group.key:
        yield known.ExpectCompoundColumnsToBeUnique(
            column_list=["run_id", *group.key], ignore_row_if="never", severity="critical", meta={"check": "C-050"}
        )
    for item in group.items:
        yield from _of_item(known, edition, group, item)


def _of_item(known: Any, edition: Edition, group: Group, item: Item) -> Iterator[Any]:
    base = {"column": item.column}
    certain = "critical" if group.is_certain(item) else "warning"
    if item.key or item.null_policy == "not_null" or item.required == "always":
        yield known.ExpectColumnValuesToNotBeNull(**base, severity="critical", meta=_meta("C-010", item))
    if item.type in _NUMBERS:
        low, high = _range(item)
        if (low, high) != (None, None):
            yield known.ExpectColumnValuesToBeBetween(
                **base, min_value=low, max_value=high, severity=certain, meta=_meta("C-020", item)
            )
    elif item.type != "date":  # a date is checked by its column's own type
        yield from _of_text(known, item, certain)
        yield from _of_codes(known, edition, item)


def _of_text(known: Any, item: Item, certain: str) -> Iterator[Any]:
    if item.length is not None:
        least = item.length if item.type in ("flag", "time") else None
        yield known.ExpectColumnValueLengthsToBeBetween(
            column=item.column, min_value=least, max_value=item.length, severity=certain, meta=_meta("C-021", item)
        )
    pattern = _TIME if item.type == "time" else _PATTERNS.get(item.charset or "")
    if pattern:
        yield known.ExpectColumnValuesToMatchRegex(
            column=item.column, regex=pattern, severity="warning" if "charset" in item.assumed else certain,
            meta=_meta("C-070" if item.charset else "C-020", item),
        )  # fmt: skip


def _of_codes(known: Any, edition: Edition, item: Item) -> Iterator[Any]:
    codes = edition.codes(item.code_table) if item.code_table else ()
    values = FLAGS if item.type == "flag" else list(dict.fromkeys(code.code for code in codes))
    if values:
        yield known.ExpectColumnValuesToBeInSet(
            column=item.column, value_set=values, meta=_meta("C-040", item),
            severity="critical" if item.type == "flag" or is_official(codes) else "warning",
        )  # fmt: skip


def _range(item: Item) -> tuple[int | None, int | None]:
    """What its digits allow; a sign only where the list does not deny it."""
    most = 10**item.length - 1 if item.length else None
    if item.type == "year":
        return 10 ** (item.length - 1) if item.length else None, most
    if item.is_signed is False:
        return 0, most
    return (-most if most is not None else None), most


def _meta(check: str, item: Item) -> dict[str, Any]:
    return {"check": check, "item": item.name, "assumed": list(item.assumed)}
