"""Great Expectations' own Data Docs (検査結果の文書), made from the results kept in ops; they hold no values."""

from datetime import date
from pathlib import Path
from typing import Any

from receivables import db
from receivables.ingest.expectations import _library
from receivables.settings import State


def documents(*, as_of: date, state: State) -> Path:
    """Write one page per validated batch of `as_of` and an index; the folder they lie in."""
    gx = _library()
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    folder = state.path("reports", "data_docs", "x").parent
    pages = []
    for batch_id, result in _results(as_of, state):
        found = _rebuilt(gx, ExpectationSuiteValidationResult, result)
        html = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(found))
        (folder / f"{batch_id}.html").write_text(html, encoding="utf-8")
        pages.append((batch_id, found.success))
    rows = "".join(
        f'<li><a href="{batch_id}.html">{batch_id}</a> {"合格" if success else "不合格"}</li>'
        for batch_id, success in pages
    )
    title = f"検査結果 {as_of}"
    head = f'<!doctype html><html lang="ja"><meta charset="utf-8"><title>{title}</title>'
    (folder / "index.html").write_text(f"{head}<h1>{title}</h1><ul>{rows}</ul></html>", encoding="utf-8")
    return folder


def _results(as_of: date, state: State) -> list[tuple[str, dict[str, Any]]]:
    with db.connect(state, "etl", doing="read the validations") as connection:
        rows = connection.execute(
            "select batch_id, result from ops.validation_document join ops.load using (batch_id)"
            " where business_date = %s order by 1",
            [as_of],
        ).fetchall()
    return [(str(batch_id), result) for batch_id, result in rows]  # type: ignore[misc]


def _rebuilt(gx: Any, kind: Any, result: dict[str, Any]) -> Any:
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema

    return kind(**expectationSuiteValidationResultSchema.load(result))
