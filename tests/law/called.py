"""The law commands called in this process, as a user would."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from receivables.cli.law import app
from receivables.errors import InputRejectedError


def law(*arguments: object, folder: Path | None = None, **files: Any) -> dict[str, Any]:
    """The JSON that `receivables law …` prints; `files` are written as JSON and given as options."""
    given = [str(each) for each in arguments]
    for option, content in files.items():
        assert folder is not None
        file = folder / f"{option}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        given += [f"--{option}", str(file)]
    done = CliRunner().invoke(app, [*given, "--json"])
    if isinstance(done.exception, InputRejectedError):
        raise done.exception
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found
