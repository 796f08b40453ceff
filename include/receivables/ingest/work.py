"""What checking one batch has found so far (検査の途中経過)."""

from collections import Counter
from dataclasses import dataclass, field

from receivables.ingest.balance import Account
from receivables.ingest.ledger import Batch
from receivables.ingest.plausibility import require_few_faults
from receivables.ingest.remembered import Kept, Known
from receivables.ingest.rows import Aside, Conversion, Place

_MOST_ASIDES = 100_000  # rows kept in memory; a file with more faults than that is refused anyway


@dataclass(slots=True)
class Work:
    """One batch, its account, and the rows that are set aside."""

    batch: Batch
    account: Account = field(default_factory=Account)
    asides: list[Aside] = field(default_factory=list)
    converted: Counter[Conversion] = field(default_factory=Counter)
    gaiji_seen: Counter[str] = field(default_factory=Counter)
    originals: list[Place] = field(default_factory=list)
    known: Known | None = None  # the last copy, when this one is read as changes to it
    kept: Kept = field(default_factory=Kept)

    @property
    def follows(self) -> str | None:
        """The batch to whose copy this one is read as changes."""
        return self.known.copy.batch_id if self.known else None

    def set_aside(self, found: Aside) -> None:
        """Keep a row that is excluded or quarantined; UNREADABLE when there are far too many."""
        self.asides.append(found)
        amount = found.amount_yen or 0
        if found.is_excluded:
            self.account.excluded_rows += 1
            self.account.excluded_yen += amount
        else:
            self.account.quarantined_rows += 1
            self.account.quarantined_yen += amount
        if len(self.asides) > _MOST_ASIDES:
            self.require_few_faults()

    def take_back(self, place: tuple[int, int, bytes], amount_yen: int, *, is_conflict: bool) -> None:
        """Set aside a row that was accepted until another row with its key came."""
        self.kept.taken_back.add(place[0])
        self.account.accepted_rows -= 1
        self.account.accepted_yen -= amount_yen
        if is_conflict:
            self.set_aside(Aside(*place, False, "KEY_CONFLICT", self.batch.table.key[0], amount_yen))
        else:
            self.asides.append(Aside(*place, False, "DUPLICATE_ROW", None, amount_yen))
            self.account.duplicate_rows += 1
            self.account.duplicate_yen += amount_yen

    def require_few_faults(self) -> None:
        """Refuse a file whose rows are mostly faulty."""
        first = next((aside for aside in self.asides if kind(aside) == "quarantined"), None)
        where = f"{first.reason_code} in line {first.line_no}, field {first.field or '-'}" if first else "-"
        require_few_faults(self.account.quarantined_rows, self.account.rows, where)


def kind(aside: Aside) -> str:
    """What a row was set aside as: excluded, duplicate or quarantined."""
    if aside.is_excluded:
        return "excluded"
    return "duplicate" if aside.reason_code == "DUPLICATE_ROW" else "quarantined"
