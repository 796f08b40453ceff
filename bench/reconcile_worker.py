"""A peer of `bench.step_reconcile` in a process of its own: imports first, then compares as lines of JSON ask.

It runs in a peer's environment and imports nothing of this project. An answer holds the keys it named (null when it
names none) and the columns; the rows are made up.
"""
# ruff: noqa: S608  # SQL out of constants of its own

import contextlib
import importlib
import io
import json
import os
import sys
from typing import Any

IMPORTS = {
    "reladiff": ("reladiff",),
    "datacompy": ("polars", "datacompy", "adbc_driver_postgresql.dbapi"),
    "DVT": ("data_validation.__main__",),
}
KEY = "instalment_no"
MOST = 5_000  # keys told


def reladiff(asked: dict[str, Any]) -> dict[str, object]:
    """Both tables of one database: its outer join (joindiff), which it chooses itself."""
    import reladiff as tool

    one, other = (
        tool.connect_to_table(asked["url"], f"bench.{name}", KEY) for name in ("a", "b")
    )  # fmt: skip
    others = tuple(name for name in asked["columns"] if name != KEY)
    result = tool.diff_tables(one, other, extra_columns=others, algorithm=tool.Algorithm.JOINDIFF)
    sides: dict[str, dict[str, tuple[str, ...]]] = {"-": {}, "+": {}}
    for sign, row in result:
        sides[sign][row[0]] = tuple(row[1:])
    one.database.close()
    both = sides["-"].keys() & sides["+"].keys()
    columns = {name for key in both
               for name, x, y in zip(others, sides["-"][key], sides["+"][key], strict=True) if x != y}  # fmt: skip
    return {"keys": sorted(sides["-"].keys() | sides["+"].keys())[:MOST], "columns": sorted(columns)}


def datacompy(asked: dict[str, Any]) -> dict[str, object]:
    """Both tables read through ADBC into polars, then its comparison."""
    import datacompy as tool
    import polars as pl

    one, other = (
        pl.read_database_uri(f"select * from bench.{name}", asked["url"], engine="adbc") for name in ("a", "b")
    )
    result = tool.PolarsCompare(one, other, join_columns=KEY)
    wrong = [each["column"] for each in result.column_stats if each["unequal_cnt"]]
    keys: set[str] = set()
    for frame in (result.df1_unq_rows, result.df2_unq_rows):
        keys |= set(frame[KEY].to_list())
    for column in wrong:
        keys |= set(result.sample_mismatch(column, sample_count=MOST)[KEY].to_list())
    return {"keys": sorted(keys)[:MOST], "columns": sorted(wrong)}


def dvt(asked: dict[str, Any]) -> dict[str, object]:
    """`data-validation validate row --hash '*'`: a SHA-256 of each row, both sides merged in pandas."""
    import data_validation.__main__ as tool

    os.environ["PSO_DV_CONN_HOME"] = asked["folder"]
    with contextlib.suppress(SystemExit):
        _run(tool, "connections", "add", "-c", "pg", "Postgres", *asked["login"])
    said = _run(tool, "validate", "row", "-sc", "pg", "-tc", "pg", "-tbls", "bench.a=bench.b", "-pk", KEY,
                "--hash", "*", "--format", "json", "--filter-status", "fail")  # fmt: skip
    found = json.loads(said[said.index("{") :]) if "{" in said else {}
    keys = {json.loads(each["group_by_columns"])[KEY] for each in found.values()}
    return {"keys": sorted(keys)[:MOST], "columns": None}


def _run(tool: Any, *arguments: str) -> str:
    sys.argv = ["data-validation", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        tool.main()
    return said.getvalue()


WORK = {"reladiff": reladiff, "datacompy": datacompy, "DVT": dvt}


def main() -> None:
    """Import, say so, then serve."""
    kind, out = sys.argv[1], sys.stdout
    for name in IMPORTS[kind]:
        importlib.import_module(name)
    sys.stdout = sys.stderr  # what a peer prints is no answer
    out.write("{}\n")
    out.flush()
    for line in sys.stdin:
        try:
            found = WORK[kind](json.loads(line))
        except BaseException as fault:
            found = {"error": f"{type(fault).__name__}: {str(fault).strip()[:200]}"}
        out.write(json.dumps(found) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
