"""A simulated SMS gateway (SMS配信事業者の模擬), a process of its own: it sends nothing to anybody.

It misbehaves as real ones do: it limits, fails before and after acceptance, cuts the line, and
accepts after the caller has given up. It never deduplicates; it can be asked what it accepted.
Faults depend on seed, reference and attempt only, so that a run can be repeated.

    python -m receivables.city.gateway --port 8099 --ledger ledger.jsonl --seed 1 --fault-permille 120
"""

import argparse
import hmac
import json
import re
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from receivables.city.gateway_ledger import Ledger
from receivables.errors import EnvironmentFailureError

_MOBILE = re.compile(r"(?:0|\+81)[789]0[1-9]\d{7}")
_BIGGEST_BODY = 16_384


class Fault(StrEnum):
    """How one attempt goes wrong."""

    TOO_MANY = "429"
    FAILED_BEFORE = "500 before acceptance"
    FAILED_AFTER = "500 after acceptance"
    CUT_AFTER = "connection cut after acceptance"
    LATE = "accepted after the caller gave up"


_WEIGHTS = (
    (Fault.TOO_MANY, 3),
    (Fault.FAILED_BEFORE, 3),
    (Fault.FAILED_AFTER, 2),
    (Fault.CUT_AFTER, 3),
    (Fault.LATE, 1),
)


def planned_fault(seed: int, reference: str, attempt: int, permille: int) -> Fault | None:
    """What goes wrong in this attempt, if anything: `permille` of all attempts fail somehow."""
    rng = Random(f"{seed}:{reference}:{attempt}")
    if rng.randrange(1000) >= permille:
        return None
    return rng.choices([fault for fault, _ in _WEIGHTS], [weight for _, weight in _WEIGHTS])[0]


@dataclass(frozen=True, slots=True)
class Manners:
    """How this gateway behaves."""

    seed: int
    fault_permille: int
    late_seconds: float
    token: str | None


class Gateway(ThreadingHTTPServer):
    """The gateway on a loopback port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, ledger: Ledger, manners: Manners) -> None:
        self.ledger, self.manners = ledger, manners
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a caller hangs up; traces would show what it sent."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    server: Gateway

    def do_GET(self) -> None:  # the name http.server asks for
        parts = urlsplit(self.path)
        if not self._is_known_caller():
            return
        if parts.path.startswith("/v1/messages/"):
            found = self.server.ledger.look_up(unquote(parts.path.removeprefix("/v1/messages/")))
            self._answer(*((HTTPStatus.OK, found) if found else (HTTPStatus.NOT_FOUND, {"error": "unknown_reference"})))
        elif parts.path == "/v1/receipts":
            self._answer_receipts(parse_qs(parts.query).get("after", ["0"])[0])
        elif parts.path == "/v1/ledger":
            self._answer(HTTPStatus.OK, {"accepted": self.server.ledger.counts()})
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found"})

    def do_POST(self) -> None:  # the name http.server asks for
        body = self._body()
        if not self._is_known_caller():
            return
        message = _message(body) if self.path == "/v1/messages" else None
        if message is None:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "bad_request"})
        elif not _MOBILE.fullmatch(message["to"].replace("-", "")):
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "invalid_number"})
        else:
            self._take(message["reference"], message["text"])

    def _take(self, reference: str, text: str) -> None:
        ledger, manners = self.server.ledger, self.server.manners
        attempt = ledger.attempt(reference)
        fault = planned_fault(manners.seed, reference, attempt, manners.fault_permille)
        if fault is Fault.TOO_MANY:
            self._answer(HTTPStatus.TOO_MANY_REQUESTS, {"error": "too_many_requests"}, {"Retry-After": "1"})
        elif fault is Fault.FAILED_BEFORE:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal"})
        else:
            if fault is Fault.LATE:
                time.sleep(manners.late_seconds)
            ledger.accept(reference, text)
            self._answer_acceptance(reference, fault)

    def _answer_acceptance(self, reference: str, fault: Fault | None) -> None:
        if fault is Fault.CUT_AFTER:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault is Fault.FAILED_AFTER:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal"})
        else:
            self._answer(HTTPStatus.ACCEPTED, {"reference": reference, "status": "accepted"})

    def _answer_receipts(self, after: str) -> None:
        if not after.isascii() or not after.isdigit():
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "bad_request"})
            return
        receipts, following = self.server.ledger.receipts(int(after))
        self._answer(HTTPStatus.OK, {"receipts": receipts, "next": following})

    def _is_known_caller(self) -> bool:
        token = self.server.manners.token
        given = self.headers.get("Authorization", "")
        if token is None or hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return True
        self._answer(HTTPStatus.UNAUTHORIZED, {"error": "unauthorized"})
        return False

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _BIGGEST_BODY:
            self.close_connection = True
            self.rfile.read(min(int(length), 64 * _BIGGEST_BODY) if length.isdigit() else 0)
            return b""  # read but not looked at: an answer to an unread body would be lost
        return self.rfile.read(int(length))

    def _answer(self, status: HTTPStatus, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # signature of http.server
        """Log nothing."""


def _message(body: bytes) -> dict[str, str] | None:
    """The message in `body`, or None when it is not one object with reference, to and text."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    fields = [found.get(name) for name in ("reference", "to", "text")] if isinstance(found, dict) else [None]
    return found if all(isinstance(value, str) and value for value in fields) else None


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to stop; the port in use is the first line on standard output."""
    parser = argparse.ArgumentParser(prog="receivables.city.gateway", description="Simulated SMS gateway on loopback")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--ledger", type=Path, required=True, help="JSON-lines file that survives restarts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault-permille", type=int, default=0, help="attempts in a thousand that go wrong")
    parser.add_argument("--late-seconds", type=float, default=5.0, help="how long a late acceptance takes")
    parser.add_argument("--delivery-seconds", type=float, default=0.2, help="from acceptance to delivery receipt")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--token", help="bearer token that callers must show")
    who.add_argument("--token-file", type=Path, help="the same, from a file, so that no process list shows it")
    given = parser.parse_args(arguments)
    token = given.token_file.read_text().strip() if given.token_file else given.token
    ledger = Ledger(given.ledger, seed=given.seed, delivery_seconds=given.delivery_seconds)
    manners = Manners(given.seed, given.fault_permille, given.late_seconds, token)
    try:
        gateway = Gateway(given.port, ledger, manners)
    except OSError:
        sys.stderr.write(f"port {given.port} is taken: choose another with --port, or 0 for any free one\n")
        sys.exit(EnvironmentFailureError.exit_code)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=gateway.shutdown).start())
    sys.stdout.write(json.dumps({"port": gateway.server_port}) + "\n")
    sys.stdout.flush()
    gateway.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
