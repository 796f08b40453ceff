"""A peer in a process of its own: imports first, then does what lines of JSON on its standard input ask for.

It runs in the peers' environment (bench/requirements.txt) and imports nothing of this project. Its answers
are lines of JSON too; rows never appear in them.
"""

import csv
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

IMPORTS = {
    "adbc": ("pyarrow.csv", "adbc_driver_postgresql.dbapi"),
    "polars": ("polars", "adbc_driver_postgresql.dbapi", "pyarrow"),
    "pandas": ("pandas", "sqlalchemy", "psycopg"),
    "dlt": ("pyarrow.csv", "dlt", "psycopg2", "dlt.destinations"),
    "polars clean": ("polars", "psycopg"),
    "pandas clean": ("pandas", "psycopg"),
    "python csv clean": ("csv", "psycopg"),
}
TEXTS = ("instalment_no", "addressee_no", "claim_code", "person_kana", "person_name", "address")
DATES = ("due_date", "levied_on")
ERAS = {"5": 2018, "4": 1988, "3": 1925}


def adbc(asked: dict[str, Any]) -> None:
    """Pyarrow reads, ADBC ingests."""
    import adbc_driver_postgresql.dbapi as dbapi

    with dbapi.connect(asked["url"]) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("peer", _arrow(asked), mode="replace", db_schema_name="bench")
        connection.commit()


def polars(asked: dict[str, Any]) -> None:
    """Polars reads and writes through ADBC."""
    import polars as pl

    frame = pl.read_csv(asked["file"], has_header=False, new_columns=asked["columns"],
                        schema_overrides=dict.fromkeys(TEXTS, pl.String), try_parse_dates=True)  # fmt: skip
    frame.write_database("bench.peer", asked["url"], if_table_exists="replace", engine="adbc")


def pandas(asked: dict[str, Any]) -> None:
    """to_sql as it comes."""
    import pandas as pd
    import sqlalchemy

    frame = pd.read_csv(asked["file"], header=None, names=asked["columns"], dtype=dict.fromkeys(TEXTS, str),
                        nrows=asked["rows"])  # fmt: skip
    engine = sqlalchemy.create_engine(asked["url"].replace("postgresql://", "postgresql+psycopg://"))
    frame.to_sql("peer", engine, schema="bench", if_exists="replace", index=False)
    engine.dispose()


def dlt(asked: dict[str, Any]) -> None:
    """An Arrow table through the csv loader into PostgreSQL."""
    import dlt as tool

    os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL")
    frame = _arrow(asked).slice(0, asked["rows"])
    frame = frame.rename_columns([name.lstrip("_") for name in frame.column_names])
    pipeline = tool.pipeline("bench", destination=tool.destinations.postgres(asked["url"]), dataset_name="bench_dlt",
                             pipelines_dir=asked["folder"])  # fmt: skip
    resource = tool.resource(frame, name="peer", write_disposition="replace")
    pipeline.run(resource, loader_file_format="csv")


def _arrow(asked: dict[str, Any]) -> Any:
    import pyarrow as pa
    import pyarrow.csv as reader

    return reader.read_csv(
        asked["file"], read_options=reader.ReadOptions(column_names=asked["columns"]),
        convert_options=reader.ConvertOptions(column_types=dict.fromkeys(TEXTS, pa.string())),
    )  # fmt: skip


def _copied(asked: dict[str, Any], blocks: Any) -> None:
    import psycopg

    names = ", ".join(asked["columns"])
    into = f"copy bench.peer ({names}) from stdin (format csv)".encode()
    with psycopg.connect(asked["url"]) as connection, connection.cursor().copy(into) as target:
        for block in blocks:
            target.write(block)


def polars_clean(asked: dict[str, Any]) -> int:
    """Decode, strip, check and type in polars; CSV into COPY. How many rows are set aside."""
    import polars as pl

    frame = pl.read_csv(asked["file"], encoding="cp932-lossy", infer_schema=False, new_columns=asked["columns"])
    wareki = lambda name: (  # noqa: E731
        (pl.col(name).str.slice(1, 2).cast(pl.Int32, strict=False)
         + pl.col(name).str.slice(0, 1).replace_strict(ERAS, default=None, return_dtype=pl.Int32)).cast(pl.String)
        + pl.col(name).str.slice(3, 4)
    ).str.to_date("%Y%m%d", strict=False)  # fmt: skip
    yen = [pl.col(name).cast(pl.Int64, strict=False) for name in ("assessed_yen", "principal_yen", "fee_yen")]
    frame = frame.with_columns(
        *yen, *(wareki(name).alias(name) for name in DATES), pl.col("levy_year").cast(pl.Int32, strict=False),
        pl.col("term_no").cast(pl.Int32, strict=False), *(pl.col(name).str.strip_chars(" \u3000") for name in TEXTS),
    )  # fmt: skip
    good = frame.filter(
        pl.all_horizontal(pl.all().is_not_null())
        & (pl.col("assessed_yen") == pl.col("principal_yen") + pl.col("fee_yen")) & (pl.col("fee_yen") >= 0)
        & pl.col("claim_code").is_in(asked["codes"]) & pl.col("instalment_no").str.contains("^[0-9]{12}$")
        & pl.col("addressee_no").str.contains("^[0-9]{15}$") & ~pl.col("person_name").str.contains("\ufffd")
    )  # fmt: skip
    _copied(asked, [good.write_csv(include_header=False).encode()])
    return frame.height - good.height


def pandas_clean(asked: dict[str, Any]) -> int:
    """The same in pandas."""
    import pandas as pd

    frame = pd.read_csv(asked["file"], encoding="cp932", encoding_errors="replace", dtype=str, header=0,
                        names=asked["columns"])  # fmt: skip
    for name in TEXTS:
        frame[name] = frame[name].str.strip(" \u3000")
    for name in DATES:
        year = pd.to_numeric(frame[name].str[1:3]) + frame[name].str[0].map(ERAS)
        frame[name] = pd.to_datetime(year.astype(str) + frame[name].str[3:], format="%Y%m%d", errors="coerce")
    for name in ("assessed_yen", "principal_yen", "fee_yen", "levy_year", "term_no"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    good = frame[
        frame.notna().all(axis=1) & (frame.assessed_yen == frame.principal_yen + frame.fee_yen) & (frame.fee_yen >= 0)
        & frame.claim_code.isin(asked["codes"]) & frame.instalment_no.str.fullmatch("[0-9]{12}")
        & frame.addressee_no.str.fullmatch("[0-9]{15}") & ~frame.person_name.str.contains("\ufffd", regex=False)
    ]  # fmt: skip
    good = good.astype(dict.fromkeys(("assessed_yen", "principal_yen", "fee_yen", "levy_year", "term_no"), "int64"))
    _copied(asked, [good.to_csv(header=False, index=False).encode()])
    return len(frame) - len(good)


def python_csv_clean(asked: dict[str, Any]) -> int:
    """Python's csv by hand, a row at a time."""
    from datetime import date

    bad, days, codes = 0, {}, set(asked["codes"])

    def day(text: str) -> str:
        if text not in days:
            days[text] = date(int(text[1:3]) + ERAS[text[0]], int(text[3:5]), int(text[5:7])).isoformat()
        return days[text]

    def lines() -> Any:
        nonlocal bad
        with Path(asked["file"]).open(encoding="cp932", errors="replace", newline="") as stream:
            rows = csv.reader(stream)
            next(rows)
            waiting: list[str] = []
            for row in rows:
                try:
                    row[5], row[6], row[7] = (row[at].strip(" \u3000") for at in (5, 6, 7))
                    row[8], row[9] = day(row[8]), day(row[9])
                    total, part, fee = int(row[10]), int(row[11]), int(row[12])
                    int(row[3]), int(row[4])
                    right = total == part + fee and row[2] in codes and len(row[0]) == 12 and len(row[1]) == 15
                    right = right and row[0].isdigit() and row[1].isdigit() and "\ufffd" not in row[6]
                except (ValueError, KeyError, IndexError):
                    right = False
                if right:
                    waiting.append(",".join(row) + "\n")
                else:
                    bad += 1
                if len(waiting) == 5_000:
                    yield "".join(waiting)
                    waiting.clear()
            yield "".join(waiting)

    _copied(asked, lines())
    return bad


def main() -> None:
    """Say what is here, then work until the input ends."""
    kind, began = sys.argv[1], time.perf_counter()
    versions = {}
    for name in IMPORTS[kind]:
        importlib.import_module(name)
        versions[name] = getattr(sys.modules[name.partition(".")[0]], "__version__", "-")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not be read as an answer
    print(json.dumps({"seconds": time.perf_counter() - began, "versions": versions}), file=answers, flush=True)
    work = globals()[kind.replace(" ", "_")]
    for line in sys.stdin:
        try:
            answer = {"bad": work(json.loads(line))}
        except Exception as fault:
            answer = {"error": f"{type(fault).__name__}: {str(fault)[:300]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
