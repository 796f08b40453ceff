"""The trailer of direct debits against its records (トレーラの突合): all, 振替済 (collected), 振替不能 (not)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from receivables.ingest.rejection import BatchRejectedError

Part = tuple[int, int]  # rows, yen
_KNOWN_RESULTS = frozenset("0123456789")


class Said(NamedTuple):
    """What a trailer says."""

    rows: int
    yen: int
    collected: Part
    uncollected: Part


@dataclass(slots=True)
class BlockTotals:
    """Rows and yen of one block by result; a row that cannot be read may be either."""

    collected: Part = (0, 0)
    uncollected: Part = (0, 0)
    unread: list[int | None] = field(default_factory=list)  # yen of rows whose result or amount is not known

    def add(self, result: str | None, amount: str | None) -> None:
        """Count one data record; only result 0 is collected, every other digit is not."""
        yen = int(amount) if amount and amount.isascii() and amount.isdigit() else None
        if yen is None or result is None or result not in _KNOWN_RESULTS:
            self.unread.append(yen)
        elif result == "0":
            self.collected = (self.collected[0] + 1, self.collected[1] + yen)
        else:
            self.uncollected = (self.uncollected[0] + 1, self.uncollected[1] + yen)

    def compared(self, trailer: Mapping[str, bytes], *, where: str) -> Said:
        """What the trailer says; CONTROL_TOTAL when it contradicts itself or its records."""
        if not all(part.isdigit() for part in trailer.values()):
            self._refuse(where, "holds a field that is no number")
        said = Said(
            int(trailer["合計件数"]),
            int(trailer["合計金額"]),
            (int(trailer["振替済件数"]), int(trailer["振替済金額"])),
            (int(trailer["振替不能件数"]), int(trailer["振替不能金額"])),
        )
        if said.collected == said.uncollected == (0, 0) and said.rows:
            self._refuse(where, "has no results: this is a request (依頼), not its result")
        for at, (name, whole) in enumerate((("件数", said.rows), ("金額", said.yen))):
            if said.collected[at] + said.uncollected[at] != whole:
                self._refuse(where, f"contradicts itself: 振替済 and 振替不能 {name} are not its 合計{name}")
        self._require_between("振替済", said.collected, self.collected, where)
        self._require_between("振替不能", said.uncollected, self.uncollected, where)
        return said

    def _require_between(self, name: str, said: Part, found: Part, where: str) -> None:
        """Exactly what was read, or that and some of the rows that could not be read."""
        known = [yen for yen in self.unread if yen is not None]
        is_open = len(known) < len(self.unread)
        if not found[0] <= said[0] <= found[0] + len(self.unread):
            self._refuse(where, f"declares {said[0]} rows {name}, its records are {found[0]}")
        if said[1] < found[1] or (not is_open and said[1] > found[1] + sum(known)):
            self._refuse(where, f"declares {said[1]} yen {name}, its records have {found[1]}")

    def _refuse(self, where: str, what: str) -> None:
        raise BatchRejectedError(
            "CONTROL_TOTAL", f"{where}, {what}", "have the bank check the total and send the file again"
        )
