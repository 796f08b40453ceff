"""The nursery section's MariaDB, filled from the ward's own export: the same rows reach the warehouse either way."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import city
from tests.ingest.conftest import Desk, clean, intake  # noqa: F401
from tests.ingest.conftest import desk as desk

from . import mariadb_server
from .mariadb_server import Server

DAY = date(2026, 6, 19)
FILES = {"chotei": "hoiku_chotei_20260619.csv", "shuno": "hoiku_shuno_20260619.csv"}


@pytest.fixture(scope="module")
def hoiku(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mariadb_server.running(tmp_path_factory.mktemp("hoiku")) as found:
        yield found


@pytest.fixture
def ward(desk: Desk, tmp_path: Path) -> Path:
    city.make(residents=1_000, seed=5, as_of=DAY, out=tmp_path / "ward", state=desk.state)
    return tmp_path / "ward"


def right_rows(ward: Path, name: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows that nobody spoilt: a database would have refused the others."""
    with (ward / "truth/faults.csv").open() as faults, (ward / "truth/set_aside.csv").open() as asides:
        apart = {int(row["line_no"]) for one in (faults, asides) for row in csv.DictReader(one) if row["file"] == name}
    lines = (ward / "nursery" / name).read_bytes().split(b"\r\n")
    kept = [line.decode() for at, line in enumerate(lines, start=1) if at not in apart]
    header, *found = csv.reader(io.StringIO("\n".join(kept)))
    return header, found


def fill(server: Server, ward: Path) -> None:
    """Tables as a vendor makes them: days as DATE, yen as DECIMAL, numbers as CHAR."""
    server.do("drop database if exists hoiku", "create database hoiku")
    with server.connect() as connection, connection.cursor() as cursor:
        for table, name in FILES.items():
            header, rows = right_rows(ward, name)
            columns = ", ".join(f"{item} {column_type(item)}" for item in header)
            cursor.execute(f"create table hoiku.{table} ({columns}) engine=InnoDB")
            places = ", ".join(["%s"] * len(header))
            cursor.executemany(f"insert into hoiku.{table} values ({places})", rows)


def column_type(item: str) -> str:
    kinds = {"_ymd": "date", "_gaku": "decimal(12,0)", "kaisu": "tinyint unsigned", "nendo": "smallint"}
    return next((kind for end, kind in kinds.items() if item.endswith(end)), "varchar(80)")


def taken(desk: Desk, day: date) -> dict[str, list[Any]]:
    """What the warehouse holds of both tables after that day's delivery, but for where it came from."""
    for batch in desk.take("nursery", day=day).values():
        assert batch.state == "loaded", batch.reason
        assert batch.unexplained_yen == 0
    found = {}
    for relation in ("raw.nursery__claims", "vault.nursery__claims", "raw.nursery__receipts"):
        query = "select column_name::text from information_schema.columns where table_schema = %s and table_name = %s"
        names = sorted(name for (name,) in desk.ask(query, *relation.split(".")) if not name.startswith("_"))
        columns = ", ".join(names)
        found[relation] = desk.ask(f"select {columns} from {relation} where _known_to is null order by {columns}")
    return found


def test_the_database_and_its_export_give_the_same_rows(desk: Desk, ward: Path, hoiku: Server) -> None:
    """The export one day, the database the next: nothing has changed, so that no row gets a second version."""
    shutil.copytree(ward / "nursery", desk.drop / "nursery")
    exported = taken(desk, DAY)
    assert all(len(rows) > 50 for rows in exported.values())
    fill(hoiku, ward)
    shutil.rmtree(desk.drop / "nursery")
    (desk.drop / "nursery").mkdir()
    (desk.drop / "nursery/connection.json").write_text(json.dumps(hoiku.address(database="hoiku")))
    assert taken(desk, DAY + timedelta(days=1)) == exported
    assert desk.ask("select count(*) from raw.nursery__claims where _known_from > %s", DAY) == [(0,)]
