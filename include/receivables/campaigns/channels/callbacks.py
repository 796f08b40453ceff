"""Callbacks (配信結果の通知): the carrier pushes delivery receipts; signed ones are kept, nothing else happens here.

The signature is the keyed hash (HMAC-SHA256) over `<X-Timestamp>.<raw body>` in X-Signature, the key is the
installation's own for each carrier. Who cannot sign learns nothing and never reaches the database; what was
signed more than five minutes ago by the database's clock is refused, and the same receipt counts once.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from psycopg.types.json import Jsonb
from starlette.concurrency import run_in_threadpool

from receivables import db
from receivables.campaigns.playbook import gateway_names
from receivables.settings import State

BIGGEST_BODY = 262_144
_SIGNED_AT_ANOTHER_TIME = "RC030"
_RECEIVE = "select campaign.receive(%s, %s, %s)"


def application(state: State) -> FastAPI:
    """The receiving end for every carrier of gateways.yml, at /callbacks/NAME."""
    app = FastAPI(title="Saiken callbacks", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/callbacks/{gateway}")
    async def receive(gateway: str, request: Request) -> dict[str, int]:
        """Keep the receipts of one signed call; how many were new."""
        body = await _body(request)
        signed_at = _signed_at(request.headers.get("X-Timestamp", ""))
        given = request.headers.get("X-Signature", "")
        if gateway not in gateway_names() or signed_at is None:
            raise HTTPException(401)
        if not hmac.compare_digest(given.encode(), signature(key_of(gateway, state), signed_at, body).encode()):
            raise HTTPException(401)
        return {"stored": await run_in_threadpool(_store, gateway, signed_at, _receipts(body), state)}

    return app


def key_of(gateway: str, state: State) -> str:
    """The key that this carrier signs with; made when first asked for, and given to the carrier by hand."""
    return state.secret(f"callback_{gateway}")


def signature(key: str, signed_at: int, body: bytes) -> str:
    """What the carrier must send with `body`; `signed_at` in seconds since 1970."""
    return hmac.new(key.encode(), f"{signed_at}.".encode() + body, hashlib.sha256).hexdigest()


async def _body(request: Request) -> bytes:
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > BIGGEST_BODY:
            raise HTTPException(413)
    return bytes(read)


def _signed_at(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 11 else None


def _receipts(body: bytes) -> list[dict[str, Any]]:
    """The receipts in a body whose signature holds; refuses another form."""
    try:
        found = json.loads(body)["receipts"]
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400) from None
    if not isinstance(found, list) or not all(_is_receipt(each) for each in found):
        raise HTTPException(400)
    return found


def _is_receipt(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    told = [found.get("id"), found.get("reference"), found.get("status"), found.get("at", "")]
    return all(isinstance(each, str) and len(each) <= 200 and "\0" not in each for each in told)


def _store(gateway: str, signed_at: int, receipts: list[dict[str, Any]], state: State) -> int:
    kept = [{name: each.get(name) for name in ("id", "reference", "status", "at")} for each in receipts]
    try:
        with db.connect(state, "receiver", doing=f"receipts of {gateway}") as connection:
            row = connection.execute(
                _RECEIVE, [f"callback:{gateway}", datetime.fromtimestamp(signed_at, UTC), Jsonb(kept)]
            ).fetchone()
    except db.DatabaseError as error:
        if error.sqlstate == _SIGNED_AT_ANOTHER_TIME:
            raise HTTPException(401) from None
        raise
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]
