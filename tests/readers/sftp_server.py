"""A real SFTP server in a process of its own (asyncssh; the program reads with another library), on loopback."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh

USER, PASSWORD = "saiken", "topsecret-word"


class Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class Server:
    """Where it listens, its public host key, and the folder it serves."""

    def __init__(self, port: int, host_key: str, folder: Path) -> None:
        self.port, self.host_key, self.folder = port, host_key, folder

    def address(self, **over: object) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self.port, "user": USER, "password": PASSWORD,
                "host_key": self.host_key, "folder": "out"} | over  # fmt: skip


def new_key(file: Path, kind: str = "ssh-ed25519") -> str:
    """A private key in `file`; its public half as a known_hosts line has it."""
    key = asyncssh.generate_private_key(kind)
    key.write_private_key(str(file))
    return key.export_public_key().decode().strip()


@contextmanager
def running(folder: Path, key: Path, *, host_key: str, authorized: Path | None = None) -> Iterator[Server]:
    """A server that serves `folder` with the host key in `key`; ended with the block."""
    arguments = [str(folder), str(key), str(authorized or "")]
    process = subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Server(int(process.stdout.readline()), host_key, folder)
    finally:
        process.terminate()
        process.wait(20)


async def serve(folder: str, key: str, authorized: str) -> None:
    def chrooted(channel: "asyncssh.SSHServerChannel[bytes]") -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=folder.encode())

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Login, server_host_keys=[key], sftp_factory=chrooted,
        authorized_client_keys=authorized or None,
    )  # fmt: skip
    sys.stdout.write(f"{server.get_port()}\n")
    sys.stdout.flush()
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
