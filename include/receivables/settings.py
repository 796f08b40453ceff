"""Where things lie: the project, the state directory and what is inside it."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from receivables.errors import EnvironmentFailureError

PROJECT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT / "dbt_project"
STAGING = DBT_PROJECT / "models" / "staging"
SEEDS = DBT_PROJECT / "seeds"


@dataclass(frozen=True, slots=True)
class State:
    """One running copy of the system: its database, secrets, spool, logs and reports."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path | None = None) -> "State":
        """The state in `folder`, else in `$RECEIVABLES_STATE`, else in `.state` of the project."""
        chosen = folder or os.environ.get("RECEIVABLES_STATE") or PROJECT / ".state"
        return cls(Path(chosen).resolve())

    def path(self, *parts: str) -> Path:
        """A path inside the state directory, its folder made (0700) when missing."""
        found = self.root.joinpath(*parts)
        found.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return found

    @property
    def spool(self) -> Path:
        """Content-addressed copies of everything landed, read-only."""
        return self.path("spool", "x").parent

    @property
    def ward(self) -> Path:
        """Default place of the synthetic ward: department folders and truth/."""
        return self.path("ward", "x").parent

    @property
    def drop(self) -> Path:
        """Where departments' files arrive: `$RECEIVABLES_DROP`, else the synthetic ward."""
        return Path(os.environ.get("RECEIVABLES_DROP") or self.ward)

    @property
    def reports(self) -> Path:
        """Reports written for people: GX Data Docs, sign-off."""
        return self.path("reports", "x").parent

    def secret(self, name: str) -> str:
        """The secret `name` (one 0600 file each), made at random when first asked for."""
        file = self.path("secrets", name)
        if not file.exists():
            draft = file.with_suffix(f".{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32))
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)  # the first writer wins, whoever else asks at once
            draft.unlink()
        return file.read_text().strip()

    def read_json(self, *parts: str) -> dict[str, object]:
        """The JSON object in a file of the state directory; says what to run when it is not there."""
        file = self.root.joinpath(*parts)
        if not file.exists():
            raise EnvironmentFailureError(
                f"{file} is missing: nothing runs in this state directory; run `receivables init` first"
            )
        found: dict[str, object] = json.loads(file.read_text())
        return found
