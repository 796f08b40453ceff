"""The sign-off report on disk (移行検証報告書): its model as JSON, its page as HTML and as PDF, all of one model.

The JSON's digest is what people sign. Page and PDF are views of model and signatures: drawing them again gives the
same bytes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receivables import db, reports
from receivables.errors import InvariantBrokenError
from receivables.migration.signoff import printing, sections, sections_ending, sections_evidence
from receivables.migration.signoff.blocks import VERDICTS, Block
from receivables.migration.signoff.roles import Role, fix_signers
from receivables.settings import State

TEMPLATE = Path(__file__).with_name("templates") / "report.html.j2"
_SVG_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'  # a page knows it; only a file of its own must say it
_MIDDLE = (
    ("総括", sections.summary),
    ("件数・人数照合表", sections.counts),
    ("金額照合表", sections.amounts),
    ("項目照合", sections.items),
    ("除外・エラー台帳", sections_evidence.ledger),
    ("コード変換表", sections_evidence.codes),
    ("文字同定", sections_evidence.characters),
    ("整合性", sections_evidence.consistency),
    ("前回リハーサルとの差", sections_evidence.previous),
    ("差異承認一覧", sections_ending.acceptances),
    ("目視確認サンプル", sections_ending.sample),
    ("ファイル一覧", sections_ending.files),
    ("手順と環境", sections_ending.procedure),
)


@dataclass(frozen=True, slots=True)
class Report:
    """Where a run's report lies, with the digest of the model when it was just written."""

    html: Path
    model: Path
    pdf: Path
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The page's path below the state's folder of reports."""
        return str(self.html.relative_to(self.html.parents[2]))


def report_files(run_id: str, state: State) -> Report:
    """The files of a run's report, whether they exist yet or not."""
    folder = state.path("reports", "migration", run_id, "x").parent
    return Report(folder / "report.html", folder / "report.json", folder / "report.pdf")


def keep_report(connection: db.Connection, model: Mapping[str, Any], *, state: State) -> Report:
    """Write the report of `model` and keep who must sign it; refused by the database once somebody has signed."""
    run_id = str(model["cover"]["run_id"])
    fix_signers(connection, run_id, [Role(each["role"], each["title"]) for each in model["signers"]])
    content = reports.canonical_json(model)
    files, sha256 = report_files(run_id, state), reports.digest(content)
    reports.write_private(files.model, content)
    _keep_views(connection, run_id, files, views(model, sha256, []))
    return Report(files.html, files.model, files.pdf, sha256)


def draw(
    connection: db.Connection, run_id: str, sha256: str | None, signatures: Sequence[Mapping[str, Any]], *, state: State
) -> None:
    """Draw page and PDF again with those who signed; InvariantBrokenError when the model is not the signed one."""
    files = report_files(run_id, state)
    content = files.model.read_bytes() if files.model.is_file() else b""
    if reports.digest(content) != sha256:
        raise InvariantBrokenError(f"run {run_id}: the report was changed ({files.model.name}); reconcile it again")
    _keep_views(connection, run_id, files, views(json.loads(content), str(sha256), signatures))


def views(model: Mapping[str, Any], sha256: str, signatures: Sequence[Mapping[str, Any]]) -> tuple[bytes, bytes]:
    """Page and PDF of one model: the same model and signatures give the same bytes."""
    found = document(model, sha256, signatures)
    page = reports.page(TEMPLATE, d=found).replace(_SVG_NAMESPACE, "")
    return page.encode(), printing.pdf(found)


def document(model: Mapping[str, Any], sha256: str, signatures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All fifteen sections as blocks, with what stands on every sheet."""

    def all_sections() -> Iterator[tuple[str, Iterator[Block]]]:
        yield "表紙", sections.cover(model, sha256)
        for title, made in _MIDDLE:
            yield title, made(model)
        yield "署名欄", sections_ending.signatures(model, signatures)

    return {
        "title": "移行検証報告書", "city": model["cover"]["city"], "run_id": model["cover"]["run_id"], "digest": sha256,
        "verdict": model["summary"]["verdict"], "verdict_text": VERDICTS[model["summary"]["verdict"]],
        "sections": [
            {"number": number, "title": title, "blocks": list(blocks)}
            for number, (title, blocks) in enumerate(all_sections(), start=1)
        ],
    }  # fmt: skip


def _keep_views(connection: db.Connection, run_id: str, files: Report, drawn: tuple[bytes, bytes]) -> None:
    for file, content in zip((files.html, files.pdf), drawn, strict=True):
        connection.execute(
            "insert into migration.report_view (run_id, file_name, sha256) values (%s, %s, %s)",
            [run_id, file.name, reports.digest(content)],
        )
        reports.write_private(file, content)
