"""The screens as a web application (画面の配信). Who may come in is decided by what mounts it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from receivables.errors import ReceivablesError
from receivables.screens import rendering
from receivables.screens.night import night_page
from receivables.settings import State

# The page needs nothing but itself; a report may bring its own styles and scripts, but nothing from elsewhere.
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
REPORT_POLICY = "default-src 'self' 'unsafe-inline' data:; connect-src 'none'; frame-ancestors 'self'"
REPORT_TYPES = frozenset({".html", ".json", ".css", ".js", ".svg", ".png", ".pdf", ".woff", ".woff2"})


def application(state: State, guards: Sequence[Any] = ()) -> FastAPI:
    """The screens of `state`; every request passes `guards` (FastAPI dependencies) first."""
    app = FastAPI(title="Saiken", dependencies=list(guards), docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", response_class=HTMLResponse)
    def night(as_of: date | None = None) -> Response:
        """昨夜の状況."""
        return _page(rendering.night_html(night_page(state=state, business_date=as_of)))

    @app.get("/night.json")
    def night_data(as_of: date | None = None) -> Response:
        """The same as data."""
        content = rendering.night_json(night_page(state=state, business_date=as_of))
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})

    @app.get("/reports/{path:path}")
    def report(path: str) -> Response:
        """GX Data Docs and sign-off reports: files of the reports folder, no other."""
        folder = (state.root / "reports").resolve()
        file = (folder / path).resolve()
        if not file.is_relative_to(folder) or not file.is_file() or file.suffix not in REPORT_TYPES:
            raise HTTPException(404, "no such report")
        return FileResponse(file, headers={"Content-Security-Policy": REPORT_POLICY, **_PLAIN})

    app.add_exception_handler(ReceivablesError, _unavailable)
    app.add_exception_handler(AnyHTTPException, _refused)
    return app


_PLAIN = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}


def _page(content: str, status: int = 200) -> Response:
    return HTMLResponse(content, status_code=status, headers={"Content-Security-Policy": PAGE_POLICY, **_PLAIN})


def _unavailable(_: Request, error: Exception) -> Response:
    """Our own errors hold no person's data, so they may be shown."""
    notice = rendering.notice_html("データベースに接続できません", str(error), "make run")
    return _page(notice, 503)


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    said = {
        401: ("ログインが必要です", "Airflow にログインしてから、もう一度開いてください。"),
        403: ("権限がありません", "この画面を見る権限がありません。管理者に確認してください。"),
        404: ("見つかりません", "この帳票はありません。まだ作られていないか、古い帳票です。"),
    }
    title, text = said.get(error.status_code, ("表示できません", "時間をおいて、もう一度開いてください。"))
    return _page(rendering.notice_html(title, text), error.status_code)
