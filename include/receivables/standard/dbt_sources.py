"""dbt sources of the staged tables (段階表の定義): a data type for each item, and the tests the standard asks for.

The tables exist only once a rehearsal has staged them. A night selects its models by folder and so neither needs
the tables nor looks at them; the tests carry the tag `migration` for those who want them. They are not disabled:
dbt cannot copy a project that has disabled nodes, and the warehouse gives it a copy.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from receivables.standard import Edition
from receivables.standard.parts import Code, Group, Item

SOURCE = "migration"
TAG = "migration"
POSTGRES = {"yen": "bigint", "int": "bigint", "year": "integer", "decimal": "numeric", "date": "date"}  # else text
FLAGS = ["0", "1"]
PERIOD_KEY = (  # 期別キー: what every claim's row is found by
    "shikuchoson_cd", "mae_shikuchoson_cd", "fuka_nendo", "soto_nendo", "tsuchisho_no", "kamoku_cd",
    "tokucho_shitei_no", "kibetsu_cd", "shinkoku_rireki_no", "jigyo_nendo_no", "jido_atena_no",
)  # fmt: skip
_PARENTS = {"chotei_shuno": PERIOD_KEY, "atena": ("shikuchoson_cd", "atena_no")}
_OWN_COLUMNS = {
    "run_id": "リハーサルの番号",
    "source_code": "移行元のシステム",
    "source_key": "移行元の行の番号",
    "row_key": "主キーを一つの文字列にしたもの",
}


def sources_text(edition: Edition, group: Group) -> str:
    """The sources file of one group's staged table."""
    head = {
        "name": SOURCE,
        "description": "移行の段階表. Written by `receivables.migration`; there are none before the first rehearsal.",
        "schema": "migration",
        "config": {"tags": [TAG]},
    }
    table = {
        "name": f"stage_{group.id}",
        "description": f"{group.name}. One row per key and rehearsal, of edition {edition.name}.",
    }
    return "".join([
        f"# `receivables standard generate` が標準仕様 {edition.name} から作る。手で直さない。\n",
        "version: 2\n\nsources:\n",
        *_listed([head], 2, flow=False),
        "    tables:\n",
        *_listed([table], 6, flow=False),
        "        data_tests:\n",
        *_listed(_table_tests(edition, group), 10, flow=True),
        "        columns:\n",
        *_listed(_columns(edition, group), 10, flow=True),
    ])  # fmt: skip


def _listed(values: Iterable[Any], indent: int, *, flow: bool) -> Iterator[str]:
    """Values as a list of YAML: in one line each, or one line for each key."""
    for value in values:
        text = yaml.dump(value, Dumper=yaml.SafeDumper, allow_unicode=True, sort_keys=False, width=10**6,
                         default_flow_style=flow)  # fmt: skip
        first, *rest = str(text).splitlines()
        yield f"{' ' * indent}- {first}\n"
        yield from (f"{' ' * indent}  {line}\n" for line in rest)


def is_official(codes: tuple[Code, ...]) -> bool:
    """Whether a code table is the whole official one: only then a code outside it is an error, not a warning."""
    return bool(codes) and all(code.evidence == "official" for code in codes)


def _columns(edition: Edition, group: Group) -> Iterator[dict[str, Any]]:
    for name, told in _OWN_COLUMNS.items():
        yield {"name": name, "description": told, "data_type": "text"}
    for item in group.items:
        column = {"name": item.column, "description": item.name, "data_type": POSTGRES.get(item.type, "text")}
        tests = list(_tests(edition, item))
        yield column | ({"data_tests": tests} if tests else {})


def _tests(edition: Edition, item: Item) -> Iterator[Any]:
    if item.key or item.null_policy == "not_null" or item.required == "always":
        yield "not_null"
    if item.type == "flag":
        yield {"accepted_values": {"arguments": {"values": FLAGS}}}
    if item.code_table:
        codes = edition.codes(item.code_table)
        weight = "error" if is_official(codes) else "warn"
        values = list(dict.fromkeys(code.code for code in codes))
        yield {"accepted_values": {"arguments": {"values": values}, "config": {"severity": weight}}}


def _table_tests(edition: Edition, group: Group) -> Iterator[Any]:
    """The key is unique in a run, and what a row hangs on was staged in the same run (C-050, C-080)."""
    if group.key:
        told = {"name": f"migration_{group.id}_has_each_key_once"}
        yield {"unique": told | {"arguments": {"column_name": _as_one(group.key)}}}
    for parent, key in _PARENTS.items():
        if parent != group.id and parent in edition.groups and set(key) <= {item.column for item in group.items}:
            arguments = {
                "column_name": _as_one(key),
                "to": f"source('{SOURCE}', 'stage_{parent}')",
                "field": _as_one(key),
            }
            yield {"relationships": {"name": f"migration_{group.id}_hangs_on_{parent}", "arguments": arguments}}


def _as_one(columns: tuple[str, ...]) -> str:
    """Columns as one value that merges no two keys, with the run they belong to."""
    return f"jsonb_build_array({', '.join(('run_id', *columns))})"
