"""A small SMS carrier for tests, as its own process: look-up by reference, faults by seed, deduplication when told to.

It has the interface of the city's simulator. The ledger is a file, appended before any reply,
so that it tells the truth whoever is killed.
"""

import argparse
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FAULTS = ("busy", "error_before", "error_after", "cut_after", "late")


class Book:
    """What was accepted, in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lock = threading.Lock()
        self.accepted: dict[str, list[dict[str, str]]] = {}
        if file.exists():
            for line in file.read_text().splitlines():
                entry = json.loads(line)
                self.accepted.setdefault(entry["reference"], []).append(entry)

    def accept(self, entry: dict[str, str]) -> None:
        with self.lock:
            with self.file.open("a") as ledger:
                ledger.write(json.dumps(entry) + "\n")
            self.accepted.setdefault(entry["reference"], []).append(entry)


class Carrier(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, given: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", given.port), Handler)
        self.book = Book(given.ledger)
        self.dice = random.Random(given.seed)
        self.fault_permille: int = given.fault_permille
        self.late_seconds: float = given.late_seconds
        self.only_fault: str = given.only_fault
        self.dedup_seconds: float = given.dedup_seconds
        self.tells_receipts: int = given.tells_receipts
        self.look_ups = 0

    def knows(self, key: str | None) -> bool:
        """True when the carrier takes a message with this key for one that it has."""
        first = self.book.accepted.get(key or "")
        return first is not None and time.time() < float(first[0]["at"]) + self.dedup_seconds

    def next_fault(self) -> str | None:
        if self.dice.randrange(1000) >= self.fault_permille:
            return None
        return self.only_fault or self.dice.choice(FAULTS)

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    server: Carrier
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: object, **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not sent["to"].startswith("+81") or sent["to"].endswith("0000"):
            return self.reply(400, {"error": "invalid_number"})
        fault = self.server.next_fault()
        if fault == "busy":
            return self.reply(429, {}, Retry_After="0")
        if fault == "error_before":
            return self.reply(500, {})
        if fault == "late":
            time.sleep(self.server.late_seconds)
        if not self.server.knows(self.headers.get("Idempotency-Key")):
            self.server.book.accept({**sent, "at": repr(time.time())})
        if fault == "error_after":
            return self.reply(500, {})
        if fault == "cut_after":
            self.close_connection = True
            self.connection.close()
            return None
        return self.reply(202, {"reference": sent["reference"], "status": "accepted"})

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        accepted = self.server.book.accepted
        if address.path == "/v1/receipts":
            after = int(parse_qs(address.query)["after"][0])
            found = [
                {"id": f"r{at}", "reference": reference, "status": "delivered", "at": "2026-06-19T11:00:00+09:00"}
                for at, reference in enumerate(list(accepted))
                if self.server.tells_receipts
            ]
            return self.reply(200, {"receipts": found[after:] + found[after:][:3], "next": len(found)})
        if address.path == "/v1/ledger":
            return self.reply(200, {"accepted": {reference: len(each) for reference, each in accepted.items()}})
        if address.path == "/v1/look-ups":
            return self.reply(200, self.server.look_ups)
        self.server.look_ups += 1
        reference = address.path.rpartition("/")[2]
        if reference not in accepted:
            return self.reply(404, {})
        return self.reply(
            200, {"reference": reference, "status": "accepted", "accepted_count": len(accepted[reference])}
        )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--ledger", type=Path, required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--fault-permille", type=int, default=0)
    options.add_argument("--late-seconds", type=float, default=1.0)
    options.add_argument("--only-fault", default="")
    options.add_argument("--dedup-seconds", type=float, default=0.0)
    options.add_argument("--tells-receipts", type=int, default=1)
    Carrier(options.parse_args()).serve_forever()


if __name__ == "__main__":
    main()
