"""Great Expectations' own Data Docs (検査結果の文書), made from the results kept in ops; they hold no values.

GX's pages fetch styles and scripts from the internet and its index lists nothing without them; a
city's network has no way there. Its pages are kept, what they would fetch is taken out, and the
index is ours.
"""

import html
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from receivables import db
from receivables.ingest.expectations import library
from receivables.settings import State

SITE = "intake"
_FOREIGN = re.compile(
    r"<link\b[^>]*\bhref=[\"']https?:[^>]*>|<script\b[^>]*\bsrc=[\"']https?:[^>]*>\s*</script>"
    r"|<a\b[^>]*\bhref=[\"']https?:[^>]*>.*?</a>|<img\b[^>]*\bsrc=[\"']https?:[^>]*>"
    r"|url\([\"']?https?:[^)]*\)(\s+[^;]*)?",
    re.DOTALL,
)
_PLAIN_STYLE = (
    "<style>body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left}</style></head>"
)
_WEIGHTS = {"stop": "不合格なら取り込まない", "hold_sending": "不合格なら催告しない", "warn": "知らせる"}
_LATEST_LAST = "7131125"  # documents are written by one process at a time, so the last one has read everything


class Rule(NamedTuple):
    """One rule of a delivery and whether it holds."""

    wording: str
    severity: str
    owner: str
    reference: str
    success: bool


class _Page(NamedTuple):
    batch_id: str
    rules: list[Rule]


def documents(*, as_of: date, state: State) -> Path:
    """Write GX's pages of every batch validated for `as_of`, and an index; the folder they lie in."""
    folder = state.path("reports", "data_docs", "x").parent
    with db.connect(state, "etl", doing="write the data docs") as connection:
        connection.execute(f"select pg_advisory_xact_lock({_LATEST_LAST})")
        found = connection.execute(
            "select batch_id, suite, result from ops.validation_document join ops.load as load using (batch_id)"
            " where business_date = %s order by load.source, load.table_name, batch_id",
            [as_of],
        ).fetchall()
        _build_pages(folder / "gx", found, as_of)
        rules = connection.execute(
            "select batch_id, wording, severity, owner, reference, success from ops.validation as rule"
            " join ops.load as load using (batch_id) where business_date = %s order by rule.ctid",
            [as_of],
        ).fetchall()
        _write_index(folder, [_Page(str(batch_id), [Rule(*rest) for other, *rest in rules if other == batch_id])  # type: ignore[arg-type]
                              for batch_id, _, _ in found], as_of)  # fmt: skip
    return folder


def _build_pages(folder: Path, found: list[Any], as_of: date) -> None:
    gx = library()
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    context = gx.get_context(mode="ephemeral")
    context.add_data_docs_site(SITE, _site(folder))
    day = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    for batch_id, suite, result in found:
        name = suite["name"]
        context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=suite["expectations"]))
        key = ValidationResultIdentifier(ExpectationSuiteIdentifier(name), RunIdentifier(batch_id, day), batch_id)
        context.validation_results_store.set(key, expectationSuiteValidationResultSchema.load(result))
    context.build_data_docs(site_names=[SITE])
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_FOREIGN.sub("", text).replace("</head>", _PLAIN_STYLE), encoding="utf-8")


def _site(folder: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
    }


def _write_index(folder: Path, found: list[_Page], as_of: date) -> None:
    places = {page.stem: page.relative_to(folder) for page in (folder / "gx" / "validations").rglob("*.html")}
    title = f"取込検査結果 {as_of}"
    body = "".join(_section(page, places[page.batch_id]) for page in found)
    draft = folder / "index.html.new"
    draft.write_text(
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title}</title>{_PLAIN_STYLE}'
        f"<body><h1>{title}</h1><p>Great Expectations による検査。個人の値は含まない。"
        f"不合格の行は隔離一覧で確認する。</p>{body}</body></html>\n",
        encoding="utf-8",
    )
    draft.replace(folder / "index.html")


def _section(page: _Page, place: Path) -> str:
    """One delivery: every rule in its section's words, the failed ones first."""
    rows = "".join(_row(rule) for rule in sorted(page.rules, key=lambda rule: rule.success))
    passed = sum(rule.success for rule in page.rules)
    return (
        f'<h2><a href="{html.escape(str(place))}">{html.escape(page.batch_id)}</a>'
        f" {passed}/{len(page.rules)} 合格</h2><table><tr><th>判定</th><th>検査</th><th>扱い</th><th>所管</th>"
        f"<th>根拠</th></tr>{rows}</table>"
    )


def _row(rule: Rule) -> str:
    cells = ["合格" if rule.success else "不合格", rule.wording, _WEIGHTS[rule.severity], rule.owner, rule.reference]
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
