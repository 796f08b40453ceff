"""Residents' data as canaries: looked for wherever a night leaves traces."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from receivables import db, server
from receivables.settings import State

# Where residents' data belongs: departments' files, their copy, the database itself (dumped apart), files handed over.
ALLOWED = ("ward/", "spool/", "pg/", "secrets/", "migration/", "airflow/users.json")
PROTECTED_SCHEMAS = ("vault", "quarantine")
# Persons' rows on their way to the standard system; what runs, checks and reports keep is looked through.
STAGED_ROWS = ("migration.stage_*", "migration.warehouse_*", "migration.reread_*")
ENCODINGS = ("utf-8", "cp932", "utf-16-le")
RUN = re.compile(r"[0-9ぁ-んァ-ヶー々一-鿿﨑髙ｦ-ﾟ\-－　 ]{4,}")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
SHORTEST = 4


def canaries(state: State) -> set[str]:
    """Names, kana, addresses and phones of every resident, as stored and without blanks."""
    with db.connect(state, doing="read the canaries") as connection:
        rows = connection.execute(
            "select person_name, person_kana, address, phone from vault.register__persons where _known_to is null"
        ).fetchall()
    found = {str(value).strip() for row in rows for value in row if value}
    spaceless = {value.replace(" ", "").replace("　", "") for value in found}
    return {value for value in found | spaceless if len(value) >= SHORTEST}


def findings(state: State, wanted: set[str]) -> list[tuple[str, int]]:
    """(place, how many) wherever a canary turns up: files of the state directory and both databases."""
    return file_findings(state, wanted) + _found(_dumps(state), wanted)


def file_findings(state: State, wanted: set[str]) -> list[tuple[str, int]]:
    """The same for the files alone."""
    return _found(_files(state), wanted)


def _found(places: Iterable[tuple[str, bytes]], wanted: set[str]) -> list[tuple[str, int]]:
    return [(place, hits) for place, content in places if (hits := len(_hits(content, wanted)))]


def _files(state: State) -> Iterator[tuple[str, bytes]]:
    for path in sorted(state.root.rglob("*")):
        name = str(path.relative_to(state.root))
        if path.is_file() and not name.startswith(ALLOWED):
            yield name, path.read_bytes()


def _dumps(state: State) -> Iterator[tuple[str, bytes]]:
    for database in ("airflow", db.WAREHOUSE):
        part = conninfo_to_dict(db.dsn(state, database=database))
        running = server.ensure_running(state)
        assert running is not None
        command = [str(Path(running.binaries) / "pg_dump"), "--inserts"]
        command += [f"--exclude-schema={schema}" for schema in PROTECTED_SCHEMAS]
        command += [f"--exclude-table={tables}" for tables in STAGED_ROWS]
        command += ["-h", str(part["host"]), "-p", str(part["port"]), "-U", str(part["user"]), database]
        environment = {"PGPASSWORD": str(part["password"])}
        yield f"database {database}", subprocess.run(command, env=environment, capture_output=True, check=True).stdout


def _hits(content: bytes, wanted: set[str]) -> set[str]:
    lengths = sorted({len(value) for value in wanted})
    heads = {value[:SHORTEST] for value in wanted}
    found: set[str] = set()
    for encoding in ENCODINGS:
        text = content.decode(encoding, errors="ignore")
        if encoding == "utf-8":
            text += ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "\\u" in text else ""
        for run in RUN.findall(text):
            starts = (at for at in range(len(run) - SHORTEST + 1) if run[at : at + SHORTEST] in heads)
            found |= {run[at : at + length] for at in starts for length in lengths} & wanted
    return found
