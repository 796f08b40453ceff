"""One session with an SFTP server whose host key is pinned (ホスト鍵の固定); nothing it says reaches a log."""

import logging
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, NamedTuple

import paramiko
from paramiko.ssh_exception import IncompatiblePeer
from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from receivables.ingest.rejection import BatchRejectedError

_CONNECT_SECONDS = 20
_ANSWER_SECONDS = 60
_BLOCK = 1 << 18
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # how keys of kind ssh-rsa sign today
logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs what servers say, names of files among it


class Address(BaseModel):
    """Where the server is, who we are there, and the one host key we accept, as in a known_hosts line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = 22
    user: str
    host_key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+ [A-Za-z0-9+/=]+")]  # "ssh-ed25519 AAAA…"
    folder: str = "."
    key_file: Path | None = None
    password: SecretStr | None = None


class Remote(NamedTuple):
    """A file as the server lists it: what changes while somebody still writes to it."""

    name: str
    size: int
    changed: int


class ConnectionCutError(Exception):
    """The line or the server went away; trying again may help."""


class Session:
    """An open session in the agreed folder."""

    def __init__(self, client: paramiko.SFTPClient) -> None:
        self._client = client

    def files(self) -> list[Remote]:
        """Every ordinary file of the folder."""
        return [
            Remote(found.filename, found.st_size or 0, int(found.st_mtime or 0))
            for found in self._client.listdir_attr(".")
            if stat.S_ISREG(found.st_mode or 0)
        ]

    def look(self, name: str) -> Remote:
        """The file as it is now."""
        found = self._client.lstat(name)
        return Remote(name, found.st_size or 0, int(found.st_mtime or 0))

    def read(self, name: str, size: int, write: Callable[[bytes], object]) -> None:
        """Give the first `size` bytes of the file to `write`, or fewer when it has become shorter."""
        with self._client.open(name, "rb") as stream:  # no prefetch: its thread would outlive a cut
            left = size
            while left and (block := stream.read(min(_BLOCK, left))):
                write(block)
                left -= len(block)


@contextmanager
def session(address: Address) -> Iterator[Session]:
    """A session with the server.

    Raises BatchRejectedError when it has another host key or does not let us in, ConnectionCutError when the line ends.
    """
    transport: paramiko.Transport | None = None
    try:
        transport = paramiko.Transport(socket.create_connection((address.host, address.port), _CONNECT_SECONDS))
        _greet(transport, address)
        _sign_in(transport, address)
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise ConnectionCutError
        client.get_channel().settimeout(_ANSWER_SECONDS)  # type: ignore[union-attr]
        client.chdir(address.folder)
        yield Session(client)
    except PermissionError:
        raise _refusal("the SFTP server does not let us read there", "have the account's rights looked at") from None
    except FileNotFoundError:
        raise _refusal("the SFTP server has no such folder or file any more", "have the folder looked at") from None
    except (paramiko.SSHException, OSError, EOFError):  # their texts may hold addresses
        raise ConnectionCutError from None
    finally:
        if transport is not None:
            with suppress(Exception):
                transport.close()


def _greet(transport: paramiko.Transport, address: Address) -> None:
    kind = address.host_key.split()[0]
    transport.get_security_options().key_types = _RSA if kind == "ssh-rsa" else (kind,)
    try:
        transport.start_client(timeout=_CONNECT_SECONDS)
    except IncompatiblePeer:
        raise _other_key() from None
    key = transport.get_remote_server_key()
    if [key.get_name(), key.get_base64()] != address.host_key.split()[:2]:
        raise _other_key()


def _sign_in(transport: paramiko.Transport, address: Address) -> None:
    try:
        if address.key_file:
            transport.auth_publickey(address.user, paramiko.PKey.from_path(address.key_file))
        else:
            secret = address.password.get_secret_value() if address.password else ""
            transport.auth_password(address.user, secret, fallback=False)
    except paramiko.AuthenticationException:
        raise _refusal("the SFTP server does not let us in", "have user and key of the account looked at") from None
    except (FileNotFoundError, PermissionError, ValueError, paramiko.PasswordRequiredException):
        raise _refusal("our key for the SFTP server cannot be read", "look at key_file and its rights") from None


def _other_key() -> BatchRejectedError:
    return _refusal(
        "the SFTP server's host key is not the pinned one: nothing was sent to it and nothing taken",
        "ask the department by telephone whether it changed the key; only then correct host_key",
    )


def _refusal(what: str, to_do: str) -> BatchRejectedError:
    return BatchRejectedError("UNREADABLE", what, to_do)
