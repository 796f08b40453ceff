"""What the simulated SMS gateway remembers: every attempt and every acceptance, in one JSON-lines file.

Neither numbers nor texts are kept, only the caller's reference and a hash of the text.
"""

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

_STATUSES = (("delivered", 930), ("failed_perm", 40), ("failed_temp", 30))
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One message taken over for sending. The same reference may be accepted twice: nothing is deduplicated."""

    position: int
    reference: str
    accepted_at: float


class Ledger:
    """The gateway's memory; it survives a restart, also one in the middle of a line."""

    def __init__(self, file: Path, *, seed: int, delivery_seconds: float) -> None:
        self._seed, self._delivery_seconds = seed, delivery_seconds
        self._lock = threading.Lock()
        self._attempts: Counter[str] = Counter()
        self._accepted: list[Acceptance] = []
        self._latest: dict[str, Acceptance] = {}
        self._counts: Counter[str] = Counter()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._read(file)
        self._file = file.open("a", encoding="utf-8")
        self._file.write("\n")  # ends a line that a kill cut in two

    def _read(self, file: Path) -> None:
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # blank, or cut by a kill before anything was answered
            if entry["event"] == "attempt":
                self._attempts[entry["reference"]] += 1
            else:
                self._remember(entry["reference"], entry["accepted_at"])

    def _remember(self, reference: str, accepted_at: float) -> None:
        found = Acceptance(len(self._accepted) + 1, reference, accepted_at)
        self._accepted.append(found)
        self._latest[reference] = found
        self._counts[reference] += 1

    def _append(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def attempt(self, reference: str) -> int:
        """Count one more attempt for `reference`; returns which it is, from 1."""
        with self._lock:
            self._attempts[reference] += 1
            self._append({"event": "attempt", "reference": reference, "at": time.time()})
            return self._attempts[reference]

    def accept(self, reference: str, text: str) -> None:
        """Take the message over: from here on it is sent, whatever the caller hears."""
        accepted_at = time.time()
        text_sha256 = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            self._append(
                {"event": "accepted", "reference": reference, "accepted_at": accepted_at, "text_sha256": text_sha256}
            )
            self._remember(reference, accepted_at)

    def look_up(self, reference: str) -> dict[str, Any] | None:
        """Status and number of acceptances of `reference`; None when it was never accepted."""
        with self._lock:
            found = self._latest.get(reference)
            if found is None:
                return None
            status = self._status(found) if self._is_delivered(found) else "accepted"
            return {"reference": reference, "status": status, "accepted_count": self._counts[reference]}

    def receipts(self, after: int) -> tuple[list[dict[str, Any]], int]:
        """Delivery receipts behind `after`, out of order and some of them twice; and where to go on."""
        with self._lock:
            page = []
            for found in self._accepted[max(after, 0) : max(after, 0) + _PAGE]:
                if not self._is_delivered(found):
                    break
                page.append(found)
            following = page[-1].position if page else after
            rng = Random(f"{self._seed}:receipts:{after}")
            again = [found for found in self._accepted[:following] if rng.random() < 0.05]
            listed = [*page, *again[-20:]] if page else []
            rng.shuffle(listed)
            return [self._receipt(found) for found in listed], following

    def counts(self) -> dict[str, int]:
        """Acceptances by reference, for tests only."""
        with self._lock:
            return dict(self._counts)

    def _is_delivered(self, found: Acceptance) -> bool:
        return time.time() >= found.accepted_at + self._delivery_seconds

    def _status(self, found: Acceptance) -> str:
        rng = Random(f"{self._seed}:status:{found.reference}")
        return rng.choices([name for name, _ in _STATUSES], [weight for _, weight in _STATUSES])[0]

    def _receipt(self, found: Acceptance) -> dict[str, Any]:
        delivered_at = time.strftime(
            "%Y-%m-%dT%H:%M:%S+09:00", time.gmtime(found.accepted_at + self._delivery_seconds + 9 * 3600)
        )
        return {
            "id": f"r{found.position:08d}",
            "reference": found.reference,
            "status": self._status(found),
            "at": delivered_at,
        }
