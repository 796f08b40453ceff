"""A real MariaDB for the tests: Debian's, started as an ordinary process on loopback with a folder of its own.

Never a silent skip: when it is neither there nor can be installed, the error says what to do.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

PACKAGES = ("mariadb-server-core", "mariadb-client-core")  # programs without a service; the second prepares the first
PASSWORD = "loopback-only"


class Server:
    """One running server; `ask` and `do` as its administrator."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", charset="utf8mb4", autocommit=True)

    def do(self, *statements: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def address(self, **over: object) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self.port, "user": "reader", "password": PASSWORD,
                "database": "gakudo"} | over  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server with an empty folder and a reader who may only select; ended with the block."""
    mariadbd, install = _programs()
    home = folder / "mariadb"
    me = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run([install, "--no-defaults", f"--datadir={home}", "--auth-root-authentication-method=normal",
                    "--skip-test-db", *me], check=True, capture_output=True, timeout=120)  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    command = [mariadbd, "--no-defaults", f"--datadir={home}", "--bind-address=127.0.0.1", f"--port={port}",
               f"--socket={home}/sock", "--character-set-server=utf8mb4", "--sql-mode=", *me]  # fmt: skip
    with (folder / "mariadb.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            server = Server(port)
            _wait(server, process, folder / "mariadb.log")
            server.do(f"create user reader@'127.0.0.1' identified by '{PASSWORD}'",
                      "grant select on *.* to reader@'127.0.0.1'")  # fmt: skip
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _programs() -> tuple[str, str]:
    if not (found := _installed()) and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-yqq", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", *command], env=quiet, capture_output=True, timeout=600, check=False)
        found = _installed()
    if not found:
        raise RuntimeError(f"no mariadbd for the tests; as root: apt-get install {' '.join(PACKAGES)}")
    return found


def _installed() -> tuple[str, str] | None:
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    found = [shutil.which(name, path=places) for name in ("mariadbd", "mariadb-install-db", "my_print_defaults")]
    return (str(found[0]), str(found[1])) if all(found) else None


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return server.do("select 1")
        except pymysql.Error:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"mariadbd does not start: {log.read_text(errors='replace')[-1000:]}")
