"""The SMS carrier (SMS送信事業者) over HTTP.

A carrier that deduplicates does so by the reference (Idempotency-Key); one that can be asked is asked by it.
Only two answers are clear: accepted (202 with our reference) and refused (400 with a known
error). Everything else (time-out, cut connection, 429, 500, a redirect, a reply that makes no
sense) leaves open what happened and must be looked up later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from receivables.campaigns.playbook import Gateway

Kind = Literal["accepted", "refused", "unclear"]
_REFUSALS = ("invalid_number",)
_LONGEST_PAUSE = 300.0


class GatewaySilentError(Exception):
    """The carrier could not be asked just now; nothing is known that was not known before."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reply to one message means; never holds the number or the text."""

    kind: Kind
    code: str
    retry_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the carrier knows of one reference."""

    status: str
    accepted_count: int


class SmsGateway:
    """One connection to the carrier."""

    def __init__(self, url: str, *, token: str, terms: Gateway) -> None:
        self.name = url.rstrip("/")
        self._is_deduplicating = terms.kind == "dedup"
        # No proxies from the environment, no redirects: the number goes to the carrier and nowhere else.
        self._http = httpx.Client(
            base_url=self.name,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(terms.timeout_seconds),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(self, reference: str, *, to: str, text: str) -> Outcome:
        """Hand over one message once; never raises for what the network does."""
        key = {"Idempotency-Key": reference} if self._is_deduplicating else {}
        try:
            reply = self._http.post("/v1/messages", json={"reference": reference, "to": to, "text": text}, headers=key)
        except httpx.TimeoutException:
            return Outcome("unclear", "timeout")
        except (httpx.HTTPError, httpx.InvalidURL):
            return Outcome("unclear", "connection")
        return _outcome(reply, reference)

    def look_up(self, reference: str) -> Sighting | None:
        """What became of `reference`; None when the carrier never saw it. Raises GatewaySilentError."""
        try:
            reply = self._http.get(f"/v1/messages/{reference}")
        except httpx.HTTPError:
            raise GatewaySilentError from None
        if reply.status_code == httpx.codes.NOT_FOUND:
            return None
        body = _object(reply)
        if reply.status_code != httpx.codes.OK or body.get("reference") != reference:
            raise GatewaySilentError
        count = body.get("accepted_count", 1)
        return Sighting(str(body.get("status")), count if isinstance(count, int) else 1)

    def receipts(self, after: int) -> tuple[list[Mapping[str, Any]], int]:
        """Delivery receipts from position `after`, and the next position. Raises GatewaySilentError."""
        try:
            reply = self._http.get("/v1/receipts", params={"after": after})
        except httpx.HTTPError:
            raise GatewaySilentError from None
        body = _object(reply)
        found, following = body.get("receipts"), body.get("next")
        if reply.status_code != httpx.codes.OK or not isinstance(found, list) or not isinstance(following, int):
            raise GatewaySilentError
        return [each for each in found if isinstance(each, dict)], following


def _outcome(reply: httpx.Response, reference: str) -> Outcome:
    body = _object(reply)
    if reply.status_code == httpx.codes.ACCEPTED and body.get("reference") == reference:
        return Outcome("accepted", "accepted")
    if reply.status_code == httpx.codes.BAD_REQUEST and body.get("error") in _REFUSALS:
        return Outcome("refused", str(body["error"]))
    return Outcome("unclear", f"http_{reply.status_code}", _pause(reply))


def _object(reply: httpx.Response) -> Mapping[str, Any]:
    try:
        found = reply.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _pause(reply: httpx.Response) -> float:
    try:
        return min(max(float(reply.headers.get("Retry-After", "0")), 0.0), _LONGEST_PAUSE)
    except ValueError:
        return 0.0
