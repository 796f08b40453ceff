"""`make journey`: what a newcomer does, in an empty folder, as root and as an ordinary user.

Clones the committed state, runs `make run` twice and `make stop`, and holds the promises of the
README: the time limits, the exit codes, and that no process is left.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST_SECONDS, AGAIN_SECONDS = 600, 90
ORDINARY_USER = "saiken-newcomer"


def main() -> int:
    """Run the journey for each kind of user this machine lets us be."""
    for user in users():
        journey(user)
    return 0


def users() -> list[str | None]:
    """The user we are; and an ordinary one, made for this, when we are root."""
    if os.geteuid() != 0:
        return [None]
    try:
        pwd.getpwnam(ORDINARY_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", ORDINARY_USER], check=True)
    return [None, ORDINARY_USER]


def journey(user: str | None) -> None:
    """One newcomer's first evening with the project."""
    home = Path(tempfile.mkdtemp(prefix="journey-"))
    if user:
        home.chmod(0o755)
    clone = home / "project"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    if user:
        subprocess.run(["chown", "-R", user, str(home)], check=True)
    try:
        first = make(clone, user, "run", f"PORT={port()}")
        again = make(clone, user, "run", f"PORT={port(clone)}")
    finally:
        if (clone / ".venv" / "ready").exists():
            make(clone, user, "stop")
    left = leftovers(clone)
    say(f"{user or 'myself'}: first run {first:.0f} s, again {again:.0f} s, left {left}")
    assert first <= FIRST_SECONDS, f"make run took {first:.0f} s; the limit is {FIRST_SECONDS}"
    assert again <= AGAIN_SECONDS, f"the second make run took {again:.0f} s; the limit is {AGAIN_SECONDS}"
    assert not left, f"make stop left processes: {left}"
    shutil.rmtree(home)


def make(clone: Path, user: str | None, *arguments: str) -> float:
    """Seconds that `make` took; its output goes to ours."""
    command = ["make", "--no-print-directory", *arguments]
    keep = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "LANG"))}
    environment = {**keep, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    command = ["env", f"HOME={clone.parent}", *command]
    if user:  # runuser gives the user's own home, which this one does not have
        command = ["runuser", "-u", user, "--", *command]
    began = time.monotonic()
    subprocess.run(command, cwd=clone, env=environment, stdin=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def port(clone: Path | None = None) -> int:
    """A free port; for a clone that has run before, the one it used."""
    import configparser
    import socket

    if clone:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(clone / ".state" / "airflow" / "airflow.cfg")
        return parser.getint("api", "port")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def leftovers(clone: Path) -> list[str]:
    """Processes that still work for the clone."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            folder = str((entry / "cwd").readlink())
        except OSError:
            continue
        if str(clone) in command or folder.startswith(str(clone)):
            found.append(f"{entry.name} {command[:80]}")
    return found


def say(text: str) -> None:
    """One line to CI's log."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
