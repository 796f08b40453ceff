"""The sign-off report on disk (移行検証報告書): its model as JSON, its page as HTML, its signatures beside them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receivables import reports
from receivables.settings import State

TEMPLATE = Path(__file__).with_name("templates") / "signoff.html.j2"


@dataclass(frozen=True, slots=True)
class Report:
    """Where a run's report lies, with the digest of the model when it was just written."""

    html: Path
    model: Path
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The page's path below the state's folder of reports."""
        return str(self.html.relative_to(self.html.parents[2]))


def report_files(run_id: str, state: State) -> Report:
    """The files of a run's report, whether they exist yet or not."""
    folder = state.path("reports", "migration", run_id, "x").parent
    return Report(folder / "report.html", folder / "report.json")


def keep_report(model: Mapping[str, Any], *, state: State) -> Report:
    """Write the report of `model`; signatures under an earlier report of the run do not carry over."""
    files = report_files(str(model["cover"]["run_id"]), state)
    content = reports.canonical_json(model)
    sha256 = reports.digest(content)
    reports.write_private(files.model, content)
    reports.write_private(files.html, _page(model, sha256, []))
    return Report(files.html, files.model, sha256)


def keep_signatures(run_id: str, signatures: Sequence[Mapping[str, str]], *, state: State) -> Report:
    """Draw the page again with those who signed; the signed model stays as it is."""
    files = report_files(run_id, state)
    content = files.model.read_bytes()
    sha256 = reports.digest(content)
    reports.write_private(files.html, _page(json.loads(content), sha256, signatures))
    return Report(files.html, files.model, sha256)


def _page(model: Mapping[str, Any], sha256: str, signatures: Sequence[Mapping[str, str]]) -> bytes:
    return reports.page(TEMPLATE, m=model, digest=sha256, signatures=signatures).encode()
