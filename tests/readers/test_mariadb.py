"""A department's MariaDB: one moment of all tables, its own kinds of columns, and the export that may stand for it."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from receivables import db
from tests.ingest.conftest import Desk
from tests.ingest.files import DAY

from . import mariadb_server
from .mariadb_server import Server

TABLES = (
    "create table gakudo.chotei (chotei_no char(10) primary key, jido_shimei varchar(80), noki_ymd date,"
    " tokusoku_ymd date, chotei_gaku decimal(12,2), genmen_flg tinyint(1), taikai_flg bit(1), biko blob)"
    " engine=InnoDB",
    "create table gakudo.shuno (shuno_no char(10) primary key, shuno_gaku decimal(12,0)) engine=InnoDB",
)
CLAIMS = (
    "insert into gakudo.chotei values ('0000000001', '世田谷　𠮷郎', '2026-05-31', '0000-00-00', 6000, 0, b'0', x'00'),"
    " ('0000000002', '世田谷　花子', '2026-05-31', '2026-06-18', 5000.00, 1, b'1', null)"
)
RECEIPTS = "insert into gakudo.shuno values ('0000000001', 2500)"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mariadb_server.running(tmp_path_factory.mktemp("mariadb")) as found:
        yield found


@pytest.fixture
def gakudo(desk: Desk, server: Server) -> Iterator[Desk]:
    server.do("drop database if exists gakudo", "create database gakudo", *TABLES, CLAIMS, RECEIPTS)
    (desk.drop / "gakudo").mkdir(parents=True, exist_ok=True)
    connect(desk, **server.address())
    yield desk
    server.do("drop database gakudo")


def connect(desk: Desk, **address: object) -> None:
    (desk.drop / "gakudo" / "connection.json").write_text(json.dumps(address))


def test_a_snapshot_is_taken_in_with_its_totals(gakudo: Desk) -> None:
    found = gakudo.take("gakudo")

    claims, receipts = found["claims"], found["receipts"]
    assert (claims.state, claims.declared_rows, claims.declared_yen) == ("loaded", 2, 11_000), claims.reason
    assert (receipts.state, receipts.declared_rows, receipts.accepted_yen) == ("loaded", 1, 2_500), receipts.reason
    assert gakudo.ask(
        "select claim_no, due_date, dunned_on, assessed_yen, is_exempt, is_closed from raw.gakudo__claims order by 1"
    ) == [
        ("0000000001", date(2026, 5, 31), None, 6_000, False, False),
        ("0000000002", date(2026, 5, 31), date(2026, 6, 18), 5_000, True, True),
    ]
    assert gakudo.ask("select child_name from vault.gakudo__claims order by claim_no limit 1") == [("世田谷　𠮷郎",)]


def test_bad_rows_are_set_aside(gakudo: Desk, server: Server) -> None:
    server.do(
        "insert into gakudo.chotei values ('0000000003', '外字　\ue001', '2026-05-31', null, 10, 0, b'0', null)",
        "insert into gakudo.chotei values ('0000000004', '銭', '2026-05-31', null, 20.50, 0, b'0', null)",
        "insert into gakudo.chotei values ('0000000005', '期限', '0000-00-00', null, 30, 0, b'0', null)",
        "insert into gakudo.chotei values ('0000000006', '減免', '2026-05-31', null, 40, 2, b'0', null)",
        "insert into gakudo.chotei values ('0000000007', '負', '2026-05-31', null, -50, 0, b'0', null)",
        "insert into gakudo.chotei values ('8', '短い', '2026-05-31', null, 60, 0, b'0', null)",
    )

    claims = gakudo.take("gakudo")["claims"]

    assert (claims.state, claims.accepted_rows, claims.quarantined_rows) == ("loaded", 2, 6), claims.reason
    assert claims.accepted_yen + claims.quarantined_yen == claims.declared_yen
    assert gakudo.quarantine() == {3: "GAIJI", 4: "AMOUNT", 5: "REQUIRED", 6: "CODE", 7: "NEGATIVE", 8: "DIGITS"}


def test_a_snapshot_is_never_torn(gakudo: Desk, server: Server) -> None:
    """Yen move from one table to the other all the time; in every snapshot they are all there."""
    rows = ", ".join(f"('{no:010d}', '児童', '2026-05-31', null, 1000, 0, b'0', null)" for no in range(10, 3_010))
    server.do(f"insert into gakudo.chotei values {rows}")
    whole = 3_000_000 + 13_500
    moved, stop = [0], threading.Event()

    def move() -> None:
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            no = 10
            while not stop.is_set():
                cursor.execute("begin")
                cursor.execute(f"update gakudo.chotei set chotei_gaku = chotei_gaku - 1 where chotei_no = '{no:010d}'")
                cursor.execute("update gakudo.shuno set shuno_gaku = shuno_gaku + 1")
                cursor.execute("commit")
                moved[0] += 1
                no = 10 + (no + 977) % 3_000

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for day in range(1, 5):
            before = moved[0]
            found = gakudo.take("gakudo", day=date(2026, 6, day))
            assert {batch.state for batch in found.values()} == {"loaded"}, [batch.reason for batch in found.values()]
            assert sum(batch.accepted_yen for batch in found.values()) == whole
            assert sum(batch.declared_yen or 0 for batch in found.values()) == whole
            assert moved[0] > before
    finally:
        stop.set()
        mover.join()


@pytest.mark.parametrize(
    ("statement", "reason", "part"),
    [
        ("alter table gakudo.chotei rename column genmen_flg to menjo_flg", "HEADER", "genmen_flg"),
        ("alter table gakudo.chotei modify jido_shimei varbinary(80)", "HEADER", "binary"),
        ("alter table gakudo.chotei engine = MyISAM", "UNREADABLE", "MyISAM"),
        ("drop table gakudo.chotei", "HEADER", "missing"),
        ("delete from gakudo.chotei", "EMPTY", "no rows"),
    ],
)
def test_a_database_not_as_agreed_is_refused(
    gakudo: Desk, server: Server, statement: str, reason: str, part: str
) -> None:
    server.do(statement)

    claims = gakudo.take("gakudo")["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", reason)
    assert part in str(claims.reason)
    assert gakudo.is_untouched()


def test_a_server_that_refuses_us_is_said_so_without_its_secrets(gakudo: Desk, server: Server) -> None:
    for over in ({"password": "topsecret"}, {"port": 1}, {"host": "no.such.host.invalid"}, {"port": "x"}):
        connect(gakudo, **server.address(**over))
        found = gakudo.take("gakudo")
        assert {batch.reason_code for batch in found.values()} == {"UNREADABLE"}, found
        assert not any("secret" in str(batch.reason) or "no.such" in str(batch.reason) for batch in found.values())


def test_a_connection_file_without_a_user_is_told(gakudo: Desk) -> None:
    connect(gakudo, host="127.0.0.1")
    assert "lacks user" in str(gakudo.take("gakudo")["claims"].reason)


def test_the_reader_changes_nothing(gakudo: Desk, server: Server) -> None:
    server.do("grant all on gakudo.* to reader@'127.0.0.1'")
    from receivables.ingest.readers.mariadb import mariadb
    from receivables.ingest.rejection import BatchRejectedError

    with pytest.raises(BatchRejectedError, match="1792"), mariadb(server.address(), "gakudo") as database:
        database._all("delete from gakudo.chotei")
    server.do("revoke all on gakudo.* from reader@'127.0.0.1'")


# ---------- the export
HEADS = {"CHOTEI": "chotei_no,jido_shimei,noki_ymd,tokusoku_ymd,chotei_gaku,genmen_flg,taikai_flg",
         "SHUNO": "shuno_no,shuno_gaku"}  # fmt: skip
ROWS = {"CHOTEI": ["0000000001,世田谷　太郎,2026-05-31,0000-00-00,6000,0,0",
                   "0000000002,世田谷　花子,2026-05-31,,5000,1,1"],
        "SHUNO": ["0000000001,2500"]}  # fmt: skip


def export(desk: Desk, *, yen: int = 11_000) -> Path:
    folder = desk.drop / "gakudo"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["ファイル名,件数,金額合計,SHA256"]
    for kind, total in (("CHOTEI", yen), ("SHUNO", 2_500)):
        content = "\r\n".join([HEADS[kind], *ROWS[kind], ""]).encode("cp932")
        name = f"GAKUDO_{kind}_{DAY:%Y%m%d}.csv"
        (folder / name).write_bytes(content)
        lines.append(f"{name},{len(ROWS[kind])},{total},{hashlib.sha256(content).hexdigest()}")
    (folder / f"GAKUDO_SOUFU_{DAY:%Y%m%d}.csv").write_text("\r\n".join([*lines, ""]), encoding="utf-8", newline="")
    return folder


def test_an_export_in_the_folder_is_read_instead(desk: Desk) -> None:
    export(desk)

    found = desk.take("gakudo")

    assert {batch.state for batch in found.values()} == {"loaded"}, [batch.reason for batch in found.values()]
    assert (found["claims"].declared_yen, found["claims"].accepted_rows) == (11_000, 2)
    assert desk.ask("select is_exempt, is_closed from raw.gakudo__claims order by claim_no") == [
        (False, False), (True, True)]  # fmt: skip
    with db.connect(desk.state, doing="look") as connection:
        assert connection.execute("select count(*) from quarantine.stray_file where source = 'gakudo'").fetchone() == (
            0,
        )


def test_an_export_is_held_to_its_manifest(desk: Desk) -> None:
    export(desk, yen=11_001)

    found = desk.take("gakudo")

    assert found["claims"].reason_code == "CONTROL_TOTAL"
    assert desk.is_untouched()


def test_database_and_export_together_are_two_versions(gakudo: Desk) -> None:
    export(gakudo)

    assert {batch.reason_code for batch in gakudo.take("gakudo").values()} == {"TWO_VERSIONS"}


def test_neither_database_nor_export_is_missing(desk: Desk) -> None:
    assert {batch.reason_code for batch in desk.take("gakudo").values()} == {"MISSING"}


def test_quarantined_rows_of_an_export_keep_their_bytes(desk: Desk) -> None:
    folder = export(desk)
    file = folder / f"GAKUDO_CHOTEI_{DAY:%Y%m%d}.csv"
    good = file.read_bytes()
    bad = good.replace(b"2026-05-31,,5000", b"2026-05-32,,5000")
    file.write_bytes(bad)
    manifest = folder / f"GAKUDO_SOUFU_{DAY:%Y%m%d}.csv"
    hashes = (hashlib.sha256(content).hexdigest() for content in (good, bad))
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(*hashes), encoding="utf-8", newline="")

    claims = desk.take("gakudo")["claims"]

    assert (claims.state, claims.quarantined_yen, desk.quarantine()) == ("loaded", 5_000, {3: "DATE"}), claims.reason
    ((place, raw),) = desk.ask("select byte_offset, raw from quarantine.row")
    assert bad[place:].startswith(bytes(raw))
