"""Files from an SFTP server: the pinned host key, cuts at any byte, files that still grow, nothing half anywhere."""

import hashlib
import json
import logging
import os
import random
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from receivables import city
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.transport import fetch, fetching
from receivables.settings import State
from tests.ingest.conftest import Desk
from tests.ingest.files import DAY
from tests.ingest.proxy import Proxy
from tests.ingest.test_crashes import checksums, empty

from . import sftp_server
from . import zengin_files as bank
from .sftp_server import PASSWORD, Server

NAME = f"FURIKAE_KEKKA_{DAY:%Y%m%d}.txt"
WHOLE = bank.file([*bank.block([(1_000 + no, "0") for no in range(3_000)]), bank.END])


class ByteCutter(Proxy):
    """Ends every connection after so many bytes of the server, `times` times; then lets everything through."""

    left, times = 0, 0
    when_cut: Callable[[], None] = staticmethod(lambda: None)

    def cut_after(self, count: int, *, times: int) -> None:
        self.left, self.times, self._count = count, times, count

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while block := server.recv(1 << 14):
                if self.times and len(block) >= self.left:
                    client.sendall(block[: self.left])
                    self.times, self.left = self.times - 1, self._count
                    self.when_cut()
                    break
                self.left -= len(block)
                client.sendall(block)
        self._end(client)
        self._end(server)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sftp")
    (folder / "root" / "out").mkdir(parents=True)
    host_key = sftp_server.new_key(folder / "host")
    (folder / "authorized").write_text(sftp_server.new_key(folder / "client") + "\n")
    with sftp_server.running(
        folder / "root", folder / "host", host_key=host_key, authorized=folder / "authorized"
    ) as it:
        yield it


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SETTLE_SECONDS", 0)


@pytest.fixture
def out(server: Server) -> Iterator[Path]:
    folder = server.folder / "out"
    yield folder
    for file in folder.iterdir():
        file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()


class Place:
    """A drop folder with its address, and a state."""

    def __init__(self, root: Path, server: Server) -> None:
        self.folder, self.state, self.server = root / "drop" / "furikae", State(root / "state"), server
        self.folder.mkdir(parents=True)
        self.point()

    def point(self, **over: object) -> None:
        (self.folder / "sftp.json").write_text(json.dumps(self.server.address(**over)))

    def fetch(self, *patterns: str) -> list[str]:
        return fetch("furikae", patterns or (NAME,), folder=self.folder, state=self.state)

    def refused(self) -> BatchRejectedError:
        with pytest.raises(BatchRejectedError) as found:
            self.fetch()
        assert PASSWORD not in str(found.value)
        return found.value

    @property
    def names(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir() if file.name != "sftp.json")

    def leavings(self) -> list[Path]:
        """Anything a cut might have left: in the drop folder, beside it, or among the drafts."""
        found = [file for file in (self.folder.parent.parent).rglob("tmp*") if file.is_file()]
        return found + [file for file in self.folder.parent.iterdir() if file != self.folder]


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    return Place(tmp_path, server)


def test_a_file_of_the_server_is_taken_in(desk: Desk, server: Server, out: Path) -> None:
    (desk.drop / "furikae").mkdir(parents=True)
    (desk.drop / "furikae" / "sftp.json").write_text(json.dumps(server.address()))
    (out / NAME).write_bytes(WHOLE)

    found = desk.take("furikae")["results"]

    assert (found.state, found.accepted_rows) == ("loaded", 3_000), found.reason
    assert (desk.drop / "furikae" / NAME).read_bytes() == WHOLE
    assert desk.ask("select count(*) from quarantine.stray_file where source = 'furikae'") == [(0,)]


def test_a_server_that_cannot_be_trusted_refuses_every_table(desk: Desk, server: Server, out: Path) -> None:
    folder = desk.drop / "furikae"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(WHOLE)  # of an earlier evening, perhaps; nothing may pass beside the refusal
    (folder / "sftp.json").write_text(json.dumps(server.address(host_key="ssh-ed25519 AAAA")))

    found = desk.take("furikae")["results"]

    assert (found.state, found.reason_code) == ("rejected", "UNREADABLE")
    assert "host key" in str(found.reason)
    assert desk.is_untouched()


def test_only_agreed_names_are_fetched(place: Place, out: Path) -> None:
    for name in (NAME, "FURIKAE_KEKKA_20260618.txt", "other.txt", f"..{NAME}", f"{NAME}.bak"):
        (out / name).write_bytes(WHOLE)
    (out / "link.txt").symlink_to(out / NAME)
    (out / f"FURIKAE_KEKKA_{DAY:%Y%m%d}").mkdir()

    fetched = place.fetch(NAME, "link.txt", "*")

    assert sorted(fetched) == place.names == sorted([NAME, "FURIKAE_KEKKA_20260618.txt", "other.txt", f"{NAME}.bak"])


def test_the_day_alone_is_fetched_and_only_once(place: Place, out: Path) -> None:
    for name in (NAME, "FURIKAE_KEKKA_20260618.txt"):
        (out / name).write_bytes(WHOLE)

    assert place.fetch() == [NAME]
    assert place.fetch() == []
    assert place.names == [NAME]


def test_a_key_signs_in_too(place: Place, server: Server, out: Path) -> None:
    (out / NAME).write_bytes(b"x")
    place.point(password=None, key_file=str(server.folder.parent / "client"))
    assert place.fetch() == [NAME]


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_a_changed_host_key_is_refused(tmp_path: Path, place: Place, out: Path, kind: str) -> None:
    """A second server at another port with the same files and password, but its own key."""
    (out / NAME).write_bytes(WHOLE)
    own_key = sftp_server.new_key(tmp_path / "other", kind)
    with sftp_server.running(place.server.folder, tmp_path / "other", host_key=own_key) as other:
        place.point(port=other.port)
        refusal = place.refused()
        assert (refusal.reason_code, place.names) == ("UNREADABLE", [])
        assert "host key" in str(refusal)
        place.point(port=other.port, host_key=own_key)
        assert place.fetch() == [NAME]


def test_secrets_are_in_no_message_and_no_log(place: Place, out: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (out / NAME).write_bytes(WHOLE)
    place.fetch()
    for over in ({"password": "wrong-" + PASSWORD}, {"password": None}, {"folder": "nowhere"}, {"port": 1},
                 {"key_file": "/no/such/key"}, {"pasword": PASSWORD}, {"host_key": ""}):  # fmt: skip
        (place.folder / NAME).unlink(missing_ok=True)
        place.point(**over)
        assert place.refused().reason_code == "UNREADABLE", over
        assert place.names == []
    assert PASSWORD not in caplog.text


def test_a_connection_file_that_is_none(place: Place) -> None:
    (place.folder / "sftp.json").write_text("{")
    assert place.refused().reason_code == "UNREADABLE"


def test_cuts_at_random_bytes_leave_nothing_half(place: Place, out: Path) -> None:
    (out / NAME).write_bytes(WHOLE)
    proxy = ByteCutter(place.server.port)
    place.point(port=proxy.port)
    for at in random.Random(1).sample(range(1, len(WHOLE)), 12):
        (place.folder / NAME).unlink(missing_ok=True)
        proxy.cut_after(at, times=99)
        refusal = place.refused()
        assert (refusal.reason_code, place.names, place.leavings()) == ("UNREADABLE", [], []), at
        proxy.cut_after(at, times=1)
        assert place.fetch() == [NAME]
        assert (place.folder / NAME).read_bytes() == WHOLE
    proxy.close()


def test_a_cut_at_any_message_of_ours_is_mended(place: Place, out: Path) -> None:
    (out / NAME).write_bytes(WHOLE[:50_000])
    proxy = Proxy(place.server.port)
    place.point(port=proxy.port)
    place.fetch()
    count = proxy.sent
    for at in range(1, count + 1):
        (place.folder / NAME).unlink()
        proxy.arm(at)
        with suppress(BatchRejectedError):  # the last messages only say goodbye
            place.fetch()
        assert place.names == [] or (place.folder / NAME).read_bytes() == WHOLE[:50_000], at
        assert place.leavings() == []
        proxy.arm(None)
        place.fetch()
        assert (place.folder / NAME).read_bytes() == WHOLE[:50_000], at
    proxy.close()


@pytest.mark.parametrize("declared", [True, False])
def test_the_declared_hash_must_hold(place: Place, out: Path, declared: bool) -> None:
    (out / NAME).write_bytes(WHOLE)
    sha256 = hashlib.sha256(WHOLE if declared else WHOLE[:-1]).hexdigest()
    (out / f"{NAME}.sha256").write_text(f"{sha256}  {NAME}\n")

    if declared:
        assert place.fetch() == [NAME]
    else:
        assert place.refused().reason_code == "TRUNCATED"
        assert place.names == []


def test_a_hash_file_without_a_hash(place: Place, out: Path) -> None:
    (out / NAME).write_bytes(WHOLE)
    (out / f"{NAME}.sha256").write_text("soon")
    assert place.refused().reason_code == "TRUNCATED"


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_file_that_still_grows_waits(place: Place, out: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (out / NAME).write_bytes(WHOLE[:-1])

    def grow() -> None:
        with (out / NAME).open("ab") as stream:
            stream.write(b"x")

    if when == "before":
        monkeypatch.setattr(fetching.time, "sleep", lambda _: grow())
    else:
        read = fetching.Session.read

        def reading(self: fetching.Session, name: str, size: int, write: object) -> None:
            read(self, name, size, write)  # type: ignore[arg-type]
            grow()

        monkeypatch.setattr(fetching.Session, "read", reading)

    assert place.refused().reason_code == "MISSING"
    assert place.names == []


def test_a_corrected_file_replaces_what_we_fetched_but_not_what_somebody_put_there(place: Place, out: Path) -> None:
    (out / NAME).write_bytes(b"first")
    place.fetch()
    (out / NAME).write_bytes(b"second")
    assert place.fetch() == [NAME]
    assert (place.folder / NAME).read_bytes() == b"second"

    (place.folder / NAME).write_bytes(b"by hand")
    assert place.refused().reason_code == "TWO_VERSIONS"
    assert (place.folder / NAME).read_bytes() == b"by hand"


def test_a_link_in_the_drop_folder_is_not_followed(place: Place, out: Path, tmp_path: Path) -> None:
    (out / NAME).write_bytes(b"content")
    victim = tmp_path / "victim"
    victim.write_bytes(b"safe")
    Path(place.folder / NAME).symlink_to(victim)
    assert place.refused().reason_code == "TWO_VERSIONS"
    assert victim.read_bytes() == b"safe"


def test_without_an_address_nothing_is_fetched(tmp_path: Path) -> None:
    assert fetch("furikae", [NAME], folder=tmp_path, state=State(tmp_path / "state")) == []


def test_after_a_cut_the_download_begins_anew(place: Place, out: Path) -> None:
    """Between the cut and the next try the file is replaced, of one size and one time: no half of each may come."""
    other = WHOLE.replace(b"0", b"7")
    assert len(other) == len(WHOLE)
    proxy = ByteCutter(place.server.port)
    place.point(port=proxy.port)
    for at in (len(WHOLE) // 4, len(WHOLE) // 2, len(WHOLE) - 20_000):
        (place.folder / NAME).unlink(missing_ok=True)
        (out / NAME).write_bytes(WHOLE)
        seen = (out / NAME).stat()
        proxy.cut_after(at, times=1)
        proxy.when_cut = lambda seen=seen: replaced(out / NAME, other, seen)  # type: ignore[misc]

        assert place.fetch() == [NAME]

        assert (place.folder / NAME).read_bytes() == other, at
        assert place.leavings() == []
    proxy.close()


def replaced(file: Path, content: bytes, like: os.stat_result) -> None:
    file.write_bytes(content)
    os.utime(file, ns=(like.st_atime_ns, like.st_mtime_ns))


@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut on the way"])
def test_a_ward_served_over_sftp_ends_like_one_dropped_here(
    intake_desk: Desk,
    server: Server, out: Path, tmp_path: Path, is_cut: bool,
) -> None:  # fmt: skip
    """Host file, CSV with 送付票 and workbook of the ward: served, landed, loaded; every table equal, byte for byte."""
    desk, sources = intake_desk, ("nhi", "resident_tax", "scholarship")
    city.make(residents=300, seed=4, out=tmp_path / "ward", state=desk.state)
    here = Desk(desk.state, tmp_path / "ward")
    for source in sources:
        assert {taken.state for taken in here.take(source).values()} == {"loaded"}, source
    wanted = checksums(here)
    empty(here)
    proxy = ByteCutter(server.port)
    for source in sources:
        for file in (tmp_path / "ward" / source).iterdir():
            shutil.copy(file, out / file.name)
        (desk.drop / "served" / source).mkdir(parents=True)
        address = server.address(port=proxy.port)
        (desk.drop / "served" / source / "sftp.json").write_text(json.dumps(address))
    there = Desk(desk.state, desk.drop / "served")

    for source in sources:
        if is_cut:
            proxy.cut_after(20_000, times=1)
        assert {taken.state for taken in there.take(source).values()} == {"loaded"}, source

    assert checksums(there) == wanted
    assert desk.ask("select count(*)::int from quarantine.stray_file") == [(0,)]
    proxy.close()
